"""The SQLite engine: opens and migrates a store. The only package that imports sqlite3 and sqlite_utils."""

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlite_utils import Database, Migrations

from aggregator.errors import StorageError, UsageError
from aggregator.policy.source_ids import StoredFeed
from aggregator.storage import Storage, private
from aggregator.storage.backups import DIRECTORY
from aggregator.storage.sql import sources
from aggregator.storage.sql.admin import AdminStore
from aggregator.storage.sql.change_store import ChangeStore
from aggregator.storage.sql.engine import Engine
from aggregator.storage.sql.origin_store import OriginStore
from aggregator.storage.sql.polls import PollStore
from aggregator.storage.sql.push_store import PushStore
from aggregator.storage.sql.queries import ItemStore
from aggregator.storage.sql.task_store import TaskStore
from aggregator.storage.sqlite.backup import check_target
from aggregator.storage.sqlite.catalog import tables
from aggregator.storage.sqlite.connection import (
    FILE,
    LOCK,
    SqliteEngine,
    poller_lock,
    reading_as_it_is,
    translated,
)
from aggregator.storage.sqlite.schema import migrations
from aggregator.storage.transfer import Movable, move


def open_store(directory: Path, steps: Migrations = migrations, *, is_backed_up: bool = False) -> Storage:
    """Return the store in a directory, created or migrated first; an older database is backed up before.

    `is_backed_up`: the database is itself a copy of a backup.
    """
    engine = SqliteEngine(directory)
    try:
        with translated(engine.path):
            _migrate(engine, steps, is_backed_up=is_backed_up)
    except BaseException:
        engine.close()
        raise
    return storage(engine)


def storage(engine: Engine) -> Storage:
    """Return the store of an engine."""
    return Storage(
        PollStore(engine),
        ItemStore(engine),
        TaskStore(engine),
        AdminStore(engine),
        ChangeStore(engine),
        PushStore(engine),
        OriginStore(engine),
    )


def _migrate(engine: SqliteEngine, steps: Migrations, *, is_backed_up: bool) -> None:
    known = {each.name for each in steps.pending(Database(memory=True))}
    if any(each.name not in known for each in steps.applied(engine.writer)):
        raise StorageError(f"the store {engine.directory} was written by a newer Publicwire: install that")
    if not steps.pending(engine.writer):
        return
    with engine.migrating():  # another process may have migrated meanwhile
        pending = steps.pending(engine.writer)
        if pending and steps.applied(engine.writer) and not is_backed_up:
            path = engine.directory / DIRECTORY / f"publicwire-before-{pending[0].name}.db"
            private.directory(path.parent)
            engine.backup(path)
        steps.apply(engine.writer)


def is_present(directory: Path) -> bool:
    """Return whether a directory holds a database of this version, which is left as it is."""
    known = {each.name for each in migrations.pending(Database(memory=True))}
    with reading_as_it_is(directory / FILE) as db:
        is_ours = db is not None and db.execute("PRAGMA table_info(_sqlite_migrations)").fetchone()
        found = db.execute("SELECT name FROM _sqlite_migrations").fetchall() if db and is_ours else ()
        return known == {row["name"] for row in found}


def stored_feeds(directory: Path) -> tuple[StoredFeed, ...]:
    """Return the feeds in the database of a directory, opened read-only as it is; () without one."""
    with reading_as_it_is(directory / FILE) as db:
        columns = {row["name"] for row in db.execute("PRAGMA table_info(source)")} if db else ()
        if db is None or not columns:
            return ()
        return sources.feeds(db, relocation="relocation" if "relocation" in columns else "move")


@contextmanager
def copying(directory: Path, to: Path) -> Iterator[None]:
    """Write a copy of a store that no service uses, as it is; none can start to use it meanwhile."""
    if not (directory / FILE).is_file():
        raise UsageError(f"there is no store in {directory}")
    with poller_lock(directory / LOCK), closing(SqliteEngine(directory)) as engine:
        engine.backup(to)
        yield


def copied(origin: Movable, to: Path) -> int:
    """Write a snapshot of a store on another engine as a backup of this one; returns its items."""
    check_target(to)
    with (
        tempfile.TemporaryDirectory(dir=to.parent, prefix=f".{to.name}.") as directory,
        closing(SqliteEngine(Path(directory))) as engine,
    ):
        with translated(engine.path):
            migrations.apply(engine.writer)
        move(tables(), origin, engine)
        return engine.backup(to)
