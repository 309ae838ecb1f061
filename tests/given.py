"""Values for tests: configurations, sources, entries, items, polls, and a source driven without HTTP."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aggregator import dedupe
from aggregator.model import (
    Changes,
    Claim,
    Document,
    Entry,
    Item,
    ItemQuery,
    Markup,
    Outcome,
    Poll,
    ReadJob,
    ReadResult,
    Stored,
)
from aggregator.model.settings import Config, Publication, Source, Text
from aggregator.normalise import normalise
from aggregator.storage import Reading, Storage
from aggregator.workers.job import work

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def source(name: str, **settings: object) -> Source:
    """Return a source whose feed and domain are made from its id."""
    plain = Source(
        id=name,
        feed=f"https://{name}.example/feed.xml",
        organisation=name.title(),
        domains=(f"{name}.example",),
    )
    return replace(plain, **settings)  # type: ignore[arg-type]  # the caller names fields of Source


def config(*sources: Source, store: Path = Path("store")) -> Config:
    """Return a configuration of these sources."""
    publication = Publication(
        name="Example Releases",
        url="https://releases.example/",
        language="en",
        contact="desk@releases.example",
        disclaimer=Text((("", "Released by {{ organisation }}."),)),
    )
    return Config(path=Path("sources.yaml"), publication=publication, store=store, sources=sources)


def entry(
    title: str, guid: str = "", link: str = "", *, body: str = "", published: str = "", updated: str = ""
) -> Entry:
    """Return a parsed entry, whose digest covers all arguments."""
    fields = f"{title}|{guid}|{link}|{body}|{published}|{updated}"
    return Entry(
        guid=guid,
        link=link,
        title=Markup(title),
        content=Markup(body or f"<p>The full account of {title}.</p>", kind="html"),
        published=published,
        updated=updated,
        digest=hashlib.blake2b(fields.encode(), digest_size=16).digest(),
    )


def item(entry: Entry, of: Source, now: datetime = NOON) -> Item:
    """Return the normalised item of an entry."""
    return replace(
        normalise(entry, document=Document("rss20"), source=of, url=of.feed, now=now), digest=entry.digest
    )


def iso(moment: datetime) -> str:
    """Return the moment in RFC 3339 format."""
    return moment.isoformat()


class SourceDriver:
    """Polls one source with documents made by the test, through real deduplication and storage."""

    def __init__(self, storage: Storage, of: Source, *, incremental: bool = True) -> None:
        self.storage = storage
        self.source = of
        self.incremental = incremental  # entries seen before are left out, as parse/incremental does

    def says(self, *entries: Entry, now: datetime = NOON) -> Outcome:
        """Claim the source and poll it with a document of these entries, newest first."""
        (claim,) = self.storage.claim(now, limit=1, lease=HOUR, ids=[self.source.id])
        return self.answers(claim, entries, now)

    def answers(self, claim: Claim, entries: Sequence[Entry], now: datetime) -> Outcome:
        """Record the poll of a claim with a document of these entries."""
        seen = {digest for digest, _ in claim.seen} if self.incremental else set()
        unseen = [each for each in entries if each.digest not in seen]
        items = tuple(item(each, self.source, now) for each in unseen)
        if not self.incremental:
            items = tuple(replace(each, digest=b"") for each in items)
        listed = tuple(each.digest for each in entries) if self.incremental else ()
        result = ReadResult(document=Document("rss20", title="Feed", listed=listed), items=items)

        def decide(reading: Reading) -> Changes:
            return dedupe.decide(result, reading, claim, self.source, now)

        return self.storage.record(read(claim, result, now), decide)


Origin = SourceDriver  # the name in tests/storage, until these are rewritten


class InProcessReader:
    """A document reader that parses in this process instead of a worker."""

    async def run(self, job: ReadJob) -> ReadResult:
        return work(job)

    async def release_if_idle(self, now: float) -> bool:
        return False


def read(claim: Claim, result: ReadResult, now: datetime) -> Poll:
    """Return a successful poll."""
    return Poll(
        claim=claim, outcome=Outcome(claim.id, "changed", now, 0.1), due=now + HOUR, document=result.document
    )


def failed(claim: Claim, now: datetime) -> Poll:
    """Return a failed poll, due again in an hour."""
    outcome = Outcome(claim.id, "failed", now, 0.1, cause="network", message="no route")
    return Poll(claim=claim, outcome=outcome, due=now + HOUR)


def titles(items: Sequence[Stored]) -> list[str]:
    """Return the titles in the order given."""
    return [each.item.title for each in items]


def all_items(storage: Storage) -> tuple[Stored, ...]:
    """Return every stored item, oldest first."""
    return tuple(reversed(storage.items(ItemQuery(limit=10_000))))
