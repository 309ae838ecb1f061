"""`backfill` and `import-feed`: import archived documents of a source."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from aggregator.cli.opening import in_force, loaded, origin_of
from aggregator.cli.output import complain, say
from aggregator.errors import PollError, UsageError
from aggregator.fetch.files import read_file
from aggregator.model.document import Validators
from aggregator.model.settings import Config, Source
from aggregator.service import app
from aggregator.service.backfill import Backfill, Imported
from aggregator.service.clients import visiting
from aggregator.storage import Storage
from aggregator.workers.pool import WorkerPool


def backfill(path: Path, name: str) -> int:
    """Import a source's feed and every archived document that it links to; return 1 if one cannot be read."""
    config = loaded(path, os.environ)
    with app.opened(config) as storage:
        config, source = _configured(storage, config, name)
        return asyncio.run(_walk(storage, config, source))


def import_feed(path: Path, files: Iterable[Path], name: str) -> int:
    """Import documents of a source from files, in the order given; return 1 if one cannot be read."""
    config = loaded(path, os.environ)
    with app.opened(config) as storage:
        config, source = _configured(storage, config, name)
        return asyncio.run(_files(storage, config, source, files))


def _configured(storage: Storage, config: Config, name: str) -> tuple[Config, Source]:
    config = in_force(storage, config, os.environ)
    source = config.source(name)
    if source is None:
        raise UsageError(f"there is no source called {name!r} in {origin_of(config)}")
    if not any(feed.id == name and feed.configured for feed in storage.items.feeds()):
        storage.admin.sync(config, app.utc_now())
    return config, source


@asynccontextmanager
async def _importing(storage: Storage, config: Config, source: Source) -> AsyncIterator[Backfill]:
    workers = WorkerPool()
    try:
        yield Backfill(storage, workers, config=config, source=source, clock=app.utc_now)
    finally:
        await workers.close()


async def _walk(storage: Storage, config: Config, source: Source) -> int:
    new = 0
    try:
        async with (
            _importing(storage, config, source) as importing,
            visiting(config, clock=app.utc_now, warn=complain) as visitor,
        ):
            async for done in importing.walk(visitor):
                new += done.new
                _tell(done)
    except PollError as error:
        complain(f"{source.id}: {error}; `publicwire backfill {source.id}` goes on where items are missing")
        return 1
    say(f"{source.id}: {_items(new)} imported")
    return 0


async def _files(storage: Storage, config: Config, source: Source, files: Iterable[Path]) -> int:
    failed = 0
    async with _importing(storage, config, source) as importing:
        for file in files:
            try:
                url = file.absolute().as_uri()
                fetched = read_file(url, max_bytes=config.poll.max_bytes, validators=Validators())
                _tell(await importing.document(fetched))
            except PollError as error:
                failed = 1
                complain(str(error))
    return failed


def _tell(done: Imported) -> None:
    say(f"{done.address}: {_items(done.listed)}, {done.new} new")
    if done.dropped:
        complain(
            f"{_items(done.dropped)} beyond the daily budget of the source: run the command again tomorrow, "
            "or raise its `budget`"
        )


def _items(count: int) -> str:
    return f"{count} item" if count == 1 else f"{count} items"
