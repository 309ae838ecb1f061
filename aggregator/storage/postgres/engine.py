"""The PostgreSQL engine: transactions, advisory locks and copies of all rows."""

import select
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from psycopg import pq

from aggregator.errors import StorageError, StoreBusy
from aggregator.storage import private
from aggregator.storage.postgres.connection import PostgresConnection, Raw
from aggregator.storage.postgres.copy import Replacement, Snapshot
from aggregator.storage.postgres.pool import Pool, translated
from aggregator.storage.postgres.search import FullTextIndex
from aggregator.storage.sqlite import copied

READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
POLLER, MIGRATIONS = 7101, 7102  # classes of advisory locks; the schema is the object
LOCK = "%s, hashtext(current_schema())"
HOLDER = """SELECT a.application_name, a.client_addr FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
    WHERE l.locktype = 'advisory' AND l.granted AND l.classid = %s
    AND l.objid = CAST(CAST(hashtext(current_schema()) AS bit(32)) AS bigint)"""


class PostgresEngine:
    """One schema of a database, beside the directory of the journal and the backups."""

    index = FullTextIndex()

    def __init__(self, url: str, directory: Path) -> None:
        self.directory = directory
        self.pool = Pool(url)
        self._writing = threading.RLock()
        self._poller: Raw | None = None  # the session that holds the poller's lock
        try:
            private.directory(directory)
        except OSError as error:
            raise StorageError(f"cannot make the store's directory {directory}: {error}") from error

    @contextmanager
    def writing(self, *, checked: bool = True) -> Iterator[PostgresConnection]:
        """Open one write transaction: committed at the end, rolled back whole on any error.

        Foreign keys are checked at the commit, `checked` or not: here they have indexes.
        """
        with self._writing:
            self._keep_lock()
            with self._transaction("BEGIN") as connection:
                yield connection

    @contextmanager
    def reading(self) -> Iterator[PostgresConnection]:
        """Open one consistent snapshot, on a connection of its own meanwhile."""
        with self._transaction(READ) as connection:
            yield connection

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[PostgresConnection]:
        with self.pool.connection() as raw, _rolled_back(raw), raw.pipeline():
            raw.execute(begin)
            yield PostgresConnection(raw)
            raw.execute("COMMIT")

    @contextmanager
    def polling(self) -> Iterator[None]:
        """Hold the advisory lock of the one poller; it ends with its session, as when its process dies."""
        self._lock_poller()
        try:
            yield
        finally:
            if self._poller is not None:
                self._poller.close()
                self._poller = None

    def _lock_poller(self) -> None:
        with translated(self.pool.name):
            raw = self.pool.connect()
            row = raw.execute(f"SELECT pg_try_advisory_lock({LOCK}) AS is_ours", (POLLER,)).fetchone()
            if row is not None and row["is_ours"]:
                self._poller = raw
                return
            held = raw.execute(HOLDER, (POLLER,)).fetchone()
            raw.close()
        who = (
            "another process"
            if held is None
            else f"{held['application_name']} at {held['client_addr'] or 'this machine'}"
        )
        raise StoreBusy(f"{who} is already polling the database {self.pool.name}")

    def _keep_lock(self) -> None:
        """Take the poller's lock again after its session has ended with a restart of the server."""
        if self._poller is not None and select.select([self._poller.fileno()], [], [], 0)[0]:
            self._poller.close()
        if self._poller is not None and self._poller.closed:
            self._lock_poller()

    @contextmanager
    def migrating(self) -> Iterator[PostgresConnection]:
        """Open the transaction of migrations; of processes that open an older store at once, one migrates."""
        with self.pool.connection(seconds=None) as raw, _rolled_back(raw), raw.pipeline():
            raw.execute("BEGIN")
            raw.execute(f"SELECT pg_advisory_xact_lock({LOCK})", (MIGRATIONS,))
            yield PostgresConnection(raw)
            raw.execute("COMMIT")

    def optimise(self) -> None:
        """Autovacuum does this."""

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Open one consistent snapshot of all tables."""
        with self.pool.connection(seconds=None) as raw, _rolled_back(raw):
            raw.execute(READ)
            yield Snapshot(raw)
            raw.execute("COMMIT")

    @contextmanager
    def replacing(self) -> Iterator[Replacement]:
        """Open the transaction that replaces all rows."""
        with self._writing, self.pool.connection(seconds=None) as raw, _rolled_back(raw):
            raw.execute("BEGIN")
            yield Replacement(raw)
            raw.execute("ANALYZE")  # or plans are bad until autovacuum comes by
            raw.execute("COMMIT")

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
