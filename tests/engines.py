"""The engine of a test's stores: a test that opens one runs on SQLite and on PostgreSQL (fixture `engine`)."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path

import psycopg

from aggregator import storage
from aggregator.storage import Restored, Storage
from aggregator.storage.sqlite.connection import FILE
from tests.postgres import Server

NUMBERS = count(1)
Row = tuple[object, ...]


@dataclass
class Schemas:
    """The schemas of one module of tests, one for each directory of a store."""

    server: Server
    urls: dict[Path, str] = field(default_factory=dict)
    opened: list[Storage] = field(default_factory=list)

    def url(self, directory: Path) -> str:
        """Return the address of a directory's schema, which is made at its first use."""
        place = directory.absolute()
        if place not in self.urls:
            self.urls[place] = self.server.schema(f"test_{next(NUMBERS)}")
        return self.urls[place]

    def drop(self) -> None:
        """Remove the schemas, and the sessions that a killed process may have left behind."""
        for each in self.opened:
            each.close()
        with psycopg.connect(self.server.url, autocommit=True) as db:
            db.execute(
                """SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
                WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"""
            )
            for url in self.urls.values():
                db.execute(f"DROP SCHEMA {url.rpartition('%3D')[2]} CASCADE")


_present: Schemas | None = None


@contextmanager
def on_postgres(server: Server) -> Iterator[Schemas]:
    """Put each store that is opened into a schema of its own."""
    global _present
    _present = Schemas(server)
    try:
        yield _present
    finally:
        _present.drop()
        _present = None


def database(store: Path) -> str:
    """Return the database of the store in a directory, "" for SQLite."""
    return _present.url(store) if _present is not None else ""


def open_storage(directory: Path) -> Storage:
    """Open the store of a directory, on the test's engine."""
    opened = storage.open_storage(directory, database(directory))
    if _present is not None:
        _present.opened.append(opened)
    return opened


def restore(store: Path, backup: Path, now: datetime) -> Restored:
    """Restore a backup into the store of a directory, on the test's engine."""
    return storage.restore(store, backup, now, database=database(store))


def execute(store: Path, sql: str) -> list[Row]:
    """Run one statement on the store of a directory and commit it; returns its rows."""
    with transaction(store) as run:
        return run(sql)


@contextmanager
def transaction(store: Path) -> Iterator[Callable[[str], list[Row]]]:
    """Open a transaction on the store of a directory, beside the program; yields what runs a statement."""
    if url := database(store):
        with psycopg.connect(url) as db:

            def run(sql: str) -> list[Row]:
                cursor = db.execute(sql)
                return cursor.fetchall() if cursor.description else []

            yield run
    else:
        with closing(sqlite3.connect(store / FILE, timeout=30)) as file, file:
            yield lambda sql: file.execute(sql).fetchall()


def remove(store: Path) -> None:
    """Remove the store of a directory with all that is in it."""
    if url := database(store):
        schema = url.rpartition("%3D")[2]
        execute(store, f"DROP SCHEMA {schema} CASCADE")
        execute(store, f"CREATE SCHEMA {schema}")
    shutil.rmtree(store)


def sqlite_files(directory: Path) -> list[Path]:
    """Return the SQLite stores below a directory."""
    return sorted(directory.rglob(FILE))
