"""What a store needs once an hour: retention, the search index and the backup of the night.

Runs on a thread of its own beside polls. Never stops the service because a backup failed.
"""

from datetime import datetime
from pathlib import Path

from aggregator.errors import PublicwireError
from aggregator.log import log
from aggregator.settings import Retention
from aggregator.storage import Storage, backups


def upkeep(storage: Storage, store: Path, retention: Retention, now: datetime) -> None:
    """All of it; StorageError when retention fails."""
    storage.maintain(retention, now)
    path = backups.due(store, now)
    if not retention.backups or path is None:
        return
    try:
        path.parent.mkdir(exist_ok=True)
        items = storage.backup(path)
        backups.prune(store, retention.backups)
    except (PublicwireError, OSError) as error:
        log.error("the nightly backup failed", file=str(path), error=str(error))
    else:
        log.info("backup", file=str(path), items=items)
