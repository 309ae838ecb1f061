"""Periodic tasks of a cluster at each tick: publish, alert, restyle, by the node that holds the share."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from aggregator.errors import Outdated
from aggregator.log import log
from aggregator.service.acts import Acts
from aggregator.service.alert_webhook import AlertNotifier
from aggregator.service.clock_check import ClockCheck
from aggregator.service.live_config import Present
from aggregator.service.maintenance import upkeep
from aggregator.service.origin_steps import OriginSteps
from aggregator.service.pipeline import Pipeline
from aggregator.service.releases import Releases
from aggregator.service.restyling import Restyling
from aggregator.service.watch import Watch


class PeriodicTasks:
    """The periodic tasks of one node. Each is a short transaction that no second node carries out again: what
    was done meanwhile is Outdated."""

    def __init__(
        self, pipeline: Pipeline, alerts: AlertNotifier, current: Present, store: Path, check: ClockCheck
    ) -> None:
        self._storage, self._write, self._clock = pipeline.storage, pipeline.write, pipeline.clock
        self._alerts, self._current, self._check, self._store = alerts, current, check, store
        self._releases, self._acts = Releases(self._storage), Acts(self._storage)
        self._origins = OriginSteps(self._storage.origins)
        self._restyling = Restyling(self._storage, pipeline.reader, self._write, clock=self._clock)
        self._watch = Watch(
            self._storage,
            store,
            lambda: current.error,
            lambda: pipeline.reader.killed,
            lambda: [each.url for each in current.config.webhooks],
            lambda: check.doubt,
            lambda: "\n".join(current.look()),
            lambda: f"{current.config.admin_url}/desk" if current.config.users else "",
        )
        self._synced = current.config
        self._expiry = self._synced.next_expiry(self._clock())

    def begin(self) -> None:
        """Take the tasks over from another node."""
        self._watch.anew()

    async def run(self) -> bool:
        """Run the tasks of one tick; returns whether items wait to be styled anew. StorageError."""
        await self._expire()
        await self._write(lambda: self._origins(self._clock()))
        await self._write(self._publish)
        await self._write(lambda: self._watch(self._clock()))
        await self._alerts.log_new()
        await asyncio.to_thread(self._acts)
        return await asyncio.to_thread(self._storage.styles.is_behind)

    async def restyle(self, is_over: Callable[[], bool]) -> None:
        """Style items anew until it `is_over`."""
        await self._restyling.run(is_over)

    def _publish(self) -> None:
        now = self._clock()
        self._releases(now, releases_held=self._check(now))

    async def _expire(self) -> None:
        """Bring stored sources in line once rights have expired; `apply` does after an edit."""
        config, now = self._current.config, self._clock()
        if config is not self._synced:
            self._synced, self._expiry = config, config.next_expiry(now)
        if self._expiry is None or now < self._expiry:
            return
        with suppress(Outdated):  # a newer version, which expires its own
            for done in await self._write(lambda: self._storage.admin.sync(config, now)):
                log.info("configuration", change=done)
        self._expiry = config.next_expiry(now)

    async def maintain(self) -> None:
        """Run retention, indexing and the backup; StorageError."""
        retention = self._current.config.retention
        failed = await asyncio.to_thread(upkeep, self._storage, self._store, retention, self._clock())
        self._watch.backup = self._watch.backup if failed is None else failed
