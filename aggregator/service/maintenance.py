"""Maintenance once an hour, on a thread of its own beside polls: retention, the search index, subscriptions
whose lease is over and the nightly backup."""

from datetime import datetime
from pathlib import Path

from aggregator.errors import PublicwireError
from aggregator.log import log
from aggregator.model.settings import Retention
from aggregator.storage import Storage, backups, private


def upkeep(storage: Storage, store: Path, retention: Retention, now: datetime) -> str | None:
    """Run retention, indexing and the backup, and remove subscriptions that are over; StorageError for all
    but the backup.

    Return the error of a backup, "" for one that was made, None if none was due.
    """
    storage.admin.maintain(retention, now)
    storage.push.expire(now)
    path = backups.due(store, now)
    if not retention.backups or path is None:
        return None
    try:
        private.directory(path.parent)
        items = storage.admin.backup(path)
        backups.prune(store, retention.backups)
    except (PublicwireError, OSError) as error:
        log.error("the nightly backup failed", file=str(path), error=str(error))
        return str(error)
    log.info("backup", file=str(path), items=items)
    return ""
