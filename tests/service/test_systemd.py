"""What systemd is told, and by whom."""

import asyncio
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from aggregator.config import load
from aggregator.errors import StoreFull
from aggregator.model.settings import Config
from aggregator.service.app import polling, scheduler_of
from aggregator.service.live_config import LiveConfig
from aggregator.service.systemd import notify, reloading
from aggregator.storage import open_storage
from aggregator.storage.sql.admin import AdminStore
from aggregator.storage.sqlite import storage
from aggregator.storage.sqlite.connection import SqliteEngine
from aggregator.workers.pool import WorkerPool
from tests.given import config
from tests.running import Site, given_a_site, until


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[socket.socket]:
    """The socket systemd would listen at."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(15)
        yield listening


def told(listener: socket.socket) -> str:
    return listener.recv(4096).decode()


def test_a_state_is_one_datagram(
    listener: socket.socket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    notify("READY=1")
    assert told(listener) == "READY=1"
    assert reloading().startswith("RELOADING=1\nMONOTONIC_USEC=")


def test_an_abstract_socket_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"publicwire-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(f"\0{name}")
        monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}")
        notify("WATCHDOG=1")
        assert told(listening) == "WATCHDOG=1"


@pytest.mark.parametrize("address", ["", "nonsense", "/nowhere/notify"])
def test_nobody_listening_is_no_trouble(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    notify("READY=1")


def test_a_blocked_tick_starves_the_watchdog_and_readiness(tmp_path: Path) -> None:
    asyncio.run(_blocked(tmp_path))


async def _blocked(directory: Path) -> None:
    clock = [0.0]
    said: list[str] = []
    current = LiveConfig(replace(config(), store=directory / "store", path=directory / "sources.yaml"))
    with closing(open_storage(current.config.store)) as storage, storage.admin.poller():
        async with polling(storage, current, WorkerPool()) as parts:
            poller = scheduler_of(parts, current, notify=said.append, monotonic=lambda: clock[0])
            assert not poller.is_ready()
            await poller.tick()
            await poller.tick()
            assert said == ["READY=1", "WATCHDOG=1"]
            release = threading.Event()
            blocking = asyncio.create_task(parts.write(release.wait))
            tick = asyncio.create_task(poller.tick())
            await asyncio.sleep(0)
            clock[0] = 29
            assert poller.is_ready()
            clock[0] = 31
            assert not poller.is_ready()
            assert said == ["READY=1", "WATCHDOG=1"]
            release.set()
            await asyncio.gather(blocking, tick)
            assert poller.is_ready()
            assert said[-1] == "WATCHDOG=1"


class FullAdmin(AdminStore):
    """A store that cannot take up a changed configuration: its disk is full."""

    def sync(self, config: Config, now: datetime) -> tuple[str, ...]:
        raise StoreFull("there is no room on the disk")


def test_a_reload_ends_although_the_disk_is_full(tmp_path: Path) -> None:
    said = asyncio.run(_reloaded(given_a_site(tmp_path, {})))
    assert [state.partition("=")[0] for state in said] == ["READY", "RELOADING", "READY", "WATCHDOG"]


async def _reloaded(here: Site) -> list[str]:
    said: list[str] = []
    current = LiveConfig(load(here.config))
    open_storage(here.store).close()  # makes the tables
    engine = SqliteEngine(here.store)
    with closing(replace(storage(engine), admin=FullAdmin(engine))) as store:
        async with polling(store, current, WorkerPool()) as parts:
            poller = scheduler_of(parts, current, notify=said.append)
            await poller.tick()
            here.sources({"storm": "file:storm.xml"})
            poller.reload()
            await poller.tick()
            return said


def test_the_service_tells_its_whole_life(
    listener: socket.socket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    here = given_a_site(tmp_path, {})
    with here.serving() as running:
        assert told(listener) == "READY=1"
        assert told(listener) == "WATCHDOG=1"
        running.process.send_signal(1)
        until(lambda: told(listener).startswith("RELOADING=1\n"))
        until(lambda: told(listener) == "READY=1")
        assert running.stop() == 0
        until(lambda: told(listener) == "STOPPING=1")
