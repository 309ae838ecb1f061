"""Turns of tombstone entries at the beginning of a channel's document, which has room for a few. Pure.

Each entry begins a document the day that its release left. Those beyond the room of their source, or of the
document, queue: day by day the ones that have begun it on the fewest days come first, so that within 30 days
a reader of the current document alone learns of many more than it has room for.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct

DAY = timedelta(days=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Left(Struct, frozen=True):
    """A release that left a channel: the number of its source, and when."""

    source: int
    at: datetime


class Room(Struct, frozen=True):
    """Entries that a document begins with: at most `of_all`, of one source `of_source`."""

    of_all: int
    of_source: int


def day_of(moment: datetime) -> datetime:
    """Return the beginning of the day, in UTC, on which the same entries have their turn."""
    return moment - (moment - EPOCH) % DAY


def chosen(left: Sequence[Left], room: Room, now: datetime) -> tuple[int, ...]:
    """Return the indexes of the entries that begin the document, in the order of `left`, newest first."""
    shown = Counter[int]()
    found = _chosen(left, [*range(len(left))], room)
    if len(found) == len(left):
        return found
    day, last = min(day_of(each.at) for each in left), day_of(now)
    while day <= last:
        present = [index for index, each in enumerate(left) if day_of(each.at) <= day]
        day += DAY
        found = _chosen(left, sorted(present, key=lambda index: (shown[index], index)), room)
        shown.update(found)
    return tuple(sorted(found))


def _chosen(left: Sequence[Left], order: Sequence[int], room: Room) -> tuple[int, ...]:
    """Return the first entries of an order for which there is room."""
    counts, found = Counter[int](), list[int]()
    for index in order:
        if len(found) == room.of_all:
            break
        if counts[left[index].source] < room.of_source:
            counts[left[index].source] += 1
            found.append(index)
    return tuple(found)
