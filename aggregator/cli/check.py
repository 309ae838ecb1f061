"""`check` and `add`: validate sources.yaml, discover a feed, preview items; nothing is stored."""

import asyncio
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from aggregator import config as configuration
from aggregator.cli.output import complain, say, table
from aggregator.editorial.present import present
from aggregator.errors import FetchError, ParseError, PollError, UsageError
from aggregator.fetch.client import Client
from aggregator.model import FeedInfo, Fetched, Item, ReadJob, ReadResult, State, Stored
from aggregator.model.settings import Config, Source
from aggregator.parse.autodiscovery import find_feeds, usual_addresses
from aggregator.policy.poll_result import pipeline_version_of
from aggregator.service import app
from aggregator.workers.pool import WorkerPool

ACCEPT_ALL = "application/rss+xml, application/atom+xml, application/feed+json, text/html;q=0.8, */*;q=0.5"


@dataclass(frozen=True, slots=True)
class NewSource:
    """Options of `add`; "" where not given."""

    id: str
    organisation: str
    topics: tuple[str, ...]


def check(path: Path, *, live: bool) -> int:
    """Validate the configuration; with `live`, fetch and parse each source and return 1 if any fails."""
    config = configuration.load(path, os.environ)
    for warning in configuration.warnings(config):
        complain(f"warning: {warning}")
    count = len(config.sources)
    say(f"{path}: {count} {'source' if count == 1 else 'sources'}, valid")
    if not live:
        return 0
    reports = asyncio.run(_live(config))
    table(("source", "result", "items", "newest"), [row for row, _ in reports])
    return 0 if all(fine for _, fine in reports) else 1


async def _live(config: Config) -> list[tuple[tuple[str, ...], bool]]:
    workers = WorkerPool()
    slots = asyncio.Semaphore(config.poll.concurrency)
    async with _client(config) as client:

        async def one(source: Source) -> tuple[tuple[str, ...], bool]:
            async with slots:
                try:
                    read = await _read(
                        workers,
                        source,
                        await client.fetch(source.feed, credentials=config.credentials_of(source)),
                    )
                except PollError as error:
                    return (source.id, str(error), "–", "–"), False
            newest = max((item.claimed.isoformat() for item in read.items if item.claimed), default="–")
            result = f"would import {read.document.title!r}"
            if read.skipped:
                result += f", {read.skipped} skipped by its rules"
            return (source.id, result, str(len(read.items)), newest), True

        try:
            return list(await asyncio.gather(*(one(source) for source in config.sources)))
        finally:
            await workers.close()


def _client(config: Config) -> Client:
    publication = config.publication
    return Client(config.poll, contact=publication.contact, publication_url=publication.url)


async def _read(workers: WorkerPool, source: Source, fetched: Fetched) -> ReadResult:
    return await workers.run(
        ReadJob(
            body=fetched.body or b"",
            content_type=fetched.content_type,
            url=fetched.url,
            source=source,
            seen=frozenset(),
            pipeline_version=pipeline_version_of(source),
            now=app.utc_now(),
        )
    )


def add(path: Path, url: str, wanted: NewSource, *, confirmed: bool) -> int:
    """Discover the feed, preview three items with their disclaimer, write the source.

    Return 1 when the operator declines.
    """
    config = configuration.load(path)
    if "://" not in url and not url.lower().startswith("file:"):
        url = f"https://{url}"
    if not url.lower().startswith(("http://", "https://")):
        raise UsageError("`add` takes http:// and https:// URLs; write file: sources by hand")
    if re.match("[a-z]+://[^/?#]*@", url, re.IGNORECASE):
        raise UsageError(f"the URL holds a user name or password: write the source into {path}, with `auth`")
    feed, read = asyncio.run(_find(config, url))
    addition = configuration.Addition(
        feed=feed, id=wanted.id, organisation=wanted.organisation, topics=wanted.topics
    )
    text = path.read_text(encoding="utf-8")
    edited = configuration.add_source(text, addition)  # raises before the preview
    _preview(config, feed, wanted.organisation or read.document.title, read)
    if not confirmed and not _confirm(path):
        say("nothing was written")
        return 1
    _replace(path, edited)
    say(f"added to {path}; a running service reloads it within seconds, `publicwire poll` fetches it now")
    return 0


async def _find(config: Config, url: str) -> tuple[str, ReadResult]:
    """Return the feed's URL and contents: the URL itself, or a feed that the page there links to."""
    workers = WorkerPool()
    try:
        async with _client(config) as client:
            fetched = await client.fetch(url, accept=ACCEPT_ALL)
            try:
                return fetched.url, await _read(workers, _source(fetched.url), fetched)
            except ParseError:
                named = find_feeds(fetched.body or b"", fetched.url)
            for candidate in named or usual_addresses(fetched.url):
                try:
                    answer = await client.fetch(candidate)
                    return answer.url, await _read(workers, _source(answer.url), answer)
                except (FetchError, ParseError):
                    continue
    finally:
        await workers.close()
    raise UsageError(f"no feed found at {url}: give the URL of the feed itself")


def _source(url: str) -> Source:
    return Source(id="preview", feed=url)


def _preview(config: Config, feed: str, organisation: str, read: ReadResult) -> None:
    say(f"{read.document.title}\n{feed}\n{len(read.items)} items; preview of the first three:\n")
    info = FeedInfo(id="preview", feed=feed, organisation=organisation, title=read.document.title)
    for item in read.items[:3]:
        say("─" * 60)
        say(present(_stored(item), feed=info, publication=config.publication).text)
    say("─" * 60)


def _stored(item: Item) -> Stored:
    now = app.utc_now()
    shown = min(item.claimed or now, now)
    return Stored(
        number=0,
        id="preview",
        public_id=item.guid or "preview",
        source="preview",
        state=State.LIVE,
        item=item,
        shown=shown,
        updated=shown,
        first_seen=now,
        seq=0,
    )


def _confirm(path: Path) -> bool:
    if not sys.stdin.isatty():
        raise UsageError(f"stdin is no terminal: give --yes to add to {path} without confirmation")
    return input(f"Write this source to {path}? [y/N] ").strip().lower() in ("y", "yes")


def _replace(path: Path, text: str) -> None:
    """Replace the file atomically: a running service watches it."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(text, encoding="utf-8")
    fresh.chmod(path.stat().st_mode & 0o777)
    fresh.replace(path)
