"""Parts of the matches of a search, and the shares of sources in the first one. Pure.

The first part has room for all sources; what it passes over stands in the next parts, which follow the order
of the matches alone.
"""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

READ = 4  # times the size of the first part: so many matches are read at once to fill it
READS_MAX = 5  # of the first part, each without the sources that have their share by then
SHARES = 3  # of the first part one source has one as long as others match


class Match(NamedTuple):
    """The number of an item that matches, and that of its source."""

    number: int
    source: int


def size_read(limit: int, *, is_first: bool) -> int:
    """Return how many matches are read for a part of up to `limit`: more than it has, to know its end."""
    return limit * READ if is_first else limit + 1


def with_their_share(found: Sequence[Match], limit: int) -> frozenset[int]:
    """Return the sources that have their share of the first part, or more, by the matches read so far; none
    once they fill the part."""
    share, counts = _share(limit), Counter(each.source for each in found)
    if sum(min(count, share) for count in counts.values()) >= limit:
        return frozenset()
    return frozenset(source for source, count in counts.items() if count >= share)


def part(found: Sequence[Match], limit: int, *, is_first: bool) -> tuple[tuple[int, ...], int | None]:
    """Return the numbers of up to `limit` of the matches, in their order, the last stored first, and the
    number below which the next part begins; None when none was passed over.

    The next part begins with the first match passed over, and may repeat some behind it.
    """
    share = _share(limit) if is_first else limit
    counts = Counter[int]()
    preferred, others = list[int](), list[int]()
    for number, source in found:
        counts[source] += 1
        (preferred if counts[source] <= share else others).append(number)
    chosen = {*[*preferred, *others][:limit]}
    shown = tuple(each.number for each in found if each.number in chosen)
    passed = next((each.number for each in found if each.number not in chosen), None)
    return shown, None if passed is None else passed + 1


def _share(limit: int) -> int:
    return max(limit // SHARES, 1)
