"""Deduplication across sources: match items that are the same release (a story).

Candidates share an address or a sentence with an item; their texts must then agree, word by word. False
merges are worse than missed ones.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from aggregator.dedupe import similar
from aggregator.dedupe.comparing import Compared, Comparer, same_language
from aggregator.model.item import Item, KeyKind
from aggregator.model.stored import Candidate, Knowledge, Known

ITEMS_PER_ADDRESS = 10  # at an address of so many items or more is a home page, not a release
CANDIDATES_MAX = 200  # of one poll; items whose candidates are left over are matched later
CANDIDATES_EACH = 8  # of one item by its text, those that share most sentences
TEXTS_MAX = 500  # items of one poll that are looked up by their texts
MEMBERS_MAX = 200  # of the stories of one poll; items of those left over leave them, or are matched later
MATCHED_WITHIN = timedelta(days=14)  # of the dates shown


class Match(Struct, frozen=True):
    """The candidate that is the same release; not `decided`: the budget did not suffice for all of them.

    `says` is the fingerprint of the member that may be shown in its place, None for none.
    """

    same: Candidate | None = None
    decided: bool = True
    says: bytes | None = None


class Matcher:
    """Matches the items of one document, of a source with these domains. A story takes one of them."""

    def __init__(self, known: Knowledge, domains: tuple[str, ...], comparer: Comparer) -> None:
        self._domains = domains
        self._comparer = comparer
        self._unread = known.unread
        self._joined: set[tuple[bool, int]] = set()
        self._at: dict[bytes, list[Candidate]] = defaultdict(list)
        self._with: dict[int, list[Candidate]] = defaultdict(list)
        self._in: dict[tuple[bool, int], list[Compared]] = defaultdict(list)
        self._ids: dict[tuple[bool, int], set[str]] = defaultdict(set)
        self._apart, self._repeated = known.apart, known.repeated
        for each in sorted(known.candidates, key=lambda each: each.number):
            self._at[each.link or b""].append(each)
            for band in similar.bands(each.signature or b""):
                self._with[band].append(each)
        for each in {each.number: each for each in (*known.candidates, *known.members)}.values():
            self._in[_story(each)].append(Compared.stored(each))
            self._ids[_story(each)].add(each.id)
        self._unread_stories = known.unread_stories

    def match(self, item: Item, shown: datetime, name: str = "") -> Match:
        """Return the oldest candidate with whose story `item`, whose id is `name`, agrees."""
        link = item.key(KeyKind.LINK)
        near = [each for each in self._near(item, link, shown) if not self._is_apart(name, each)]
        decided = not self._unread & {link, item.fingerprint}
        if not near:
            return Match(decided=decided)
        itself = Compared.of(item, self._domains, shown, self._repeated)
        for each in near:
            agree, story = None, self._in[_story(each)]
            if each.story not in self._unread_stories:
                agree = self._agree(itself, each, story)
            if agree:
                self._joined.add(_story(each))
                return Match(each, says=self._comparer.says(itself, story))
            decided = decided and agree is not None
        return Match(decided=decided)

    def _is_apart(self, name: str, near: Candidate) -> bool:
        """Return whether the operator has split an item from a member of a story."""
        return bool(self._apart) and any(
            (min(name, other), max(name, other)) in self._apart for other in self._ids[_story(near)]
        )

    def _agree(self, item: Compared, near: Candidate, story: Sequence[Compared]) -> bool | None:
        """Return whether an item agrees with a story that has this candidate: by its text, if that is at
        another address."""
        if item.link is None or item.link != near.link:
            agree = self._comparer.related(item, Compared.stored(near))
            if not agree:
                return agree
        return self._comparer.agree(item, story)

    def _near(self, item: Item, link: bytes | None, shown: datetime) -> Sequence[Candidate]:
        """Return the candidates of an item: those at its address, then those with its sentences."""
        found = {each.number: each for each in (self._at.get(link, ()) if link is not None else ())}
        if self._with:
            for band in similar.bands(item.signature):
                found |= {each.number: each for each in self._with.get(band, ())}
        return [
            each
            for each in found.values()
            if _is_of_time(each, item.language, shown) and _story(each) not in self._joined
        ]


def may_match(one: Candidate, other: Candidate) -> bool:
    """Return whether two candidates have dates and languages of one release."""
    return _is_of_time(other, one.language, one.shown)


def _is_of_time(candidate: Candidate, language: str, shown: datetime) -> bool:
    return abs(candidate.shown - shown) <= MATCHED_WITHIN and same_language(language, candidate.language)


def _story(candidate: Candidate) -> tuple[bool, int]:
    return (candidate.story is None, candidate.number if candidate.story is None else candidate.story)


class Standing(Struct, frozen=True):
    """Standing of an edited item in its story: whether it leaves it, the fingerprint of the member that may
    be shown in its place, and the numbers of those in whose place it still may be shown."""

    parts: bool
    says: bytes | None = None
    stands_for: tuple[int, ...] = ()


def kept(old: Known, story: Iterable[Candidate]) -> Standing:
    """Return the standing of an edited item in a story that the operator has merged: as it was."""
    before = old.approved or old.fingerprint
    return Standing(False, old.says, tuple(each.number for each in story if each.says == before))


def standing(
    item: Item, old: Known, domains: tuple[str, ...], story: Iterable[Candidate], comparer: Comparer
) -> Standing:
    """Return the standing of a known item, as edited, among the other members of its story: it leaves it when
    it no longer agrees with each, or the budget leaves that unknown."""
    itself = Compared.of(item, domains, old.shown or old.updated)
    others = {each.number: Compared.stored(each) for each in story}
    if comparer.agree(itself, others.values()) is not True:
        return Standing(parts=True)
    before = old.approved or old.fingerprint
    behind = [number for number, each in others.items() if each.says == before]
    stands_for = tuple(number for number in behind if comparer.stands_for(itself, others[number]))
    beside = [each for number, each in others.items() if number not in behind]
    # One that is shown stays so, in whose place ever another might be.
    says = comparer.says(itself, beside) if old.says is not None else None
    return Standing(parts=False, says=says, stands_for=stands_for)
