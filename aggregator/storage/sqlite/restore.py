"""Restore: a backup is made ready beside the store's database, then the files change places."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path

from aggregator.errors import StorageError
from aggregator.storage import private
from aggregator.storage.backups import Restored
from aggregator.storage.sql import journal
from aggregator.storage.sql.engine import JOURNAL
from aggregator.storage.sqlite import backup, open_store
from aggregator.storage.sqlite.connection import FILE, LOCK, SqliteEngine, poller_lock, translated


def restore(directory: Path, file: Path, now: datetime, journals: Sequence[Path]) -> Restored:
    """Restore a backup: stage it, replay the journal, exchange the files."""
    private.directory(directory)
    with translated(directory / FILE), poller_lock(directory / LOCK):
        _export_journal(directory)
        with staged(directory, file, now, journals) as (path, restored):
            aside = backup.change_places(path, directory / FILE)
        with closing(open_store(directory)) as storage:  # what verbs have written meanwhile
            return restored.kept(aside, storage.admin.replay([directory / JOURNAL], now))


def _export_journal(directory: Path) -> None:
    """Write the journal of the former database into its file, unless it is damaged or has no such table."""
    if (directory / FILE).is_file():
        with suppress(StorageError), closing(SqliteEngine(directory)) as engine, engine.reading() as db:
            journal.export(db, directory / JOURNAL)


@contextmanager
def staged(
    directory: Path, file: Path, now: datetime, journals: Sequence[Path]
) -> Iterator[tuple[Path, Restored]]:
    """Make a backup ready in a SQLite file beside the store, the journal replayed; removed at the end."""
    items = backup.verified(file)
    with translated(directory / FILE), backup.staging(directory) as made:
        backup.stage(file, made / FILE)
        with closing(open_store(made, is_backed_up=True)) as storage:
            done = storage.admin.replay([directory / JOURNAL, *journals], now)
        yield made / FILE, Restored(items, None, done)
