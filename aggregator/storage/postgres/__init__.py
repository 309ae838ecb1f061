"""The PostgreSQL engine. The only package that imports psycopg."""

from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from aggregator.storage import Storage
from aggregator.storage.backups import Restored
from aggregator.storage.postgres.engine import PostgresEngine
from aggregator.storage.postgres.schema import migrate
from aggregator.storage.sqlite import copied, storage
from aggregator.storage.sqlite.backup import free_name
from aggregator.storage.sqlite.catalog import tables
from aggregator.storage.sqlite.connection import SqliteEngine
from aggregator.storage.sqlite.restore import staged
from aggregator.storage.transfer import move


def open_store(url: str, directory: Path) -> Storage:
    """Return the store in a database, created or migrated first."""
    engine = PostgresEngine(url, directory)
    try:
        with engine.migrating() as db:
            migrate(db, engine.pool.name)
    except BaseException:
        engine.close()
        raise
    return storage(engine)


def copy_store(url: str, directory: Path, to: Path) -> int:
    """Write a copy of a store that no service uses as a SQLite file; returns its items."""
    with closing(PostgresEngine(url, directory)) as engine, engine.polling():
        return engine.backup(to)


def restore(url: str, directory: Path, file: Path, now: datetime) -> Restored:
    """Replace all rows by those of a backup, in one transaction; the former are kept in a SQLite file."""
    storage = open_store(url, directory)
    engine = PostgresEngine(url, directory)
    with (
        closing(storage),
        closing(engine),
        engine.polling(),
        staged(directory, file, now) as (path, restored),
    ):
        aside = free_name(directory / "database.before-restore")
        copied(engine, aside)
        with closing(SqliteEngine(path.parent)) as origin:
            move(tables(), origin, engine)
        return replace(restored, aside=aside)
