"""Maintenance once an hour: retention, the search index and the nightly backup; and the release of held
items.

Runs on a thread of its own beside polls. A failed backup never stops the service.
"""

from datetime import datetime
from pathlib import Path

from aggregator.errors import PublicwireError
from aggregator.log import log
from aggregator.model import Trigger
from aggregator.model.settings import Retention
from aggregator.policy.lifecycle import step
from aggregator.storage import Storage, backups

RELEASED_AT_ONCE = 500  # others wait for the transaction


def upkeep(storage: Storage, store: Path, retention: Retention, now: datetime) -> None:
    """Run all of it. StorageError when retention fails."""
    storage.admin.maintain(retention, now)
    path = backups.due(store, now)
    if not retention.backups or path is None:
        return
    try:
        path.parent.mkdir(exist_ok=True)
        items = storage.admin.backup(path)
        backups.prune(store, retention.backups)
    except (PublicwireError, OSError) as error:
        log.error("the nightly backup failed", file=str(path), error=str(error))
    else:
        log.info("backup", file=str(path), items=items)


def release(storage: Storage, now: datetime) -> None:
    """Publish held items whose time has come."""
    due = storage.items.release_due(now, RELEASED_AT_ONCE)
    steps = [step(item, Trigger.TIME, reason="its time has come", actor="publicwire", at=now) for item in due]
    if steps:
        storage.items.apply_transitions(steps)
        log.info("released", items=[item.id for item in due])
