"""Notifications of commits, and the look once a second that makes up for those that do not arrive."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import psycopg
import pytest

from aggregator import config as configuration
from aggregator import storage as stores
from aggregator.model.settings import Config
from aggregator.service.app import utc_now
from aggregator.storage import Storage
from aggregator.storage.postgres.notices import Notices
from tests.given import NOON, config, source
from tests.postgres import Server
from tests.running import until

pytestmark = [pytest.mark.needs("postgres"), pytest.mark.one_engine("a cluster needs PostgreSQL")]

SOURCES = "publication: {name: Example, url: http://127.0.0.1/, language: en, contact: desk@example.test}\n"


@pytest.fixture
def url(postgres: Server, tmp_path: Path) -> str:
    return postgres.schema(f"notices_{abs(hash(tmp_path))}")


@pytest.fixture
def storage(url: str, tmp_path: Path) -> Iterator[Storage]:
    with closing(stores.open_storage(tmp_path, url)) as opened:
        yield opened


async def listening(notices: Notices, then: Callable[[], Awaitable[None]]) -> None:
    """Run `then` while these notices are listened for and known."""
    task = asyncio.create_task(notices.listen())
    try:
        await asyncio.to_thread(until, lambda: notices.newest() is not None)
        await then()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def test_a_publishing_commit_and_a_configuration_are_notified(url: str, storage: Storage) -> None:
    notices = Notices(url, monotonic=lambda: 0.0)

    async def publish() -> None:
        before = notices.newest()
        notices.configured.clear()
        await asyncio.to_thread(storage.admin.sync, config(source("a")), NOON)
        await asyncio.to_thread(until, lambda: notices.newest() != before)
        assert notices.newest() == await asyncio.to_thread(storage.items.seq)
        assert not notices.configured.is_set()
        await asyncio.to_thread(storage.cluster.apply, parsed(), SOURCES, utc_now())
        await asyncio.wait_for(notices.configured.wait(), 30)

    asyncio.run(listening(notices, publish))


def test_without_notifications_the_values_are_read_each_second(url: str, storage: Storage) -> None:
    notices = Notices(url)
    with psycopg.connect(url) as db:
        db.execute("DROP FUNCTION notify_nodes CASCADE")

    async def publish() -> None:
        before = notices.newest()
        await asyncio.to_thread(storage.admin.sync, config(source("a")), NOON)
        await asyncio.to_thread(until, lambda: notices.newest() not in (before, None))

    asyncio.run(listening(notices, publish))


def test_the_values_are_read_once_a_second(url: str, storage: Storage) -> None:
    """Of several pauses the shortest is looked at: a busy machine makes others longer."""
    read, has_read = list[float](), threading.Event()

    def monotonic() -> float:
        read.append(time.monotonic())
        if len(read) >= 4:
            has_read.set()
        return read[-1]

    async def wait() -> None:
        read.clear()
        has_read.clear()
        await asyncio.to_thread(has_read.wait)

    asyncio.run(listening(Notices(url, monotonic=monotonic), wait))
    assert 0.9 < min(after - before for before, after in pairwise(read)) < 1.5


def test_of_a_session_that_ended_nothing_is_known_until_the_next(url: str, storage: Storage) -> None:
    now = [0.0]
    notices = Notices(url, monotonic=lambda: now[0])

    async def cut() -> None:
        now[0] = 10.0
        assert notices.newest() is None
        with psycopg.connect(url) as db:
            db.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'notices%'"
            )
        await asyncio.to_thread(until, lambda: notices.newest() is not None)

    asyncio.run(listening(notices, cut))


def parsed() -> Config:
    return configuration.parse(SOURCES, Path("sources.yaml"))
