"""Rewrite formulas of MathML as HTML: exponents and indices, fractions with "/", roots with "√"."""

import re
from itertools import pairwise

from aggregator.normalise.hidden import MAY_HIDE
from aggregator.normalise.tags import TAG

_FORMULA = re.compile(r"<math", re.IGNORECASE)
_END = re.compile(r"</math\s*+>", re.IGNORECASE)
_ANNOTATION = re.compile(r"<annotation\b[^<>]*+>[^<]*+</annotation\s*+>", re.IGNORECASE)
# Children from the second on that are raised or lowered (MathML Core, section 3.4).
_SHIFTS = {
    "msup": ("sup",),
    "msub": ("sub",),
    "msubsup": ("sub", "sup"),
    "munder": ("sub",),
    "mover": ("sup",),
}
_PLAIN_NAMES = """
    math semantics mi mn mo ms mrow mtext mspace msqrt mroot mfrac mstyle mpadded mphantom mfenced mtable mtr
    mtd munderover menclose merror maction mmultiscripts mprescripts none mlabeledtr malignmark maligngroup
    mglyph
"""
_NAMES = frozenset(_PLAIN_NAMES.split()) | frozenset(_SHIFTS)


def rewritten(value: str) -> str:
    """Return HTML with its formulas as text, and everything else unchanged."""
    if not _FORMULA.search(value):
        return value
    starts = [tag.start() for tag in TAG.finditer(value) if not tag[1] and _name(tag) == "math"]
    kept = [value[: starts[0]] if starts else value]
    for start, following in pairwise((*starts, len(value))):
        formula, after = _parted(value[start:following])
        kept += [" ", _text(formula), " ", after]
    return "".join(kept)


def _parted(part: str) -> tuple[str, str]:
    """Return a formula and what follows it: without an end tag it ends before the first element of HTML."""
    start = TAG.match(part)
    assert start is not None, "a formula begins with its tag"
    if start[0].endswith("/>"):
        return start[0], part[start.end() :]
    if end := _END.search(part, start.end()):
        return part[: end.end()], part[end.end() :]
    tags = (tag.start() for tag in TAG.finditer(part) if _name(tag) not in _NAMES)
    cut = next(tags, len(part))
    return part[:cut], part[cut:]


def _name(tag: re.Match[str]) -> str:
    return (tag[2] or "").lower()


def _text(formula: str) -> str:
    kept, position, is_within = list[str](), 0, False
    formula = _ANNOTATION.sub("", formula)
    opened: list[list[str]] = []  # name and end of each open element, and "" for each of its children
    for tag in TAG.finditer(formula):
        closing, name = tag[1], _name(tag)
        was_within, is_within = is_within, name in _NAMES
        written = formula[position : tag.start()]  # blanks have no meaning between tags of MathML alone
        kept.append(written.strip() if was_within and is_within else written)
        position = tag.end()
        if name not in _NAMES:
            kept.append(tag[0])
        elif not closing:
            parent, number = (opened[-1][0], len(opened[-1]) - 1) if opened else ("", 0)
            if opened:
                opened[-1].append("")
            start, end = _hiding(name, tag[3])
            if tag[0].endswith("/>"):
                kept.append(_before(name, parent, number))
            else:
                kept.append(start + _before(name, parent, number))
                opened.append([name, end])
        elif len(opened) > 1:  # the formula itself stays open
            _, end, *_ = opened.pop()
            parent, number = opened[-1][0], len(opened[-1]) - 2
            kept.append(_after(name, parent, number) + end)
    kept.append(formula[position:])
    return "".join((*kept, *(end for _, end, *_ in reversed(opened))))


def _hiding(name: str, attributes: str) -> tuple[str, str]:
    """Return the tags around an element that hides its content: what they hide is dropped afterwards."""
    if name == "mphantom":
        return "<span hidden>", "</span>"
    return (f"<span {attributes}>", "</span>") if MAY_HIDE.search(attributes) else ("", "")


def _before(name: str, parent: str, number: int) -> str:
    """Return the text before the child `number` (from 1) of `parent`."""
    shift = _SHIFTS.get(parent, ())[number - 2 : number - 1] if number > 1 else ()
    start = f"<{shift[0]}>" if shift else "/" if parent == "mfrac" and number == 2 else ""
    group = "(" if name == "mrow" and parent == "mfrac" else ""
    return start + group + ("√(" if name in ("msqrt", "mroot") else "")


def _after(name: str, parent: str, number: int) -> str:
    shift = _SHIFTS.get(parent, ())[number - 2 : number - 1] if number > 1 else ()
    group = ")" if name in ("msqrt", "mroot") or (name == "mrow" and parent == "mfrac") else ""
    return group + (f"</{shift[0]}>" if shift else " " if name == "mtd" else "")
