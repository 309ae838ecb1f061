"""Deduplication across sources: match items that are the same release (a story).

False merges are worse than missed ones: a shared address only makes a candidate, the texts must agree.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from aggregator.dedupe.similar import STEPS_MAX, Compared, Comparer, is_short
from aggregator.model import Candidate, Item, KeyKind, Knowledge

ITEMS_PER_ADDRESS = 10  # at an address of so many items or more is a home page, not a release
CANDIDATES_MAX = 200  # of one poll; items at the addresses left over are matched later
MATCHED_WITHIN = timedelta(days=14)  # of the dates shown


@dataclass(frozen=True, slots=True)
class Match:
    """The candidate that is the same release; not `decided`: the budget did not suffice for all of them."""

    same: Candidate | None = None
    decided: bool = True


class Matcher:
    """Matches the items of one document, in a budget of steps. A story takes one item of a document."""

    def __init__(self, known: Knowledge, steps: int = STEPS_MAX) -> None:
        self._comparer = Comparer(steps)
        self._unread = known.unread
        self._joined: set[tuple[bool, int]] = set()
        self._at: dict[bytes, list[Candidate]] = defaultdict(list)
        for each in sorted(known.candidates, key=lambda each: each.number):
            self._at[each.link or b""].append(each)

    def match(self, item: Item, shown: datetime) -> Match:
        """Return the oldest candidate that is the same release as `item`."""
        link = item.key(KeyKind.LINK)
        near = [] if link is None else self._near(item, link, shown)
        itself, decided = Compared(item.title, item.signature), link not in self._unread
        for each in near:
            agree = None
            if each.signature is not None:
                agree = self._comparer.agree(itself, Compared(each.title, each.signature))
            if agree:
                self._joined.add(_story(each))
                return Match(each)
            decided = decided and agree is not None
        return Match(decided=decided)

    def _near(self, item: Item, link: bytes, shown: datetime) -> Sequence[Candidate]:
        return [
            each
            for each in self._at.get(link, ())
            if abs(each.shown - shown) <= MATCHED_WITHIN
            and _same_language(item.language, each.language)
            and _story(each) not in self._joined
        ]


def _same_language(one: str, other: str) -> bool:
    one, other = one.partition("-")[0], other.partition("-")[0]
    return one == other or not one or not other


def _story(candidate: Candidate) -> tuple[bool, int]:
    return (candidate.story is None, candidate.number if candidate.story is None else candidate.story)


def parts(item: Item, story: Sequence[Candidate], comparer: Comparer) -> bool:
    """Return whether an item, as edited, leaves its story: it no longer agrees with each other member.

    With each, because two sources could otherwise agree with one another and carry a third one's release. An
    item that the budget leaves uncompared leaves its story.
    """
    return not all(
        _same_language(item.language, each.language) and _agrees(item, each, comparer) for each in story
    )


def _agrees(item: Item, member: Candidate, comparer: Comparer) -> bool:
    """Return whether the texts agree; short ones prove nothing, there titles and address must."""
    one, other = Compared(item.title, item.signature), Compared(member.title, member.signature or b"")
    if is_short(one, other) and item.key(KeyKind.LINK) != member.link:
        return False
    return comparer.agree(one, other) is True
