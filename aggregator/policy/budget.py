"""The daily budget of a source: new items beyond it are held, bytes beyond it are not stored. Pure.

A document of a few kilobytes can stand for many megabytes, and a source changes it as often as it wants:
no source fills the disk of the others.
"""

from dataclasses import replace
from datetime import datetime

from aggregator.model import Changes, Edit, Item, NewItem, OverBudget, Placement, Spent, State
from aggregator.model.settings import Budget

FIRST_IMPORT = 10  # times the budget, for the first import
HELD = "beyond the budget of items a day"


def within(
    changes: Changes, spent: Spent, budget: Budget, *, first_import: bool, now: datetime
) -> tuple[Changes, Spent, OverBudget | None]:
    """Return what of the changes is stored, what the source has spent then, and what was beyond its budget.

    What is not stored is not seen either: the next document that lists it has it read again. A day is one in
    UTC.
    """
    times = FIRST_IMPORT if first_import else 1
    limit = Budget(budget.items * times, budget.bytes * times)
    today = now.toordinal()
    spending = _Spending(limit, spent if spent.day == today else Spent(today))
    edits = tuple(edit for edit in changes.edits if not edit.substantive or spending.stores(edit))
    new = tuple(_placed(each, spending) for each in changes.new if spending.stores(each))
    stored = replace(
        changes,
        edits=edits,
        new=new,
        seen=tuple(each for each in changes.seen if each[0] not in spending.dropped),
    )
    over = OverBudget(limit, spending.held, len(spending.dropped))
    return stored, spending.spent, over if over.held or over.dropped else None


class _Spending:
    """Running totals of one document against the budget of its source."""

    def __init__(self, limit: Budget, spent: Spent) -> None:
        self._limit = limit
        self.spent = spent
        self.held = 0
        self.dropped: list[bytes] = []

    def stores(self, change: NewItem | Edit) -> bool:
        """Return whether the bytes of a change are within the budget, and spend them."""
        total = self.spent.bytes + size(change.item)
        if total > self._limit.bytes:
            self.dropped.append(change.item.digest)
            return False
        self.spent = replace(self.spent, bytes=total)
        return True

    def publishes(self) -> bool:
        """Return whether one more new item is within the budget, and spend it."""
        self.spent = replace(self.spent, items=self.spent.items + 1)
        return bool(self.spent.items <= self._limit.items)


def _placed(new: NewItem, spending: _Spending) -> NewItem:
    if spending.publishes() or new.placement.state is State.WITHDRAWN:
        return new
    spending.held += 1
    shown, flags = new.placement.shown, new.placement.flags
    return replace(new, placement=Placement(State.HELD, None, shown, reason=HELD, flags=flags))


def size(item: Item) -> int:
    """Return the bytes of an item's texts and addresses as they are stored, in UTF-8."""
    texts = (item.title, item.content, item.text, item.summary, item.url, item.raw_url, item.rights)
    names = (*item.authors, *item.categories, *(each.url for each in (*item.enclosures, *item.images)))
    return sum(len(each.encode(errors="replace")) for each in (*texts, *names)) + len(item.signature)
