"""Values for tests: configurations, sources, entries, items, polls, and a source driven without HTTP."""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from msgspec.structs import replace

from aggregator.editorial import house_style, topics
from aggregator.errors import Cause, FetchError, Outdated, PollError
from aggregator.fetch.client import Client
from aggregator.model.deleted import Deleted
from aggregator.model.document import Document, Fetched, ReadJob, ReadResult, StyleJob
from aggregator.model.entry import Entry, Markup
from aggregator.model.item import Item
from aggregator.model.poll import Answer, Claim, Outcome, PollResult
from aggregator.model.settings import Config, Publication, Source, Text
from aggregator.model.stored import ItemQuery, Knowledge, Stored
from aggregator.model.websub import Advert
from aggregator.normalise import tombstones
from aggregator.normalise.item import normalise
from aggregator.policy import poll_result
from aggregator.service.pipeline import Pipeline
from aggregator.storage import Storage
from aggregator.workers import answers
from aggregator.workers.job import restyle, work
from aggregator.workers.pool import WorkerPool

T = TypeVar("T")

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
    return replace(plain, **settings)  # the caller names fields of Source


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
    title: str,
    guid: str = "",
    link: str = "",
    *,
    body: str = "",
    published: str = "",
    updated: str = "",
    expires: str = "",
) -> Entry:
    """Return a parsed entry, whose digest covers all arguments."""
    fields = f"{title}|{guid}|{link}|{body}|{published}|{updated}|{expires}"
    return Entry(
        guid=guid,
        link=link,
        title=Markup(title),
        content=Markup(body or f"<p>The full account of {title}.</p>", is_html=True),
        published=published,
        updated=updated,
        expires=expires,
        digest=hashlib.blake2b(fields.encode(), digest_size=16).digest(),
    )


def item(entry: Entry, of: Source, now: datetime = NOON) -> Item:
    """Return the normalised item of an entry."""
    made = normalise(entry, document=Document("rss20"), source=of, url=of.feed, now=now)
    if of.house_style:
        styled = house_style.styled(made, made, of.house_style)
        made = replace(made, styled=topics.with_topics(styled, made, of.house_style, of.organisation))
    return replace(made, digest=entry.digest)


def iso(moment: datetime) -> str:
    """Return the moment in RFC 3339 format."""
    return moment.isoformat()


class SourceDriver:
    """Polls one source with documents made by the test, through real deduplication and storage."""

    def __init__(self, storage: Storage, of: Source, *, incremental: bool = True) -> None:
        self.storage = storage
        self.source = of
        self.incremental = incremental  # entries seen before are left out, as parse/incremental does

    def says(self, *entries: Entry, now: datetime = NOON, deleted: Sequence[Deleted] = ()) -> Outcome:
        """Claim the source and poll it with a document of these entries, newest first."""
        (claim,) = self.storage.polls.claim(now, limit=1, lease=HOUR, ids=[self.source.id])
        return self.answers(claim, entries, now, deleted)

    def answers(
        self, claim: Claim, entries: Sequence[Entry], now: datetime, deleted: Sequence[Deleted] = ()
    ) -> Outcome:
        """Record the poll of a claim with a document of these entries and tombstones."""
        seen = {digest for digest, _ in claim.seen} if self.incremental else set()
        named = {each.ref for each in deleted}
        unseen = [each for each in entries if each.digest not in seen or each.guid in named]
        items = tuple(item(each, self.source, now) for each in unseen)
        if not self.incremental:
            items = tuple(replace(each, digest=b"") for each in items)
        listed = tuple(each.digest for each in entries) if self.incremental else ()
        found = (tombstones.normalise(each, self.source, now=now) for each in deleted)
        read = ReadResult(
            document=Document("rss20", title="Feed", listed=listed),
            items=items,
            tombstones=tuple(each for each in found if each is not None),
        )
        return recorded(self.storage, claim, self.source, read, now)


class InProcessReader(WorkerPool):
    """A pool that parses in this process instead of a worker."""

    async def run(
        self, job: ReadJob | StyleJob, room: Callable[[], Awaitable[None]] | None = None
    ) -> ReadResult:
        made = restyle(job) if isinstance(job, StyleJob) else work(job)
        result = answers.decode(answers.encode(made))
        assert isinstance(result, ReadResult)
        return result


def recorded(storage: Storage, claim: Claim, of: Source, read: ReadResult, now: datetime) -> Outcome:
    """Decide and commit a poll whose document was read, as the pipeline does."""
    taken: frozenset[str] = frozenset()
    while True:
        known = storage.polls.knowledge(claim, read, now, taken)
        result = succeeded(claim, of, now, read=(read, known))
        try:
            storage.polls.record(result)
        except Outdated as error:
            taken |= error.taken
        else:
            return result.outcome


def succeeded(
    claim: Claim,
    of: Source,
    now: datetime = NOON,
    *,
    read: tuple[ReadResult, Knowledge] | None = None,
    fetched: Fetched | None = None,
    advert: Advert | None = None,
) -> PollResult:
    """The result of a poll that came back, by default with a 304; due an hour later."""
    response = fetched or Fetched(of.feed, 304 if read is None else 200, None if read is None else b"body")
    answer = Answer(
        response,
        poll_result.body_digest(response),
        read[0] if read else None,
        advert,
    )
    known = read[1] if read else None
    result = poll_result.decide(claim, of, answer, known, now=now, jitter=0.0)
    return due_at(result, now + HOUR)


def failed(claim: Claim, now: datetime, error: PollError | None = None) -> PollResult:
    """The result of a poll that failed; due an hour later unless the error says when."""
    fault = error or FetchError("no route", cause=Cause.NETWORK)
    result = poll_result.decide(claim, source(claim.id, feed=claim.feed), fault, None, now=now, jitter=0.0)
    return result if error else due_at(result, now + HOUR)


def due_at(result: PollResult, at: datetime) -> PollResult:
    """The same result, with its source due then."""
    due = replace(result.due, at=at)
    return replace(result, due=due, outcome=replace(result.outcome, due=due))


def pipeline(
    storage: Storage,
    fetcher: Client,
    config: Callable[[], Config],
    clock: Callable[[], datetime] = lambda: NOON,
    reader: InProcessReader | None = None,
) -> Pipeline:
    """Return a pipeline that reads documents and writes to the store in this process."""
    return Pipeline(
        storage, lambda: fetcher, reader or InProcessReader(), at_once, config=config, clock=clock
    )


async def at_once(call: Callable[[], T]) -> T:
    """Run a write to the store where it is asked for (`tasks.Writes`)."""
    return call()


def titles(items: Sequence[Stored]) -> list[str]:
    """Return the titles in the order given."""
    return [each.item.title for each in items]


def listed(storage: Storage, name: str = "", most: int = 100) -> list[str]:
    """Return the titles that the pages of a channel list, in their order."""
    return titles(storage.items.numbered(each.number for each in storage.items.listing(name, most)))


def all_items(storage: Storage) -> tuple[Stored, ...]:
    """Return every stored item, oldest first."""
    return tuple(reversed(storage.items.items(ItemQuery(limit=10_000))))
