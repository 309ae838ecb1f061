"""`check`: validate sources.yaml; with --live fetch every source once and say what would be imported."""

import asyncio
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from aggregator import config as configuration
from aggregator import storage
from aggregator.cli import difference, network
from aggregator.cli.opening import at_hand, needed
from aggregator.cli.output import ID_CHARS, REST, complain, say, say_wrapped, table
from aggregator.editorial.terms import in_words
from aggregator.errors import Cause, FetchError, PollError, StorageError
from aggregator.fetch.files import read_file
from aggregator.model.document import Validators
from aggregator.model.look import Brand
from aggregator.model.rights import UNSAID
from aggregator.model.settings import Config, Source
from aggregator.policy import home, source_ids
from aggregator.policy.reservation import with_reservation
from aggregator.policy.source_ids import StoredFeed
from aggregator.service import app
from aggregator.service.clients import visiting
from aggregator.service.jobs import read_job
from aggregator.workers.pool import WorkerPool


class _Report(NamedTuple):
    row: tuple[str, ...]
    is_fine: bool
    warning: str = ""
    cause: Cause = Cause.NONE
    sample: str = ""  # of the house style, a diff


def check(path: Path, *, live: bool) -> int:
    """Validate the configuration and look for files of sources; with `live`, fetch and parse each source.

    Return 1 if any fails.
    """
    config = at_hand(configuration.load(needed(path), os.environ))
    config = source_ids.bound(config, stored_feeds(config))
    for warning in configuration.warnings(config):
        complain(f"warning: {warning}")
    count = len(config.sources)
    say(f"{path}: {count} {'source' if count == 1 else 'sources'}, valid")
    if not live:
        lacking = [*_unreadable(config), *_look(config)]
        for line in lacking:
            complain(line)
        return 1 if lacking else 0
    reports = asyncio.run(_live(config))
    cut = {"source": ID_CHARS, "result": REST}
    table(("source", "result", "items", "newest"), [each.row for each in reports], cut=cut)
    if sys.stdout.isatty():  # whole, as it names the cure
        for each in reports:
            if not each.is_fine:
                say_wrapped(f"{each.row[0]}: {each.row[1]}")
    for each in reports:
        if each.sample:
            say(f"\nhouse style of {each.row[0]}, for example:\n{each.sample}")
    away = network.advice(
        (source.feed, each.cause) for source, each in zip(config.sources, reports, strict=True)
    )
    for warning in filter(None, (*(each.warning for each in reports), away)):
        complain(f"warning: {warning}")
    unusable = _look(config)
    for line in unusable:
        complain(line)
    return 0 if not unusable and all(each.is_fine for each in reports) else 1


def _unreadable(config: Config) -> Iterator[str]:
    """Yield a line for each source whose file cannot be read."""
    for source in config.sources:
        if source.feed.startswith("file:"):
            try:
                read_file(source.feed, max_bytes=config.poll.max_bytes, validators=Validators())
            except FetchError as error:
                yield f"{source.id}: {error}"


def _look(config: Config) -> tuple[str, ...]:
    """Return a line for each file of the own look that cannot be used."""
    if config.brand == Brand():
        return ()
    from aggregator.web import look  # loads the template engine

    return look.read(config.brand).mistakes


def stored_feeds(config: Config) -> tuple[StoredFeed, ...]:
    """Return the feeds that the store has, which is left as it is; a warning if it cannot be read."""
    if not config.unnamed:
        return ()
    try:
        return storage.stored_feeds(config.store, config.database)
    except StorageError as error:
        complain(f"warning: {error}; the ids of sources are checked without it")
        return ()


async def _live(config: Config) -> list[_Report]:
    workers = WorkerPool()
    slots = asyncio.Semaphore(config.poll.concurrency)
    async with visiting(config, clock=app.utc_now, warn=complain) as client:

        async def one(source: Source) -> _Report:
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
                    row = (source.id, str(error), "–", "–")
                    return _Report(row, is_fine=False, cause=error.cause)
            newest = max((item.claimed.isoformat() for item in read.items if item.claimed), default="–")
            result = f"would import {read.document.title!r}"
            if read.skipped:
                result += f", {read.skipped} skipped by its rules"
            if read.document.truncated:
                result += ", but is cut off"
            stated = with_reservation(read.document.terms, fetched)
            if stated != UNSAID:
                result += f"; its terms: {in_words(stated)}"
            row = (source.id, result, str(len(read.items)), newest)
            return _Report(
                row,
                is_fine=not read.document.truncated,
                warning=home.advice(config, source, read.items),
                sample=next(filter(None, map(difference.sample, read.items)), ""),
            )

        try:
            return list(await asyncio.gather(*(one(source) for source in config.sources)))
        finally:
            await workers.close()
