"""The PostgreSQL engine: transactions, advisory locks and copies of all rows."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from psycopg import errors, pq

from aggregator.errors import StorageError, StoreAway, StoreBusy, StoreSlow, UsageError, refusal
from aggregator.storage import private
from aggregator.storage.postgres.connection import PostgresConnection, Raw
from aggregator.storage.postgres.copy import Replacement, Snapshot
from aggregator.storage.postgres.pool import ANSWER_SECONDS, Pool, has_ended
from aggregator.storage.postgres.search import FullTextIndex
from aggregator.storage.sqlite import copied

if TYPE_CHECKING:
    from aggregator.storage.sql.in_store import InStore

LIMITED = "SELECT set_config('statement_timeout', %s, true)"
READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
# A frozen process loses its locks. lock_timeout < ANSWER_SECONDS: a transaction that waits too long for a
# lock fails as busy, before its connection counts as overdue.
FROZEN = """SELECT set_config('idle_in_transaction_session_timeout', '4s', true),
    set_config('lock_timeout', '7s', true)"""
CONTENT = (
    *("item", "revision", "pending", "signature", "amendment", "journal", "item_words", "audit", "decision"),
    *("origin_step", "alert"),
)
POLLER, MIGRATIONS, WRITER = 7101, 7102, 7103  # classes of advisory locks; the schema is the object
LOCK = "%s, hashtext(current_schema())"
ALONE = f"SELECT pg_advisory_xact_lock({WRITER}, hashtext(current_schema()))"
WRITE = f"{FROZEN}, pg_advisory_xact_lock({WRITER}, hashtext(current_schema()))"  # in this order
WRITE_SHARED = f"{FROZEN}, pg_advisory_xact_lock_shared({WRITER}, hashtext(current_schema()))"
DIRECT = "PUBLICWIRE_DATABASE_DIRECT"
HELD = """SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = %s AND pid = %s
    AND objid = CAST(CAST(hashtext(current_schema()) AS bit(32)) AS bigint)
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
HOLDER = """SELECT a.pid, a.application_name, a.client_addr FROM pg_locks l
    JOIN pg_stat_activity a ON a.pid = l.pid WHERE l.locktype = 'advisory' AND l.granted AND l.classid = %s
    AND l.objid = CAST(CAST(hashtext(current_schema()) AS bit(32)) AS bigint)
    AND a.datname = current_database()"""


