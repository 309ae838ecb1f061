"""Terms that sites state for machines beside their feeds: read once a day for each host that is polled.

A host that does not answer, or states none, keeps no poll waiting: its terms are read again a day later.
"""

import asyncio
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from datetime import datetime, timedelta
from urllib.parse import urljoin, urlsplit

from aggregator.errors import FetchError
from aggregator.fetch.client import Client
from aggregator.log import log
from aggregator.model.rights import Terms
from aggregator.model.settings import Config, Source
from aggregator.model.websub import Task
from aggregator.parse import site_terms
from aggregator.storage.sql.task_store import TaskStore
from aggregator.tasks import Writes

AGAIN_AFTER = timedelta(days=1)
BYTES_MAX = 100_000  # of robots.txt, an RSL document and tdmrep.json, each


@dataclass(frozen=True, slots=True)
class SiteTerms:
    """Reads the terms of hosts."""

    storage: TaskStore
    client: Callable[[], Client]
    write: Writes
    _: KW_ONLY
    config: Callable[[], Config]
    clock: Callable[[], datetime]

    async def run(self, task: Task) -> datetime | None:
        """Read the terms of a host; returns when to read them again, None if no source is polled there."""
        source = next((each for each in self.config().sources if _host(each.feed) == task.subject), None)
        if source is None:
            return None
        found = await self._read(source)
        if await self.write(lambda: self.storage.state_terms(task.subject, found, self.clock())):
            log.info("terms of a site changed", host=task.subject)
        return self.clock() + AGAIN_AFTER

    async def _read(self, source: Source) -> Terms:
        robots = await self._body(source, "/robots.txt")
        named = [await self._body(source, url) for url in site_terms.licences(robots)]
        reservation = await self._body(source, "/.well-known/tdmrep.json")

        def read() -> Terms:
            of_licences = [site_terms.of_rsl(body) for body in named if body]
            return site_terms.strictest([*of_licences, site_terms.of_reservation(reservation)])

        return await asyncio.to_thread(read)

    async def _body(self, source: Source, reference: str) -> bytes:
        """Return a document of the site, b"" where there is none."""
        try:
            fetched = await self.client().fetch(
                urljoin(source.feed, reference),
                accept="*/*",
                max_bytes=BYTES_MAX,
                is_configured=False,
                networks=source.allow_networks,
            )
        except FetchError:
            return b""
        return fetched.body or b""


def _host(feed: str) -> str:
    parts = urlsplit(feed)
    return (parts.hostname or "") if parts.scheme in ("http", "https") else ""
