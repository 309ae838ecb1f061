"""The one composition root: store, HTTP clients, pipeline, scheduler and web are put together here.

`opened` and `polling` serve one command, `serve` the whole service; the web and the scheduler are loaded only
by `serve`, because a command without them starts faster.
"""

import asyncio
import gc
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import (
    AbstractContextManager,
    AsyncExitStack,
    ExitStack,
    asynccontextmanager,
    closing,
    contextmanager,
    suppress,
)
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from aggregator.config.together import Place, places
from aggregator.fetch.politeness import Hosts
from aggregator.log import log
from aggregator.model.document import Fetched
from aggregator.model.poll import Claim, Outcome
from aggregator.model.settings import Config
from aggregator.service import systemd
from aggregator.service.clients import Clients, shared_hosts
from aggregator.service.clock_check import ClockCheck
from aggregator.service.commits import Commits
from aggregator.service.live_config import LiveConfig, Present
from aggregator.service.pipeline import Pipeline
from aggregator.service.writer import Writer
from aggregator.storage import Replayed, Storage, backups, open_storage
from aggregator.workers.pool import WorkerPool

if TYPE_CHECKING:
    from aggregator.service.scheduler import Scheduler
    from aggregator.service.sites import Sides

TICK = timedelta(seconds=1)
REMEMBERED_BYTES_MAX = 32_000_000  # of responses in memory
GARBAGE_THRESHOLDS = (700, 10, 10)  # Python's own, which a command has raised
FIRST_MAINTENANCE_AFTER = timedelta(minutes=1)  # makes up for what was missed while no service ran


def utc_now() -> datetime:
    """Return the present time, aware and in UTC."""
    return datetime.now(UTC)


def opened(config: Config) -> AbstractContextManager[Storage]:
    """Open the store of a configuration; closed at the end."""
    return closing(open_storage(config.store, config.database))


@asynccontextmanager
async def polling(
    storage: Storage,
    current: Present,
    *,
    writers: int = 1,
    observe: Callable[[Claim, Outcome], None] = lambda claim, outcome: None,
    heard: Callable[[str, Fetched, datetime], None] = lambda feed, fetched, now: None,
    hosts: Hosts | None = None,
) -> AsyncIterator[Pipeline]:
    """Compose a pipeline over a store that this process polls; its parts are closed at the end. `hosts` are
    the rate limits that it shares with others, None for its own; `writers` are threads, several for a node of
    a cluster."""
    workers, write = WorkerPool(), Writer(writers)
    clients = Clients(current, storage.polls.hosts(), clock=utc_now, shared=hosts)
    pipeline = Pipeline(
        storage,
        clients.client,
        workers,
        write,
        config=lambda: current.config,
        clock=utc_now,
        observe=observe,
        finished=lambda: write.finished,
        commit=Commits(storage.polls, write, writers).record,
        heard=heard,
    )
    try:
        yield pipeline
    finally:
        await workers.close()
        await pipeline.extractor.close()
        await pipeline.drawer.close()
        await clients.close()
        pipeline.close()
        write.close()


def scheduler_of(
    pipeline: Pipeline,
    current: LiveConfig,
    *,
    notify: Callable[[str], None] = systemd.notify,
    monotonic: Callable[[], float] = time.monotonic,
    clock_check: ClockCheck | None = None,
) -> "Scheduler":
    """Compose the scheduler over a pipeline, with durable tasks and alerts."""
    from aggregator.service.alert_webhook import AlertNotifier
    from aggregator.service.handlers import handlers
    from aggregator.service.scheduler import Scheduler
    from aggregator.service.veto_links import VetoLinks
    from aggregator.tasks import Tasks

    store, write, clock = pipeline.storage.tasks, pipeline.write, pipeline.clock
    vetoes = VetoLinks(pipeline.storage.desk, config=pipeline.config, clock=clock)
    alerts = AlertNotifier(store, pipeline.client, write, config=pipeline.config, clock=clock, vetoes=vetoes)
    tasks = Tasks(store, write, handlers(pipeline, alerts), clock=clock)
    return Scheduler(
        pipeline, tasks, alerts, current, notify=notify, monotonic=monotonic, clock_check=clock_check
    )


async def serve(configs: list[Config], *, started: Callable[[], None]) -> int:
    """Poll, publish and answer HTTP for each publication until SIGTERM or SIGINT; returns the exit code.

    Several have their own stores and public sides, and share the admin side of the first and the rate limits
    of hosts. `started` is called once, when this process holds all poller locks and all sides answer. A store
    that fails ends them all. Empties `configs`: after a reload a reference would keep 190 MB of 130,000
    sources.
    """
    from aggregator.service.sites import sites_of
    from aggregator.web.serving import serving

    hosts, admin = shared_hosts(configs), configs[0].admin
    notify = systemd.Together(len(configs), systemd.notify)
    async with AsyncExitStack() as stack:
        publishing = [
            await stack.enter_async_context(_publishing(configs.pop(0), hosts, notify.of(), place))
            for place in places(configs)
        ]
        schedulers, sides = [each for each, _ in publishing], [each for _, each in publishing]
        _follow_signals(schedulers)
        async with serving(sites_of(sides, admin)):
            gc.freeze()  # loaded modules stay: the garbage collector need not scan them again
            gc.set_threshold(*GARBAGE_THRESHOLDS)
            started()
            with ExitStack() as running:
                pauses = [running.enter_context(ticking(each)) for each in schedulers]
                await _first_stop(schedulers)
                for pause in pauses:
                    pause()
                systemd.notify(systemd.STOPPING)
                log.info("stopping: running polls may finish")
                await asyncio.gather(*(each.drain() for each in schedulers))
    return 1 if any(each.failed for each in schedulers) else 0


