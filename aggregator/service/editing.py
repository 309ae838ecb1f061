"""Edits of sources.yaml by the service, one at a time; its watch takes each in as any other edit.

In a cluster each is a version in the store.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from msgspec import Struct

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


class Text(Protocol):
    """The text of a configuration, and where an edited one goes."""

    def read(self) -> str: ...

    def write(self, text: str) -> None: ...


class FileText(Struct, frozen=True):
    """The text of a file, with its line ends and byte order mark."""

    path: Path

    def read(self) -> str:
        return self.path.read_bytes().decode()

    def write(self, text: str) -> None:
        rewrite(self.path, text)


@dataclass(slots=True)
class Editor:
    """Edits the text of the present configuration; `stored` returns the feeds that the store has."""

    text: Text
    config: Callable[[], Config]
    client: Callable[[], Client]
    workers: WorkerPool
    stored: Callable[[], Sequence[StoredFeed]]
    clock: Callable[[], datetime]
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def pause(self, source: str, *, paused: bool) -> None:
        """Pause a source, or end its pause. UsageError, ConfigError or OSError."""
        with self._lock:
            text = self.text.read()
            now, faults = assigned(configuration.parse(text, self.config().path), self.stored())
            indexes = [index for index, each in enumerate(now.sources) if each.id == source]
            if not indexes or faults:
                raise UsageError(f"sources.yaml has no source {source}")
            self.text.write(set_paused(text, indexes[0], paused=paused))

    def add(self, addition: configuration.Addition) -> str:
        """Add a source; returns its id. UsageError, ConfigError or OSError."""
        with self._lock:
            configuration.checked(addition)
            edited, after = with_source(self.text.read(), self.config().path, addition, self.stored())
            self.text.write(edited)
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
    text: str,
    path: Path,
    addition: configuration.Addition,
    stored: Sequence[StoredFeed],
    *,
    cure: str = ADD_AN_ID,
) -> tuple[str, Config]:
    """Return the text of a file, and its configuration, with the source; ConfigError or UsageError."""
    edited = configuration.add_source(text, addition)
    after, faults = assigned(configuration.parse(edited, path), stored)
    if fault := faults.get(len(after.sources) - 1):
        raise UsageError(f"{fault}: {cure}")
    return edited, after
