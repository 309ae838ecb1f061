"""The operator's decisions as they bear on the items of a document: those about an item itself, and
withdrawals of releases that an item is a copy of. Pure.

A decision about an item binds the same entry of the same source, by its id or its feed, whenever it comes
again. A withdrawal by the operator also holds copies of the release by any source, until the operator decides
on each: a later release or reinstatement of the copy itself stands. No source decides anything here.
"""

from hashlib import blake2b

from msgspec.structs import replace

from aggregator.dedupe import within
from aggregator.dedupe.copies import Copies
from aggregator.dedupe.erased import Erased, key_text
from aggregator.model.changes import Placement
from aggregator.model.decision import Decision, Decisions, State, Trigger
from aggregator.model.item import READ, Item, KeyKind, Mode
from aggregator.model.poll import Claim
from aggregator.model.stored import Known

PERMITS = (Trigger.RELEASE, Trigger.REINSTATE)
WITHDRAWS = (Trigger.WITHDRAW, Trigger.TOMBSTONE)  # until the operator reinstates


def feed_digest(feed: str) -> str:
    """Return a digest that identifies a feed under any id of its source, without its secrets."""
    return blake2b(feed.encode(errors="replace"), digest_size=16).hexdigest()


class Decided:
    """Decisions of the operator on the items of one document."""

    def __init__(self, known: Decisions, claim: Claim) -> None:
        self._copies = Copies(known.withdrawn, {claim.id: known.others})
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
        if own is not None and own.trigger in WITHDRAWS:
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
