"""Comparison of two releases within the steps of one poll: whether they are one story, and whether one may be
shown in place of the other.

A member of a story that is shown in place of another must not say what that one does not say, nor hide what
it says: a source could otherwise speak for another, or silence it. Two texts of one release of which the one
shown says more are one story and are both shown, unless the other says itself that it is an extract.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from aggregator.dedupe import similar
from aggregator.dedupe.relations import Relation
from aggregator.model.domains import Site
from aggregator.model.item import Item, KeyKind
from aggregator.model.stored import Candidate

if TYPE_CHECKING:
    from aggregator.dedupe.agreement import Said

TEXT_CHARS_MAX = 40_000  # of a text that is compared word by word; a longer one agrees with itself alone
SHARED_MIN = 0.25  # share of sentences without which words are not compared
COVERED_MIN = 0.6  # share that a text must have of a longer one to be shown in its place
TITLE_MIN = 0.5  # share of a headline's words that must stand in a release shown under it
STEPS_CHAR, STEPS_WORD = 12, 30  # of reading a text, of comparing two: 1.1 and 2.7 µs


class Compared(Struct, frozen=True):
    """Values of an item that are compared with another's; `signature` is None when the store has none yet."""

    site: Site
    link: bytes | None
    language: str
    title: str
    fingerprint: bytes
    signature: bytes | None
    text: str
    shown: datetime
    says: bytes
    repeated: frozenset[int]

    @classmethod
    def of(
        cls,
        item: Item,
        domains: tuple[str, ...],
        shown: datetime,
        repeated: frozenset[int] = frozenset(),
    ) -> Compared:
        """Return the values of an item of a document, given the domains of its source and the hashes of the
        sentences that it repeats under its items."""
        return cls(
            Site.of(item.url, domains),
            item.key(KeyKind.LINK),
            item.language,
            item.title,
            item.fingerprint,
            item.signature,
            item.text[: TEXT_CHARS_MAX + 1],
            shown,
            item.fingerprint,
            repeated,
        )

    @classmethod
    def stored(cls, item: Candidate) -> Compared:
        """Return the values of an item of the store."""
        return cls(
            Site.of(item.url, item.domains),
            item.link,
            item.language,
            item.title,
            item.fingerprint,
            item.signature,
            item.text,
            item.shown,
            item.says or item.fingerprint,
            item.repeated,
        )


class _Found(Struct, frozen=True):
    """Two texts that were compared, and how they are one release."""

    one: Said
    other: Said
    how: Relation | None


