"""A backup put in the place of the store's database: made ready beside it, then files change places."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from aggregator.storage import Restored
from aggregator.storage.sqlite import FILE, JOURNAL, LOCK, SqliteStorage, backup
from aggregator.storage.sqlite.connection import poller_lock, translated


def restore(directory: Path, file: Path, now: datetime) -> Restored:
    """The contract's `restore`."""
    items = backup.verified(file)
    if not directory.is_dir():
        directory.mkdir(parents=True)
    with translated(directory / FILE), poller_lock(directory / LOCK), backup.staging(directory) as staged:
        backup.stage(file, staged / FILE)
        storage = SqliteStorage(staged)
        try:
            replayed = backup.replay(storage, directory / JOURNAL, now)
            storage.expect_withdrawn(replayed.unknown)
        finally:
            storage.close()
        aside = backup.change_places(staged / FILE, directory / FILE)
    return replace(replayed, items=items, aside=aside)
