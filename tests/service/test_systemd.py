"""Service notification: datagrams to the socket of systemd, the watchdog, the states of a running service."""

import asyncio
import dataclasses
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing
from datetime import datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.config import load
from aggregator.errors import StoreFull
from aggregator.model.settings import Config
from aggregator.service import systemd
from aggregator.service.app import polling, scheduler_of, utc_now
from aggregator.service.live_config import LiveConfig
from aggregator.service.pipeline import Pipeline
from aggregator.service.scheduler import Scheduler
from aggregator.storage.sql.admin import AdminStore
from tests.engines import open_storage
from tests.given import config
from tests.roles import altered
from tests.running import Site, given_a_site, until

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[socket.socket]:
    """The notification socket of systemd."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(15)
        yield listening


def told(listener: socket.socket) -> str:
    return listener.recv(4096).decode()


def notify(address: str) -> None:
    """Notify as a process whose environment names this socket."""
    code = "from aggregator.service.systemd import notify; notify('READY=1')"
    environment = {**os.environ, "NOTIFY_SOCKET": address}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)


def test_a_state_is_one_datagram(listener: socket.socket, tmp_path: Path) -> None:
    notify(str(tmp_path / "notify"))
    assert told(listener) == "READY=1"


def test_a_socket_in_the_abstract_namespace_is_notified() -> None:
    name = f"publicwire-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(f"\0{name}")
        listening.settimeout(15)
        notify(f"@{name}")
        assert told(listening) == "READY=1"


@pytest.mark.parametrize("address", ["", "nonsense", "/nowhere/notify"])
def test_without_a_listener_notification_is_silent(address: str) -> None:
    notify(address)


@asynccontextmanager
async def observed(directory: Path) -> AsyncIterator[tuple[Pipeline, Scheduler, list[float], list[str]]]:
    """Yield a pipeline, its scheduler, the clock of the scheduler in seconds, and what systemd is told."""
    clock = [0.0]
    said: list[str] = []
    current = LiveConfig(replace(config(), store=directory / "store", path=directory / "sources.yaml"))
    with closing(open_storage(current.config.store)) as storage, storage.admin.poller(utc_now()):
        async with polling(storage, current) as pipeline:
            poller = scheduler_of(pipeline, current, notify=said.append, monotonic=lambda: clock[0])
            yield pipeline, poller, clock, said


def test_a_blocked_tick_starves_the_watchdog_and_readiness(tmp_path: Path) -> None:
    asyncio.run(_blocked(tmp_path))


async def _blocked(directory: Path) -> None:
    async with observed(directory) as (pipeline, poller, clock, said):
        assert not poller.is_ready()
        await poller.tick()
        await poller.tick()
        assert said == ["READY=1", "WATCHDOG=1"]
        loop, is_blocked, release = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

        def block() -> None:
            loop.call_soon_threadsafe(is_blocked.set)
            release.wait()

        blocking = asyncio.ensure_future(pipeline.write(block))
        tick = asyncio.create_task(poller.tick())
        await is_blocked.wait()
        clock[0] = 29
        assert poller.is_ready()
        clock[0] = 31
        assert not poller.is_ready()
        assert said == ["READY=1", "WATCHDOG=1"]
        release.set()
        await asyncio.gather(blocking, tick)
        assert poller.is_ready()
        assert said[-1] == "WATCHDOG=1"


def test_a_tick_that_waits_behind_writes_that_end_is_busy_and_not_stuck(tmp_path: Path) -> None:
    asyncio.run(_busy(tmp_path))


async def _busy(directory: Path) -> None:
    async with observed(directory) as (pipeline, poller, clock, said):
        await poller.tick()
        queue = [threading.Event() for _ in range(4)]
        writes = [asyncio.ensure_future(pipeline.write(each.wait)) for each in queue]
        tick = asyncio.create_task(poller.tick())
        await asyncio.sleep(0)
        for each, write in zip(queue[:3], writes[:3], strict=True):
            clock[0] += 20
            each.set()
            await write
            poller.look()
            assert poller.is_ready()
        assert said == ["READY=1", *["WATCHDOG=1"] * 3]
        assert poller.load() == "busy: a tick has waited for 60 s behind writes, which go on"
        clock[0] += 31
        poller.look()
        assert not poller.is_ready()
        assert said == ["READY=1", *["WATCHDOG=1"] * 3]
        assert poller.load() == "stuck: a tick has waited for 91 s, and no write has ended for 30 s"
        queue[3].set()
        await asyncio.gather(*writes, tick)
        assert (poller.is_ready(), poller.load()) == (True, "")


class FullAdmin(AdminStore):
    """A store that cannot take up a changed configuration: its disk is full."""

    def planned(self, config: Config, now: datetime) -> Callable[[], tuple[str, ...]]:
        raise StoreFull("there is no room on the disk")


def test_a_reload_ends_although_the_disk_is_full(tmp_path: Path) -> None:
    said = asyncio.run(_reloaded(given_a_site(tmp_path, {})))
    states = [state.partition("=")[0] for state in said]
    assert (states[0], states[-1], states.count("RELOADING"), states.count("READY")) == (
        "READY",
        "WATCHDOG",
        1,
        2,
    )
    assert states.index("RELOADING") < states.index("READY", 1)


async def _reloaded(here: Site) -> list[str]:
    said: list[str] = []
    current = LiveConfig(load(here.config))
    opened = open_storage(here.store)
    with closing(altered(opened, admin=FullAdmin(opened.admin._engine))) as store:
        async with polling(store, current) as pipeline:
            poller = scheduler_of(pipeline, current, notify=said.append)
            await poller.tick()
            here.sources({"storm": "file:storm.xml"})
            poller.reload()
            while said.count(systemd.READY) < 2:  # the file is read beside the ticks
                await poller.tick()
            await poller.tick()
            return said


def test_the_service_notifies_readiness_reload_and_stop(listener: socket.socket, tmp_path: Path) -> None:
    here = dataclasses.replace(
        given_a_site(tmp_path, {}), environment={"NOTIFY_SOCKET": str(tmp_path / "notify")}
    )
    with here.serving() as running:
        assert told(listener) == "READY=1"
        assert told(listener) == "WATCHDOG=1"
        running.process.send_signal(signal.SIGHUP)
        until(lambda: told(listener).startswith("RELOADING=1\nMONOTONIC_USEC="))
        until(lambda: told(listener) == "READY=1")
        assert running.stop() == 0
        until(lambda: told(listener) == "STOPPING=1")
