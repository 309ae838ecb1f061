"""Maintenance once an hour, on a thread of its own beside polls: retention, the search index and the nightly
backup. And, at each tick, the release of held items and the turns of waiting ones.
"""

from datetime import datetime
from pathlib import Path

from aggregator.errors import PublicwireError
from aggregator.log import log
from aggregator.model import Trigger
from aggregator.model.settings import Retention
from aggregator.policy.lifecycle import step
from aggregator.storage import Storage, backups, private

RELEASED_AT_ONCE = 500  # others wait for the transaction


def upkeep(storage: Storage, store: Path, retention: Retention, now: datetime) -> None:
    """Run retention, indexing and the backup. A failed backup is logged; StorageError for the others."""
    storage.admin.maintain(retention, now)
    path = backups.due(store, now)
    if not retention.backups or path is None:
        return
    try:
        private.directory(path.parent)
        items = storage.admin.backup(path)
        backups.prune(store, retention.backups)
    except (PublicwireError, OSError) as error:
        log.error("the nightly backup failed", file=str(path), error=str(error))
    else:
        log.info("backup", file=str(path), items=items)


def release(storage: Storage, now: datetime) -> None:
    """Publish held items whose release time is reached; let waiting ones enter shared channels."""
    due = storage.items.release_due(now, RELEASED_AT_ONCE)
    steps = [
        step(item, Trigger.TIME, reason="release time reached", actor="publicwire", at=now) for item in due
    ]
    if steps:
        storage.items.apply_transitions(steps)
        log.info("released", items=[item.id for item in due])
    storage.items.enter_waiting(now)
