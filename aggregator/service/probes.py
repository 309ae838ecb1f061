"""Probes: fetches of pages of items that left their feeds, or that are listed again. Durable tasks.

Through the guard and the politeness of polls, without credentials. `policy.probes` decides.
"""

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from datetime import datetime

from aggregator.errors import Cause, FetchError
from aggregator.fetch.client import Client
from aggregator.log import log
from aggregator.model.settings import Config, Source
from aggregator.model.websub import Task
from aggregator.model.withdrawal import Probe
from aggregator.policy import probes
from aggregator.policy.probes import Page
from aggregator.storage.sql.origin_store import OriginStore
from aggregator.tasks import Writes

MISSING = frozenset({404, 410})
PAGE_TYPES = "text/html, */*;q=0.1"


@dataclass(frozen=True, slots=True)
class Probes:
    """The probes of one service."""

    store: OriginStore
    client: Callable[[], Client]
    write: Writes
    _: KW_ONLY
    config: Callable[[], Config]
    clock: Callable[[], datetime]

    async def run(self, task: Task) -> datetime | None:
        """Fetch the page of an item; returns when to fetch it again, None when its probe is over."""
        now = self.clock()
        probe = await self.write(lambda: self.store.probe(task.subject, now))
        source = None if probe is None else self.config().source(probe.source)
        if probe is None or source is None or not probes.is_wanted(probe, source):
            return None
        if task.attempts >= probes.ATTEMPTS_MAX:
            return None
        if probes.is_postponed(probe):
            return now + probes.POSTPONED_FOR
        page = await self._page(probe, source)
        verdict = probes.judged(probe, page, now)
        asked = None if page is Page.UNASKED else now
        await self.write(
            lambda: self.store.probed(probe, asked=asked, missing=verdict.missing, step=verdict.step)
        )
        log.info("page probed", source=probe.source, item=task.subject, page=page.name.lower())
        return verdict.again

    async def _page(self, probe: Probe, source: Source) -> Page:
        """Return what a page answers; of one that is larger than PAGE_BYTES_MAX, that it answers."""
        try:
            await self.client().fetch(
                probe.url,
                accept=PAGE_TYPES,
                max_bytes=probes.PAGE_BYTES_MAX,
                is_configured=False,
                networks=source.allow_networks,
            )
        except FetchError as error:
            if error.status in MISSING:
                return Page.MISSING
            if error.cause is Cause.RATE_LIMITED:
                return Page.UNASKED
            return Page.ANSWERS if error.status == 200 else Page.UNKNOWN  # a body beyond the limit
        return Page.ANSWERS
