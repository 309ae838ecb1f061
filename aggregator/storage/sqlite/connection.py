"""The SQLite engine: one writing connection, a connection pool of readers, and the poller's lock.

WAL lets readers go on beside the writer; a killed process leaves whole transactions.
"""

import fcntl
import os
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator.errors import (
    Rejected,
    StorageError,
    StoreBusy,
    StoreFull,
    StoreSlow,
    StoreUnavailable,
    UsageError,
    refusal,
)
from aggregator.storage import private
from aggregator.storage.backups import damaged
from aggregator.storage.sqlite.backup import FULL, damage, write_backup
from aggregator.storage.sqlite.copy import Replacement, Snapshot
from aggregator.storage.sqlite.newest import NewestSeq
from aggregator.storage.sqlite.search import FullTextIndex

if TYPE_CHECKING:
    from aggregator.storage.sql.in_store import InStore

FILE, LOCK, MIGRATION_LOCK = "publicwire.db", "poller.lock", "migration.lock"
BUSY_SECONDS = 15.0
STEPS_BETWEEN_LOOKS = 10_000  # of the virtual machine, about a millisecond, between looks at a time limit
CLOSED = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM})
DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
# Of a constraint, a size, an integer beyond 64 bits, and a lone surrogate.
REJECTED = (sqlite3.IntegrityError, sqlite3.DataError, OverflowError, UnicodeEncodeError)


