"""The SQLite engine: opens and migrates a store. The only package that imports sqlite3 and sqlite_utils, the
latter only to migrate a store."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator.errors import StorageError, UsageError
from aggregator.policy.source_ids import StoredFeed
from aggregator.storage import Storage, private
from aggregator.storage.backups import DIRECTORY
from aggregator.storage.sql import feeds
from aggregator.storage.sql.engine import APPLIED_STAMP, Engine
from aggregator.storage.sqlite import present
from aggregator.storage.sqlite.applied import is_present_version
from aggregator.storage.sqlite.backup import check_target
from aggregator.storage.sqlite.connection import (
    FILE,
    LOCK,
    SqliteEngine,
    poller_lock,
    reading_as_it_is,
    translated,
)
from aggregator.storage.transfer import Movable, move

if TYPE_CHECKING:
    from sqlite_utils import Migrations


def open_store(directory: Path, steps: "Migrations | None" = None, *, is_backed_up: bool = False) -> Storage:
    """Return the store in a directory, created or migrated first; an older database is backed up before.

    `steps` are other migrations than those of this version; `is_backed_up`: the database is itself a copy of
    a backup.
    """
    engine = SqliteEngine(directory)
    try:
        with translated(engine.path):
            if steps is None and present.is_empty(engine.writer):
                _create(engine)
            if steps is not None or not is_present_version(engine.writer):
                _migrate(engine, steps, is_backed_up=is_backed_up)
    except BaseException:
        engine.close()
        raise
    return storage(engine)


def storage(engine: Engine) -> Storage:
    """Return the store of an engine."""
    return Storage(engine)


def _create(engine: SqliteEngine) -> None:
    """Make the tables, unless another process has made them meanwhile."""
    with engine.migrating(), engine.writing() as db:
        if present.is_empty(db):
            present.create(db)


def _migrate(engine: SqliteEngine, steps: "Migrations | None", *, is_backed_up: bool) -> None:
    from sqlite_utils import Database

    from aggregator.storage.sqlite.schema import migrations

    steps = migrations if steps is None else steps
    writer = Database(engine.writer, execute_plugins=False, recursive_triggers=False)
    known = {each.name for each in steps.pending(Database(memory=True, execute_plugins=False))}
    if any(each.name not in known for each in steps.applied(writer)):
        raise StorageError(f"the store {engine.directory} was written by a newer Publicwire: install that")
    if not steps.pending(writer):
        return
    with engine.migrating():  # another process may have migrated meanwhile
        pending = steps.pending(writer)
        if pending and steps.applied(writer) and not is_backed_up:
            path = engine.directory / DIRECTORY / f"publicwire-before-{pending[0].name}.db"
            private.directory(path.parent)
            engine.backup(path)
        steps.apply(writer)


def is_present(directory: Path) -> bool:
    """Return whether a directory holds a database of this version, which is left as it is."""
    with reading_as_it_is(directory / FILE) as db:
        return db is not None and is_present_version(db)


def stored_feeds(directory: Path) -> tuple[StoredFeed, ...]:
    """Return the feeds in the database of a directory, opened read-only as it is; () without one."""
    with reading_as_it_is(directory / FILE) as db:
        columns = {row["name"] for row in db.execute("PRAGMA table_info(source)")} if db else ()
        if db is None or not columns:
            return ()
        return feeds.read(db, relocation="relocation" if "relocation" in columns else "move")


def applied_stamp(directory: Path) -> str:
    """Return the stamp of the file that a store of this version has applied; "" without one."""
    with reading_as_it_is(directory / FILE) as db:
        if db is None or not is_present_version(db):
            return ""
        row = db.execute("SELECT value FROM meta WHERE key = ?", (APPLIED_STAMP,)).fetchone()
        return row["value"] if row else ""


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
    import tempfile

    from sqlite_utils import Database

    from aggregator.storage.sqlite.catalog import tables
    from aggregator.storage.sqlite.schema import migrations

    check_target(to)
    with (
        tempfile.TemporaryDirectory(dir=to.parent, prefix=f".{to.name}.") as directory,
        closing(SqliteEngine(Path(directory))) as engine,
    ):
        with translated(engine.path):
            migrations.apply(Database(engine.writer, execute_plugins=False, recursive_triggers=False))
        move(tables(), origin, engine)
        return engine.backup(to)
