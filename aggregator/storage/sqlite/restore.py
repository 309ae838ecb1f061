"""Restore: a backup is made ready beside the store's database, then the files change places."""

from datetime import datetime
from pathlib import Path

from aggregator.model import State
from aggregator.policy.lifecycle import replayed
from aggregator.storage import Storage
from aggregator.storage.backups import Restored
from aggregator.storage.sql import journal
from aggregator.storage.sql.queries import JOURNAL
from aggregator.storage.sqlite import backup, open_store
from aggregator.storage.sqlite.connection import FILE, LOCK, poller_lock, translated


def restore(directory: Path, file: Path, now: datetime) -> Restored:
    """Restore a backup: stage it, replay the journal, exchange the files."""
    items = backup.verified(file)
    if not directory.is_dir():
        directory.mkdir(parents=True)
    entries = journal.read(directory / JOURNAL)
    with translated(directory / FILE), poller_lock(directory / LOCK), backup.staging(directory) as staged:
        backup.stage(file, staged / FILE)
        storage = open_store(staged, is_backed_up=True)
        try:
            moved, unknown = _replay(storage, entries, now)
            storage.admin.expect_withdrawn(unknown)
        finally:
            storage.close()
        aside = backup.change_places(staged / FILE, directory / FILE)
    return Restored(items, aside, moved, unknown, entries.unreadable)


def _replay(
    storage: Storage, entries: journal.Journal, now: datetime
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Bring every item of the journal to its last state; returns ids of the moved and of unknown withdrawn
    ones."""
    moved, unknown = [], []
    for name, decision in entries.decisions.items():
        item = storage.items.find(name)
        if item is None:
            unknown += [name] if decision.after is State.WITHDRAWN else []
        elif (step := replayed(item, decision, now)) is not None:
            storage.items.apply_transitions([step])
            moved.append(name)
    return tuple(moved), tuple(unknown)
