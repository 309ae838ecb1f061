"""The daily budget of a source: new items beyond it are held, bytes beyond it are not stored. Pure.

A document of a few kilobytes can stand for many megabytes, and a source changes it as often as it wants:
no source fills the disk of the others.
"""

from datetime import datetime

from msgspec.structs import replace

from aggregator.model.changes import Changes, Edit, NewItem
from aggregator.model.decision import State
from aggregator.model.item import Item
from aggregator.model.poll import OverBudget, Spent
from aggregator.model.settings import Budget
from aggregator.model.size import KEY_BYTES, stored_bytes, unsigned_bytes
from aggregator.model.stored import Known
from aggregator.policy.embargo import VETO

FIRST_IMPORT = 10  # times the budget, for the first import
STORED = 2  # times the budget of items: beyond it new items are not stored, because held ones take room too
HELD = "beyond the budget of items a day"


def within(
    changes: Changes, spent: Spent, budget: Budget, *, first_import: bool, now: datetime
) -> tuple[Changes, Spent, OverBudget | None]:
    """Return the changes to store, the spent budget of the source, and the excess beyond it.

    Of an edit beyond the budget a later release is stored alone: an embargo ends when its origin says so.
    What is not stored is not seen either: the next document that lists it has it read again. A day is one in
    UTC. The first import has its budget on one day: it does not end while documents are cut off.
    """
    today = now.toordinal()
    times = FIRST_IMPORT if first_import and spent.day in (0, today) else 1
    spending = _Spending(
        Budget(budget.items * times, budget.bytes * times), spent if spent.day == today else Spent(today)
    )
    known = {each.number: each for each in changes.basis.known} if changes.edits else {}
    edits = [_edited(each, known.get(each.number), spending) for each in changes.edits]
    new = tuple(_placed(each, spending) for each in changes.new if spending.stores_new(each.item))
    stored = replace(
        changes,
        edits=tuple(edit for edit in edits if edit is not None),
        new=new,
        seen=tuple(each for each in changes.seen if each[0] not in spending.dropped),
    )
    over = OverBudget(budget, times, spending.held, len(spending.dropped))
    return stored, spending.spent, over if over.held or over.dropped else None


def _edit_bytes(edit: Edit, old: Known | None) -> int:
    """Return the bytes that an edit adds: a revision and the new texts; of one that replaces what is stored
    what it takes more than that; new keys alone."""
    keys, size, pending = (old.keys, old.size, old.pending) if old else ((), 0, None)
    replaces = size > 0 and not edit.substantive and (edit.refreshes or edit.version == pending)
    if (edit.substantive or edit.waits or edit.refreshes) and not replaces:
        return stored_bytes(edit.item)
    added = max(0, unsigned_bytes(edit.item) - size) if replaces else 0
    return added + KEY_BYTES * len({*edit.item.keys} - {*keys})


class _Spending:
    """Running totals of one document against the budget of its source."""

    def __init__(self, limit: Budget, spent: Spent) -> None:
        self._limit = limit
        self._day, self._items, self._bytes = spent.day, spent.items, spent.bytes
        self.held = 0
        self.dropped: list[bytes] = []

    @property
    def spent(self) -> Spent:
        """Return what has been spent by now."""
        return Spent(self._day, self._items, self._bytes)

    def stores(self, item: Item, size: int) -> bool:
        """Return whether the bytes of a change of an item are within the budget, and spend them."""
        total = self._bytes + size
        if size and total > self._limit.bytes:
            self.dropped.append(item.digest)
            return False
        self._bytes = total
        return True

    def stores_new(self, item: Item) -> bool:
        """Return whether one more new item is within what is stored, and spend its bytes."""
        if self._items >= STORED * self._limit.items:
            self.dropped.append(item.digest)
            return False
        return self.stores(item, stored_bytes(item))

    def publishes(self) -> bool:
        """Return whether one more new item is within the budget, and spend it."""
        self._items += 1
        return self._items <= self._limit.items


def _placed(new: NewItem, spending: _Spending) -> NewItem:
    """Return a new item as it is placed: held beyond the budget, unless an embargo or a review holds it."""
    is_free = new.placement.state is State.LIVE or new.placement.reason == VETO
    if spending.publishes() or not is_free:
        return new
    spending.held += 1
    held = replace(new.placement, state=State.HELD, release=None, reason=HELD, over_budget=True, dated=False)
    return replace(new, placement=held)


def _edited(edit: Edit, old: Known | None, spending: _Spending) -> Edit | None:
    """Return an edit as it is stored: whole, beyond the budget only its placement, or None.

    A release moved ahead is no reason to publish the former text at its former time. One moved back waits
    for the text that it is meant for.
    """
    if spending.stores(edit.item, _edit_bytes(edit, old)):
        return edit
    if old is None or edit.placement is None or not _is_later(edit.placement.release, old.release):
        return None
    return Edit(
        old.number,
        replace(edit.item, keys=old.current),
        substantive=False,
        updated=edit.updated,
        placement=edit.placement,
        flags=tuple(sorted({*old.flags, *edit.placement.flags})),
        id=edit.id,
        unsettled=old.unsettled,
        redates=edit.redates,
    )


def _is_later(release: datetime | None, former: datetime | None) -> bool:
    """Return whether a release is later than another one; without a time the operator decides."""
    return former is not None and (release is None or release > former)
