"""The seams to the queue of a cluster and to its notifications: what polls and pages know of them."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Protocol

from aggregator.model.cluster import Delivery, QueueStats


class Queue(Protocol):
    """Jobs, each to poll the due sources of one host. Any method may raise StoreAway."""

    async def offer(self, hosts: Sequence[str]) -> None:
        """Add a job for each of these hosts that has none."""

    async def run(
        self,
        poll: Callable[[Delivery], Awaitable[bool]],
        *,
        places: Callable[[], int],
        heartbeat: timedelta,
    ) -> None:
        """Run jobs, up to `places` at a time, which may change, until `stop`; then wait for those under way.

        A job whose `poll` returns False is delivered again. So is one whose node is silent for `heartbeat`.
        """

    async def stats(self) -> QueueStats:
        """Return the jobs of the queue."""

    def stop(self) -> None:
        """Have `run` take no more jobs."""

    async def tidy(self) -> None:
        """Forget jobs that ended long ago."""


class Notices(Protocol):
    """Notifications of commits by the store, once `listen` runs."""

    configured: asyncio.Event  # set at each new version of the configuration

    def newest(self) -> int | None:
        """Return the newest `seq`, None when it is not known at the moment."""

    async def listen(self) -> None:
        """Follow the store until cancelled."""
