"""Open and restore a store.

Its contract by role are the four classes of `Storage`; they take and return values of the model. Any method
may raise StorageError. Methods marked (poller) are called by the one process that holds `poller()`, the
others by any process and thread at any time; each is one short transaction. An engine implements
`sql.engine.Engine`, and the contract tests in tests/storage run over every engine.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from aggregator.storage.backups import Restored
from aggregator.storage.sql.admin import AdminStore
from aggregator.storage.sql.polls import PollStore
from aggregator.storage.sql.queries import ItemStore
from aggregator.storage.sql.task_store import TaskStore


@dataclass(frozen=True, slots=True)
class Storage:
    """One store, by role."""

    polls: PollStore
    items: ItemStore
    tasks: TaskStore
    admin: AdminStore

    def close(self) -> None:
        """Close every connection of every thread."""
        self.admin.close()


def open_storage(url: str | Path) -> Storage:
    """Return the store in a directory (SQLite), migrated; an older one is backed up before."""
    from aggregator.storage.sqlite import open_store  # only the engine in use is loaded

    return open_store(Path(url))


def restore(url: str | Path, backup: Path, now: datetime) -> Restored:
    """Replace the store's database, which may be damaged, by a backup; the former one is kept beside it.

    The backup is checked first; withdrawals and reinstatements since the backup are replayed. StoreBusy while
    a poller runs.
    """
    from aggregator.storage.sqlite.restore import restore as restore_sqlite

    return restore_sqlite(Path(url), backup, now)
