"""Transitions of items, with their audit lines. Called inside a write transaction.

`policy.lifecycle` decided; a transition is refused when the item is no longer in the state it was decided
from.
"""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from aggregator.errors import Outdated
from aggregator.model import FIXED, Due, DueReason, State, Transition, Trigger
from aggregator.storage.sql import channels, journal, rows, source_state, waiting
from aggregator.storage.sql.channels import Stamp
from aggregator.storage.sql.engine import Connection, Row, as_json, insert_many, ints

Move = tuple[Row, Transition]


def apply(db: Connection, transitions: Sequence[Transition], journal_file: Path) -> None:
    """Carry out transitions, all or none; withdrawals and their ends are in the journal before the commit.

    All are of one time. Sources are locked before the stamp is taken, in the order of a poll.
    """
    if not transitions:
        return
    _read_again(db, [step for step in transitions if step.trigger is Trigger.REINSTATE])
    at = channels.stamp(db, transitions[0].at)
    stored = _stored(db, transitions)
    moves = [*zip(stored, transitions, strict=True)]
    _publish(db, [row for row, step in moves if _is_first(row, step)], at)
    _move(db, [step for row, step in moves if not _is_first(row, step)])
    audit(db, transitions)
    _settle(db, moves, at)
    channels.touch(db, [step.number for step in transitions], at)
    _record(db, moves, journal_file)


def _stored(db: Connection, transitions: Sequence[Transition]) -> Sequence[Row]:
    """Return the rows of the items in the order given; Outdated for one in another state."""
    found = db.execute(
        f"SELECT number, id, public_id, state, story, position FROM item WHERE number {ints()}",
        (as_json(step.number for step in transitions),),
    )
    stored = {row["number"]: row for row in found}
    for step in transitions:
        row = stored.get(step.number)
        if row is None or row["state"] != step.before or step.id not in ("", row["id"]):
            raise Outdated(f"item {step.id} is no longer {step.before}: nothing was changed")
    return [stored[step.number] for step in transitions]


def _is_first(row: Row, step: Transition) -> bool:
    return step.after is State.LIVE and row["position"] is None


def _publish(db: Connection, stored: Sequence[Row], at: Stamp) -> None:
    """Let items enter that were never live: those of one story one after the other, because the place of one
    depends on the others'."""
    members: dict[int, int] = defaultdict(int)
    rounds: dict[int, list[int]] = defaultdict(list)
    for row in stored:
        nth = 0 if row["story"] is None else members[row["story"]]
        rounds[nth].append(row["number"])
        if row["story"] is not None:
            members[row["story"]] += 1
    for numbers in rounds.values():
        channels.enter(db, numbers, at)


def _move(db: Connection, transitions: Sequence[Transition]) -> None:
    db.executemany(
        """UPDATE item SET state = ?, reason = ?, release = NULL, reinstated = ?, over_budget = 0
        WHERE number = ?""",
        [
            (
                step.after.value,
                step.reason if step.after is not State.LIVE else "",
                int(step.trigger is Trigger.REINSTATE),
                step.number,
            )
            for step in transitions
        ],
    )


def _settle(db: Connection, moves: Sequence[Move], at: Stamp) -> None:
    """Settle the stories of items that changed in their places; those back yield to the members shown."""
    back = {step.number for row, step in moves if step.after is State.LIVE and row["position"] is not None}
    if back:
        waiting.wake(db, sorted(back), at.now)
    for row, step in moves:
        if row["story"] is not None and not _is_first(row, step):
            newcomer = row["number"] if row["number"] in back else None
            channels.resettle_story(db, row["story"], at, newcomer=newcomer)


def _record(db: Connection, moves: Sequence[Move], file: Path) -> None:
    """Write withdrawals and their ends into the journal."""
    withdrawals = [
        journal.line(row["id"], row["public_id"], step)
        for row, step in moves
        if State.WITHDRAWN in (step.before, step.after)
    ]
    if withdrawals:
        journal.record(db, withdrawals)
        journal.append(file, withdrawals)


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
        is_free = row["due_reason"] not in FIXED
        source_state.change(db, row["number"], unread | (soon if is_free else {}))


def audit(db: Connection, transitions: Sequence[Transition]) -> None:
    """Write lines of items' lives, kept for good."""
    columns = ("at", "before", "after", "trigger", "reason", "actor")
    insert_many(db, "audit", [{"item": step.number, **rows.columns(step, *columns)} for step in transitions])
