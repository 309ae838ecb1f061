"""The composition root of the service: store, pipeline, scheduler and web, started, reloaded, drained.

Holds no rule of its own.
"""

import asyncio
import gc
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator import config as configuration
from aggregator import notify
from aggregator.line import opened, polling, utc_now
from aggregator.log import log
from aggregator.poller import Poller
from aggregator.reload import Current
from aggregator.settings import Address
from aggregator.storage import Storage, backups
from aggregator.workers import Workers

if TYPE_CHECKING:
    from starlette.applications import Starlette

TICK = timedelta(seconds=1)
GARBAGE = (700, 10, 10)  # new objects, and looks, between two looks: Python's own, which a command has raised
SETTLED = timedelta(minutes=1)  # until maintenance makes up for what was missed while we did not run


async def serve(path: Path, *, started: Callable[[], None]) -> int:
    """Poll, publish and answer until SIGTERM or SIGINT; returns the exit code. `started` is called once, when
    the store is ours and both sides answer."""
    from aggregator.metrics import Metrics, Present  # these and the web are loaded only when they are served
    from aggregator.web.serving import Servers

    current = Current(configuration.load(path, os.environ))
    with opened(current.config) as storage, storage.poller():
        for problem in storage.check():
            raise backups.damaged(current.config.store, problem)
        for done in storage.sync(current.config, utc_now()):
            log.info("configuration", change=done)
        workers = Workers()
        metrics = Metrics(
            lambda: Present(
                storage.totals(utc_now()),
                poller.in_flight(),
                workers.killed,
                poller.last_tick,
                storage.alerts(),
            )
        )
        async with polling(storage, current, workers, observe=metrics.observe) as pipeline:
            poller = Poller(pipeline, storage, current)
            stop = _stopper(poller)
            async with Servers(_sites(storage, current, poller, metrics=metrics.text)):
                gc.freeze()  # what was loaded stays: it is not looked through again for garbage
                gc.set_threshold(*GARBAGE)
                started()
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
    scheduler.add_job(poller.maintain, "cron", minute=0, next_run_time=now + SETTLED)
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
