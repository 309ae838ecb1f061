"""Offers: which hosts with due sources the queue gets, on both engines, with a queue in memory."""

import asyncio
from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import cast

from aggregator.model.cluster import Beat, QueueStats, Role
from aggregator.model.schedule import HostState
from aggregator.service.cluster.offers import Offers
from aggregator.service.cluster.queue import Queue
from aggregator.storage import Storage
from tests.engines import execute, open_storage
from tests.given import NOON, config, source


class InMemory:
    """Hosts that were offered, none of which ends."""

    def __init__(self) -> None:
        self.hosts: list[str] = []

    async def offer(self, hosts: Sequence[str]) -> None:
        self.hosts += hosts

    async def stats(self) -> QueueStats:
        return QueueStats(len(self.hosts), 0, hosts=frozenset(self.hosts))


def given_hosts(storage: Storage, count: int, *, prompt: bool | None) -> None:
    """Due sources at so many hosts, and one more, the last in turn, that answers in good time."""
    names = [f"h{n:03}" for n in range(count)]
    storage.admin.sync(config(*(source(each) for each in (*names, "last"))), NOON)
    storage.polls.fetched([HostState(f"{each}.example", prompt=prompt) for each in names])
    storage.polls.fetched([HostState("last.example", prompt=True)])
    execute(storage.engine.directory, "UPDATE source SET due = due + 1000 WHERE id = 'last'")


def nodes(storage: Storage, *names: str, problem: str = "") -> None:
    for name in names:
        storage.cluster.report(Beat(name, Role.WORK, "1", 1, timedelta(), 0, 0, 0, NOON, problem))


def offered(storage: Storage, *, times: int = 1, looked_at: int = 50) -> list[str]:
    queue = InMemory()
    made = Offers(
        storage,
        cast(Queue, queue),
        lambda: config(),
        lambda: NOON + timedelta(minutes=1),
        looked_at=looked_at,
    )
    for _ in range(times):
        asyncio.run(made.make())
    return queue.hosts


def test_slow_hosts_beyond_one_look_leave_their_place_to_others(engine: str, tmp_path: Path) -> None:
    with closing(open_storage(tmp_path / "store")) as storage:
        given_hosts(storage, 120, prompt=False)
        nodes(storage, "one")
        hosts = offered(storage, looked_at=50)
        assert "last.example" in hosts
        assert len(hosts) == 128 // 4 + 1  # the places of one node for slow hosts


def test_silent_nodes_and_those_that_refuse_work_have_no_places(engine: str, tmp_path: Path) -> None:
    with closing(open_storage(tmp_path / "store")) as storage:
        given_hosts(storage, 120, prompt=False)
        nodes(storage, "one", "two", "three")
        nodes(storage, "off", problem="its clock is off")
        execute(
            storage.engine.directory, "UPDATE node SET beat = beat - 60000 WHERE name IN ('two', 'three')"
        )
        assert len(offered(storage, times=3)) == 128 // 4 + 1


def test_hosts_that_redirect_wait_for_each_other_and_no_host_waits_for_them(
    engine: str, tmp_path: Path
) -> None:
    with closing(open_storage(tmp_path / "store")) as storage:
        given_hosts(storage, 9, prompt=True)
        leading = [HostState(f"h{n:03}.example", prompt=True, leads_to="last.example") for n in range(9)]
        storage.polls.fetched(leading)
        nodes(storage, "one")
        assert offered(storage, times=3) == ["h000.example", "last.example"]
