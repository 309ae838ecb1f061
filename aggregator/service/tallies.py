"""Counts by hour of polls, new items and requests, in memory and written once a minute.

Neither a poll's transaction nor a request writes a count. A kill loses those of a minute.
"""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime

from aggregator.errors import StorageError
from aggregator.log import log
from aggregator.model.overview import HostTime, Tally, TallyKind
from aggregator.model.poll import Claim, Outcome
from aggregator.storage import Storage
from aggregator.tasks import Writes

WRITE_EVERY = 60.0  # seconds
HOSTS_MAX = 5_000  # whose times are kept; half of them, the quicker ones, give way
SLOWEST = 10


class Tallies:
    """Counts that are not written yet, and times of hosts since the start. Thread-safe."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._counts: Counter[tuple[TallyKind, datetime, str]] = Counter()
        self._hosts: dict[str, tuple[float, int]] = {}

    def count(self, kind: TallyKind, key: str, by: int = 1) -> None:
        """Count in the present hour."""
        hour = self._clock().replace(minute=0, second=0, microsecond=0)
        with self._lock:
            self._counts[kind, hour, key] += by

    def request(self, status: int) -> None:
        """Count a request to the public side by the class of its status."""
        self.count(TallyKind.REQUESTS, f"{status // 100}xx")

    def observe(self, claim: Claim, outcome: Outcome) -> None:
        """Count a poll that ended, its new items, and the time of its host."""
        self.count(TallyKind.POLLS, outcome.kind.value)
        if outcome.new:
            self.count(TallyKind.ITEMS, "new", outcome.new)
        if claim.host and outcome.seconds:
            with self._lock:
                total, polls = self._hosts.get(claim.host, (0.0, 0))
                self._hosts[claim.host] = (total + outcome.seconds, polls + 1)
                if len(self._hosts) > HOSTS_MAX:
                    self._hosts = {each.host: self._hosts[each.host] for each in self._times(HOSTS_MAX // 2)}

    def slowest(self) -> tuple[HostTime, ...]:
        """Return the slowest hosts by their mean time, slowest first."""
        with self._lock:
            return self._times(SLOWEST)

    def take(self) -> tuple[Tally, ...]:
        """Return the counts since the last call, and begin anew."""
        with self._lock:
            taken, self._counts = self._counts, Counter()
        return tuple(Tally(kind, hour, key, count) for (kind, hour, key), count in taken.items())

    def put_back(self, counts: Iterable[Tally]) -> None:
        """Keep counts that could not be written."""
        with self._lock:
            self._counts.update({(each.kind, each.hour, each.key): each.count for each in counts})

    def _times(self, most: int) -> tuple[HostTime, ...]:
        times = (HostTime(host, total / polls, polls) for host, (total, polls) in self._hosts.items())
        return tuple(sorted(times, key=lambda each: (-each.seconds, each.host))[:most])


async def write(tallies: Tallies, storage: Storage, writing: Writes, clock: Callable[[], datetime]) -> None:
    """Write the counts so far; those that the store does not take stay for the next call."""
    if counts := tallies.take():
        try:
            await writing(lambda: storage.overview.add(counts, clock()))
        except StorageError:
            tallies.put_back(counts)  # the next tick meets the error, too, and logs it


async def write_often(
    tallies: Tallies, storage: Storage, writing: Writes, clock: Callable[[], datetime]
) -> None:
    """Write the counts once a minute, until cancelled."""
    while True:
        await asyncio.sleep(WRITE_EVERY)
        try:
            await write(tallies, storage, writing, clock)
        except Exception:
            log.error("counts not written, the next minute follows", exc_info=True)
