"""The operator's decisions as they bear on the items of a document: those about an item itself, and
withdrawals of releases that an item is a copy of. Pure.

A decision about an item binds the same entry of the same source, by its id or its feed, whenever it comes
again. A withdrawal by the operator also holds copies of the release by any source, until the operator decides
on each: a later release or reinstatement of the copy itself stands. No source decides anything here.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace
from hashlib import blake2b

from aggregator.dedupe import similar, within
from aggregator.dedupe.erased import Erased, key_text
from aggregator.model import (
    Claim,
    Decision,
    Decisions,
    Item,
    KeyKind,
    Known,
    Mode,
    Placement,
    State,
    Trigger,
)
from aggregator.model.item import READ

PIECES_MIN = 3  # sentences that suffice without the title: fewer may be what every teaser says
# Sentences of a text of which one changed sentence is more than similarity allows: under the same title one
# that is shared suffices.
FEW_PIECES = 4
EMBEDDED_MIN = 0.5  # share that a release must have of a longer text of another source: it may be boilerplate
PERMITS = (Trigger.RELEASE, Trigger.REINSTATE)


def feed_digest(feed: str) -> str:
    """Return a digest that identifies a feed under any id of its source, without its secrets."""
    return blake2b(feed.encode(errors="replace"), digest_size=16).hexdigest()


def link_text(link: bytes | None) -> str:
    """Return the digest of an address, "" for none."""
    return "" if link is None else link.hex()


def day_text(item: Item) -> str:
    """Return the digest of the title and the day of an item, "" without a date."""
    return (item.key(KeyKind.TITLE_DAY) or b"").hex() if item.claimed is not None else ""


class Decided:
    """Decisions of the operator on the items of one document."""

    def __init__(self, known: Decisions, claim: Claim) -> None:
        self._copies = Copies(known.withdrawn)
        self._source = claim.id
        self._own: dict[str, Decision] = {}
        self._erased = Erased(known.erased, claim.id, feed_digest(claim.feed)) if known.erased else None
        feed = self._feed = feed_digest(claim.feed)
        for each in sorted(known.own, key=lambda each: each.at):
            if not each.key:
                self._own[each.item] = each
            elif claim.id == each.source or feed == each.feed:
                self._own[each.key] = each

    def about(self, item: Item, mode: Mode, name: str) -> Decision | None:
        """Return the last decision about an item, by its lookup key or its id."""
        if not self._own:
            return None
        found = [self._own.get(key_text(within.primary(item, mode))), self._own.get(name)]
        return max(filter(None, found), key=lambda each: each.at, default=None)

    def is_blocked(self, item: Item, mode: Mode, name: str) -> bool:
        """Return whether a new item is one that was erased, or exactly the same release."""
        if self._erased is None:
            return False
        own = self.about(item, mode, name)
        if own is not None and own.trigger is Trigger.ERASE and not self._is_anothers(own, item):
            return True
        return self._erased.blocks(item, within.primary(item, mode))

    def copied(self, item: Item, own: Decision | None) -> Decision | None:
        """Return the withdrawal of a release that an item is a copy of, None for none and for an item that
        the operator has permitted since."""
        return not_permitted(self._copies.of(item, self._source), own, item)

    def copied_by(self, item: Item, old: Known, own: Decision | None) -> Decision | None:
        """Return the withdrawal of a release of which an edit makes a copy of an item that is live or goes
        live by itself; None for an item that was a copy before, which the operator has left as it is."""
        stays_held = old.state is State.HELD and old.release is None and not (old.dated or old.reinstated)
        if old.state is State.WITHDRAWN or stays_held:
            return None
        if not self._copies:
            return None
        link = next((key.digest for key in old.current if key.kind is KeyKind.LINK), None)
        said = self._copies.said(old.title, old.signature, self._source)
        here = self._copies.at(link)
        if old.reinstated:  # what it said when it was reinstated is permitted, nothing else
            withdrawal = self._copies.of(item, self._source)
            was_copy = withdrawal in self._copies.named(said | here)
            return not_permitted(withdrawal, own, None if was_copy else item)
        says = self._copies.said_by(item, self._source) - said
        comes = self._copies.at(item.key(KeyKind.LINK)) - here - said
        return not_permitted(self._copies.last(says | comes), own, item)

    def placed(self, item: Item, mode: Mode, name: str, placement: Placement, *, review: bool) -> Placement:
        """Return the placement of a new item as the operator's decisions have it.

        Under `review` a time at which an item goes live was given to the version that was read.
        """
        own = self.about(item, mode, name)
        if own is not None and self._is_anothers(own, item):
            own = None
        if own is not None and own.trigger is Trigger.WITHDRAW:
            return replace(placement, state=State.WITHDRAWN, release=None, reason=own.reason, dated=False)
        if own is not None and own.trigger is Trigger.HOLD:
            if review and own.release is not None and not is_of(own, item):
                times = filter(None, (own.release, placement.release))
                return replace(placement, release=max(times), dated=True)
            return replace(placement, state=State.HELD, release=own.release, reason=own.reason, dated=False)
        if (withdrawal := self.copied(item, own)) is not None:
            return replace(
                placement,
                state=State.HELD,
                release=None,
                dated=False,
                reason="; ".join(filter(None, (held_reason(withdrawal.item), placement.reason))),
                copy_of=withdrawal.item,
            )
        if own is not None and releases(own, item):
            return replace(placement, state=State.LIVE, release=None, reason="", dated=False)
        return placement

    def _is_anothers(self, own: Decision, item: Item) -> bool:
        """Return whether a decision on an item of another feed is on another text: the id of its source may
        have passed to another organisation, and guids are often small numbers."""
        return own.feed not in ("", self._feed) and own.fingerprint != item.fingerprint.hex()


def not_permitted(withdrawal: Decision | None, own: Decision | None, item: Item | None) -> Decision | None:
    """Return a withdrawal, None when the operator has permitted the copy itself since, a hold until a time
    included: the text of the item, or, with None for it, any."""
    if withdrawal is None or own is None or own.at < withdrawal.at:
        return withdrawal
    if item is not None and own.fingerprint not in ("", item.fingerprint.hex()):
        return withdrawal
    return None if own.trigger in PERMITS or own.release is not None else withdrawal


def releases(own: Decision | None, item: Item) -> bool:
    """Return whether the operator has released an item with all that is published of this one."""
    return own is not None and own.trigger is Trigger.RELEASE and is_of(own, item)


def is_of(decision: Decision, item: Item) -> bool:
    """Return whether a decision was about all that is published of an item; older ones know the text."""
    read = dict(item.queries).get(READ)
    return decision.fingerprint == item.fingerprint.hex() and decision.read in ("", read)


def held_reason(withdrawn: str) -> str:
    """Return the words for why a copy of the withdrawn item with this id is held."""
    return f"copy of {withdrawn}, which was withdrawn"


class Copies:
    """Finds the withdrawn release that an item is a copy of, by these many steps of one document."""

    def __init__(self, withdrawn: Sequence[Decision], steps: int = similar.STEPS_MAX) -> None:
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

    def said(self, title: str, signature: bytes, source: str) -> Set[int]:
        """Return the releases that share enough sentences with a text of a source."""
        pieces, digest = similar.pieces(signature), similar.title_digest(title)
        near = self._near(pieces) | self._titled.get(digest, frozenset())
        return {each for each in near if self._agrees(each, pieces, digest, source)}

    def said_by(self, item: Item, source: str) -> Set[int]:
        """Return the same for an item, by its text or summary, and releases of its title with the same day or
        nearly its words."""
        said = {*self.said(item.title, item.signature, source)}
        if item.summarised:
            said |= self.said(item.title, item.summarised, source)
        titled = (
            self._titled.get(similar.title_digest(item.title), frozenset()) if item.title else frozenset()
        )
        if not (left := titled - said):
            return said
        day, words = day_text(item), similar.words(item.text)
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
                if place > len(pieces) - similar.SHARED_MIN * min(len(pieces), len(self._pieces[release])):
                    break
                found.add(release)
        return found

    def _agrees(self, release: int, pieces: Set[int], title: str, source: str) -> bool:
        """Return whether a release shares enough sentences; beyond the steps it counts as one: the item is
        held, not published unseen."""
        few = min(len(pieces), len(self._pieces[release]))
        self._steps -= few
        if self._steps < 0:
            return True
        shared = len(pieces & self._pieces[release])
        if self._withdrawn[release].title == title:
            return shared >= (1 if few <= FEW_PIECES else similar.SHARED_MIN * few)
        if self._withdrawn[release].source != source and shared < EMBEDDED_MIN * len(pieces):
            return False
        return few >= PIECES_MIN and shared >= similar.SHARED_MIN * few


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
