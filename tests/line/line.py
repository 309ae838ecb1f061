"""The whole pipeline without HTTP and worker processes: document bytes in, stored items and feeds out."""

from datetime import datetime
from pathlib import Path

from msgspec.structs import replace

from aggregator.model.document import ReadJob
from aggregator.model.poll import Outcome
from aggregator.model.settings import Config, Embargo, Source
from aggregator.model.stored import Stored
from aggregator.policy.poll_result import pipeline_version_of
from aggregator.publish.document import Published
from aggregator.publish.publisher import Publisher
from aggregator.render import Format
from aggregator.workers.job import work
from tests.engines import open_storage
from tests.given import HOUR, all_items, config, recorded, source


class Line:
    """Storage and publisher, with sources whose documents the test passes in."""

    def __init__(self, directory: Path, *sources: Source, now: datetime) -> None:
        self.config: Config = config(*sources, store=directory)
        self.storage = open_storage(directory)
        self.storage.admin.sync(self.config, now)
        self.publisher = Publisher(self.storage, lambda: self.config, now=lambda: now)

    def __enter__(self) -> "Line":
        return self

    def __exit__(self, *_: object) -> None:
        self.storage.close()

    def reads(
        self, of: Source, body: bytes, now: datetime, *, incremental: bool = True, url: str = ""
    ) -> Outcome:
        """Poll a source whose response has this body. Raises ParseError for a document that is no feed."""
        (claim,) = self.storage.polls.claim(now, limit=1, lease=HOUR, ids=[of.id])
        seen = frozenset(digest for digest, _ in claim.seen) if incremental else frozenset()
        job = ReadJob(
            body, "", url or of.feed, of, seen, pipeline_version_of(of), now, month_first=claim.month_first
        )
        result = work(job)
        if not incremental:
            items = tuple(replace(item, digest=b"") for item in result.items)
            result = replace(result, items=items, document=replace(result.document, listed=()))
        return recorded(self.storage, claim, of, result, now)

    def document(self, name: str = "", kind: str = "atom") -> Published:
        """Return a published document, which must exist."""
        published = self.publisher.document(name, Format(kind))
        assert published is not None
        return published

    def items(self) -> tuple[Stored, ...]:
        """Return every stored item, oldest first."""
        return all_items(self.storage)


def plain(name: str = "origin") -> Source:
    """Return a source without embargo: its items are live at once, whatever their dates."""
    return source(name, embargo=Embargo.IGNORE)
