"""The engine of a test's stores: a test that opens one runs on SQLite and on PostgreSQL (fixture `engine`)."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from psycopg.sql import SQL, Identifier

from aggregator import storage
from aggregator.storage import Restored, Storage
from aggregator.storage.sqlite.connection import FILE
from tests.postgres import Server

NUMBERS = count(1)
REUSED_BYTES_MAX = 4_000_000  # of a schema; emptying a larger one takes longer than making another
Row = tuple[object, ...]
Database = psycopg.Connection[Row]

# A schema with all tables of this version takes a third of a second to make: emptied ones are used again.
PRISTINE = "pristine"
_BYTES = "SELECT sum(pg_relation_size(oid)) FROM pg_class WHERE relnamespace = %s::regnamespace"
_ANALYSED = "SELECT 1 FROM pg_stats WHERE schemaname = %s LIMIT 1"
_LAYOUT = """
    SELECT md5(replace(string_agg(each, ';' ORDER BY each), %(schema)s || '.', '')) FROM (
        SELECT concat_ws(' ', relname, attnum, attname, atttypid, attnotnull, pg_get_expr(adbin, adrelid)) AS each
        FROM pg_class JOIN pg_attribute a ON attrelid = pg_class.oid AND NOT attisdropped
        LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE relnamespace = %(schema)s::regnamespace AND relkind IN ('r', 'i') AND attnum > 0
        UNION ALL SELECT concat_ws(' ', conname, pg_get_constraintdef(oid))
        FROM pg_constraint WHERE connamespace = %(schema)s::regnamespace
    ) layout"""
# Rows and sequences of a schema become those of a new store; without foreign keys the order does not matter.
_EMPTY = """DO $$ DECLARE name TEXT; BEGIN
    SET LOCAL session_replication_role = replica;
    FOR name IN SELECT relname FROM pg_class WHERE relnamespace = {schema}::regnamespace AND relkind = 'r' LOOP
        EXECUTE format('DELETE FROM %I.%I', {schema}, name);
        EXECUTE format('INSERT INTO %I.%I OVERRIDING SYSTEM VALUE SELECT * FROM %I.%I',
            {schema}, name, {pristine}, name);
    END LOOP;
    PERFORM setval(oid::regclass, 1, false) FROM pg_class
        WHERE relnamespace = {schema}::regnamespace AND relkind = 'S';
END $$"""


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
            free = _emptied.get(self.server.directory)
            self.urls[place] = free.pop() if free else self.server.schema(f"test_{next(NUMBERS)}")
        return self.urls[place]

    def give_back(self, *directories: Path) -> None:
        """Empty the schemas of these directories, in which no session is left, for the next test."""
        self._make_pristine()
        with psycopg.connect(self.server.url, autocommit=True) as db:
            for url in [self.urls.pop(each.absolute()) for each in directories]:
                schema = _name(url)
                if _is_pristine(db, schema):
                    db.execute(SQL(_EMPTY).format(schema=schema, pristine=PRISTINE))
                    _emptied[self.server.directory].append(url)
                else:
                    db.execute(SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(Identifier(schema)))

    def drop(self) -> None:
        """Give all schemas back, without the sessions that a killed process may have left behind."""
        for each in self.opened:
            each.close()
        with psycopg.connect(self.server.url, autocommit=True) as db:
            db.execute(
                """SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
                WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"""
            )
        self.give_back(*self.urls)

    def _make_pristine(self) -> None:
        if self.server.directory in _emptied:
            return
        _emptied[self.server.directory] = []
        with TemporaryDirectory() as name:
            storage.open_storage(Path(name), self.server.schema(PRISTINE)).close()


_emptied: dict[Path, list[str]] = {}  # addresses of schemas with empty tables, by server


def _name(url: str) -> str:
    return url.rpartition("%3D")[2]


def _is_pristine(db: Database, schema: str) -> bool:
    """Return whether a schema has the tables of this version, as they are made, little in them and no
    statistics."""
    if not db.execute("SELECT to_regnamespace(%s)", [schema]).fetchall()[0][0]:
        return False
    if int(str(db.execute(_BYTES, [schema]).fetchall()[0][0] or 0)) > REUSED_BYTES_MAX:
        return False
    if db.execute(_ANALYSED, [schema]).fetchall():
        return False
    return _layout(db, schema) == _layout(db, PRISTINE)


def _layout(db: Database, schema: str) -> Row:
    return db.execute(_LAYOUT, {"schema": schema}).fetchall()[0]


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


def analyse(store: Path) -> None:
    """Collect the statistics by which statements on the store of a directory are planned."""
    if url := database(store):
        tables = execute(store, f"SELECT tablename FROM pg_tables WHERE schemaname = '{_name(url)}'")
        execute(store, f"ANALYZE {', '.join(str(name) for (name,) in tables)}")
    else:
        execute(store, "ANALYZE")


def rewrite(store: Path) -> None:
    """Leave no dead rows and free pages in the store of a directory."""
    if url := database(store):
        with psycopg.connect(url, autocommit=True) as db:
            for (name,) in db.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"):
                db.execute(SQL("VACUUM FULL {}").format(Identifier(name)))
    else:
        execute(store, "VACUUM")


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
        schema = _name(url)
        execute(store, f"DROP SCHEMA {schema} CASCADE")
        execute(store, f"CREATE SCHEMA {schema}")
    if store.exists():
        shutil.rmtree(store)


@contextmanager
def scratch() -> Iterator[Path]:
    """Make a directory for a store; the store is closed and given up within."""
    with TemporaryDirectory() as name:
        yield Path(name)
        if _present is not None and Path(name).absolute() in _present.urls:
            _present.give_back(Path(name))


def sqlite_files(directory: Path) -> list[Path]:
    """Return the SQLite stores below a directory."""
    return sorted(directory.rglob(FILE))
