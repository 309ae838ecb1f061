"""The connection pool of a process, and a circuit breaker for a database that does not answer.

After a failed or overdue connection all calls fail at once, so that pages are served from memory, until the
pool's own thread reaches the database again.
"""

import logging
import os
import select
import socket
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg
from psycopg import conninfo, errors
from psycopg.rows import dict_row

from aggregator.errors import (
    Rejected,
    StorageError,
    StoreAway,
    StoreContended,
    StoreFull,
    StoreUnavailable,
    UsageError,
)
from aggregator.storage.postgres.connection import Raw, Synced, Text

CONNECT_SECONDS = 5
ANSWER_SECONDS = 10.0  # from one statement to the next; upkeep of millions of rows runs in short transactions
WATCH_EVERY = 0.5  # seconds between looks for overdue connections, and attempts while the database is away
SERVER_VERSION_MIN = 150000

# Of a constraint, a value beyond its type, an entry too long for an index (an OperationalError of psycopg), a
# lone surrogate.
REJECTED = (psycopg.IntegrityError, psycopg.DataError, errors.ProgramLimitExceeded, UnicodeEncodeError)

# Of a failed pipeline psycopg raises the first error and logs the others as ignored.
logging.getLogger("psycopg").setLevel(logging.CRITICAL)


class Pool:
    """Connections to one database. Thread-safe."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.name = database_name(url)
        self._idle: deque[Raw] = deque()
        self._lent: dict[Raw, float] = {}  # with the time (monotonic) at which each is overdue
        self._lock = threading.Lock()
        self._away = ""  # why the database is away
        self._closed = threading.Event()
        self._watch: threading.Thread | None = None

    @contextmanager
    def connection(self, *, seconds: float | None = ANSWER_SECONDS) -> Iterator[Raw]:
        """Lend a connection for `seconds`, None for as long as it takes; a broken one is not taken back.

        StoreAway when the database cannot be reached or does not answer in time.
        """
        with self.answering():
            raw = self._borrow()
            try:
                with self.within(seconds, raw):
                    yield raw
            except errors.FeatureNotSupported:  # a table has got a column since the statement was prepared
                self._forget_prepared(raw)
                raise
            finally:
                if not raw.closed:
                    with self._lock:
                        self._idle.append(raw)

    def _forget_prepared(self, raw: Raw) -> None:
        """Close a connection, and the idle ones, whose prepared statements are as old."""
        with self._lock:
            idle = [*self._idle]
            self._idle.clear()
        for each in (raw, *idle):
            each.close()

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Raise errors of psycopg as the contract's; StoreAway at once while the database is away."""
        if self._away:
            raise StoreAway(self._away)
        try:
            with translated(self.name):
                yield
        except StoreAway as error:
            self._away = str(error)
            raise

    @contextmanager
    def within(self, seconds: float | None, raw: Raw) -> Iterator[None]:
        """End the connection when its use takes longer; None for no limit."""
        with self._lock:
            self._lent[raw] = float("inf") if seconds is None else time.monotonic() + seconds
        try:
            yield
        finally:
            with self._lock:
                del self._lent[raw]

    def extend(self, raw: Raw) -> None:
        """Count the deadline of a lent connection from now: all statements before the next are sent."""
        with self._lock:
            if self._lent.get(raw, float("inf")) != float("inf"):
                self._lent[raw] = time.monotonic() + ANSWER_SECONDS

    def _borrow(self) -> Raw:
        while True:
            with self._lock:
                raw = self._idle.pop() if self._idle else None
            if raw is None:
                return self.connect()
            if not has_ended(raw):
                return raw
            raw.close()

    def connect(self, url: str = "") -> Raw:
        """Return a new connection, which is the caller's to close; `url` is another way to the database."""
        raw = Raw.connect(
            url or self._url,
            autocommit=True,
            row_factory=dict_row,
            cursor_factory=Synced,
            application_name=f"process {os.getpid()}",
            client_encoding="UTF8",
            connect_timeout=CONNECT_SECONDS,
            keepalives_idle=10,
            keepalives_interval=5,
            keepalives_count=3,
        )
        if fault := _unfit(raw.info):
            raw.close()
            raise UsageError(f"the database {self.name} {fault}")
        raw.adapters.register_dumper(str, Text)
        with self._lock:
            if self._watch is None:
                self._watch = threading.Thread(target=self._look, name="postgres-watch", daemon=True)
                self._watch.start()
        return raw

    def _look(self) -> None:
        while not self._closed.wait(WATCH_EVERY):
            self._end_overdue()
            if self._away:
                with suppress(psycopg.Error, UsageError):
                    raw = self.connect()
                    self._away = ""
                    with self._lock:
                        self._idle.append(raw)

    def _end_overdue(self) -> None:
        """Shut the sockets of overdue connections: the threads that wait on them get an error."""
        now = time.monotonic()
        with self._lock:
            overdue = [raw for raw, until in self._lent.items() if until < now and not raw.closed]
            for raw in overdue:
                with socket.socket(fileno=os.dup(raw.fileno())) as end:
                    end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close all connections of all threads."""
        self._closed.set()
        with self._lock:
            connections = [*self._lent, *self._idle]
            self._idle.clear()
        for raw in connections:
            raw.close()


def has_ended(raw: Raw) -> bool:
    """Return whether the server has ended the session of a connection on which nothing is awaited."""
    poll = select.poll()
    poll.register(raw.fileno(), select.POLLIN)
    return bool(poll.poll(0))


@contextmanager
def translated(name: str) -> Iterator[None]:
    """Raise errors of psycopg as the contract's, each with its cure where there is one."""
    try:
        yield
    except REJECTED as error:
        raise Rejected(f"the database {name} rejects a value: {_line(error)}") from error
    except (errors.DiskFull, errors.OutOfMemory) as error:
        raise StoreFull(f"the database {name} has no room: free some ({_line(error)})") from error
    except (errors.InsufficientPrivilege, errors.InvalidSchemaName) as error:
        raise StorageError(
            f"the user of the database {name} lacks a right: {_line(error)}; "
            "GRANT USAGE, CREATE ON SCHEMA, or make it the owner"
        ) from error
    except (errors.DeadlockDetected, errors.SerializationFailure, errors.FeatureNotSupported) as error:
        raise StoreContended(f"the database {name} rolled a transaction back: {_line(error)}") from error
    except errors.LockNotAvailable as error:
        raise StoreUnavailable(f"the database {name} took nothing: {_line(error)}; try again") from error
    except errors.IdleInTransactionSessionTimeout as error:
        raise StoreAway(f"the database {name} ended a transaction that had stood still") from error
    except errors.ReadOnlySqlTransaction as error:
        raise StoreAway(f"the database {name} takes no writes: is it a standby, or recovering?") from error
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        raise StoreAway(
            f"the database {name} cannot be reached: {_line(error)}; is `database:` right, and does it run?"
        ) from error
    except psycopg.Error as error:
        raise StorageError(f"the database {name} failed: {_line(error)}") from error


def _unfit(server: psycopg.ConnectionInfo) -> str:
    if server.server_version < SERVER_VERSION_MIN:
        return f"runs PostgreSQL {server.server_version // 10_000}: Publicwire needs 15 or later"
    if (encoding := server.parameter_status("server_encoding")) != "UTF8":
        return f"is encoded in {encoding}: create one with ENCODING 'UTF8' TEMPLATE template0"
    return ""


def _line(error: Exception) -> str:
    primary = error.diag.message_primary if isinstance(error, psycopg.Error) else ""
    return primary or " ".join(str(error).split())


def database_name(url: str) -> str:
    """Return a database without user and password, as messages show it."""
    try:
        parts = conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        raise UsageError(f"`database:` is not the URL of a database: {_line(error)}") from error
    port = f":{parts['port']}" if "port" in parts else ""
    return f"{parts.get('dbname', 'of the user')} at {parts.get('host', 'this machine')}{port}"
