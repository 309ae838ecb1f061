"""Overview of the service for /status, read at most once in `FRESH_SECONDS`, however many pages are open."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from msgspec import Struct

from aggregator.model.overview import HostTime, Subscribers, TallyKind
from aggregator.model.poll import Totals
from aggregator.render.charts import Chart
from aggregator.storage import Storage
from aggregator.web import plots

FRESH_SECONDS = 30.0


class Overview(Struct, frozen=True):
    """Cached figures of the status page."""

    at: datetime
    totals: Totals = Totals()
    charts: tuple[Chart, ...] = ()
    hosts: tuple[HostTime, ...] = ()  # slowest first
    subscribers: tuple[Subscribers, ...] = ()


class Live(Struct, frozen=True):
    """Figures held in memory alone: response times of hosts, subscribers reported by User-Agents."""

    hosts: Callable[[], tuple[HostTime, ...]] = tuple
    subscribers: Callable[[], tuple[Subscribers, ...]] = tuple


NOTHING_LIVE = Live()


def read(storage: Storage, now: datetime, live: Live) -> Overview:
    """Return the overview of this moment, by a bounded number of queries; StorageError."""
    store = storage.overview
    start = plots.hour_of(now) - plots.HOUR * plots.HOURS
    charts = (
        plots.polls(store.tallied(TallyKind.POLLS, start), now),
        plots.items(store.tallied(TallyKind.ITEMS, now - plots.DAY * plots.DAYS), now),
        plots.delays(store.newest()),
        plots.requests(store.tallied(TallyKind.REQUESTS, start), now),
    )
    return Overview(
        now,
        storage.admin.totals(now),
        charts,
        live.hosts(),
        (*store.subscribers(), *live.subscribers()),
    )


@dataclass(slots=True)
class Overviews:
    """The last overview, read anew when it is too old. Thread-safe; one thread reads, others wait for it."""

    read: Callable[[], Overview]
    monotonic: Callable[[], float]
    _last: Overview | None = None
    _at: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def current(self) -> Overview:
        """Return an overview of the last 30 seconds; StorageError."""
        with self._lock:
            now = self.monotonic()
            if self._last is None or now - self._at >= FRESH_SECONDS:
                self._last, self._at = self.read(), now
            return self._last
