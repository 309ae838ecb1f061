"""The SQLite store: one file, one writing connection, readers beside it. The room of sqlite_utils.

Each method is one transaction around functions of the modules beside this one.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aggregator.errors import StorageError
from aggregator.model import (
    AuditLine,
    Changes,
    Claim,
    FeedInfo,
    Health,
    Outcome,
    Poll,
    Revision,
    Stored,
    Transition,
    Wanted,
)
from aggregator.settings import Config, Retention
from aggregator.storage import Reading
from aggregator.storage.sqlite import life, recording, retention, selecting, sources
from aggregator.storage.sqlite.connection import Connections, poller_lock
from aggregator.storage.sqlite.rows import moment, moment_or_none
from aggregator.storage.sqlite.schema import migrations

FILE = "publicwire.db"
JOURNAL = "withdrawals.jsonl"
LOCK = "poller.lock"


class SqliteStorage:
    """The Storage contract over one SQLite file in `directory`."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._connections = Connections(directory / FILE)
        try:
            if migrations.pending(self._connections.writer):
                migrations.apply(self._connections.writer)
        except sqlite3.Error as error:
            self._connections.close()
            raise StorageError(f"the store {directory / FILE} cannot be used: {error}") from error

    # whole

    @contextmanager
    def poller(self) -> Iterator[None]:
        with poller_lock(self.directory / LOCK):
            with self._connections.writing() as db:
                sources.clear_leases(db, datetime.now(UTC))
            yield

    def sync(self, config: Config, now: datetime) -> tuple[str, ...]:
        with self._connections.writing() as db:
            return sources.sync(db, config, now)

    def maintain(self, kept: Retention, now: datetime) -> None:
        self.index()
        with self._connections.writing() as db:
            retention.free(db, kept, now)
        self._connections.writer.conn.execute("PRAGMA optimize")

    def index(self) -> None:
        """Bring the search index up to date, in several short transactions."""
        while self._unindexed():
            with self._connections.writing() as db:
                life.index(db)

    def _unindexed(self) -> bool:
        with self._connections.reading() as db:
            return db.execute("SELECT 1 FROM item WHERE indexed = 0 LIMIT 1").fetchone() is not None

    def check(self) -> tuple[str, ...]:
        with self._connections.reading() as db:
            found = [row[0] for row in db.execute("PRAGMA integrity_check(20)") if row[0] != "ok"]
            lost = db.execute("PRAGMA foreign_key_check").fetchall()
        return (*found, *(f"a row of {row[0]} refers to nothing" for row in lost))

    def authority(self) -> str:
        with self._connections.reading() as db:
            row = db.execute("SELECT value FROM meta WHERE key = 'authority'").fetchone()
        if row is None:
            raise StorageError(f"the store {self.directory} has no configuration yet")
        return str(row[0])

    def close(self) -> None:
        self._connections.close()

    # schedule

    def claim(
        self, now: datetime, *, limit: int, lease: timedelta, ids: Sequence[str] | None = None
    ) -> tuple[Claim, ...]:
        with self._connections.writing() as db:
            return sources.claim(db, now, limit=limit, lease=lease, ids=ids)

    def next_due(self) -> datetime | None:
        with self._connections.reading() as db:
            row = db.execute("SELECT min(due) FROM source WHERE configured = 1 AND leased IS NULL").fetchone()
        return moment_or_none(row[0])

    def record(self, poll: Poll, decide: Callable[[Reading], Changes] | None = None) -> Outcome:
        with self._connections.writing() as db:
            return recording.record(db, poll, decide)

    def poll_soon(self, ids: Sequence[str], now: datetime) -> None:
        with self._connections.writing() as db:
            sources.poll_soon(db, ids, now)

    # life

    def release_due(self, now: datetime) -> tuple[Stored, ...]:
        with self._connections.reading() as db:
            return selecting.release_due(db, now)

    def apply(self, transitions: Sequence[Transition]) -> None:
        with self._connections.writing() as db:
            life.apply(db, transitions, self.directory / JOURNAL)

    def story(self, number: int) -> tuple[Stored, ...]:
        with self._connections.reading() as db:
            return selecting.story(db, number)

    # select

    def channels(self) -> tuple[str, ...]:
        with self._connections.reading() as db:
            return selecting.channels(db)

    def channel_seq(self, name: str) -> tuple[int, datetime] | None:
        with self._connections.reading() as db:
            row = db.execute("SELECT seq, changed FROM channel WHERE name = ?", (name,)).fetchone()
        return None if row is None else (row["seq"], moment(row["changed"]))

    def select(
        self, name: str, *, newest: int = 60, within: timedelta = timedelta(hours=48)
    ) -> tuple[Stored, ...]:
        with self._connections.reading() as db:
            return selecting.select(db, name, newest, within)

    def earlier(self, limit: int) -> tuple[Stored, ...]:
        with self._connections.reading() as db:
            return selecting.earlier(db, limit)

    def find(self, reference: str) -> Stored | None:
        with self._connections.reading() as db:
            return selecting.find(db, reference)

    def items(self, wanted: Wanted) -> tuple[Stored, ...]:
        if wanted.search:
            self.index()
        with self._connections.reading() as db:
            return selecting.items(db, wanted)

    def revisions(self, number: int) -> tuple[Revision, ...]:
        with self._connections.reading() as db:
            return selecting.revisions(db, number)

    def audit(self, number: int) -> tuple[AuditLine, ...]:
        with self._connections.reading() as db:
            return selecting.audit(db, number)

    def feed(self, source: str) -> FeedInfo | None:
        with self._connections.reading() as db:
            return next(iter(selecting.feeds(db, source)), None)

    def feeds(self) -> tuple[FeedInfo, ...]:
        with self._connections.reading() as db:
            return selecting.feeds(db)

    def health(self) -> tuple[Health, ...]:
        with self._connections.reading() as db:
            return selecting.health(db)
