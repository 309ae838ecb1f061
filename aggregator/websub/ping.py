"""Pings of another hub, which then fetches the documents that have changed and distributes them.

The Recommendation leaves the mechanism open (section 6); hubs take a form with `hub.mode=publish` and the
topic as `hub.url` or `hub.topic`.
"""

import asyncio
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from urllib.parse import urlencode

from aggregator.errors import FetchError
from aggregator.fetch.address import redacted
from aggregator.fetch.push import Pusher
from aggregator.log import log
from aggregator.model.push import PushKind, PushOutcome, PushResult
from aggregator.model.settings import Config
from aggregator.storage import Storage
from aggregator.tasks import Writes
from aggregator.websub.in_flight import InFlight
from aggregator.websub.topics import address, topics

FORM = (("Content-Type", "application/x-www-form-urlencoded"),)
RETRY_FIRST, RETRY_MAX = timedelta(seconds=10), timedelta(hours=1)


@dataclass(slots=True)
class Pinger:
    """Pings the configured hub about each change, in order; a ping that fails is sent again."""

    storage: Storage
    pusher: Callable[[], Pusher]
    write: Writes
    _: KW_ONLY
    config: Callable[[], Config]
    clock: Callable[[], datetime]
    observe: Callable[[PushResult], None] = lambda result: None
    running: InFlight = field(default_factory=InFlight)
    _seq: int = -1
    _failures: int = 0
    _due: datetime | None = None  # of the next attempt, after a failure

    async def step(self) -> None:
        """Begin to ping if anything has changed."""
        url = self.config().hub.url
        if not url or url in self.running or (self._due is not None and self.clock() < self._due):
            return
        seq = await asyncio.to_thread(self.storage.items.seq)
        if seq != self._seq or self._due is not None:
            self._seq, self._due = seq, None
            self.running.begin({url}, self._ping_all(url))

    async def _ping_all(self, url: str) -> None:
        changed = await self.write(lambda: self.storage.push.unpinged(url))
        for seq, channels in groupby(changed, lambda each: each[1]):
            for name, _ in channels:
                if not await self._ping(url, name):
                    self.running.free({url})
                    return
            await self.write(partial(self.storage.push.pinged, url, seq))
        self.running.free({url})

    async def _ping(self, url: str, channel: str) -> bool:
        """Ping about every document of a channel; returns whether the hub has taken it."""
        config = self.config()
        for each in topics(channel):
            topic = address(each, config.publication.url)
            form = urlencode([("hub.mode", "publish"), ("hub.url", topic), ("hub.topic", topic)]).encode()
            try:
                response = await self.pusher().post(url, form, FORM, networks=config.hub.allow_networks)
                reason = "" if response.is_success else f"answered {response.status}"
            except FetchError as error:
                reason = str(error)
            outcome = PushOutcome.FAILED if reason else PushOutcome.DELIVERED
            self.observe(PushResult(PushKind.PING, outcome, 0.0))
            if reason:
                self._failures += 1
                self._due = self.clock() + min(RETRY_FIRST * 4 ** min(self._failures - 1, 10), RETRY_MAX)
                log.warning("hub not pinged", hub=redacted(url), reason=reason)
                return False
        self._failures = 0
        return True
