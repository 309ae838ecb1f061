"""Transitions of items, with their audit lines. Called inside a write transaction.

`policy.lifecycle` decided; a transition is refused when the item is no longer in the state it was decided
from.
"""

from collections.abc import Sequence
from pathlib import Path

from aggregator.errors import StorageError
from aggregator.model import State, Transition
from aggregator.storage.sql import channels, journal, rows, source_state
from aggregator.storage.sql.channels import Stamp
from aggregator.storage.sql.engine import Connection, insert


def apply(db: Connection, transitions: Sequence[Transition], journal_file: Path) -> None:
    """Carry out transitions, all or none; withdrawals and their ends are in the journal before the commit."""
    withdrawals = []
    for step in transitions:
        row = db.execute(
            "SELECT id, public_id, source, state, story, position FROM item WHERE number = ?", (step.number,)
        ).fetchone()
        if row is None or row["state"] != step.before:
            raise StorageError(f"item {step.number} is no longer {step.before}: nothing was changed")
        at = channels.stamp(db, step.at)
        _step(db, step, at, row["source"], is_first=row["position"] is None)
        audit(db, step)
        if row["story"] is not None:
            newcomer = step.number if step.before is State.WITHDRAWN else None
            channels.resettle_story(db, row["story"], at, newcomer=newcomer)
        channels.touch(db, [step.number], at)
        if State.WITHDRAWN in (step.before, step.after):
            withdrawals.append(journal.line(row["id"], row["public_id"], step))
    if withdrawals:
        journal.append(journal_file, withdrawals)


def _step(db: Connection, step: Transition, at: Stamp, source: int, *, is_first: bool) -> None:
    if step.after is State.LIVE and is_first:
        channels.enter(db, [step.number], at)
    if step.before is State.WITHDRAWN:  # the origin's changes meanwhile were not taken: read its feed anew
        source_state.change(db, source, {"seen": b"", "body_digest": b"", "etag": "", "last_modified": ""})
    db.execute(
        "UPDATE item SET state = ?, reason = ?, release = NULL WHERE number = ?",
        (step.after.value, step.reason if step.after is not State.LIVE else "", step.number),
    )


def audit(db: Connection, step: Transition) -> None:
    """Write one line of an item's life, kept for good."""
    columns = rows.columns(step, "at", "before", "after", "trigger", "reason", "actor")
    insert(db, "audit", {"item": step.number, **columns})
