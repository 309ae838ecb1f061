"""Clients of the service follow the configuration."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator import storage
from aggregator.errors import Cause, FetchError
from aggregator.model.settings import Config
from aggregator.service.clients import Clients, visiting
from aggregator.service.live_config import LiveConfig
from tests import engines
from tests.fetch.given import FEED, LOOPBACK
from tests.given import MINUTE, NOON, config
from tests.server import Answers, answer, http_server

TARGET = "http://93.184.215.14/feed"  # never connected to


def test_requests_leave_by_the_configured_proxy_from_its_reload_on() -> None:
    async def scenario() -> tuple[bytes | None, list[str]]:
        current = LiveConfig(config())
        clients = Clients(current, (), clock=lambda: NOON)
        before = clients.client()
        async with http_server({TARGET: answer(body=FEED)}) as proxy:
            current.config = replace(current.config, proxy=proxy.url("/"))
            after = clients.client()
            assert after is not before
            fetched = await after.fetch(TARGET)
        await clients.close()
        return fetched.body, proxy.paths

    assert asyncio.run(scenario()) == (FEED, [TARGET])


BUSY = answer(status="429 Too Many Requests")


def causes(of: Config, answers: Answers, *, commands: int = 1) -> tuple[list[Cause], int]:
    """Fetch once in each of some commands; return the causes of their failures, and the requests sent."""

    async def scenario() -> tuple[list[Cause], int]:
        found = []
        async with http_server(answers) as origin:
            for _ in range(commands):
                async with visiting(of, clock=lambda: NOON, warn=pytest.fail) as visitor:
                    with pytest.raises(FetchError) as caught:
                        await visitor.fetch(origin.url("/"), networks=LOOPBACK)
                found.append(caught.value.cause)
            return found, len(origin.requests)

    return asyncio.run(scenario())


def test_a_429_to_a_command_holds_in_every_process(tmp_path: Path, engine: str) -> None:
    of = replace(config(store=tmp_path), database=engines.database(tmp_path))
    storage.open_storage(of.store, of.database).close()
    assert causes(of, {"/": BUSY}, commands=2) == ([Cause.HTTP, Cause.RATE_LIMITED], 1)
    with closing(storage.open_storage(of.store, of.database)) as store:
        (host,) = store.polls.hosts(["127.0.0.1"])
    assert host.refused_until is not None
    assert NOON < host.refused_until <= NOON + MINUTE


def test_a_command_makes_no_store_and_migrates_none(tmp_path: Path, engine: str) -> None:
    of = replace(config(store=tmp_path / "store"), database=engines.database(tmp_path / "store"))
    engines.remove(of.store)
    assert causes(of, {"/": BUSY}) == ([Cause.HTTP], 1)
    assert storage.present(of.store, of.database) is None
    assert not of.store.exists()


@pytest.mark.one_engine("ages a file")
def test_a_store_of_another_version_is_left_alone(tmp_path: Path) -> None:
    storage.open_storage(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / "publicwire.db")) as db, db:
        db.execute("DELETE FROM _sqlite_migrations WHERE name = 'm024_validators'")
    assert storage.present(tmp_path) is None
