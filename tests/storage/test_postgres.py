"""What only PostgreSQL has: round trips, texts it cannot hold, its migrations, its version."""

import re
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import psycopg
import pytest

from aggregator.errors import StorageError, UsageError
from aggregator.model import ItemQuery
from aggregator.storage import open_storage
from tests.given import HOUR, NOON, SourceDriver, config, entry, source, succeeded, titles
from tests.postgres import Server, proxy

pytestmark = pytest.mark.needs("postgres")
NUMBERS = count(1)
POLLS = 20


@pytest.fixture
def url(postgres: Server) -> Iterator[str]:
    name = f"postgres_{next(NUMBERS)}"
    yield postgres.schema(name)
    with psycopg.connect(postgres.url, autocommit=True) as db:
        db.execute(f"DROP SCHEMA {name} CASCADE")


def test_an_unchanged_poll_takes_two_round_trips(url: str, tmp_path: Path) -> None:
    sources = [source(f"s{n}") for n in range(POLLS)]
    with proxy(url) as counted, closing(open_storage(tmp_path, counted.url)) as storage:
        storage.admin.sync(config(*sources), NOON)
        claims = storage.polls.claim(NOON, limit=POLLS, lease=HOUR)
        results = [succeeded(claim, source(claim.id)) for claim in claims]
        before = counted.trips
        for result in results:
            storage.polls.record(result)
        assert len(results) == POLLS
        assert counted.trips - before == 2 * POLLS


def test_a_text_with_nul_is_searched_for_without_it(url: str, tmp_path: Path) -> None:
    with closing(open_storage(tmp_path, url)) as storage:
        of = source("ministry")
        storage.admin.sync(config(of), NOON)
        origin = SourceDriver(storage, of)
        origin.says(now=NOON - HOUR)
        origin.says(entry("One", "a"))
        assert storage.items.find("a\0b") is None
        assert storage.items.items(ItemQuery(topic="sea\0", search="one\0")) == ()
        assert titles(storage.items.items(ItemQuery())) == ["One"]


def test_a_database_of_an_older_version_is_migrated_and_of_a_newer_one_refused(
    url: str, tmp_path: Path
) -> None:
    index = (
        "SELECT indexdef FROM pg_indexes WHERE indexname = 'alert_untold' AND schemaname = current_schema()"
    )
    open_storage(tmp_path, url).close()
    with psycopg.connect(url, autocommit=True) as db:
        made = db.execute(index).fetchall()
        db.execute("DROP TABLE journal")
        db.execute("DROP INDEX alert_untold")
        db.execute("CREATE INDEX alert_untold ON alert (number)")
        db.execute("DELETE FROM migration WHERE name IN ('m010_journal', 'm011_alert_untold')")
    open_storage(tmp_path, url).close()
    with psycopg.connect(url, autocommit=True) as db:
        assert db.execute(index).fetchall() == made
        assert db.execute("SELECT count(*) FROM journal").fetchone() == (0,)
        db.execute("INSERT INTO migration VALUES ('m999_of_tomorrow')")
    with pytest.raises(StorageError, match="was written by a newer Publicwire"):
        open_storage(tmp_path, url)


def test_a_server_that_is_too_old_is_refused(url: str, tmp_path: Path) -> None:
    def older(sent: bytes) -> bytes:
        return re.sub(rb"(server_version\0)\d\d", rb"\g<1>14", sent)

    with proxy(url, older) as old, pytest.raises(UsageError, match="needs 15 or later"):
        open_storage(tmp_path, old.url)
