"""The whole line in one process: bytes of a document in, stored items and published documents out.

As the pipeline does it, without HTTP and worker processes.
"""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from aggregator import dedupe
from aggregator.model import Changes, Outcome, Reading, ReadJob, Stored
from aggregator.model.settings import Config, Embargo, Source
from aggregator.policy.poll_result import pipeline_version_of
from aggregator.publish.document import Published
from aggregator.publish.publisher import Publisher
from aggregator.storage import open_storage
from aggregator.workers.job import work
from tests.given import HOUR, all_items, config, read, source


class Line:
    """A store with one poller, a publisher beside it, and sources whose documents are given by hand."""

    def __init__(self, directory: Path, *sources: Source, now: datetime) -> None:
        self.config: Config = config(*sources, store=directory)
        self.storage = open_storage(directory)
        self.storage.sync(self.config, now)
        self.publisher = Publisher(self.storage, lambda: self.config, now=lambda: now)

    def __enter__(self) -> "Line":
        return self

    def __exit__(self, *_: object) -> None:
        self.storage.close()

    def reads(
        self, of: Source, body: bytes, now: datetime, *, incremental: bool = True, url: str = ""
    ) -> Outcome:
        """Poll a source that answers with this body. ParseError when it is no feed."""
        (claim,) = self.storage.claim(now, limit=1, lease=HOUR, ids=[of.id])
        seen = frozenset(digest for digest, _ in claim.seen) if incremental else frozenset()
        job = ReadJob(body, "", url or of.feed, of, seen, pipeline_version_of(of), now)
        worked = work(job)
        if not incremental:
            items = tuple(replace(item, digest=b"") for item in worked.items)
            worked = replace(worked, items=items, document=replace(worked.document, listed=()))

        def decide(reading: Reading) -> Changes:
            return dedupe.decide(worked, reading, claim, of, now)

        return self.storage.record(read(claim, worked, now), decide)

    def document(self, name: str = "", kind: str = "atom") -> Published:
        """A published document that must exist."""
        published = self.publisher.document(name, kind)
        assert published is not None
        return published

    def items(self) -> tuple[Stored, ...]:
        """Everything stored, oldest first."""
        return all_items(self.storage)


def plain(name: str = "origin") -> Source:
    """A source whose items are live as they come, whatever their dates."""
    return source(name, embargo=Embargo.IGNORE)
