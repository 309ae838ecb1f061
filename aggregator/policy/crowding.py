"""Crowding: how many items of one source enter a shared channel in an hour, and when others follow. Pure.

A source that is alone in a channel has no limit there. Beside others it enters `burst` items in any hour,
oldest first; the rest wait their turn, a day at most, and none is left out.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from heapq import heapify, heappop, heapreplace

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


def turns(
    arrivals: Sequence[datetime],
    taken: Sequence[datetime],
    *,
    burst: int,
    is_alone: bool,
    now: datetime,
) -> tuple[datetime, ...]:
    """Return when each item of a source enters a shared channel: `now`, or later.

    `arrivals` are when the items first could, in the order in which they enter; `taken` are, earliest first,
    the times at which its former ones entered and the turns that others were given. `is_alone`: no other
    source has an item in the channel's window.
    """
    if is_alone and not any(time > now for time in taken):
        return (now,) * len(arrivals)
    times = list(taken)
    for arrival in arrivals:
        free = times[-burst] + PERIOD if len(times) >= burst else now
        latest = max(now, arrival + DELAY_MAX)
        times.append(min(max(now, free, *times[-1:]), latest))
    return tuple(times[len(taken) :])
