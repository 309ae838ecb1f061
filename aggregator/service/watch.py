"""Measures the service itself, once a minute, for its alerts; `policy.service_alerts` decides."""

import shutil
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from aggregator.model.alert import AlertKind
from aggregator.policy.service_alerts import ServiceState, is_held_again, judged
from aggregator.policy.webhook import ALERT_AFTER
from aggregator.storage import Storage

EVERY, DEATHS_WITHIN = timedelta(minutes=1), timedelta(hours=1)


class Watch:
    """Raises and clears the alerts of one service."""

    def __init__(
        self,
        storage: Storage,
        store: Path,
        mistakes: Callable[[], str],
        deaths: Callable[[], int],
        webhooks: Callable[[], Sequence[str]] = tuple,
        clock: Callable[[], str] = lambda: "",
        look: Callable[[], str] = lambda: "",
        desk: Callable[[], str] = lambda: "",
    ) -> None:
        self._storage, self._store = storage, store
        self._mistakes, self._deaths = mistakes, deaths
        self._webhooks, self._clock, self._look, self._desk = webhooks, clock, look, desk
        self._last: datetime | None = None
        self._found: Mapping[AlertKind, str] = {}
        self._again: frozenset[AlertKind] = frozenset()
        self._died: deque[tuple[datetime, int]] = deque()
        self._told = -1  # number of the newest held item that an alert was raised for
        self._raised: datetime | None = None
        self.backup: str | None = None  # error of the last backup; None: none was made by this process

    def anew(self) -> None:
        """Write at the next call what holds then: another process may have judged meanwhile."""
        self._last, self._found = None, {}

    def __call__(self, now: datetime) -> None:
        """Measure and write what has changed; StorageError."""
        if self._last is not None and timedelta() <= now - self._last < EVERY:
            return
        self._last = now
        found = judged(self._measured(now))
        if found != self._found or self._again:
            self._storage.tasks.judge_service(found, self._again, now)
            self._found = found

    def _measured(self, now: datetime) -> ServiceState:
        disk, (held, newest) = shutil.disk_usage(self._store), self._storage.items.held_for_operator()
        self._died.append((now, self._deaths()))
        while now - self._died[0][0] > DEATHS_WITHIN:
            self._died.popleft()
        self._again = self._held_again(newest, now)
        return ServiceState(
            self._mistakes(),
            self.backup,
            disk.free,
            disk.total,
            self._died[-1][1] - self._died[0][1],
            held,
            self._storage.push.overdue(self._webhooks(), now - ALERT_AFTER),
            self._clock(),
            self._look(),
            self._desk(),
        )

    def _held_again(self, newest: int, now: datetime) -> frozenset[AlertKind]:
        if self._told < 0:  # since a start: what waited before was told
            self._told = newest
        if not is_held_again(self._told, newest, self._raised, now):
            return frozenset()
        self._told, self._raised = newest, now
        return frozenset({AlertKind.HELD})
