"""The door to open a store; data lives in store/ at run time.

Its contract by role are the four classes below: values in, values out; no SQL and no library of an engine
shows. Any method may raise StorageError. Methods marked (poller) are called by the one process that holds
`poller()`; the rest may be called from any process and thread at any time, and each is one short
transaction. An engine is what `sql.engine.Engine` asks for; the contract suite in tests/storage holds every
engine to it.
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
    """Open the store in a directory (SQLite); migrates it, with a backup before."""
    from aggregator.storage.sqlite import open_store  # only the engine in use is loaded

    return open_store(Path(url))


def restore(url: str | Path, backup: Path, now: datetime) -> Restored:
    """Put a backup in the place of the store's database, which is kept aside.

    The backup is checked first; withdrawals and reinstatements since the backup are replayed. Needs no sound
    database. StoreBusy while a poller runs.
    """
    from aggregator.storage.sqlite.restore import restore as restore_sqlite

    return restore_sqlite(Path(url), backup, now)


__all__ = [
    "AdminStore",
    "ItemStore",
    "PollStore",
    "Restored",
    "Storage",
    "TaskStore",
    "open_storage",
    "restore",
]
