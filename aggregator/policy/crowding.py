"""Crowding: how many items of one source enter a shared channel in an hour, and when others follow. Pure.

A source that is alone in a channel has no limit there. Beside others it enters `burst` items in any hour,
oldest first; the rest wait their turn, a day at most, and none is left out.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

PERIOD = timedelta(hours=1)
DELAY_MAX = timedelta(days=1)
DOCUMENT_BYTES_MAX = 2_000_000  # feed readers often stop at 2 MB
ENTRY_BYTES_MAX = 30_000  # of content and addresses of files of one entry in a shared channel


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
