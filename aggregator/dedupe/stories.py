"""Deduplication across sources: match items that are the same release (a story).

False merges are worse than missed ones: a shared address only makes a candidate, the texts must agree.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from aggregator.model import Candidate, Item, KeyKind

ITEMS_PER_ADDRESS = 10  # at an address of so many items or more is a home page, not a release
MATCHED_WITHIN = timedelta(days=14)  # of the dates shown
SHINGLES_SHARED_MIN = 0.8  # share of the shorter text's shingles that the longer one must hold
SHINGLE_WORDS = 4
WORDS_MIN = 12  # of a text that proves something; else the titles must agree
CHARACTERS_COMPARED = 20_000


def match(item: Item, shown: datetime, candidates: Sequence[Candidate]) -> Candidate | None:
    """Return the candidate that is the same release as `item`, the oldest of several, None for none."""
    link = item.key(KeyKind.LINK)
    near = [
        each
        for each in candidates
        if each.link == link
        and abs(each.shown - shown) <= MATCHED_WITHIN
        and _same_language(item.language, each.language)
    ]
    return next((each for each in sorted(near, key=lambda each: each.number) if _agree(item, each)), None)


def _same_language(one: str, other: str) -> bool:
    one, other = one.partition("-")[0], other.partition("-")[0]
    return one == other or not one or not other


def parts(item: Item, story: Sequence[Candidate]) -> bool:
    """Return whether an item, as edited, leaves its story: it no longer agrees with each other member.

    With each, because two sources could otherwise agree with one another and carry a third one's release.
    """
    return not all(_same_language(item.language, each.language) and _agree(item, each) for each in story)


def _agree(item: Item, candidate: Candidate) -> bool:
    """Return whether the texts agree; short ones prove nothing, there the titles and the address must."""
    one, other = _words(item.text), _words(candidate.text)
    if min(len(one), len(other)) < WORDS_MIN:
        same_address = item.key(KeyKind.LINK) == candidate.link
        return same_address and _words(item.title) == _words(candidate.title)
    few, many = sorted((_shingles(one), _shingles(other)), key=len)
    return len(few & many) >= SHINGLES_SHARED_MIN * len(few)


def _words(text: str) -> list[str]:
    return text[:CHARACTERS_COMPARED].casefold().split()


def _shingles(words: list[str]) -> set[tuple[str, ...]]:
    return {tuple(words[start : start + SHINGLE_WORDS]) for start in range(len(words) - SHINGLE_WORDS + 1)}