class PostgresEngine:
    """One schema of a database, beside the directory of the journal and the backups."""

    index = FullTextIndex()
    has_nodes = is_remote = True
    in_store: "InStore | None" = None
    clock = "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)"

    def __init__(self, url: str, directory: Path) -> None:
        self.directory = directory
        self.pool = Pool(url)
        self._writing = threading.RLock()
        self._poller: Raw | None = None  # the session that holds the poller's lock
        self._is_node = False  # whether it shares that lock
        self._direct = os.environ.get(DIRECT, "")  # URL of that session, past a pooler of connections
        self._poller_pid = 0  # of its server process
        try:
            private.directory(directory)
        except OSError as error:
            raise StorageError(f"cannot make the store's directory {refusal(error)}") from error

    @contextmanager
    def writing(self, *, checked: bool = True, shared: bool = False) -> Iterator[PostgresConnection]:
        """Open one write transaction: committed at the end, rolled back whole on any error. As in SQLite, one
        at a time in all processes, unless it is `shared`: what a transaction reads, no other changes before
        its end.

        Shared ones that publish have the row of the counter of changes in common, from their stamp to the
        commit. Foreign keys are checked at the commit, `checked` or not: here they have indexes.
        """
        with nullcontext() if shared else self._writing:
            with self._writing:
                self._keep_lock()
            with self._transaction("BEGIN") as raw:
                raw.execute(WRITE_SHARED if shared else WRITE)
                yield self._connection(raw)

    @contextmanager
    def reading(self) -> Iterator[PostgresConnection]:
        """Open one consistent snapshot, on a connection of its own meanwhile."""
        with self._transaction(READ) as raw:
            yield self._connection(raw)

    @contextmanager
    def searching(self, seconds: float) -> Iterator[PostgresConnection]:
        """Open one consistent snapshot in which a statement that takes longer raises StoreSlow."""
        with self._transaction(READ) as raw:
            raw.execute(LIMITED, (f"{int(seconds * 1000)}ms",))
            try:
                yield self._connection(raw)
            except errors.QueryCanceled as error:
                raise StoreSlow(f"a query took longer than {seconds} s") from error

    def _connection(self, raw: Raw) -> PostgresConnection:
        return PostgresConnection(raw, partial(self.pool.extend, raw))

    @contextmanager
    def _transaction(self, begin: str, *, is_long: bool = False) -> Iterator[Raw]:
        """Open a transaction; a long one has no deadline, and no pipeline, in which COPY cannot run."""
        with (
            self.pool.connection(seconds=None if is_long else ANSWER_SECONDS) as raw,
            _rolled_back(raw),
            nullcontext() if is_long else raw.pipeline(),
        ):
            raw.execute(begin)
            yield raw
            raw.execute("COMMIT")

    def newest(self) -> Callable[[], int | None]:
        """Return a reader that always returns None: a query to the server would block."""
        return lambda: None

    @contextmanager
    def polling(self, *, shared: bool = False, direct: str = "") -> Iterator[None]:
        """Hold the advisory lock of the one poller; it ends with its session, as when its process dies. Nodes
        of a cluster share it."""
        self._is_node, self._direct = shared, direct or self._direct
        self._lock_poller()
        try:
            yield
        finally:
            if self._poller is not None:
                self._poller.close()
                self._poller = None

    def _lock_poller(self, former: int = 0) -> None:
        """Take the poller's lock; `former` is the server process of the session of ours that held it."""
        with self.pool.answering():
            raw = self.pool.connect(self._direct)
            with self.pool.within(ANSWER_SECONDS, raw):
                how = "pg_try_advisory_lock_shared" if self._is_node else "pg_try_advisory_lock"
                row = raw.execute(f"SELECT {how}({LOCK}) AS is_ours", (POLLER,)).fetchone()
                if row is not None and row["is_ours"]:
                    self._check_direct(raw)
                    self._poller, self._poller_pid = raw, raw.info.backend_pid
                    return
                held = raw.execute(HOLDER, (POLLER,)).fetchone()
                if held is not None and held["pid"] == former:
                    raw.execute("SELECT pg_terminate_backend(%s)", (former,))
            raw.close()
        if held is None:
            raise StoreBusy(f"another process is already polling the database {self.pool.name}")
        if held["pid"] == former:
            raise StoreAway(f"the database {self.pool.name} still holds a broken session of this process")
        where = held["client_addr"] or "this machine"
        raise StoreBusy(
            f"{held['application_name']} at {where} is already polling the database {self.pool.name}"
        )

    def _check_direct(self, raw: Raw) -> None:
        """Raise UsageError if the lock of a session past the pooler is not seen in the database of the
        others."""
        if not self._direct:
            return
        with self.pool.connection() as pooled:
            if pooled.execute(HELD, (POLLER, raw.info.backend_pid)).fetchone() is not None:
                return
        raw.close()
        raise UsageError(
            f"{DIRECT} (or --direct) is not the database and schema {self.pool.name} of PUBLICWIRE_DATABASE"
        )

    def is_polled(self) -> bool:
        """Return whether a session holds the advisory lock of the one poller."""
        with self.pool.connection() as raw:
            return raw.execute(HOLDER, (POLLER,)).fetchone() is not None

    def _keep_lock(self) -> None:
        """Take the poller's lock again after its session has ended with a restart of the server."""
        if self._poller is not None and not self._poller.closed and has_ended(self._poller):
            self._poller.close()
        if self._poller is not None and self._poller.closed:
            self._lock_poller(self._poller_pid)

    @contextmanager
    def migrating(self) -> Iterator[PostgresConnection]:
        """Open the transaction of migrations; of processes that open an older store at once, one migrates."""
        with self._transaction("BEGIN", is_long=True) as raw:
            raw.execute(f"SELECT pg_advisory_xact_lock({LOCK})", (MIGRATIONS,))
            yield PostgresConnection(raw)

    def optimise(self) -> None:
        """Autovacuum does this."""

    def purge(self) -> bool:
        """Rewrite the tables that hold content, each under an exclusive lock: no dead row is left in them.

        The server's log, its archives and the planner's statistics may hold what was deleted for longer.
        """
        with self.pool.connection(seconds=None) as raw:
            for table in CONTENT:
                raw.execute(f"VACUUM (FULL, ANALYZE) {table}")
        return True

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Open one consistent snapshot of all tables."""
        with self._transaction(READ, is_long=True) as raw:
            yield Snapshot(raw)

    @contextmanager
    def replacing(self) -> Iterator[Replacement]:
        """Open the transaction that replaces all rows."""
        with self._writing, self._transaction("BEGIN", is_long=True) as raw:
            raw.execute(ALONE)
            yield Replacement(raw)

    def backup(self, to: Path) -> int:
        """Write a checked copy of this moment as a SQLite file; returns its items."""
        return copied(self, to)

    def damage(self) -> tuple[str, ...]:
        """Return nothing: checksums and recovery are the server's."""
        return ()

    def close(self) -> None:
        """Close all connections of all threads."""
        self.pool.close()


@contextmanager
def _rolled_back(raw: Raw) -> Iterator[None]:
    """Roll back on any error, so that the connection can be lent again."""
    try:
        yield
    except BaseException:
        if not raw.closed and raw.info.transaction_status is not pq.TransactionStatus.IDLE:
            raw.execute("ROLLBACK")
        raise
