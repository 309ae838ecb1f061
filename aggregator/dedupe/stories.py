"""Deduplication across sources: match items that are the same release (a story).

A member of a story is shown in place of the others, so that it must not say what they do not say: two items
agree when all that is shown of them is the same, or when one gives way to the other, at whose site it links,
and is itself not shown. False merges are worse than missed ones: a shared address only makes a candidate.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from aggregator.dedupe import similar
from aggregator.model import Candidate, Item, KeyKind, Knowledge
from aggregator.model.domains import Site

ITEMS_PER_ADDRESS = 10  # at an address of so many items or more is a home page, not a release
CANDIDATES_MAX = 200  # of one poll; items at the addresses left over are matched later
MEMBERS_MAX = 200  # of the stories of one poll; items of those left over leave them, or are matched later
MATCHED_WITHIN = timedelta(days=14)  # of the dates shown


@dataclass(frozen=True, slots=True)
class Compared:
    """Values of an item that are compared with another's; `signature` is None when the store has none yet."""

    site: Site
    link: bytes | None
    language: str
    title: bytes
    fingerprint: bytes
    signature: bytes | None

    @classmethod
    def of(cls, item: Item, domains: tuple[str, ...]) -> "Compared":
        """Return the values of an item of a document, given the domains of its source."""
        site, title = Site.of(item.url, domains), similar.folded(item.title)
        return cls(site, item.key(KeyKind.LINK), item.language, title, item.fingerprint, item.signature)

    @classmethod
    def stored(cls, item: Candidate) -> "Compared":
        """Return the values of an item of the store."""
        site, title = Site.of(item.url, item.domains), similar.folded(item.title)
        return cls(site, item.link, item.language, title, item.fingerprint, item.signature)


class Comparer:
    """Compares the releases of one poll until its steps are used up."""

    def __init__(self, steps: int = similar.STEPS_MAX) -> None:
        self.steps = steps  # left

    def agree(self, one: Compared, story: Iterable[Compared]) -> bool | None:
        """Return whether a release agrees with each of a story, None when that is not known: too few steps
        are left, or a signature is missing.

        With each, because two sources could otherwise agree with one another and hide what a third one says.
        Two that give way to the same one agree with that one alone.
        """
        others = tuple(story)
        homes = [each for each in others if one.site.gives_way(each.site)]
        for other in others:
            if not self._take(similar.STEPS_EACH):
                return None
            if homes and any(other.site.gives_way(home.site) for home in homes):
                continue
            agree = self._pair(one, other)
            if not agree:
                return agree
        return True

    def _pair(self, one: Compared, other: Compared) -> bool | None:
        if one.title != other.title or not _same_language(one.language, other.language):
            return False
        if one.site.gives_way(other.site):
            return self._resembles(other, one)
        if other.site.gives_way(one.site):
            return self._resembles(one, other)
        if one.link != other.link or one.fingerprint != other.fingerprint:
            return False
        if one.signature is None or other.signature is None:
            return None
        return similar.same_summary(one.signature, other.signature)

    def _resembles(self, shown: Compared, other: Compared) -> bool | None:
        if shown.signature is None or other.signature is None:
            return None
        if not self._take(similar.steps(shown.signature, other.signature)):
            return None
        return similar.resembles(shown.signature, other.signature)

    def _take(self, steps: int) -> bool:
        """Return whether so many steps are left, and use them up."""
        is_left = steps <= self.steps
        self.steps -= steps if is_left else 0
        return is_left


@dataclass(frozen=True, slots=True)
class Match:
    """The candidate that is the same release; not `decided`: the budget did not suffice for all of them."""

    same: Candidate | None = None
    decided: bool = True


class Matcher:
    """Matches the items of one document, of a source with these domains. A story takes one of them."""

    def __init__(self, known: Knowledge, domains: tuple[str, ...], comparer: Comparer) -> None:
        self._domains = domains
        self._comparer = comparer
        self._unread = known.unread
        self._joined: set[tuple[bool, int]] = set()
        self._at: dict[bytes, list[Candidate]] = defaultdict(list)
        self._in: dict[tuple[bool, int], list[Compared]] = defaultdict(list)
        for each in sorted(known.candidates, key=lambda each: each.number):
            self._at[each.link or b""].append(each)
        for each in {each.number: each for each in (*known.candidates, *known.members)}.values():
            self._in[_story(each)].append(Compared.stored(each))
        self._unread_stories = known.unread_stories

    def match(self, item: Item, shown: datetime) -> Match:
        """Return the oldest candidate with whose story `item` agrees."""
        link = item.key(KeyKind.LINK)
        near = [] if link is None else self._near(item, link, shown)
        decided = link not in self._unread
        if not near:
            return Match(decided=decided)
        itself = Compared.of(item, self._domains)
        for each in near:
            agree = None
            if each.story not in self._unread_stories:
                agree = self._comparer.agree(itself, self._in[_story(each)])
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


def parts(item: Item, domains: tuple[str, ...], story: Iterable[Candidate], comparer: Comparer) -> bool:
    """Return whether an item, as edited, leaves its story: it no longer agrees with each other member, or the
    budget leaves that unknown."""
    return comparer.agree(Compared.of(item, domains), map(Compared.stored, story)) is not True
