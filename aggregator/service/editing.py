"""Edits of sources.yaml by the service, one at a time; its watch takes each in as any other edit."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from aggregator import config as configuration
from aggregator.config import addresses
from aggregator.config.pause import set_paused
from aggregator.errors import UsageError
from aggregator.fetch.client import Client
from aggregator.model.settings import Config
from aggregator.policy.feed_findings import findings
from aggregator.policy.source_ids import ADD_AN_ID, StoredFeed, assigned
from aggregator.service.discovery import discover, observed, preview_job
from aggregator.service.rewriting import rewrite
from aggregator.web.editing import Preview
from aggregator.workers.pool import WorkerPool

SHOWN = 3  # items of a preview


@dataclass(slots=True)
class Editor:
    """Edits the file of the present configuration; `stored` returns the feeds that the store has."""

    config: Callable[[], Config]
    client: Callable[[], Client]
    workers: WorkerPool
    stored: Callable[[], Sequence[StoredFeed]]
    clock: Callable[[], datetime]
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def pause(self, source: str, *, paused: bool) -> None:
        """Pause a source, or end its pause. UsageError, ConfigError or OSError."""
        with self._lock:
            path = self.config().path
            text = path.read_bytes().decode()
            now, faults = assigned(configuration.parse(text, path), self.stored())
            indexes = [index for index, each in enumerate(now.sources) if each.id == source]
            if not indexes or faults:
                raise UsageError(f"sources.yaml has no source {source}")
            rewrite(path, set_paused(text, indexes[0], paused=paused))

    def add(self, addition: configuration.Addition) -> str:
        """Add a source; returns its id. UsageError, ConfigError or OSError."""
        with self._lock:
            configuration.checked(addition)
            edited, after = with_source(self.config().path, addition, self.stored())
            rewrite(self.config().path, edited)
            return after.sources[-1].id

    async def preview(self, url: str) -> Preview:
        """Return the feed at or behind an address, as it would be added. UsageError or PollError."""
        config = self.config()
        try:
            addresses.feed(url)
        except ValueError as error:
            raise UsageError(f"the URL {error}") from None
        if not url.lower().startswith(("https://", "http://")):
            raise UsageError("give an address that starts with https:// or http://")
        found = await discover(
            url,
            self.client().fetch,
            lambda fetched: self.workers.run(preview_job(fetched, config, self.clock())),
            choose=lambda named: [each.url for each in named],
        )
        seen = observed(found, found.fetched.url)
        return Preview(
            found.address,
            found.read.document.title,
            len(found.read.items),
            tuple((item.title, item.claimed) for item in found.read.items[:SHOWN]),
            findings(seen),
        )


def with_source(
    path: Path, addition: configuration.Addition, stored: Sequence[StoredFeed], *, cure: str = ADD_AN_ID
) -> tuple[str, Config]:
    """Return text and configuration of the file with the source; ConfigError or UsageError."""
    text = path.read_bytes().decode()  # with its line ends and byte order mark
    edited = configuration.add_source(text, addition)
    after, faults = assigned(configuration.parse(edited, path), stored)
    if fault := faults.get(len(after.sources) - 1):
        raise UsageError(f"{fault}: {cure}")
    return edited, after
