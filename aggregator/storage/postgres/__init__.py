"""The PostgreSQL engine. The only package that imports psycopg."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from aggregator.errors import UsageError
from aggregator.policy.source_ids import StoredFeed
from aggregator.storage import Storage
from aggregator.storage.backups import Restored
from aggregator.storage.postgres.connection import PostgresConnection
from aggregator.storage.postgres.engine import PostgresEngine
from aggregator.storage.postgres.pool import Pool
from aggregator.storage.postgres.schema import is_current, migrate
from aggregator.storage.sql import feeds
from aggregator.storage.sql.engine import JOURNAL, one
from aggregator.storage.sqlite import copied, storage
from aggregator.storage.sqlite.backup import free_name
from aggregator.storage.sqlite.catalog import tables
from aggregator.storage.sqlite.connection import SqliteEngine
from aggregator.storage.sqlite.restore import staged
from aggregator.storage.transfer import move


def open_store(url: str, directory: Path) -> Storage:
    """Return the store in a database, created or migrated first."""
    return storage(_opened(url, directory))


def is_present(url: str) -> bool:
    """Return whether a database holds a store of this version."""
    with closing(Pool(url)) as pool, pool.connection() as raw:
        return is_current(PostgresConnection(raw))


def stored_feeds(url: str) -> tuple[StoredFeed, ...]:
    """Return the feeds in a database, as it is; () without tables."""
    with closing(Pool(url)) as pool, pool.connection() as raw:
        if one(raw.execute("SELECT to_regclass('source') AS sources"))["sources"] is None:
            return ()
        return feeds.read(PostgresConnection(raw))


def _opened(url: str, directory: Path) -> PostgresEngine:
    engine = PostgresEngine(url, directory)
    try:
        with engine.reading() as db:
            is_present = is_current(db)
        if not is_present:
            is_polled = engine.is_polled()
            with engine.migrating() as db:
                migrate(db, engine.pool.name, is_polled=is_polled)
    except BaseException:
        engine.close()
        raise
    return engine


@contextmanager
def copying(url: str, directory: Path, to: Path) -> Iterator[None]:
    """Write a copy of a store that no service uses as a SQLite file; none can start to use it meanwhile."""
    with closing(PostgresEngine(url, directory)) as engine, engine.polling():
        with engine.reading() as db:
            if not is_current(db):
                raise UsageError(f"there is no store of this version in the database {engine.pool.name}")
        engine.backup(to)
        yield


def restore(url: str, directory: Path, file: Path, now: datetime, journals: Sequence[Path]) -> Restored:
    """Replace all rows by those of a backup, in one transaction; the former are kept in a SQLite file."""
    engine = _opened(url, directory)
    with (
        closing(storage(engine)) as store,
        store.admin.poller(now),  # writes the lines of its journal into the file
        staged(directory, file, now, journals) as (path, restored),
    ):
        aside = free_name(directory / "database.before-restore")
        copied(engine, aside)
        with closing(SqliteEngine(path.parent)) as origin:
            move(tables(), origin, engine)
        return restored.kept(aside, store.admin.replay([directory / JOURNAL], now))
