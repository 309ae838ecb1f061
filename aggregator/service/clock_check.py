"""Checks the clock after a start, before held items go live; `policy.clock` decides."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from aggregator.log import log
from aggregator.model.document import Fetched
from aggregator.model.domains import host_of
from aggregator.model.settings import Config
from aggregator.policy import clock, schedule
from aggregator.storage import Storage

KEPT_EVERY = timedelta(minutes=1)  # the trusted time is written so often


class ClockCheck:
    """Clock check that gates the release of held items. Trust lasts until the process ends: later leaps are
    the scheduler's."""

    def __init__(
        self,
        storage: Storage,
        config: Callable[[], Config],
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._admin, self._config, self._monotonic = storage.admin, config, monotonic
        self._began, self._last_commit = monotonic(), storage.admin.last_commit()
        self._offsets: dict[str, timedelta] = {}
        self._is_trusted = False
        self._kept: datetime | None = None
        self.doubt = ""  # why held items stay held

    def hear(self, feed: str, fetched: Fetched, now: datetime) -> None:
        """Note the time in the answer to the poll of a feed, of the first hosts of feeds that say one. Hosts
        that a feed redirects to have no voice: one source would have many."""
        if len(self._offsets) >= clock.HOSTS_ASKED:
            return
        host, told = host_of(feed), schedule.time_at(fetched)
        if host and told is not None:
            self._offsets.setdefault(host, now - told)

    def __call__(self, now: datetime) -> bool:
        """Return whether held items may go live now; StorageError."""
        if not self._is_trusted:
            self._judge(now)
        if self._is_trusted and not (self._kept and timedelta() <= now - self._kept < KEPT_EVERY):
            self._admin.trust_clock(now)
            self._kept = now
        return self._is_trusted

    def _judge(self, now: datetime) -> None:
        before, hosts, offsets = self.doubt, self._hosts(now), [*self._offsets.values()]
        self.doubt = ""
        if clock.is_continued(self._admin.clock_trusted(), now):
            self._is_trusted = True
        elif behind := clock.behind(self._last_commit, now):
            self.doubt = behind
        elif not hosts or clock.is_agreed(offsets):
            self._is_trusted = True
        else:
            waited = timedelta(seconds=self._monotonic() - self._began)
            self.doubt = clock.doubt(offsets, hosts, waited)
        if self.doubt and self.doubt != before:
            log.warning("held items stay held", reason=self.doubt)

    def _hosts(self, now: datetime) -> int:
        """Return the number of distinct hosts that are polled."""
        polled = (each for each in self._config().sources if each.paused is None or each.paused <= now)
        return len({host for each in polled if (host := host_of(each.feed))})
