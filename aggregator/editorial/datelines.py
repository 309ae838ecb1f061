"""Datelines: the place, often with a date, that a release begins with before a dash."""

import re
from collections.abc import Iterator
from html import escape, unescape
from typing import NamedTuple

from aggregator.editorial.replacements import joined
from aggregator.model.house_style import DROP, KEEP, PLACE
from aggregator.normalise.pieces import Pieces, split

DATELINE_CHARS_MAX = 100
_SEARCHED_CHARS = DATELINE_CHARS_MAX + 20
_DASH = re.compile(r"\s*(?:[–—]|--|(?<=\s)-(?=\s))\s*")
_AGENCY = re.compile(r"\s*\([^()]*\)$")
_LETTERS = re.compile(r"[^\W\d_]+")
_LINKING_WORDS = "al am an and da de del der des di do du el en et in la las le les los of on the"
_LINKING = frozenset(_LINKING_WORDS.split())
_EMPTIED = re.compile(r"<([a-z]+)(?: [^<>]*)?></\1>")
# Elements within a line; any other tag ends the paragraph.
_INLINE_NAMES = "a abbr b bdi cite code dfn em i kbd mark s samp small span strong sub sup time u var"
_INLINE = frozenset(slash + name for name in _INLINE_NAMES.split() for slash in ("", "/"))
_NO_PARAGRAPH = frozenset(
    {"h1", "h2", "h3", "h4", "h5", "h6", "figcaption", "caption", "td", "th", "summary"}
)


class Dateline(NamedTuple):
    """The dateline of a text: its length with the dash and the blanks around it, and its place."""

    size: int
    place: str


def find(text: str) -> Dateline | None:
    """Return the dateline that a text begins with, None without one.

    A place in capitals ("GENEVA –", "NEW YORK, 3 June –"), or one with a date ("Geneva, 3 June 2026 –") or an
    agency ("Geneva (AFP) –"); behind the dash a sentence begins. Else a sentence with a dash, such as "The
    Fund – once a bank –", would lose its subject.
    """
    start = text[:_SEARCHED_CHARS]
    dash = _DASH.search(start)
    if dash is None or dash.start() > DATELINE_CHARS_MAX or not _begins_sentence(text[dash.end() :][:2]):
        return None
    head, agencies = _AGENCY.subn("", start[: dash.start()].strip())
    place, comma, rest = (part.strip() for part in head.partition(","))
    words = _LETTERS.findall(place)
    if not words or any(map(str.isdigit, place)):
        return None
    is_capitals = all(map(str.isupper, words)) and max(map(len, words)) > 1
    is_told = bool(agencies) or (bool(comma) and any(map(str.isdigit, rest)))
    is_named = is_told and all(map(_is_of_name, words))
    return Dateline(dash.end(), place) if is_capitals or is_named else None


def _begins_sentence(text: str) -> bool:
    first = text.lstrip("\"'“‘«„¿¡([")[:1]
    return bool(first) and (first.isdigit() or not first.islower())


def _is_of_name(word: str) -> bool:
    return word[0].isupper() or word in _LINKING


def applied(html: str, dateline: str) -> str:
    """Return sanitised HTML with the dateline that a house style asks for: DROP, KEEP or that of the house.

    One of the house that names the place stands in place of the origin's alone; any other one stands before
    every text.
    """
    if dateline == KEEP:
        return html
    body = split(html)
    places = list(_first_paragraph(body))
    texts = {place: unescape(body.texts[place]) for place in places}
    said = "".join(texts.values())
    found = find(said.lstrip())
    own = "" if dateline == DROP or not said.strip() else _own(dateline, found)
    if found is None and not own:
        return html
    dropped = (found.size if found else 0) + len(said) - len(said.lstrip())
    return _EMPTIED.sub("", joined(body, _changed(body, texts, dropped, own)))


def _own(dateline: str, found: Dateline | None) -> str:
    if PLACE not in dateline:
        return f"{dateline} "
    return "" if found is None else f"{dateline.replace(PLACE, found.place)} "


def _changed(body: Pieces, texts: dict[int, str], dropped: int, own: str) -> list[str]:
    """Return the texts of HTML without the first characters of a paragraph, which begins with `own`."""
    changed = body.texts.copy()
    for number, (place, text) in enumerate(texts.items()):
        kept, dropped = text[dropped:], max(0, dropped - len(text))
        changed[place] = escape(kept if number else own + kept, quote=False)
    return changed


def _first_paragraph(body: Pieces) -> Iterator[int]:
    """Yield the places of the texts of the first paragraph that is no heading, caption or cell."""
    is_begun = is_apart = False
    for place, text in enumerate(body.texts):
        name = body.names[place - 1] if place else ""
        if name and name not in _INLINE:
            if is_begun:
                return
            is_apart = name in _NO_PARAGRAPH
        if not is_apart and (is_begun or text.strip()):
            is_begun = True
            yield place
