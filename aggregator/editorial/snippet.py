"""Snippets of search results: plain text around the first match of a query, with the matches apart."""

from collections.abc import Sequence

from msgspec import Struct

from aggregator.normalise.occurrences import spans
from aggregator.normalise.words import Term

SNIPPET_CHARS = 240
BEFORE_MATCH = 60  # characters of it before the first match
READ_CHARS_MAX = 20_000  # of the text
GAP = "…"


class Fragment(Struct, frozen=True):
    """A part of a snippet; a match is to be marked."""

    text: str
    is_match: bool = False


def highlighted(text: str, terms: Sequence[Term]) -> tuple[Fragment, ...]:
    """Return a whole text as fragments."""
    return _fragments(text, spans(terms, text), 0, len(text))


def snippet(text: str, terms: Sequence[Term]) -> tuple[Fragment, ...]:
    """Return up to SNIPPET_CHARS of a text, from shortly before its first match, else from its beginning."""
    text = " ".join(text[:READ_CHARS_MAX].split())
    found = spans(terms, text)
    start = _word_start(text, found[0][0] - BEFORE_MATCH) if found else 0
    end = _word_end(text, start + SNIPPET_CHARS)
    before = (Fragment(GAP),) if start else ()
    after = (Fragment(GAP),) if end < len(text) else ()
    return (*before, *_fragments(text, found, start, end), *after)


def _fragments(text: str, found: Sequence[tuple[int, int]], start: int, end: int) -> tuple[Fragment, ...]:
    fragments = []
    place = start
    for first, last in ((max(a, start), min(b, end)) for a, b in found):
        if first < last:
            fragments += [Fragment(text[place:first]), Fragment(text[first:last], is_match=True)]
            place = last
    fragments.append(Fragment(text[place:end]))
    return tuple(each for each in fragments if each.text)


def _word_start(text: str, place: int) -> int:
    """Return the beginning of the next word after a place; the place itself in a script without blanks."""
    if place <= 0:
        return 0
    blank = text.find(" ", place - 1, place + BEFORE_MATCH // 2)
    return place if blank < 0 else blank + 1


def _word_end(text: str, place: int) -> int:
    """Return the end of the last word before a place; the place itself in a script without blanks."""
    if place >= len(text):
        return len(text)
    blank = text.rfind(" ", place - BEFORE_MATCH // 2, place + 1)
    return place if blank < 0 else blank
