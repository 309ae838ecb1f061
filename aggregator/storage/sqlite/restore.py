"""Restore: a backup is made ready beside the store's database, then the files change places."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from aggregator.model import State
from aggregator.policy.lifecycle import replayed
from aggregator.storage import Storage, private
from aggregator.storage.backups import Restored
from aggregator.storage.sql import journal
from aggregator.storage.sql.queries import JOURNAL
from aggregator.storage.sqlite import backup, open_store
from aggregator.storage.sqlite.connection import FILE, LOCK, poller_lock, translated


def restore(directory: Path, file: Path, now: datetime) -> Restored:
    """Restore a backup: stage it, replay the journal, exchange the files."""
    private.directory(directory)
    with translated(directory / FILE), poller_lock(directory / LOCK), staged(directory, file, now) as done:
        path, restored = done
        return replace(restored, aside=backup.change_places(path, directory / FILE))


@contextmanager
def staged(directory: Path, file: Path, now: datetime) -> Iterator[tuple[Path, Restored]]:
    """Make a backup ready in a SQLite file beside the store, the journal replayed; removed at the end."""
    items = backup.verified(file)
    entries = journal.read(directory / JOURNAL)
    with backup.staging(directory) as made:
        backup.stage(file, made / FILE)
        storage = open_store(made, is_backed_up=True)
        try:
            moved, unknown = _replay(storage, entries, now)
            storage.admin.adopt(entries, unknown)
        finally:
            storage.close()
        yield made / FILE, Restored(items, None, moved, unknown, entries.unreadable)


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
