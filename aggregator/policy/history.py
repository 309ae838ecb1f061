"""Bounds of an item's history: how much of it is kept, and how much one page shows. Pure."""

from collections.abc import Sequence

from aggregator.model.stored import HistoryPage

REVISIONS_KEPT = 50  # of one item, with their text
BYTES_KEPT = 5_000_000  # of the texts of one item's revisions
PAGE_REVISIONS = 10
PAGE_BYTES = 512_000


def dropped(revisions: Sequence[tuple[int, int]]) -> tuple[int, ...]:
    """Return the numbers of the revisions that lose their text; `revisions` are numbers and bytes of one
    item's, newest first. The newest one is always kept."""
    kept = _within(revisions, REVISIONS_KEPT, BYTES_KEPT)
    return tuple(number for number, _ in revisions[kept:])


def page(revisions: Sequence[tuple[int, int]], before: int | None = None) -> HistoryPage:
    """Return a page of a history: the first one, or that of the revisions replaced before number `before`.

    `revisions` are all of an item, newest first; a page has at least one of them and all that fit its bounds.
    A number at which no page ends has no revisions: a history has as many addresses as pages.
    """
    place, older = 0, None
    while True:
        shown = tuple(revisions[place : place + _within(revisions[place:], PAGE_REVISIONS, PAGE_BYTES)])
        place += len(shown)
        is_wanted, older = older == before, shown[-1][0] if place < len(revisions) else None
        if is_wanted:
            return HistoryPage(shown, older)
        if older is None:
            return HistoryPage()


def _within(revisions: Sequence[tuple[int, int]], count_max: int, bytes_max: int) -> int:
    """Return how many of the first revisions stay within both bounds, at least one."""
    total = 0
    for index, (_, size) in enumerate(revisions):
        total += size
        if index and (index >= count_max or total > bytes_max):
            return index
    return len(revisions)
