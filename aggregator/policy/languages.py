"""Languages that have a channel, and those of them that navigation and exports list. Pure.

A tag whose primary subtag is no code of ISO 639 makes no channel: a feed could invent thousands.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from aggregator.policy import iso639

LISTED_ITEMS, LISTED_SOURCES = 3, 2  # live items, or sources of them, from which on a language is listed
LISTED_ALONE_MAX = 20  # languages listed for the items of one source alone
# Withdrawn codes that old software still sends (RFC 5646 section 2.2.1, deprecated subtags).
WITHDRAWN = {"iw": "he", "in": "id", "ji": "yi", "mo": "ro", "bh": "bih"}


@cache
def _last_letters() -> Mapping[str, str]:
    """Return the last letters of all registered codes by their first ones: a set of the 8,000 codes would
    cost each start ten times as much."""
    groups = (group.partition("-") for group in iso639.PACKED.split())
    return {first: last for first, _, last in groups}


def codes() -> frozenset[str]:
    """Return all registered codes."""
    return frozenset(first + letter for first, last in _last_letters().items() for letter in last)


def primary(tag: str) -> str:
    """Return the primary subtag of a language tag, the present one for a withdrawn one, "" if it is not
    registered."""
    subtag = tag.partition("-")[0].lower()
    subtag = WITHDRAWN.get(subtag, subtag)
    return subtag if subtag and subtag[-1] in _last_letters().get(subtag[:-1], "") else ""


def listed(languages: Iterable[tuple[str, Sequence[int]]]) -> tuple[str, ...]:
    """Return the channels of languages that navigation and exports list.

    `languages` are their names, the oldest channel first, with the sources of LISTED_ITEMS or fewer live
    items and, after as many, of the oldest one: newer items never make it the channel of one source.
    """
    alone, found = Counter[int](), list[str]()
    for name, sources in languages:
        if len({*sources}) >= LISTED_SOURCES:
            found.append(name)
        elif len(sources) >= LISTED_ITEMS and alone[sources[0]] < LISTED_ALONE_MAX:
            alone[sources[0]] += 1
            found.append(name)
    return tuple(found)
