"""Numbers of list items, as HTML counts them (HTML standard 4.4.5 and 4.4.8). Reads sanitised HTML only."""

import re
from dataclasses import dataclass, field

from aggregator.normalise.hidden import attributes

_TAG = re.compile(r"<(/?)(ol|ul|li)(?: ([^<>]*+))?>")
_NUMBER = re.compile(r"\d{1,4}")
_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"))
_ROMAN_ONES = ((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))


@dataclass(slots=True)
class _List:
    """An open list: its attributes, and of each item its place among all items and its own number."""

    is_ordered: bool
    named: dict[str, str]
    items: list[tuple[int, str]] = field(default_factory=list)


def labels(html: str) -> list[str]:
    """Return the label of each list item of sanitised HTML, in their order: "3." in an ordered list, "-" in
    another one or outside any."""
    found, opened = list[str](), list[_List]()
    for closing, name, written in _TAG.findall(html):
        if closing:
            if name != "li" and opened:
                _count(opened.pop(), found)
        elif name == "li":
            if opened:
                opened[-1].items.append((len(found), attributes(written).get("value", "")))
            found.append("-")
        else:
            opened.append(_List(name == "ol", attributes(written)))
    return found


def _count(ended: _List, found: list[str]) -> None:
    """Write the labels of the items of a list that has ended."""
    if not ended.is_ordered:
        return
    step = -1 if "reversed" in ended.named else 1
    number = int(_number(ended.named.get("start", "")) or (len(ended.items) if step < 0 else 1))
    for place, own in ended.items:
        number = int(_number(own) or number)
        found[place] = f"{_written(number, ended.named.get('type', ''))}."
        number += step


def _number(value: str) -> str:
    return value if _NUMBER.fullmatch(value) else ""


def _written(number: int, kind: str) -> str:
    """Return a number as a letter or a Roman numeral where the list is written so, else in digits."""
    if kind in ("a", "A") and number > 0:
        written = ""
        while number:
            number, place = divmod(number - 1, 26)
            written = chr(ord(kind) + place) + written
        return written
    if kind in ("i", "I") and 0 < number < 4_000:
        written = ""
        for value, letters in (*_ROMAN, *_ROMAN_ONES):
            many, number = divmod(number, value)
            written += letters * many
        return written if kind == "i" else written.upper()
    return str(number)