class Comparer:
    """Compares the releases of one poll until its steps are used up."""

    def __init__(self, steps: int = similar.STEPS_MAX) -> None:
        self.steps = steps  # left
        self._read: dict[tuple[bytes, bool], Said] = {}
        self._found: dict[tuple[bytes, bytes], _Found] = {}

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

    def says(self, one: Compared, story: Iterable[Compared]) -> bytes | None:
        """Return the fingerprint of the first member of a story that may be shown in place of a release that
        agrees with it, None for none. A member in whose place another is shown is none."""
        others = tuple(story)
        present = {other.fingerprint for other in others}
        for other in others:
            is_shown = other.says not in present or other.says == other.fingerprint
            if is_shown and other.fingerprint != one.fingerprint and self.stands_for(other, one):
                return other.fingerprint
        return None

    def _pair(self, one: Compared, other: Compared) -> bool | None:
        if not same_language(one.language, other.language):
            return False
        if similar.folded(one.title) == similar.folded(other.title):
            agree = self._same(one, other)
            if agree is not False:
                return agree
        return self.related(one, other)

    def _same(self, one: Compared, other: Compared) -> bool | None:
        """Return whether one gives way to the other and resembles it, or both are equal, by signatures."""
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

    def related(self, one: Compared, other: Compared) -> bool | None:
        """Return whether two releases, each at a site of its own, are one by their texts; None when that is
        not known."""
        if not _are_apart(one, other) or not _same_summary(one, other):
            return False
        if one.signature is None or other.signature is None:
            return None
        if not self._take(similar.steps(one.signature, other.signature)):
            return None
        shared, few = similar.shared(one.signature, other.signature)
        if shared < max(1, SHARED_MIN * few) or not (_is_comparable(one) and _is_comparable(other)):
            return False
        found = self._relation(one, other)
        return found if found is None else found.how is not None

    def stands_for(self, shown: Compared, other: Compared) -> bool:
        """Return whether a member may be shown in place of another that agrees with it."""
        if not _are_apart(shown, other) or not (_is_comparable(shown) and _is_comparable(other)):
            return False
        if not similar.adds_no_summary(shown.signature or b"", other.signature or b""):
            return False
        found = self._relation(other, shown)
        if found is None or found.how is None or not _is_headed(found.other, found.one):
            return False
        if found.how is Relation.ADDS:
            return found.other.text.size >= COVERED_MIN * found.one.text.size
        return found.how is Relation.SAME or found.one.text.cut

    def _relation(self, one: Compared, other: Compared) -> _Found | None:
        """Return how two texts are one release, None when too few steps are left; if they are not, without
        the boilerplate that their sources repeat."""
        key = (one.fingerprint, other.fingerprint)
        if key not in self._found:
            found = self._compared(one, other, is_whole=True)
            if found is not None and found.how is None and (_repeats(one) or _repeats(other)):
                found = self._compared(one, other, is_whole=False)
            if found is None:
                return None
            self._found[key] = found
        return self._found[key]

    def _compared(self, one: Compared, other: Compared, *, is_whole: bool) -> _Found | None:
        from aggregator.dedupe.agreement import relation  # its tables: only where there are candidates

        here, there = self._said(one, is_whole=is_whole), self._said(other, is_whole=is_whole)
        if here is None or there is None:
            return None
        if not self._take(STEPS_WORD * (len(here.text.words) + len(there.text.words))):
            return None
        same_address = is_whole and one.link is not None and one.link == other.link
        return _Found(here, there, relation(here, there, same_address=same_address))

    def _said(self, release: Compared, *, is_whole: bool) -> Said | None:
        """Return what a release says, None when too few steps are left."""
        key = (release.fingerprint, is_whole)
        if key not in self._read:
            if not self._take(STEPS_CHAR * (len(release.text) + len(release.title))):
                return None
            from aggregator.dedupe import tokens
            from aggregator.dedupe.agreement import Said

            repeated = frozenset[int]() if is_whole else release.repeated
            text = tokens.read(release.text, release.title, repeated)
            self._read[key] = Said(text, tokens.read(release.title), release.shown)
        return self._read[key]

    def _take(self, steps: int) -> bool:
        """Return whether so many steps are left, and use them up."""
        is_left = steps <= self.steps
        self.steps -= steps if is_left else 0
        return is_left


def same_language(one: str, other: str) -> bool:
    """Return whether two language tags have the same primary subtag, or one is unknown."""
    one, other = one.partition("-")[0], other.partition("-")[0]
    return one == other or not one or not other


def _are_apart(one: Compared, other: Compared) -> bool:
    """Return whether each of two releases is at a site of its own, so that none claims to be the other's
    page."""
    if not (one.site.is_own and other.site.is_own):
        return False
    return one.site.host != other.site.host or (one.site.is_home and other.site.is_home)


def _same_summary(one: Compared, other: Compared) -> bool:
    """Return whether equal texts have equal summaries: what is shown of them is otherwise not the same."""
    if one.fingerprint != other.fingerprint or one.signature is None or other.signature is None:
        return True
    return similar.same_summary(one.signature, other.signature)


def _is_comparable(release: Compared) -> bool:
    return len(release.text) <= TEXT_CHARS_MAX


def _repeats(release: Compared) -> bool:
    """Return whether a release has boilerplate of its source, and not of it alone."""
    found = similar.pieces(release.signature or b"")
    return bool(release.repeated & found) and not found <= release.repeated


def _is_headed(lead: Said, hidden: Said) -> bool:
    """Return whether a headline is that of a release, or says what stands in it."""
    from aggregator.dedupe.wording import LIGHT

    words = [word for word in lead.title.words if word not in LIGHT]
    known = {*hidden.text.words, *hidden.title.words}
    return sum(word in known for word in words) >= TITLE_MIN * len(words)
