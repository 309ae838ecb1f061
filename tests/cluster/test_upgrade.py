"""Nodes of this release work on while and after a migration of the next one has been carried out."""

from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from aggregator import storage as stores
from aggregator.errors import StorageError
from aggregator.storage.sqlite.catalog import names
from tests.cluster.given import given_a_cluster
from tests.given import HOUR, NOON, config, source, succeeded
from tests.postgres import Server
from tests.running import feed, item, until
from tests.server import answer, http_server_in_thread

pytestmark = [pytest.mark.needs("postgres"), pytest.mark.one_engine("a cluster needs PostgreSQL")]

# A made-up migration that expands: the release before works on its tables.
EXPANDED = (
    "ALTER TABLE source ADD COLUMN of_tomorrow BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE item ADD COLUMN of_tomorrow BIGINT",
    "INSERT INTO migration VALUES ('m999_of_tomorrow')",
    f"INSERT INTO meta (key, value) VALUES ('serves', '{max(names())}')",
)


def migrate_to_tomorrow(url: str) -> None:
    with psycopg.connect(url) as db:
        for statement in EXPANDED:
            db.execute(statement)


def test_prepared_statements_survive_a_new_column(postgres: Server, tmp_path: Path) -> None:
    url = postgres.schema("upgrade_prepared")
    with closing(stores.open_storage(tmp_path, url)) as storage:
        storage.admin.sync(config(source("a")), NOON)

        def poll(n: int) -> None:
            (claim,) = storage.polls.claim(NOON + n * HOUR, limit=1, lease=HOUR, ids=["a"])
            storage.polls.record(succeeded(claim, source("a"), NOON + n * HOUR))

        for n in range(8):  # psycopg prepares a statement at its sixth execution
            poll(n)
        migrate_to_tomorrow(url)
        with pytest.raises(StorageError, match="rolled a transaction back"):
            poll(8)
        poll(9)


def test_a_schema_that_serves_this_release_is_opened_and_another_is_not(
    postgres: Server, tmp_path: Path
) -> None:
    url = postgres.schema("upgrade_serves")
    stores.open_storage(tmp_path, url).close()
    migrate_to_tomorrow(url)
    present = stores.present(tmp_path, url)
    assert present is not None
    present.close()
    stores.open_storage(tmp_path, url).close()
    with psycopg.connect(url) as db:
        db.execute("UPDATE meta SET value = 'm998_first_of_tomorrow' WHERE key = 'serves'")
    assert stores.present(tmp_path, url) is None
    with pytest.raises(StorageError, match="was written by a newer Publicwire"):
        stores.open_storage(tmp_path, url)


def test_nodes_poll_on_while_the_database_is_migrated(postgres: Server, tmp_path: Path) -> None:
    url = postgres.schema("upgrade_rolling")
    cluster = given_a_cluster(tmp_path, url)
    with http_server_in_thread({"/feed": answer(body=feed(item("1", "First")))}) as origin:
        cluster.sources({"s": origin.url("/feed")})
        cluster.apply()
        with cluster.node("work", "old") as old:
            for n in range(1, 8):
                until(lambda: cluster.count("item") == n)  # noqa: B023
                if n == 5:
                    migrate_to_tomorrow(url)
                others = (
                    item(f"x{each}", f"Other {each}", f"Text of the other {each}.") for each in range(n)
                )
                origin.answers["/feed"] = answer(body=feed(item("1", "First"), *others))
                cluster.rows("UPDATE source SET due = 0")
            with cluster.node("work", "new") as new:
                until(lambda: cluster.count("item") == 8)
                assert old.process.poll() is new.process.poll() is None
