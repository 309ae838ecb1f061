"""A backup put in the place of the store's database: made ready beside it, then files change places."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from aggregator.storage import Restored
from aggregator.storage.sqlite import FILE, JOURNAL, LOCK, SqliteStorage, keeping
from aggregator.storage.sqlite.connection import poller_lock, translated


def restore(directory: Path, backup: Path, now: datetime) -> Restored:
    """The contract's `restore`."""
    items = keeping.verified(backup)
    if not directory.is_dir():
        directory.mkdir(parents=True)
    with translated(directory / FILE), poller_lock(directory / LOCK), keeping.staging(directory) as staged:
        keeping.stage(backup, staged / FILE)
        storage = SqliteStorage(staged)
        try:
            replayed = keeping.replay(storage, directory / JOURNAL, now)
            storage.expect_withdrawn(replayed.unknown)
        finally:
            storage.close()
        aside = keeping.change_places(staged / FILE, directory / FILE)
    return replace(replayed, items=items, aside=aside)
