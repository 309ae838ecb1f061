"""Copies of releases that the operator has withdrawn: by address, by text, or by title with day or words.
Pure.

A copy that is held in vain costs the operator a look, one that is missed publishes what was taken down: one
or two sentences suffice, unless the source repeats them under its items.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set

from aggregator.dedupe import similar
from aggregator.model.decision import Decision, Other
from aggregator.model.item import Item, KeyKind

PIECES_MIN = 3  # sentences that suffice without the title: fewer may be what every teaser says
# Sentences of a text of which one changed sentence is more than similarity allows: under the same title one
# that is shared suffices, under another one all but one; of three if the words are nearly the same, too.
FEW_PIECES = 4
REPEATED_MIN = 2  # items of a source from before the withdrawal that say a sentence: its boilerplate
EMBEDDED_MIN = 0.5  # share that a release must have of a longer text of another source: it may be boilerplate


def link_text(link: bytes | None) -> str:
    """Return the digest of an address, "" for none."""
    return "" if link is None else link.hex()


def day_text(item: Item) -> str:
    """Return the digest of the title and the day of an item, "" without a date."""
    return (item.key(KeyKind.TITLE_DAY) or b"").hex() if item.claimed is not None else ""


class Copies:
    """Finds the withdrawn release that an item is a copy of, by these many steps of one document."""

    def __init__(
        self,
        withdrawn: Sequence[Decision],
        others: Mapping[str, Sequence[Other]] | None = None,
        steps: int = similar.STEPS_MAX,
    ) -> None:
        """`others` are live items of each source, by which its boilerplate is known."""
        self._others = {
            source: [(at, similar.pieces(signature)) for at, signature in items]
            for source, items in (others or {}).items()
        }
        self._withdrawn = sorted(withdrawn, key=lambda each: each.at)
        self._pieces = [similar.pieces(each.signature) for each in self._withdrawn]
        self._at = _numbers(each.link for each in self._withdrawn)
        self._titled = _numbers(each.title for each in self._withdrawn)
        self._with = _by_piece(self._pieces)
        self._steps = steps  # left

    def __bool__(self) -> bool:
        """Return whether there is any withdrawn release."""
        return bool(self._withdrawn)

    def of(self, item: Item, source: str) -> Decision | None:
        """Return the last withdrawal of a release at the address of an item, or with a text that says the
        same or is an extract of the other one."""
        if not self._withdrawn:
            return None
        return self.last(self.said_by(item, source) | self.at(item.key(KeyKind.LINK)))

    def last(self, found: Set[int]) -> Decision | None:
        """Return the last of these withdrawals."""
        return self._withdrawn[max(found)] if found else None

    def named(self, found: Set[int]) -> Sequence[Decision]:
        """Return these withdrawals."""
        return [self._withdrawn[each] for each in found]

    def at(self, link: bytes | None) -> Set[int]:
        """Return the releases at an address."""
        return self._at.get(link_text(link), frozenset())

    def said(self, title: str, signature: bytes, source: str, words: str | None = None) -> Set[int]:
        """Return the releases that share enough sentences with a text of a source, whose words may not be
        known."""
        pieces, digest = similar.pieces(signature), similar.title_digest(title)
        near = self._near(pieces) | self._titled.get(digest, frozenset())
        return {each for each in near if self._agrees(each, pieces, digest, source=source, words=words)}

    def said_by(self, item: Item, source: str) -> Set[int]:
        """Return the same for an item, by its text or summary, and releases of its title with the same day or
        nearly its words."""
        words = similar.words(item.text)
        said = {*self.said(item.title, item.signature, source, words)}
        if item.summarised:
            said |= self.said(item.title, item.summarised, source, words)
        titled = (
            self._titled.get(similar.title_digest(item.title), frozenset()) if item.title else frozenset()
        )
        if not (left := titled - said):
            return said
        day = day_text(item)
        is_long = len(similar.pieces(item.signature)) > FEW_PIECES
        for each in left:
            release = self._withdrawn[each]
            if (day and release.day == day) or (
                not (is_long or len(self._pieces[each]) > FEW_PIECES) and similar.near(words, release.words)
            ):
                said.add(each)
        return said

    def _near(self, pieces: Set[int]) -> set[int]:
        """Return the releases that may share enough sentences.

        Of n sentences of which m must be shared, one is among any n - m + 1: the rarest are looked up, so
        that boilerplate finds no release (prefix filtering).
        """
        present = sorted(
            (each for each in pieces if each in self._with), key=lambda each: len(self._with[each])
        )
        found = set()
        for place, piece in enumerate(present, len(pieces) - len(present)):
            for release in self._with[piece]:  # the smallest first
                if place > len(pieces) - _needed(min(len(pieces), len(self._pieces[release]))):
                    break
                found.add(release)
        return found

    def _agrees(self, release: int, pieces: Set[int], title: str, *, source: str, words: str | None) -> bool:
        """Return whether a release shares enough sentences; beyond the steps it counts as one: the item is
        held, not published unseen."""
        few = min(len(pieces), len(self._pieces[release]))
        self._steps -= few
        if self._steps < 0:
            return True
        shared, decision = pieces & self._pieces[release], self._withdrawn[release]
        if decision.title == title:
            return len(shared) >= (1 if few <= FEW_PIECES else similar.SHARED_MIN * few)
        is_part = len(shared) < EMBEDDED_MIN * len(pieces)
        if not shared or len(shared) < _needed(few) or (is_part and decision.source != source):
            return False
        if few >= PIECES_MIN and len(shared) >= similar.SHARED_MIN * few:
            return True
        if is_part or not self._tells(shared, decision, source):
            return False
        if few < PIECES_MIN or len(shared) >= PIECES_MIN or words is None:
            return True
        return similar.near(words, decision.words, is_part=True)

    def _tells(self, shared: Set[int], withdrawal: Decision, source: str) -> bool:
        """Return whether a sentence is none that items of the source have repeated before the withdrawal:
        later ones may be copies themselves."""
        before = [said for at, said in self._others.get(source, ()) if at < withdrawal.at]
        return any(sum(each in said for said in before) < REPEATED_MIN for each in shared)


def _needed(few: int) -> float:
    """Return how many sentences the shorter text, of so many, must share under another title."""
    return few - 1 if PIECES_MIN <= few <= FEW_PIECES else similar.SHARED_MIN * few


def _numbers(values: Iterable[str]) -> Mapping[str, frozenset[int]]:
    """Return the places of each value but ""."""
    found: dict[str, set[int]] = defaultdict(set)
    for number, value in enumerate(values):
        if value:
            found[value].add(number)
    return {value: frozenset(numbers) for value, numbers in found.items()}


def _by_piece(releases: Sequence[Set[int]]) -> Mapping[int, Sequence[int]]:
    """Return the numbers of the releases with each sentence, the shortest release first."""
    found = defaultdict(list)
    for number in sorted(range(len(releases)), key=lambda number: len(releases[number])):
        for piece in releases[number]:
            found[piece].append(number)
    return dict(found)
