"""The connection pool of a process, and a circuit breaker for a database that does not answer.

After a failed or overdue connection the pool is open for one attempt a second; others fail at once, so that
pages are served from memory meanwhile.
"""

import logging
import os
import select
import socket
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import conninfo, errors
from psycopg.rows import dict_row

from aggregator.errors import Rejected, StorageError, StoreAway, StoreFull, UsageError
from aggregator.storage.postgres.connection import Raw, Text

CONNECT_SECONDS = 5
ANSWER_SECONDS = 10.0  # of one lent connection; upkeep of millions of rows runs in short transactions
RETRY_AFTER = 1.0  # seconds between attempts while the database is away
SERVER_VERSION_MIN = 150000
SESSION = """SELECT set_config('idle_in_transaction_session_timeout', '5s', false),
    set_config('application_name', %s, false)"""  # a frozen process loses its locks

# Of a constraint, a value beyond its type, an entry too long for an index (an OperationalError of psycopg), a
# lone surrogate.
REJECTED = (psycopg.IntegrityError, psycopg.DataError, errors.ProgramLimitExceeded, UnicodeEncodeError)

# Of a failed pipeline psycopg raises the first error and logs the others as ignored.
logging.getLogger("psycopg").setLevel(logging.CRITICAL)


class Pool:
    """Connections to one database. Thread-safe."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.name = _name(url)
        self._idle: deque[Raw] = deque()
        self._lent: dict[Raw, float] = {}  # with the time (monotonic) at which each is overdue
        self._lock = threading.Lock()
        self._attempt = threading.Lock()  # held by the one attempt to reach a database that is away
        self._away_until: float | None = None
        self._closed = threading.Event()
        self._watch: threading.Thread | None = None

    @contextmanager
    def connection(self, *, seconds: float | None = ANSWER_SECONDS) -> Iterator[Raw]:
        """Lend a connection for `seconds`, None for as long as it takes; a broken one is not taken back.

        StoreAway when the database cannot be reached or does not answer in time.
        """
        with self._guarded():
            raw = self._borrow()
            with self._lock:
                self._lent[raw] = float("inf") if seconds is None else time.monotonic() + seconds
            try:
                yield raw
            finally:
                with self._lock:
                    del self._lent[raw]
                    if not raw.closed:
                        self._idle.append(raw)

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Let one caller at a time through while the database is away; raise its errors as the contract's."""
        is_attempt = is_away = False
        if self._away_until is not None:
            is_attempt = time.monotonic() >= self._away_until and self._attempt.acquire(blocking=False)
            if not is_attempt:
                raise StoreAway(f"the database {self.name} does not answer")
        try:
            with translated(self.name):
                yield
        except StoreAway:
            is_away = True
            raise
        finally:
            self._away_until = time.monotonic() + RETRY_AFTER if is_away else None
            if is_attempt:
                self._attempt.release()

    def _borrow(self) -> Raw:
        while True:
            with self._lock:
                raw = self._idle.pop() if self._idle else None
            if raw is None:
                return self.connect()
            if not select.select([raw.fileno()], [], [], 0)[0]:
                return raw
            raw.close()  # only the end of its session makes an idle connection readable

    def connect(self) -> Raw:
        """Return a new connection, which is the caller's to close."""
        raw = psycopg.connect(
            self._url,
            autocommit=True,
            row_factory=dict_row,
            connect_timeout=CONNECT_SECONDS,
            keepalives_idle=10,
            keepalives_interval=5,
            keepalives_count=3,
        )
        if raw.info.server_version < SERVER_VERSION_MIN:
            version = raw.info.server_version // 10_000
            raw.close()
            raise UsageError(
                f"the database {self.name} runs PostgreSQL {version}: Publicwire needs 15 or later"
            )
        raw.adapters.register_dumper(str, Text)
        raw.execute(SESSION, (f"process {os.getpid()}",))
        if self._watch is None:
            self._watch = threading.Thread(target=self._end_overdue, name="postgres-deadlines", daemon=True)
            self._watch.start()
        return raw

    def _end_overdue(self) -> None:
        """Shut the sockets of overdue connections: the threads that wait on them get an error."""
        while not self._closed.wait(ANSWER_SECONDS / 20):
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


@contextmanager
def translated(name: str) -> Iterator[None]:
    """Raise errors of psycopg as the contract's, each with its cure where there is one."""
    try:
        yield
    except REJECTED as error:
        raise Rejected(f"the database {name} rejects a value: {_line(error)}") from error
    except (errors.DiskFull, errors.OutOfMemory) as error:
        raise StoreFull(f"the database {name} has no room: free some ({_line(error)})") from error
    except errors.InsufficientPrivilege as error:
        raise StorageError(
            f"the user of the database {name} lacks a right: {_line(error)}; GRANT it"
        ) from error
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        raise StoreAway(f"the database {name} cannot be reached: {_line(error)}") from error
    except psycopg.Error as error:
        raise StorageError(f"the database {name} failed: {_line(error)}") from error


def _line(error: Exception) -> str:
    return " ".join(str(error).split())


def _name(url: str) -> str:
    """Return a database without user and password, as messages show it."""
    parts = conninfo.conninfo_to_dict(url)
    return f"{parts.get('dbname', '')} at {parts.get('host', 'this machine')}"
