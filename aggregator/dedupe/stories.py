"""Deduplication across sources: match items that are the same release (a story).

False merges are worse than missed ones: a shared address only makes a candidate, the texts must agree.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from aggregator.model import Candidate, Item, KeyKind

WINDOW = timedelta(days=14)
AGREEMENT = 0.8  # share of the shorter text's shingles that the longer one must hold
SHINGLE = 4  # words
SHORT = 12  # words under which texts prove nothing and titles must agree instead
COMPARED = 20_000  # characters of a text that are looked at


def match(item: Item, shown: datetime, candidates: Sequence[Candidate]) -> Candidate | None:
    """Return the candidate that is the same release as `item`, the oldest of several, None for none."""
    link = item.key(KeyKind.LINK)
    near = [
        each
        for each in candidates
        if each.link == link
        and abs(each.shown - shown) <= WINDOW
        and _same_language(item.language, each.language)
    ]
    return next((each for each in sorted(near, key=lambda each: each.number) if _agree(item, each)), None)


def _same_language(one: str, other: str) -> bool:
    one, other = one.partition("-")[0], other.partition("-")[0]
    return one == other or not one or not other


def _agree(item: Item, candidate: Candidate) -> bool:
    one, other = _words(item.text), _words(candidate.text)
    if min(len(one), len(other)) < SHORT:
        return _words(item.title) == _words(candidate.title)
    few, many = sorted((_shingles(one), _shingles(other)), key=len)
    return len(few & many) >= AGREEMENT * len(few)


def _words(text: str) -> list[str]:
    return text[:COMPARED].casefold().split()


def _shingles(words: list[str]) -> set[tuple[str, ...]]:
    return {tuple(words[start : start + SHINGLE]) for start in range(len(words) - SHINGLE + 1)}
