"""Connections to the SQLite file: one for writing, a few for reading, and the poller's lock.

Never knows a table. WAL lets readers go on beside the writer; a killed process leaves whole transactions.
"""

import fcntl
import os
import sqlite3
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database

from aggregator.errors import StorageError, StoreBusy, StoreFull
from aggregator.storage.backups import damaged

BUSY_SECONDS = 15.0
FULL = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE})  # the latter when it is opened
DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


class Connections:
    """All connections of this process to one SQLite file, and the lock around the writing one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._idle: deque[sqlite3.Connection] = deque()
        self._open: list[sqlite3.Connection] = []
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"cannot make the store's directory {path.parent}: {error}") from error
        self.writer = Database(self._connect("rwc"), execute_plugins=False, recursive_triggers=False)

    def _connect(self, mode: str = "rw") -> sqlite3.Connection:
        """A connection; only the first may make the file, lest a store removed under us comes back empty."""
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
    def writing(self, *, checked: bool = True) -> Iterator[Database]:
        """One write transaction: committed at the end, rolled back whole on any error.

        Not `checked`: for deleting items with all that refers to them. SQLite would look for what is left
        of each through all keys, which have no index for it.
        """
        with self._lock, translated(self.path):
            self.writer.conn.execute(f"PRAGMA foreign_keys = {int(checked)}")
            self.writer.conn.execute("BEGIN IMMEDIATE")
            try:
                yield self.writer
                self.writer.conn.execute("COMMIT")
            except BaseException:
                if self.writer.conn.in_transaction:
                    self.writer.conn.execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One consistent view of the store, on a connection nobody else uses meanwhile."""
        with translated(self.path):
            connection = self._borrow()
            try:
                connection.execute("BEGIN")
                yield connection
            finally:
                if connection.in_transaction:
                    connection.execute("COMMIT")
                self._idle.append(connection)

    def _borrow(self) -> sqlite3.Connection:
        """An idle reading connection, or a new one: as many as ever read at once, however many threads."""
        try:
            return self._idle.pop()
        except IndexError:
            connection = self._connect()
            connection.execute("PRAGMA query_only = ON")
            connection.execute("PRAGMA cache_size = -2000")
            return connection

    def close(self) -> None:
        """Close every connection of every thread."""
        with self._lock:
            for connection in self._open:
                connection.close()
            self._open.clear()
            self._idle.clear()


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Errors of SQLite as the contract's; of a damaged file with what to do about it."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None)
        if code in DAMAGED:
            raise damaged(path.parent, str(error)) from error
        if code in FULL:
            raise StoreFull(f"there is no room on the disk of the store {path}: free some") from error
        raise StorageError(f"the store {path} failed: {error}") from error


@contextmanager
def poller_lock(path: Path) -> Iterator[None]:
    """Hold the lock file of the one poller; it is freed by the kernel when the process dies."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
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
