"""The one composition root: store, HTTP clients, pipeline, scheduler and web are put together here.

`opened` and `polling` serve one command, `serve` the whole service; the web and the scheduler are loaded only
by `serve`, because a command without them starts faster.
"""

import asyncio
import gc
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator import config as configuration
from aggregator.fetch.client import Client
from aggregator.log import log
from aggregator.model import Claim, HostState, Outcome, TaskKind
from aggregator.model.settings import Address, Config
from aggregator.service.line import Line
from aggregator.service.live_config import LiveConfig
from aggregator.service.pipeline import Pipeline
from aggregator.service.writer import Writer
from aggregator.storage import Storage, backups, open_storage
from aggregator.workers.pool import WorkerPool

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from aggregator.service.alert_webhook import AlertNotifier
    from aggregator.service.scheduler import Scheduler
    from aggregator.tasks import Tasks

TICK = timedelta(seconds=1)
GARBAGE_THRESHOLDS = (700, 10, 10)  # Python's own, which a command has raised
FIRST_MAINTENANCE_AFTER = timedelta(minutes=1)  # makes up for what was missed while no service ran


def utc_now() -> datetime:
    """Return the present time: the one clock."""
    return datetime.now(UTC)


@contextmanager
def opened(config: Config) -> Iterator[Storage]:
    """Open the store of a configuration; closed at the end."""
    storage = open_storage(config.store)
    try:
        yield storage
    finally:
        storage.close()


@asynccontextmanager
async def polling(
    storage: Storage,
    current: LiveConfig,
    readers: WorkerPool | None = None,
    *,
    observe: Callable[[Claim, Outcome], None] = lambda claim, outcome: None,
) -> AsyncIterator[Line]:
    """The poll pipeline and its clients over a store that this process polls; closed at the end."""
    readers, write = readers or WorkerPool(), Writer()
    clients = Clients(current, storage.polls.hosts())
    pipeline = Pipeline(
        storage, clients.client, readers, write, config=lambda: current.config, clock=utc_now, observe=observe
    )
    try:
        yield Line(storage, pipeline, write, clients.client, readers)
    finally:
        await readers.close()
        await clients.close()
        pipeline.close()
        write.close()


class Clients:
    """HTTP clients: another one once the configuration polls in another way. `states` are those of hosts."""

    def __init__(self, current: LiveConfig, states: Sequence[HostState] = ()) -> None:
        self._current = current
        self._states = states
        self._open: list[tuple[object, Client]] = []

    def client(self) -> Client:
        """Return the client for the present configuration."""
        config = self._current.config
        settings, contact, url = way = (config.poll, config.publication.contact, config.publication.url)
        if not self._open or self._open[-1][0] != way:
            made = Client(settings, contact=contact, publication_url=url)
            if self._open:
                made.hosts.take_over(self._open[-1][1].hosts)
            else:
                made.hosts.restore(self._states, utc_now())
            self._open.append((way, made))
        return self._open[-1][1]

    async def close(self) -> None:
        """Close them all; fetches of a former one may have been under way until now."""
        for _, client in self._open:
            await client.close()


def durable_work(
    line: Line, current: LiveConfig, clock: Callable[[], datetime]
) -> tuple["Tasks", "AlertNotifier"]:
    """Return the runner of durable tasks, and the alert notifier."""
    from aggregator.service import alert_webhook
    from aggregator.tasks import Tasks
    from aggregator.websub.subscriber import Subscriber

    store, client = line.storage.tasks, line.client
    hubs = Subscriber(store, client, line.write, config=lambda: current.config, clock=clock)
    alerts = alert_webhook.AlertNotifier(
        store, client, line.write, config=lambda: current.config, clock=clock
    )
    handlers = {TaskKind.WEBSUB: hubs.run, TaskKind.ALERTS: alerts.run}
    return Tasks(store, line.write, handlers, clock=clock), alerts


async def serve(path: Path, *, started: Callable[[], None]) -> int:
    """Poll, publish and answer HTTP until SIGTERM or SIGINT; returns the exit code.

    `started` is called once, when this process holds the poller lock and both sides answer.
    """
    from aggregator.service import systemd
    from aggregator.service.metrics import Metrics, Present
    from aggregator.service.scheduler import Scheduler
    from aggregator.web.serving import Servers

    current = LiveConfig(configuration.load(path, os.environ))
    with opened(current.config) as storage, storage.admin.poller():
        for problem in storage.admin.check():
            raise backups.damaged(current.config.store, problem)
        for done in storage.admin.sync(current.config, utc_now()):
            log.info("configuration", change=done)
        workers = WorkerPool()
        metrics = Metrics(
            lambda: Present(
                storage.admin.totals(utc_now()),
                poller.in_flight(),
                workers.killed,
                poller.last_tick,
                storage.tasks.alerts(),
            )
        )
        async with polling(storage, current, workers, observe=metrics.observe) as line:
            tasks, alerts = durable_work(line, current, utc_now)
            poller = Scheduler(line, current, tasks, alerts, clock=utc_now)
            stop = _stopper(poller)
            async with Servers(_sites(storage, current, poller, metrics=metrics.text)):
                gc.freeze()  # loaded modules stay: the garbage collector need not scan them again
                gc.set_threshold(*GARBAGE_THRESHOLDS)
                started()
                with _ticking(poller):
                    await _either(stop, poller.failed)
                    systemd.notify(systemd.STOPPING)
                    log.info("stopping: running polls may finish")
                    await poller.drain()
    return 1 if poller.failed.is_set() else 0


def _sites(
    storage: Storage, current: LiveConfig, poller: "Scheduler", *, metrics: Callable[[], bytes]
) -> list[tuple[Address, Callable[[], "Starlette"]]]:
    from aggregator.publish.publisher import Publisher
    from aggregator.web.app import public_app
    from aggregator.web.callback import Callback
    from aggregator.web.status import admin_app

    publisher = Publisher(storage, lambda: current.config)
    callback = Callback(storage.tasks, config=lambda: current.config, clock=utc_now)

    def problems() -> tuple[str, ...]:
        return tuple(each for each in (*current.error.splitlines(), poller.trouble) if each)

    return [
        (current.config.listen, lambda: public_app(publisher, storage, callback.routes())),
        (
            current.config.admin,
            lambda: admin_app(storage, poller.is_ready, problems=problems, metrics=metrics),
        ),
    ]


def _stopper(poller: "Scheduler") -> asyncio.Event:
    """Return the event that SIGTERM and SIGINT set; SIGHUP reloads."""
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
def _ticking(poller: "Scheduler") -> Iterator[None]:
    """Run the tick and maintenance by APScheduler; it holds no jobs of sources."""
    from apscheduler.schedulers.asyncio import AsyncIOScheduler

    # Late runs are run, not dropped (misfire_grace_time is 1 s unless told), and never pile up.
    scheduler = AsyncIOScheduler(
        timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
    )
    now = utc_now()
    scheduler.add_job(poller.tick, "interval", seconds=TICK.total_seconds(), next_run_time=now)
    scheduler.add_job(poller.maintain, "cron", minute=0, next_run_time=now + FIRST_MAINTENANCE_AFTER)
    scheduler.start()
    watching = asyncio.create_task(poller.watch())
    try:
        yield
    finally:
        watching.cancel()
        scheduler.shutdown(wait=False)  # after the drain: it would cancel what runs


async def _either(*events: asyncio.Event) -> None:
    waits = [asyncio.create_task(event.wait()) for event in events]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
