"""Crowding: how many items of one source enter a shared channel in an hour, and when others follow. Pure.

A source that is alone in a channel has no limit there. Beside others it enters `burst` items in any hour,
oldest first; the rest wait their turn, a day at most, and none is left out. Documents are filled from their
sources in turn. `paging` leaves room on the first page of a list for others' releases of the same days.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from heapq import heapify, heappop, heapreplace
from typing import TypeVar

T = TypeVar("T")
PERIOD = timedelta(hours=1)
DELAY_MAX = timedelta(days=1)
DOCUMENT_BYTES_MAX = 2_000_000  # feed readers often stop at 2 MB
ENTRY_BYTES_MAX = 30_000  # of one entry in a shared channel, as serialised; a larger one is an excerpt


def heaviest(sizes: Sequence[tuple[str, int]], bytes_max: int) -> frozenset[str]:
    """Return the sources whose entries a document gives as excerpts, so that the others' stand whole.

    `sizes` are source and bytes of each whole entry. The source with most bytes comes first, and so on while
    those of the others exceed `bytes_max`.
    """
    weights = Counter[str]()
    for source, size in sizes:
        weights[source] += size
    total, chosen = weights.total(), set[str]()
    for source, weight in sorted(weights.items(), key=lambda each: (-each[1], each[0])):
        if total <= bytes_max:
            break
        chosen.add(source)
        total -= weight
    return frozenset(chosen)


def left_out(sizes: Sequence[tuple[str, int]], bytes_max: int) -> frozenset[int]:
    """Return the places of the entries that a document leaves out to have at most `bytes_max`.

    `sizes` are source and bytes of each entry, newest first. The oldest of the source with most bytes goes
    first, until another source has most.
    """
    places: dict[str, list[int]] = defaultdict(list)
    weights = Counter[str]()
    for place, (source, size) in enumerate(sizes):
        places[source].append(place)
        weights[source] += size
    total, chosen = weights.total(), set[int]()
    heap = [(-weight, source) for source, weight in weights.items()]
    heapify(heap)
    while total > bytes_max and heap:
        weight, source = heap[0]
        chosen.add(place := places[source].pop())
        total -= sizes[place][1]
        if places[source]:
            heapreplace(heap, (weight + sizes[place][1], source))
        else:
            heappop(heap)
    return frozenset(chosen)


def entering(arrivals: Sequence[datetime], taken: Sequence[datetime], *, burst: int, now: datetime) -> int:
    """Return how many of a source's waiting items enter a shared channel now, in the order given.

    `arrivals` are when the items came, earliest first; `taken` are when the source's former items entered.
    """
    room = max(burst - sum(time > now - PERIOD for time in taken), 0)
    overdue = sum(arrival <= now - DELAY_MAX for arrival in arrivals)
    return min(max(room, overdue), len(arrivals))


def next_turn(arrival: datetime, taken: Sequence[datetime], *, burst: int, now: datetime) -> datetime:
    """Return when the first waiting item of a source enters, `now` or later; `taken` is earliest first."""
    free = taken[-burst] + PERIOD if len(taken) >= burst else now
    return max(now, min(free, arrival + DELAY_MAX))


def expected(turn: datetime, arrival: datetime, *, ahead: int, burst: int) -> datetime:
    """Return when a waiting item enters, with `ahead` items before it and the first of them at `turn`."""
    return min(turn + ahead // burst * PERIOD, max(turn, arrival + DELAY_MAX))


def in_turn(queues: Iterable[Iterable[T]]) -> Iterator[T]:
    """Yield from queues in turn: the first of each, then the second of each, until all are empty."""
    left = deque(map(iter, queues))
    while left:
        queue = left.popleft()
        for value in queue:
            yield value
            left.append(queue)
            break
