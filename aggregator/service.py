"""The composition root: store, client, workers, pipeline, scheduler and web, started, reloaded, drained.

Two ways in: `opened` for one command beside or instead of a service, `serve` for the service itself.
Holds no rule of its own.
"""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from aggregator import config as configuration
from aggregator import notify, schedule
from aggregator.clients import Clients
from aggregator.errors import StorageError, StoreFull
from aggregator.lifecycle import Trigger, step
from aggregator.model import Claim, Outcome
from aggregator.pipeline import Pipeline
from aggregator.reload import Current
from aggregator.settings import Address, Config
from aggregator.storage import Storage, backups, open_storage
from aggregator.tasks import Tasks
from aggregator.upkeep import upkeep
from aggregator.websub.subscriber import KIND, Subscriber
from aggregator.workers import Workers

if TYPE_CHECKING:
    from starlette.applications import Starlette

TICK = timedelta(seconds=1)
STALE = 30.0  # seconds: without a tick for so long, the service is not ready
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


@asynccontextmanager
async def polling(
    storage: Storage,
    current: Current,
    workers: Workers | None = None,
    *,
    observe: Callable[[Claim, Outcome], None] = lambda claim, outcome: None,
) -> AsyncIterator[Pipeline]:
    """A pipeline over a store whose poller we are; clients and workers are let go at the end."""
    workers, clients = workers or Workers(), Clients(current)
    pipeline = Pipeline(
        storage, clients.client, workers, config=lambda: current.config, clock=utc_now, observe=observe
    )
    try:
        yield pipeline
    finally:
        await workers.close()
        await clients.close()
        pipeline.close()


class Poller:
    """The tick: reload, release what is due, claim what is due, and no more than fits."""

    def __init__(
        self,
        pipeline: Pipeline,
        storage: Storage,
        current: Current,
        *,
        tell: Callable[[str], None] = notify.notify,
        monotonic: Callable[[], float] = time.monotonic,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._pipeline = pipeline
        self._storage = storage
        self._current = current
        hubs = Subscriber(
            storage, pipeline.client, pipeline.write, config=lambda: current.config, clock=clock
        )
        self._tasks = Tasks(storage, pipeline.write, {KIND: hubs.run}, clock=clock)
        self._store = current.config.store
        self._tell = tell
        self._monotonic = monotonic
        self._clock = clock
        self._ticked: float | None = None
        self._polls: set[asyncio.Task[None]] = set()
        self._draining = False
        self.last_tick: datetime | None = None
        self.trouble = ""  # why nothing is polled at the moment
        self.failed = asyncio.Event()

    async def tick(self) -> None:
        """One beat. A store that fails is no passing trouble, unless its disk is full: it ends the service."""
        if self._draining:
            return
        try:
            if self._current.changed():
                await self.reload()
            await self._pipeline.write(self._keep_time)
            await self._pipeline.rest()
            room = self._current.config.poll.concurrency * IN_FLIGHT - len(self._polls)
            for claim in await self._pipeline.claim(room) if room > 0 else ():
                self._start(self._pipeline.poll(claim))
            for task in await self._tasks.claim():
                self._start(self._tasks.run(task))
            self._beat()
        except StorageError as error:
            self._fail(error)

    def _keep_time(self) -> None:
        """Release what is due, once two ticks agree on the time; set back what was planned by a clock ahead."""
        if self.last_tick is None or self._ticked is None:
            return
        now, ran = self._clock(), timedelta(seconds=self._monotonic() - self._ticked)
        leap = schedule.leap(now - self.last_tick, ran)
        if not leap:
            release(self._storage, now)
            return
        log.warning("the clock was set", by=f"{leap.total_seconds():+.0f} s")
        if leap < timedelta():
            self._storage.set_back(-leap)

    def _beat(self) -> None:
        """Only from a tick that did its work: the watchdog is told, and /readyz may say so."""
        self._tell(notify.READY if self._ticked is None else notify.ALIVE)
        self.last_tick, self._ticked, self.trouble = self._clock(), self._monotonic(), ""

    def _start(self, work: Awaitable[object]) -> None:
        poll = asyncio.create_task(self._one(work))
        self._polls.add(poll)
        poll.add_done_callback(self._polls.discard)

    async def _one(self, work: Awaitable[object]) -> None:
        try:
            await work
        except StorageError as error:
            self._fail(error)

    def _fail(self, error: StorageError) -> None:
        if not isinstance(error, StoreFull):
            log.error("the store failed", error=str(error))
            self.failed.set()
            return
        if not self.trouble:
            log.error("the disk is full: what is published stays, nothing new comes", error=str(error))
        self.trouble = str(error)
        self._tell(notify.ALIVE)  # starting again would not make room, and end what is still served

    async def reload(self) -> None:
        """Take up an edited configuration."""
        self._tell(notify.reloading())
        if self._current.reload():
            config = self._current.config
            for done in await self._pipeline.write(lambda: self._storage.sync(config, utc_now())):
                log.info("configuration", change=done)
        self._tell(notify.READY)

    async def maintain(self) -> None:
        """Retention, the search index and the night's backup, while polls go on."""
        retention = self._current.config.retention
        try:
            await asyncio.to_thread(upkeep, self._storage, self._store, retention, utc_now())
        except StorageError as error:
            self._fail(error)

    def is_ready(self) -> bool:
        """Whether the tick is really running."""
        return self._ticked is not None and self._monotonic() - self._ticked < STALE

    def in_flight(self) -> int:
        """How many polls are under way."""
        return len(self._polls)

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
    from aggregator.metrics import Metrics, Present  # these and the web are loaded only when they are served
    from aggregator.web.serving import Servers

    current = Current(configuration.load(path))
    with opened(current.config) as storage, storage.poller():
        for problem in storage.check():
            raise backups.damaged(current.config.store, problem)
        for done in storage.sync(current.config, utc_now()):
            log.info("configuration", change=done)
        workers = Workers()
        metrics = Metrics(
            lambda: Present(storage.totals(), poller.in_flight(), workers.killed, poller.last_tick)
        )
        async with polling(storage, current, workers, observe=metrics.observe) as pipeline:
            poller = Poller(pipeline, storage, current)
            stop = _stopper(poller)
            async with Servers(_sites(storage, current, poller, metrics=metrics.text)):
                with _ticking(poller):
                    await _either(stop, poller.failed)
                    notify.notify(notify.STOPPING)
                    log.info("stopping: running polls may finish")
                    await poller.drain()
    return 1 if poller.failed.is_set() else 0


def _sites(
    storage: Storage, current: Current, poller: Poller, *, metrics: Callable[[], bytes]
) -> list[tuple[Address, Callable[[], "Starlette"]]]:
    from aggregator.publisher import Publisher
    from aggregator.web.app import public_app
    from aggregator.web.callback import Callback
    from aggregator.web.status import admin_app

    publisher = Publisher(storage, lambda: current.config)
    callback = Callback(storage, config=lambda: current.config, clock=utc_now)

    def problems() -> tuple[str, ...]:
        return tuple(each for each in (*current.error.splitlines(), poller.trouble) if each)

    return [
        (current.config.listen, lambda: public_app(publisher, storage, callback.routes())),
        (
            current.config.admin,
            lambda: admin_app(storage, poller.is_ready, problems=problems, metrics=metrics),
        ),
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
    scheduler.add_job(poller.maintain, "cron", minute=0)
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