def _follow_signals(schedulers: "Sequence[Scheduler]") -> None:
    """Stop on SIGTERM and SIGINT, reload on SIGHUP."""
    loop = asyncio.get_running_loop()

    def stop() -> None:
        for scheduler in schedulers:
            scheduler.stop.set()

    def reload() -> None:
        for scheduler in schedulers:
            scheduler.reload()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    loop.add_signal_handler(signal.SIGHUP, reload)


async def _first_stop(schedulers: "Sequence[Scheduler]") -> None:
    waiting = [asyncio.create_task(each.stop.wait()) for each in schedulers]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for each in waiting:
        each.cancel()


@asynccontextmanager
async def _publishing(
    config: Config, hosts: Hosts | None, notify: Callable[[str], None], place: Place
) -> "AsyncIterator[tuple[Scheduler, Sides]]":
    """Compose one publication over its store, whose poller lock is held meanwhile; `place` is that on the
    admin side."""
    from aggregator.service.metrics import Gauges, Metrics
    from aggregator.service.sites import sides
    from aggregator.service.tallies import Tallies
    from aggregator.web.remembered import Remembered

    with opened(config) as storage, storage.admin.poller(utc_now()) as replayed:
        _log(replayed)
        current = LiveConfig(config, lambda read: place.put(storage.settings.bound(read)))
        del config  # that of the start, not the one in force
        for problem in storage.admin.check():
            raise backups.damaged(current.config.store, problem)
        for done in storage.admin.sync(current.config, utc_now()):
            log.info("configuration", change=done)
        metrics = Metrics(
            lambda: Gauges(
                storage.admin.totals(utc_now()),
                scheduler.in_flight(),
                pipeline.reader.killed,
                scheduler.last_tick,
                storage.tasks.alerts(),
                storage.push.subscribers(),
            )
        )
        remembered = Remembered(storage.items, REMEMBERED_BYTES_MAX, monotonic=time.monotonic)
        check = ClockCheck(storage, lambda: current.config)
        tallies = Tallies(utc_now)
        observe = both(metrics.observe, tallies.observe)
        async with polling(storage, current, observe=observe, heard=check.hear, hosts=hosts) as pipeline:
            scheduler = scheduler_of(pipeline, current, clock_check=check, notify=notify)
            scheduler.each_tick = remembered.forget_removed
            async with sides(pipeline, current, scheduler, remembered, metrics, tallies, place.path) as made:
                yield scheduler, made


def _log(replayed: Replayed) -> None:
    if replayed.moved:
        log.warning("decisions of the journal replayed", items=" ".join(replayed.moved))
    if replayed.forgotten:
        log.warning("sources forgotten again by the journal", sources=" ".join(replayed.forgotten))


def both(*observers: Callable[[Claim, Outcome], None]) -> Callable[[Claim, Outcome], None]:
    """Return an observer of polls that calls each of these."""

    def observe(claim: Claim, outcome: Outcome) -> None:
        for each in observers:
            each(claim, outcome)

    return observe


class Ticker(Protocol):
    """Coroutines of a service: one for each tick, one for each hour, and those beside them until the end."""

    async def tick(self) -> None: ...

    async def maintain(self) -> None: ...

    def beside(self) -> Sequence[Coroutine[object, object, None]]: ...


@contextmanager
def ticking(ticker: Ticker) -> Iterator[Callable[[], None]]:
    """Run the tick and maintenance by APScheduler, which holds no jobs of sources; yields what pauses it."""
    from apscheduler.schedulers.asyncio import AsyncIOScheduler

    # Late runs are run, not dropped (misfire_grace_time is 1 s unless told), and never pile up.
    jobs = AsyncIOScheduler(
        timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
    )
    now = utc_now()
    jobs.add_job(_cancellable(ticker.tick), "interval", seconds=TICK.total_seconds(), next_run_time=now)
    jobs.add_job(_cancellable(ticker.maintain), "cron", minute=0, next_run_time=now + FIRST_MAINTENANCE_AFTER)
    jobs.start()
    running = [asyncio.create_task(each) for each in ticker.beside()]
    try:
        yield jobs.pause
    finally:
        for each in running:
            each.cancel()
        jobs.shutdown(wait=False)  # after the drain: it would cancel what runs


def _cancellable(work: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    """Return the same work, of which APScheduler logs no error when the end of the service cancels it."""

    async def run() -> None:
        with suppress(asyncio.CancelledError):
            await work()

    return run
