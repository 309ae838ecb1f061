"""Backup of the SQLite file, and the files of a restore: verify a backup, stage a copy, exchange it.

At no moment is the store without a database.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path

from aggregator.errors import StorageError, StoreFull, UsageError
from aggregator.storage import private
from aggregator.storage.backups import sync

FULL = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE})  # the latter when it is opened
MAGIC = b"SQLite format 3\0"  # first bytes of every SQLite file


def write_backup(db: sqlite3.Connection, to: Path) -> int:
    """Copy the database, whole and as of one moment, beside any writer; returns its items."""
    check_target(to)
    part = to.with_name(f".{to.name}.{os.getpid()}.part")
    try:
        private.file(part)
        with closing(sqlite3.connect(part)) as copy:
            db.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, to be read wherever it is carried
        items = verified(part)
        sync(part)
        part.replace(to)
    except sqlite3.OperationalError as error:  # of the copy: a damaged original is another kind
        kind = StoreFull if error.sqlite_errorcode in FULL else StorageError
        raise kind(f"cannot write the backup {to}: {error}") from error
    finally:
        for leftover in part.parent.glob(f"{part.name}*"):
            leftover.unlink(missing_ok=True)
    sync(to.parent)
    return items


def check_target(to: Path) -> None:
    """Raise UsageError unless a backup may be written to this file."""
    if to.is_dir() or not to.parent.is_dir():
        raise UsageError(f"cannot write the backup {to}: give the name of a file in an existing directory")
    if to.exists() and not _is_backup(to):
        raise UsageError(f"{to} is there already and is no backup: name another file")


def _is_backup(path: Path) -> bool:
    """Return whether a file may be replaced by a backup: its first bytes are those of one, or it is empty."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(MAGIC)) in (b"", MAGIC)


def damage(db: sqlite3.Connection) -> tuple[str, ...]:
    """Return the faults of the database as sentences."""
    found = [row[0] for row in db.execute("PRAGMA integrity_check(20)") if row[0] != "ok"]
    lost = db.execute("PRAGMA foreign_key_check").fetchall()
    return (*found, *(f"a row of {row[0]} refers to nothing" for row in lost))


def verified(path: Path) -> int:
    """Check all of a backup; returns its items."""
    if not path.is_file():
        raise UsageError(f"there is no backup {path}; those of each night are in `backups/` of the store")
    try:
        with closing(_read_only(path)) as db:
            (found,) = db.execute("PRAGMA integrity_check(1)").fetchone()
            if found != "ok":
                raise StorageError(f"{path} is no sound backup of Publicwire: {found}")
            return int(db.execute("SELECT count(*) FROM item").fetchone()[0])
    except sqlite3.Error as error:
        raise StorageError(f"{path} is no sound backup of Publicwire: {error}") from error


def stage(backup: Path, to: Path) -> None:
    """Copy a backup to the staging directory."""
    private.file(to)
    with closing(_read_only(backup)) as source, closing(sqlite3.connect(to)) as copy:
        source.backup(copy)


def _read_only(backup: Path) -> sqlite3.Connection:
    """Open a backup without touching it: no log is made beside it, and it may be on a read-only disk.

    A database that a restore replaced has its log beside it, which after a kill holds the last commits.
    """
    log = backup.with_name(f"{backup.name}-wal")
    how = "mode=ro" if log.exists() and log.stat().st_size else "mode=ro&immutable=1"
    return sqlite3.connect(f"{backup.absolute().as_uri()}?{how}", uri=True)


@contextmanager
def staging(directory: Path) -> Iterator[Path]:
    """Make an empty directory beside the store's file, removed at the end."""
    made = directory / "restoring"
    _clear(made)
    made.mkdir(parents=True)
    try:
        yield made
    finally:
        _clear(made)


def _clear(directory: Path) -> None:
    for path in directory.glob("*"):
        path.unlink()
    if directory.exists():
        directory.rmdir()


def change_places(new: Path, present: Path) -> Path | None:
    """Put `new` in the place of `present`, which is kept aside with its log; returns where."""
    with closing(sqlite3.connect(new)) as db:
        db.execute("PRAGMA journal_mode = DELETE")  # its own log goes into it
    sync(new)
    aside = free_name(present.with_name(f"{present.name}.before-restore")) if present.exists() else None
    if aside is not None:
        os.link(present, aside)  # a link, not a move: at no moment is the store without a database
        for end in ("-wal", "-shm"):
            log = present.with_name(present.name + end)
            if log.exists():
                log.replace(aside.with_name(aside.name + end))
    new.replace(present)
    sync(present.parent)
    return aside


def free_name(path: Path) -> Path:
    """Return a path that does not exist: this one, or numbered from the second on."""
    names = (f"{path.name}{'' if n == 1 else f'-{n}'}" for n in count(1))
    return next(found for name in names if not (found := path.with_name(name)).exists())
