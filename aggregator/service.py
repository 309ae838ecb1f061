"""The composition root: store, client, workers, pipeline, scheduler and web, started, reloaded, drained.

Two ways in: `opened` for one command beside or instead of a service, `serve` for the service itself.
Holds no rule of its own.
"""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from aggregator import config as configuration
from aggregator.errors import StorageError
from aggregator.fetch.client import Client
from aggregator.lifecycle import Trigger, step
from aggregator.model import Claim
from aggregator.pipeline import Pipeline
from aggregator.reload import Current
from aggregator.settings import Address, Config
from aggregator.storage import Storage, open_storage
from aggregator.workers import Workers

if TYPE_CHECKING:
    from starlette.applications import Starlette

TICK = timedelta(seconds=1)
MAINTENANCE = timedelta(hours=1)
STALE = timedelta(seconds=30)  # without a tick for so long, the service is not ready
DRAIN = 8.0  # seconds running polls get to finish after SIGTERM
IN_FLIGHT = 8  # polls under way for each fetch slot: polls waiting for a slow host must not hold up others

log = structlog.get_logger()


def utc_now() -> datetime:
    """The one clock."""
    return datetime.now(UTC)


@contextmanager
def opened(config: Config) -> Iterator[Storage]:
    """The store of a configuration, closed at the end."""
    storage = open_storage(config.store)
    try:
        yield storage
    finally:
        storage.close()


class Clients:
    """The HTTP client of the moment: another one once the configuration polls in another way."""

    def __init__(self, current: Current) -> None:
        self._current = current
        self._open: list[tuple[object, Client]] = []

    def client(self) -> Client:
        """The client for the present configuration."""
        config = self._current.config
        way = (config.poll, config.publication.contact, config.publication.url)
        if not self._open or self._open[-1][0] != way:
            settings, contact, url = way
            self._open.append((way, Client(settings, contact=contact, publication_url=url)))
        return self._open[-1][1]

    async def close(self) -> None:
        """Close them all; a former one may have had fetches under way until now."""
        for _, client in self._open:
            await client.close()


@asynccontextmanager
async def polling(storage: Storage, current: Current) -> AsyncIterator[Pipeline]:
    """A pipeline over a store whose poller we are; clients and workers are let go at the end."""
    workers, clients = Workers(), Clients(current)
    pipeline = Pipeline(storage, clients.client, workers, config=lambda: current.config, clock=utc_now)
    try:
        yield pipeline
    finally:
        await workers.close()
        await clients.close()
        pipeline.close()


class Poller:
    """The tick: reload, release what is due, claim what is due, and no more than fits."""

    def __init__(self, pipeline: Pipeline, storage: Storage, current: Current) -> None:
        self._pipeline = pipeline
        self._storage = storage
        self._current = current
        self._polls: set[asyncio.Task[None]] = set()
        self._draining = False
        self.last_tick: datetime | None = None
        self.failed = asyncio.Event()

    async def tick(self) -> None:
        """One beat. A store that fails is no passing trouble: it ends the service."""
        if self._draining:
            return
        try:
            if self._current.changed():
                await self.reload()
            await self._pipeline.write(lambda: release(self._storage, utc_now()))
            await self._pipeline.rest()
            room = self._current.config.poll.concurrency * IN_FLIGHT - len(self._polls)
            for claim in await self._pipeline.claim(room) if room > 0 else ():
                poll = asyncio.create_task(self._one(claim))
                self._polls.add(poll)
                poll.add_done_callback(self._polls.discard)
            self.last_tick = utc_now()
        except StorageError as error:
            self._fail(error)

    async def _one(self, claim: Claim) -> None:
        try:
            await self._pipeline.poll(claim)
        except StorageError as error:
            self._fail(error)

    def _fail(self, error: StorageError) -> None:
        log.error("the store failed", error=str(error))
        self.failed.set()

    async def reload(self) -> None:
        """Take up an edited configuration."""
        if self._current.reload():
            config = self._current.config
            for done in await self._pipeline.write(lambda: self._storage.sync(config, utc_now())):
                log.info("configuration", change=done)

    async def maintain(self) -> None:
        """Retention and the search index."""
        retention = self._current.config.retention
        await self._pipeline.write(lambda: self._storage.maintain(retention, utc_now()))

    def is_ready(self) -> bool:
        """Whether the tick is really running."""
        return self.last_tick is not None and utc_now() - self.last_tick < STALE

    async def drain(self) -> None:
        """Let running polls finish for a while, then let them go: nothing of them was written."""
        self._draining = True
        if self._polls:
            _, late = await asyncio.wait(self._polls, timeout=DRAIN)
            for poll in late:
                poll.cancel()
            await asyncio.gather(*late, return_exceptions=True)


def release(storage: Storage, now: datetime) -> None:
    """Let held items go live whose time has come."""
    due = storage.release_due(now)
    steps = [step(item, Trigger.TIME, reason="its time has come", actor="publicwire", at=now) for item in due]
    if steps:
        storage.apply(steps)
        log.info("released", items=[item.id for item in due])


async def serve(path: Path) -> int:
    """Poll, publish and answer until SIGTERM or SIGINT; returns the exit code."""
    from aggregator.web.serving import Servers  # the web is loaded only when it is served

    current = Current(configuration.load(path))
    with opened(current.config) as storage, storage.poller():
        for problem in storage.check():
            raise StorageError(f"the store {current.config.store} is damaged: {problem}")
        for done in storage.sync(current.config, utc_now()):
            log.info("configuration", change=done)
        async with polling(storage, current) as pipeline:
            poller = Poller(pipeline, storage, current)
            stop = _stopper(poller)
            async with Servers(_sites(storage, current, poller)):
                with _ticking(poller):
                    await _either(stop, poller.failed)
                    log.info("stopping: running polls may finish")
                    await poller.drain()
    return 1 if poller.failed.is_set() else 0


def _sites(
    storage: Storage, current: Current, poller: Poller
) -> list[tuple[Address, Callable[[], "Starlette"]]]:
    from aggregator.publisher import Publisher
    from aggregator.web.app import public_app
    from aggregator.web.status import admin_app

    publisher = Publisher(storage, lambda: current.config)

    def problems() -> tuple[str, ...]:
        return tuple(current.error.splitlines())

    return [
        (current.config.listen, lambda: public_app(publisher, storage)),
        (current.config.admin, lambda: admin_app(storage, poller.is_ready, problems=problems)),
    ]


def _stopper(poller: Poller) -> asyncio.Event:
    """The event that SIGTERM and SIGINT set; SIGHUP reloads."""
    loop, stop, tasks = asyncio.get_running_loop(), asyncio.Event(), set[asyncio.Task[None]]()

    def reload() -> None:
        task = loop.create_task(poller.reload())
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, reload)
    return stop


@contextmanager
def _ticking(poller: Poller) -> Iterator[None]:
    """The scheduler: one tick over what is due, and maintenance; it holds no jobs of sources."""
    from apscheduler.schedulers.asyncio import AsyncIOScheduler

    # Late runs are run, not dropped (misfire_grace_time is 1 s unless told), and never pile up.
    scheduler = AsyncIOScheduler(
        timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
    )
    now = utc_now()
    scheduler.add_job(poller.tick, "interval", seconds=TICK.total_seconds(), next_run_time=now)
    scheduler.add_job(poller.maintain, "interval", seconds=MAINTENANCE.total_seconds())
    scheduler.start()
    try:
        yield
    finally:
        scheduler.shutdown(wait=False)  # after the drain: it would cancel what runs


async def _either(*events: asyncio.Event) -> None:
    waits = [asyncio.create_task(event.wait()) for event in events]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
