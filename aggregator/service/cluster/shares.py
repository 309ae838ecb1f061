"""Work that one node of a cluster does at a time, each kind on whichever node has its share.

A share is a lease in the store, prolonged at each tick. A node that was frozen knows by its own monotonic
clock that its shares may have passed to another.
"""

from collections.abc import Callable
from datetime import timedelta

from aggregator.service.push import DISTRIBUTED, PINGED, TOLD, VERIFIED

LEASE = timedelta(seconds=4)  # that others pause when the node of a share is frozen or killed
MARGIN = timedelta(seconds=1)  # of a share, in which no work is begun
OFFERS, PERIODIC, MAINTENANCE = (
    "offers",
    "chores",
    "upkeep",
)  # stored, and common to two releases: never rename
ALL = (OFFERS, PERIODIC, VERIFIED, DISTRIBUTED, TOLD, PINGED, MAINTENANCE)


class Shares:
    """The shares of one node."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._held: frozenset[str] = frozenset()
        self._until = 0.0

    def renewed(self, held: frozenset[str], since: float) -> None:
        """Adopt the shares that the store has given; `since` is the time before they were asked for."""
        self._held, self._until = held, since + (LEASE - MARGIN).total_seconds()

    def holds(self, share: str) -> bool:
        """Return whether work of this kind may be begun here."""
        return share in self._held and self._monotonic() < self._until
