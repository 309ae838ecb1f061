"""The SQLite store: one file, one writing connection, readers beside it. The room of sqlite_utils.

Each method is one transaction around functions of the modules beside this one.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlite_utils import Database, Migrations

from aggregator.errors import StorageError, UsageError
from aggregator.model import (
    Alert,
    AuditLine,
    Changes,
    Claim,
    FeedInfo,
    Health,
    ItemQuery,
    Outcome,
    Poll,
    Revision,
    Stored,
    Subscription,
    Task,
    Totals,
    Transition,
)
from aggregator.model.settings import Config, Retention
from aggregator.storage import Reading
from aggregator.storage.sql import (
    alerts,
    erasure,
    lifecycle,
    new_items,
    polls,
    queries,
    relocations,
    retention,
    sources,
    subscriptions,
    tasks,
)
from aggregator.storage.sql.rows import moment, moment_or_none
from aggregator.storage.sqlite import backup
from aggregator.storage.sqlite.connection import Connections, poller_lock, translated
from aggregator.storage.sqlite.schema import migrations

FILE = "publicwire.db"
JOURNAL = "withdrawals.jsonl"
LOCK = "poller.lock"


class SqliteStorage:
    """The Storage contract over one SQLite file in `directory`."""

    def __init__(self, directory: Path, steps: Migrations = migrations) -> None:
        self.directory = directory
        self._connections = Connections(directory / FILE)
        try:
            with translated(self._connections.path):
                _refuse_newer(self._connections.writer, steps, directory)
                if steps.pending(self._connections.writer):
                    steps.apply(self._connections.writer)
        except BaseException:
            self._connections.close()
            raise

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
        left = True
        while left:  # many short transactions: polls and operators go on between them
            with self._connections.writing(checked=False) as db:
                left = retention.free(db, kept, now)
        with self._connections.writing() as db:
            retention.settle(db)

    def index(self) -> None:
        """Bring the search index up to date, in several short transactions."""
        while self._unindexed():
            with self._connections.writing() as db:
                lifecycle.index(db)

    def _unindexed(self) -> bool:
        with self._connections.reading() as db:
            return db.execute("SELECT 1 FROM item WHERE indexed = 0 LIMIT 1").fetchone() is not None

    def backup(self, to: Path) -> int:
        if to.name.startswith(FILE) and to.parent.resolve() == self.directory.resolve():  # its logs, too
            raise UsageError(f"{to} is the store's own database: name another file")
        with self._connections.reading() as db:
            return backup.backup(db, to)

    def forget(self, source: str, now: datetime) -> int:
        gone, removed = 0, -1
        while removed:  # many short transactions: polls go on between them; cut off, it can be said again
            with self._connections.writing(checked=False) as db:
                gone += (removed := erasure.items(db, source, now))
        with self._connections.writing() as db:
            erasure.rest(db, source)
        return gone

    def expect_withdrawn(self, ids: Sequence[str]) -> None:
        """Part of a restore: should items of these ids ever arrive, they are withdrawn."""
        with self._connections.writing() as db:
            new_items.expect_withdrawn(db, ids)

    def totals(self, now: datetime) -> Totals:
        with self._connections.reading() as db:
            return queries.totals(db, now)

    def check(self) -> tuple[str, ...]:
        with self._connections.reading() as db:
            return backup.damage(db)

    def authority(self) -> str:
        with self._connections.reading() as db:
            if found := queries.authority(db):
                return found
        raise StorageError(f"the store {self.directory} has no configuration yet")

    def close(self) -> None:
        self._connections.close()

    # schedule

    def claim(
        self,
        now: datetime,
        *,
        limit: int,
        lease: timedelta,
        ids: Sequence[str] | None = None,
        admit: Callable[[str], bool] | None = None,
    ) -> tuple[Claim, ...]:
        with self._connections.writing() as db:
            return sources.claim(db, now, limit=limit, lease=lease, ids=ids, admit=admit)

    def rate_limited(self, now: datetime) -> tuple[str, ...]:
        with self._connections.reading() as db:
            return queries.rate_limited(db, now)

    def next_due(self) -> datetime | None:
        with self._connections.reading() as db:
            row = db.execute("SELECT min(due) FROM source WHERE configured = 1 AND leased IS NULL").fetchone()
        return moment_or_none(row[0])

    def record(self, poll: Poll, decide: Callable[[Reading], Changes] | None = None) -> Outcome:
        with self._connections.writing() as db:
            return polls.record(db, poll, decide)

    def let_go(self, claims: Sequence[Claim]) -> None:
        with self._connections.writing() as db:
            db.conn.executemany(sources.LET_GO, [(claim.number, claim.token) for claim in claims])

    def set_back(self, by: timedelta) -> None:
        with self._connections.writing() as db:
            sources.set_back(db, by)

    def unmove(self, source: str, now: datetime) -> str:
        with self._connections.writing() as db:
            return relocations.undo(db, source, now)

    def poll_soon(self, ids: Sequence[str], now: datetime) -> None:
        with self._connections.writing() as db:
            sources.poll_soon(db, ids, now)

    # hubs and other durable work

    def subscription(self, token: str) -> Subscription | None:
        with self._connections.reading() as db:
            return subscriptions.by_token(db, token)

    def update_subscription(
        self, number: int, decide: Callable[[Subscription], Subscription | None]
    ) -> Subscription | None:
        with self._connections.writing() as db:
            return subscriptions.update_subscription(db, number, decide)

    def announce(self, number: int, now: datetime) -> None:
        with self._connections.writing() as db:
            subscriptions.announce(db, number, now)

    def claim_tasks(
        self, now: datetime, *, kinds: Sequence[str], limit: int, lease: timedelta
    ) -> tuple[Task, ...]:
        with self._connections.writing() as db:
            return tasks.claim(db, now, kinds=kinds, limit=limit, lease=lease)

    def finish_task(self, task: Task, again: datetime | None = None) -> None:
        with self._connections.writing() as db:
            tasks.finish(db, task, again)

    # alerts

    def alerts(self) -> tuple[Alert, ...]:
        with self._connections.reading() as db:
            return alerts.present(db)

    def tell_alerts(self, now: datetime) -> tuple[Alert, ...]:
        with self._connections.writing() as db:
            return alerts.tell(db, now)

    def unsent_alerts(self, limit: int) -> tuple[Alert, ...]:
        with self._connections.reading() as db:
            return alerts.unsent(db, limit)

    def alerts_sent(self, posted: Sequence[Alert]) -> None:
        with self._connections.writing() as db:
            alerts.sent(db, posted)

    # life

    def release_due(self, now: datetime) -> tuple[Stored, ...]:
        with self._connections.reading() as db:
            return queries.release_due(db, now)

    def apply_transitions(self, transitions: Sequence[Transition]) -> None:
        with self._connections.writing() as db:
            lifecycle.apply(db, transitions, self.directory / JOURNAL)

    def story(self, number: int) -> tuple[Stored, ...]:
        with self._connections.reading() as db:
            return queries.story(db, number)

    # select

    def channels(self) -> tuple[str, ...]:
        with self._connections.reading() as db:
            return queries.channels(db)

    def channel_seq(self, name: str) -> tuple[int, datetime] | None:
        with self._connections.reading() as db:
            row = db.execute("SELECT seq, changed FROM channel WHERE name = ?", (name,)).fetchone()
        return None if row is None else (row["seq"], moment(row["changed"]))

    def select(
        self, name: str, *, newest: int = 60, within: timedelta = timedelta(hours=48)
    ) -> tuple[Stored, ...]:
        with self._connections.reading() as db:
            return queries.select(db, name, newest, within)

    def earlier(self, limit: int) -> tuple[Stored, ...]:
        with self._connections.reading() as db:
            return queries.earlier(db, limit)

    def find(self, reference: str) -> Stored | None:
        with self._connections.reading() as db:
            return queries.find(db, reference)

    def at(self, address: str) -> tuple[Stored, ...]:
        with self._connections.reading() as db:
            return queries.at(db, address)

    def items(self, wanted: ItemQuery) -> tuple[Stored, ...]:
        if wanted.search:
            self.index()
        with self._connections.reading() as db:
            return queries.items(db, wanted)

    def revisions(self, number: int) -> tuple[Revision, ...]:
        with self._connections.reading() as db:
            return queries.revisions(db, number)

    def audit(self, number: int) -> tuple[AuditLine, ...]:
        with self._connections.reading() as db:
            return queries.audit(db, number)

    def feed(self, source: str) -> FeedInfo | None:
        with self._connections.reading() as db:
            return next(iter(queries.feeds(db, source)), None)

    def feeds(self) -> tuple[FeedInfo, ...]:
        with self._connections.reading() as db:
            return queries.feeds(db)

    def health(self) -> tuple[Health, ...]:
        with self._connections.reading() as db:
            return queries.health(db)


def _refuse_newer(db: Database, steps: Migrations, directory: Path) -> None:
    known = {each.name for each in steps.pending(Database(memory=True))}
    if any(each.name not in known for each in steps.applied(db)):
        raise StorageError(f"the store {directory} was written by a newer Publicwire: install that")
