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

from aggregator.errors import StorageError, StoreBusy

BUSY_SECONDS = 15.0


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
        try:
            connection = sqlite3.connect(
                f"{self.path.absolute().as_uri()}?mode={mode}",
                timeout=BUSY_SECONDS,
                isolation_level=None,
                check_same_thread=False,
                uri=True,
            )
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA cache_size = -16000")
        except sqlite3.Error as error:
            raise StorageError(f"cannot open the store {self.path}: {error}") from error
        self._open.append(connection)
        return connection

    @contextmanager
    def writing(self) -> Iterator[Database]:
        """One write transaction: committed at the end, rolled back whole on any error."""
        with self._lock, _translated(self.path):
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
        with _translated(self.path):
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
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
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
