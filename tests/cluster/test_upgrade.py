"""Nodes of this release work on while and after a migration of the next one has been carried out."""

import dataclasses
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import psycopg
import pytest

from aggregator import __version__
from aggregator import storage as stores
from aggregator.errors import StorageError
from aggregator.storage.sqlite.catalog import names
from tests.cluster.given import given_a_copy
from tests.cluster.offices import (
    due_now,
    given_an_origin,
    given_offices_at,
    has_releases,
    is_whole,
    publish,
    work,
)
from tests.given import HOUR, NOON, config, source, succeeded
from tests.postgres import Server

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


def test_of_processes_that_open_an_empty_schema_at_once_one_makes_the_tables(
    postgres: Server, tmp_path: Path
) -> None:
    url, at_once = postgres.schema("upgrade_at_once"), 6
    ready = threading.Barrier(at_once)

    def open_it(n: int) -> None:
        ready.wait()
        stores.open_storage(tmp_path / str(n), url).close()

    with ThreadPoolExecutor(at_once) as threads:
        assert list(threads.map(open_it, range(at_once))) == [None] * at_once


def given_the_next_release(directory: Path, *, serves: bool) -> Path:
    """Return a directory with the package of a made-up next release, which has one migration more."""
    made = given_a_copy(directory / f"next-{serves}")
    tables = made / "aggregator" / "storage" / "sql" / "cluster_tables.py"
    statements = ["ALTER TABLE source ADD COLUMN of_tomorrow INTEGER NOT NULL DEFAULT 0"]
    if serves:
        statements.append(f"INSERT INTO meta (key, value) VALUES ('serves', '{max(names())}')")
    added = f'CLUSTER = {{**CLUSTER, "m999_of_tomorrow": {statements!r}}}'
    tables.write_text(f"{tables.read_text()}\n\n{added}\n")
    version = made / "aggregator" / "__init__.py"
    version.write_text(version.read_text().replace(__version__, "9.9.9"))
    return made


@pytest.mark.parametrize("seconds", [2, pytest.param(60, marks=pytest.mark.soak)])
def test_nodes_of_two_releases_poll_together(postgres: Server, tmp_path: Path, seconds: int) -> None:
    with given_an_origin() as origin, ExitStack() as stack:
        cluster = given_offices_at(postgres, tmp_path, origin)
        old = work(cluster, stack, "old")
        has_releases(cluster, 1)
        breaking = dataclasses.replace(
            cluster, environment={"PYTHONPATH": str(given_the_next_release(tmp_path, serves=False))}
        )
        refused = breaking.run("migrate")
        assert (refused.returncode, "stop it, or all nodes" in refused.stderr) == (1, True)
        following = dataclasses.replace(
            cluster, environment={"PYTHONPATH": str(given_the_next_release(tmp_path, serves=True))}
        )
        publish(origin, 2)
        due_now(cluster)
        assert following.run("migrate").returncode == 0
        has_releases(cluster, 2)
        new, count, began = work(following, stack, "new"), 2, time.monotonic()
        versions = cluster.rows("SELECT version FROM node ORDER BY version")
        assert versions == [(__version__,), ("9.9.9",)]
        polled = new.metric("publicwire_poll_seconds_count"), old.metric("publicwire_poll_seconds_count")
        while time.monotonic() - began < seconds or not all(
            node.metric("publicwire_poll_seconds_count") > before
            for node, before in zip((new, old), polled, strict=True)
        ):
            count += 1
            publish(origin, count)
            due_now(cluster)
            has_releases(cluster, count)
        is_whole(cluster, count)
        assert [new.metric("publicwire_leases_lost_total"), old.metric("publicwire_leases_lost_total")] == [
            0,
            0,
        ]
