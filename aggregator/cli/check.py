"""`check` and `add`: validate sources.yaml, discover a feed, preview items; only `add` writes that file."""

import asyncio
import os
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

from aggregator import config as configuration
from aggregator.cli.output import complain, confirmed, say, table
from aggregator.config import addresses
from aggregator.config.build import FROM_ENTRY
from aggregator.editorial.present import present
from aggregator.editorial.safe import masked_feed
from aggregator.errors import FetchError, ParseError, PollError, UsageError
from aggregator.model import FeedInfo, Fetched, ReadJob, ReadResult, State, Stored
from aggregator.model.settings import Config, Network, Source
from aggregator.parse.autodiscovery import find_feeds, usual_addresses
from aggregator.service import app
from aggregator.service.clients import client_of
from aggregator.service.pipeline import read_job
from aggregator.workers.pool import WorkerPool

ACCEPT_ALL = "application/rss+xml, application/atom+xml, application/feed+json, text/html;q=0.8, */*;q=0.5"


def check(path: Path, *, live: bool) -> int:
    """Validate the configuration; with `live`, fetch and parse each source and return 1 if any fails."""
    config = configuration.load(path, os.environ, needs_ids=True)
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
    async with aclosing(client_of(config)) as client:

        async def one(source: Source) -> tuple[tuple[str, ...], bool]:
            async with slots:
                try:
                    credentials = config.credentials_of(source)
                    fetched = await client.fetch(
                        source.feed, credentials=credentials, networks=source.allow_networks
                    )
                    read = await workers.run(
                        read_job(fetched, source, app.utc_now(), max_bytes=config.poll.max_bytes)
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


def add(path: Path, options: configuration.Addition, *, yes: bool) -> int:
    """Discover the feed at or behind `options.feed`, preview three items with their disclaimer, write the
    source.

    Return 1 when the operator declines.
    """
    config, url = configuration.load(path), options.feed
    if "://" not in url and not url.lower().startswith("file:"):
        url = f"https://{url}"
    if not url.lower().startswith(("http://", "https://")):
        raise UsageError("`add` takes http:// and https:// URLs; write file: sources by hand")
    try:
        addresses.feed(url)
    except ValueError as error:
        raise UsageError(f"the URL {error}") from None
    try:
        networks = tuple(map(addresses.network, options.networks))
    except ValueError as error:
        raise UsageError(f"--allow-network {error}") from None
    feed, read = asyncio.run(_find(config, url, networks))
    text = path.read_bytes().decode()  # with its line ends and byte order mark
    organisation = options.organisation or _name(read.document.title)
    edited = configuration.add_source(  # raises before the preview
        text, replace(options, feed=feed, organisation=organisation)
    )
    _preview(config, feed, organisation, read)
    if not (yes or confirmed(f"Write this source to {path}?", f"add to {path}")):
        say("nothing was written")
        return 1
    _replace(path, edited)
    say(f"added to {path}; a running service reloads it within seconds, `publicwire poll` fetches it now")
    return 0


def _name(title: str) -> str:
    """Return a feed's title as the name to be written; "" for the word that would let its entries name
    themselves."""
    return "" if title == FROM_ENTRY else title


async def _find(config: Config, url: str, networks: tuple[Network, ...]) -> tuple[str, ReadResult]:
    """Return the feed's URL and contents: the URL itself, or a feed that the page there links to."""
    workers = WorkerPool()
    try:
        async with aclosing(client_of(config)) as client:
            fetched = await client.fetch(url, accept=ACCEPT_ALL, networks=networks)
            try:
                return fetched.url, await workers.run(_job(fetched, config))
            except ParseError:
                named = find_feeds(fetched.body or b"", fetched.url)
            for candidate in named or usual_addresses(fetched.url):
                try:
                    answer = await client.fetch(candidate, networks=networks)
                    return answer.url, await workers.run(_job(answer, config))
                except (FetchError, ParseError):
                    continue
    finally:
        await workers.close()
    raise UsageError(f"no feed found at {masked_feed(url)}: give the URL of the feed itself")


def _job(fetched: Fetched, config: Config) -> ReadJob:
    preview = Source(id="preview", feed=fetched.url)
    return read_job(fetched, preview, app.utc_now(), max_bytes=config.poll.max_bytes)


def _preview(config: Config, feed: str, organisation: str, read: ReadResult) -> None:
    say(f"{read.document.title}\n{masked_feed(feed)}\n{len(read.items)} items; preview of the first three:\n")
    now = app.utc_now()
    info = FeedInfo(id="preview", feed=feed, organisation=organisation, title=read.document.title)
    for item in read.items[:3]:
        say("─" * 60)
        shown = min(item.claimed or now, now)
        stored = Stored(
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
        say(present(stored, feed=info, publication=config.publication).text)
    say("─" * 60)


def _replace(path: Path, text: str) -> None:
    """Replace the file, or the one a symbolic link leads to, atomically: a running service watches it."""
    file = path.resolve()
    fresh = file.with_name(f".{file.name}.new")
    fresh.write_bytes(text.encode())
    fresh.chmod(file.stat().st_mode & 0o777)
    fresh.replace(file)
