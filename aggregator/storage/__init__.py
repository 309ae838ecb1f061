"""The door to open a store: its contract is `contract`, data lives in store/ at run time."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from aggregator.storage.contract import AdminStore, ItemStore, Outdated, PollStore, Restored, TaskStore


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

    The backup is checked first; what was withdrawn or reinstated after it, is so again. Needs no sound
    database. StoreBusy while a poller runs.
    """
    from aggregator.storage.sqlite.restore import restore as restore_sqlite

    return restore_sqlite(Path(url), backup, now)


__all__ = [
    "AdminStore",
    "ItemStore",
    "Outdated",
    "PollStore",
    "Restored",
    "Storage",
    "TaskStore",
    "open_storage",
    "restore",
]