class SqliteEngine:
    """All connections of this process to the database of a directory, and the lock around the writing one."""

    index = FullTextIndex()
    has_nodes = is_remote = False
    in_store: "InStore | None" = None
    clock = "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.path = directory / FILE
        self._lock = threading.RLock()
        self._idle: deque[sqlite3.Connection] = deque()
        self._open: list[sqlite3.Connection] = []
        try:
            private.directory(directory)
            private.file(self.path)  # SQLite gives its log the same mode
        except OSError as error:
            raise StorageError(f"cannot make the store's directory {refusal(error)}") from error
        self.writer = self._connect("rwc")
        self._checks = True  # whether it enforces foreign keys

    def _connect(self, mode: str = "rw") -> sqlite3.Connection:
        """Connect; only the first may make the file, lest a store removed meanwhile comes back empty."""
        with translated(self.path):
            connection = sqlite3.connect(
                f"{self.path.absolute().as_uri()}?mode={mode}",
                timeout=BUSY_SECONDS,
                isolation_level=None,
                check_same_thread=False,
                uri=True,
            )
            self._open.append(connection)
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA cache_size = -16000")
        return connection

    @contextmanager
    def writing(self, *, checked: bool = True, shared: bool = False) -> Iterator[sqlite3.Connection]:
        """Open one write transaction: committed at the end, rolled back whole on any error.

        Not `checked`: for deleting items with all that refers to them. SQLite would look for what is left
        of each through all keys, which have no index for it. A file has one writer, `shared` or not.
        """
        with self._lock, translated(self.path):
            if checked is not self._checks:
                self.writer.execute(f"PRAGMA foreign_keys = {int(checked)}")
                self._checks = checked
            self.writer.execute("BEGIN IMMEDIATE")
            try:
                yield self.writer
                self.writer.execute("COMMIT")
            except BaseException:
                if self.writer.in_transaction:
                    self.writer.execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Open one consistent snapshot, on a connection of its own meanwhile."""
        with translated(self.path):
            connection = self._borrow()
            try:
                connection.execute("BEGIN")
                yield connection
            finally:
                if connection.in_transaction:
                    connection.execute("COMMIT")
                self._idle.append(connection)

    @contextmanager
    def searching(self, seconds: float) -> Iterator[sqlite3.Connection]:
        """Open one consistent snapshot whose statements together take `seconds` at most, else StoreSlow."""
        with self.reading() as connection:
            overdue = time.monotonic() + seconds
            connection.set_progress_handler(lambda: time.monotonic() > overdue, STEPS_BETWEEN_LOOKS)
            try:
                yield connection
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
                    raise
                raise StoreSlow(f"a query took longer than {seconds} s") from error
            finally:
                connection.set_progress_handler(None, 0)

    def _borrow(self) -> sqlite3.Connection:
        """Return an idle connection of the readers' connection pool, or a new one.

        The pool grows to the highest number of simultaneous reads, however many threads there are.
        """
        try:
            return self._idle.pop()
        except IndexError:
            connection = self._connect()
            connection.execute("PRAGMA query_only = ON")
            connection.execute("PRAGMA cache_size = -2000")
            return connection

    def newest(self) -> Callable[[], int | None]:
        """Return a non-blocking reader of the newest `seq` over a connection of its own."""
        return NewestSeq(self._connect())

    def polling(self, *, shared: bool = False, direct: str = "") -> AbstractContextManager[None]:
        """Hold the lock file of the one poller; UsageError if it is to be shared."""
        if shared:
            raise UsageError("nodes of a cluster need `database:`, a PostgreSQL server")
        return poller_lock(self.directory / LOCK)

    def is_polled(self) -> bool:
        """Return whether a process holds the lock file of the one poller."""
        return is_locked(self.directory / LOCK)

    @contextmanager
    def migrating(self) -> Iterator[None]:
        """Hold the lock of migrations: of processes that open an older store at once, one migrates it."""
        descriptor = _lock_file(self.directory / MIGRATION_LOCK)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def optimise(self) -> None:
        """Refresh the planner's statistics, and free the cache of pages that upkeep has read."""
        with self.writing() as db:
            db.execute("PRAGMA optimize")
            db.execute("PRAGMA shrink_memory")

    def purge(self) -> bool:
        """Rewrite the file and its full-text index, and truncate the log. Other writers wait meanwhile.

        Deleted rows leave bytes in free pages and in rebuilt ones, deleted words in segments of the index.
        False while a reader still needs the log.
        """
        with self._lock, translated(self.path):
            db = self.writer
            db.execute("INSERT INTO item_words (item_words) VALUES ('optimize')")
            db.execute("VACUUM")
            return bool(db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()["busy"] == 0)

    def backup(self, to: Path) -> int:
        """Write a checked copy of this moment; returns its items."""
        if to.name.startswith(FILE) and to.parent.resolve() == self.directory.resolve():  # its logs, too
            raise UsageError(f"{to} is the store's own database: name another file")
        with self.reading() as db:
            return write_backup(db, to)

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Open one consistent snapshot of all tables."""
        with self.reading() as db:
            yield Snapshot(db)

    @contextmanager
    def replacing(self) -> Iterator[Replacement]:
        """Open the transaction that replaces all rows."""
        with self.writing(checked=False) as db:
            yield Replacement(db)

    def damage(self) -> tuple[str, ...]:
        """Return the faults of the database as sentences."""
        with self.reading() as db:
            return damage(db)

    def close(self) -> None:
        """Close every connection of every thread."""
        with self._lock:
            for connection in self._open:
                connection.close()
            self._open.clear()
            self._idle.clear()


@contextmanager
def reading_as_it_is(path: Path) -> Iterator[sqlite3.Connection | None]:
    """Open a database of any version read-only; None where there is none. Raises StorageError.

    Without a log no process has it open: as an immutable file it gets none beside it.
    """
    try:
        path.stat()
        is_open = path.with_name(f"{path.name}-wal").exists()
    except FileNotFoundError:
        yield None
        return
    except OSError as error:
        raise StorageError(f"cannot read the store {path}: {error.strerror}") from error
    how = "mode=ro" if is_open else "mode=ro&immutable=1"
    with translated(path), closing(sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True)) as db:
        db.row_factory = sqlite3.Row
        yield db


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Raise errors of SQLite as the contract's; that of a damaged file with its cure."""
    try:
        yield
    except REJECTED as error:
        raise Rejected(f"the store {path} rejects a value: {error}") from error
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None)
        if code in DAMAGED:
            raise damaged(path.parent, str(error)) from error
        if code is not None and code & 0xFF == sqlite3.SQLITE_BUSY:
            raise StoreUnavailable(
                f"the store {path} is locked: another process keeps writing it; end that one, or try again"
            ) from error
        if code in FULL:
            raise StoreFull(f"there is no room on the disk of the store {path}: free some") from error
        if code is not None and code & 0xFF in CLOSED:
            raise StorageError(
                f"the store {path} cannot be opened or written: {error}; does its directory belong to the "
                "user of this process?"
            ) from error
        raise StorageError(f"the store {path} failed: {error}") from error


@contextmanager
def poller_lock(path: Path) -> Iterator[None]:
    """Hold the lock file of the one poller; the kernel releases it when the process dies."""
    descriptor = _lock_file(path)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 200).decode("ascii", "replace").strip() or "another process"
            raise StoreBusy(f"{holder} is already polling the store {path.parent}") from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"process {os.getpid()}\n".encode("ascii"), 0)
        yield
    finally:
        os.close(descriptor)


def is_locked(path: Path) -> bool:
    """Return whether a process holds a lock file, by a shared lock that is given back at once."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _lock_file(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, private.FILE_MODE)
