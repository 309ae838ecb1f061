"""Transitions of items, with their audit lines. Called inside a write transaction.

`policy.lifecycle` decided; a transition is refused when the item is no longer in the state it was decided
from.
"""

from collections.abc import Sequence
from pathlib import Path

from aggregator.errors import StorageError
from aggregator.model import ORIGIN_WISHES, Due, DueReason, State, Transition, Trigger
from aggregator.storage.sql import channels, journal, rows, source_state
from aggregator.storage.sql.channels import Stamp
from aggregator.storage.sql.engine import Connection, as_json, insert, ints


def apply(db: Connection, transitions: Sequence[Transition], journal_file: Path) -> None:
    """Carry out transitions, all or none; withdrawals and their ends are in the journal before the commit.

    Sources are locked before the stamp is taken, in the order of a poll.
    """
    withdrawals = []
    _read_again(db, [step for step in transitions if step.trigger is Trigger.REINSTATE])
    for step in transitions:
        at = channels.stamp(db, step.at)
        row = db.execute(
            "SELECT id, public_id, state, story, position FROM item WHERE number = ?", (step.number,)
        ).fetchone()
        if row is None or row["state"] != step.before or step.id not in ("", row["id"]):
            raise StorageError(f"item {step.id} is no longer {step.before}: nothing was changed")
        _step(db, step, at, is_first=row["position"] is None)
        audit(db, step)
        if row["story"] is not None:
            is_back = step.after is State.LIVE and row["position"] is not None
            newcomer = step.number if is_back else None
            channels.resettle_story(db, row["story"], at, newcomer=newcomer)
        channels.touch(db, [step.number], at)
        if State.WITHDRAWN in (step.before, step.after):
            withdrawals.append(journal.line(row["id"], row["public_id"], step))
    if withdrawals:
        journal.record(db, withdrawals)
        journal.append(journal_file, withdrawals)


def _read_again(db: Connection, reinstated: Sequence[Transition]) -> None:
    """Make the sources of items due, unless their origins asked to wait, and have their feeds read anew: the
    items go live when their origins say them again."""
    if not reinstated:
        return
    found = db.execute(
        f"""SELECT number, due_reason FROM source
        WHERE number IN (SELECT source FROM item WHERE number {ints()}) ORDER BY number""",
        (as_json(step.number for step in reinstated),),
    ).fetchall()
    unread = {"seen": b"", "body_digest": b"", "etag": "", "last_modified": ""}
    soon = rows.due_columns(Due(reinstated[0].at, DueReason.OPERATOR))
    for row in found:
        is_free = row["due_reason"] not in ORIGIN_WISHES
        source_state.change(db, row["number"], unread | (soon if is_free else {}))


def _step(db: Connection, step: Transition, at: Stamp, *, is_first: bool) -> None:
    if step.after is State.LIVE and is_first:
        channels.enter(db, [step.number], at)
    db.execute(
        """UPDATE item SET state = ?, reason = ?, release = NULL, reinstated = ?, over_budget = 0
        WHERE number = ?""",
        (
            step.after.value,
            step.reason if step.after is not State.LIVE else "",
            int(step.trigger is Trigger.REINSTATE),
            step.number,
        ),
    )


def audit(db: Connection, step: Transition) -> None:
    """Write one line of an item's life, kept for good."""
    columns = rows.columns(step, "at", "before", "after", "trigger", "reason", "actor")
    insert(db, "audit", {"item": step.number, **columns})
