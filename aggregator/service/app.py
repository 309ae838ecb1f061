"""The one composition root: store, HTTP clients, pipeline, scheduler and web are put together here.

`opened` and `polling` serve one command, `serve` the whole service; the web and the scheduler are loaded only
by `serve`, because a command without them starts faster.
"""

import asyncio
import gc
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from aggregator.log import log
from aggregator.model.document import Fetched
from aggregator.model.poll import Claim, Outcome
from aggregator.model.settings import Config
from aggregator.service import systemd
from aggregator.service.clients import Clients
from aggregator.service.clock_check import ClockCheck
from aggregator.service.live_config import LiveConfig, Present
from aggregator.service.pipeline import Commit, Pipeline
from aggregator.service.writer import Writer
from aggregator.storage import PollStore, Storage, backups, open_storage
from aggregator.tasks import Writes
from aggregator.workers.pool import WorkerPool

if TYPE_CHECKING:
    from aggregator.service.scheduler import Scheduler

TICK = timedelta(seconds=1)
REMEMBERED_BYTES_MAX = 32_000_000  # of responses in memory
GARBAGE_THRESHOLDS = (700, 10, 10)  # Python's own, which a command has raised
FIRST_MAINTENANCE_AFTER = timedelta(minutes=1)  # makes up for what was missed while no service ran


def utc_now() -> datetime:
    """Return the present time, aware and in UTC."""
    return datetime.now(UTC)


@contextmanager
def opened(config: Config) -> Iterator[Storage]:
    """Open the store of a configuration; closed at the end."""
    storage = open_storage(config.store, config.database)
    try:
        yield storage
    finally:
        storage.close()


@asynccontextmanager
async def polling(
    storage: Storage,
    current: Present,
    *,
    writers: int = 1,
    commits: Callable[[PollStore, Writes], Commit] | None = None,
    observe: Callable[[Claim, Outcome], None] = lambda claim, outcome: None,
    heard: Callable[[str, Fetched, datetime], None] = lambda feed, fetched, now: None,
) -> AsyncIterator[Pipeline]:
    """Compose a pipeline over a store that this process polls; its parts are closed at the end. `writers`
    are threads, and `commits` makes what commits quiet polls, both for a node of a cluster."""
    workers, write = WorkerPool(), Writer(writers)
    clients = Clients(current, storage.polls.hosts(), clock=utc_now)
    pipeline = Pipeline(
        storage,
        clients.client,
        workers,
        write,
        config=lambda: current.config,
        clock=utc_now,
        observe=observe,
        finished=lambda: write.finished,
        commit=None if commits is None else commits(storage.polls, write),
        heard=heard,
    )
    try:
        yield pipeline
    finally:
        await workers.close()
        await pipeline.extractor.close()
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
    from aggregator.tasks import Tasks

    store, write, clock = pipeline.storage.tasks, pipeline.write, pipeline.clock
    alerts = AlertNotifier(store, pipeline.client, write, config=pipeline.config, clock=clock)
    tasks = Tasks(store, write, handlers(pipeline, alerts), clock=clock)
    return Scheduler(
        pipeline, tasks, alerts, current, notify=notify, monotonic=monotonic, clock_check=clock_check
    )


async def serve(config: Config, *, started: Callable[[], None]) -> int:
    """Poll, publish and answer HTTP until SIGTERM or SIGINT; returns the exit code.

    `started` is called once, when this process holds the poller lock and both sides answer.
    """
    from aggregator.service.metrics import Gauges, Metrics
    from aggregator.service.sites import answering
    from aggregator.web.remembered import Remembered

    with opened(config) as storage, storage.admin.poller(utc_now()) as replayed:
        if replayed.moved:
            log.warning("decisions of the journal replayed", items=" ".join(replayed.moved))
        if replayed.forgotten:
            log.warning("sources forgotten again by the journal", sources=" ".join(replayed.forgotten))
        current = LiveConfig(config, storage.admin.bound)
        for problem in storage.admin.check():
            raise backups.damaged(config.store, problem)
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
        async with polling(storage, current, observe=metrics.observe, heard=check.hear) as pipeline:
            scheduler = scheduler_of(pipeline, current, clock_check=check)
            scheduler.each_tick = remembered.forget_removed
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, scheduler.stop.set)
            loop.add_signal_handler(signal.SIGHUP, scheduler.reload)
            async with answering(pipeline, current, scheduler, remembered, metrics):
                gc.freeze()  # loaded modules stay: the garbage collector need not scan them again
                gc.set_threshold(*GARBAGE_THRESHOLDS)
                started()
                with ticking(scheduler) as pause:
                    await scheduler.stop.wait()
                    pause()
                    systemd.notify(systemd.STOPPING)
                    log.info("stopping: running polls may finish")
                    await scheduler.drain()
    return 1 if scheduler.failed else 0


class Ticker(Protocol):
    """What is run at each tick and each hour, and what goes on beside it until the end."""

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
