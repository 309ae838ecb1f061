"""`check` and `add`: what a configuration or an address would bring, before anything is stored."""

import asyncio
import os
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

ANYTHING = "application/rss+xml, application/atom+xml, application/feed+json, text/html;q=0.8, */*;q=0.5"


@dataclass(frozen=True, slots=True)
class Wish:
    """What the operator said of a source to add."""

    id: str
    organisation: str
    topics: tuple[str, ...]


def check(path: Path, *, live: bool) -> int:
    """The configuration, and with `live` what each source would bring; 1 when any source fails."""
    config = configuration.load(path, os.environ)
    for warning in configuration.warnings(config):
        complain(f"warning: {warning}")
    say(f"{path}: {len(config.sources)} sources, no mistakes")
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
                    worked = await _read(
                        workers,
                        source,
                        await client.fetch(source.feed, credentials=config.credentials_of(source)),
                    )
                except PollError as error:
                    return (source.id, str(error), "–", "–"), False
            newest = max((item.claimed.isoformat() for item in worked.items if item.claimed), default="–")
            told = f"would import {worked.document.title!r}"
            if worked.skipped:
                told += f", {worked.skipped} skipped by its rules"
            return (source.id, told, str(len(worked.items)), newest), True

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


def add(path: Path, url: str, wish: Wish, *, sure: bool) -> int:
    """Find the feed, show three items with their disclaimer, write the source; 1 when the answer is no."""
    config = configuration.load(path)
    if "://" not in url and not url.lower().startswith("file:"):
        url = f"https://{url}"
    if not url.lower().startswith(("http://", "https://")):
        raise UsageError("`add` takes http:// and https:// addresses; write file: sources by hand")
    feed, worked = asyncio.run(_find(config, url))
    addition = configuration.Addition(
        feed=feed, id=wish.id, organisation=wish.organisation, topics=wish.topics
    )
    text = path.read_text(encoding="utf-8")
    edited = configuration.add_source(text, addition)  # refused before anything is shown
    _preview(config, feed, wish.organisation or worked.document.title, worked)
    if not sure and not _agreed(path):
        say("nothing was written")
        return 1
    _replace(path, edited)
    say(f"added to {path}; a running service takes it up by itself, `publicwire poll` fetches it now")
    return 0


async def _find(config: Config, url: str) -> tuple[str, ReadResult]:
    """The feed at an address, or behind the page there."""
    workers = WorkerPool()
    try:
        async with _client(config) as client:
            fetched = await client.fetch(url, accept=ANYTHING)
            try:
                return fetched.url, await _read(workers, _source(fetched.url), fetched)
            except ParseError:
                named = [feed.url for feed in find_feeds(fetched.body or b"", fetched.url)]
            for candidate in named or usual_addresses(fetched.url):
                try:
                    answer = await client.fetch(candidate)
                    return answer.url, await _read(workers, _source(answer.url), answer)
                except (FetchError, ParseError):
                    continue
    finally:
        await workers.close()
    raise UsageError(f"no feed found at {url}: give the address of the feed itself")


def _source(url: str) -> Source:
    return Source(id="preview", feed=url)


def _preview(config: Config, feed: str, organisation: str, worked: ReadResult) -> None:
    say(f"{worked.document.title}\n{feed}\n{len(worked.items)} items; the first three would read:\n")
    info = FeedInfo(id="preview", feed=feed, organisation=organisation, title=worked.document.title)
    for item in worked.items[:3]:
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


def _agreed(path: Path) -> bool:
    if not sys.stdin.isatty():
        raise UsageError(f"say --yes to write this source to {path} without being asked")
    return input(f"Write this source to {path}? [y/N] ").strip().lower() in ("y", "yes")


def _replace(path: Path, text: str) -> None:
    """Whole or not at all: a service may be watching the file."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(text, encoding="utf-8")
    fresh.chmod(path.stat().st_mode & 0o777)
    fresh.replace(path)
