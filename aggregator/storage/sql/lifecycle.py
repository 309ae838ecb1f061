"""Transitions of items, with their audit lines. Called inside a write transaction.

`policy.lifecycle` decided; a transition is refused when the item is no longer in the state it was decided
from.
"""

from collections import defaultdict
from collections.abc import Sequence, Set
from datetime import datetime
from pathlib import Path

from msgspec.structs import replace

from aggregator.errors import Outdated
from aggregator.model.changes import Transition
from aggregator.model.decision import Decision, State, Trigger
from aggregator.model.poll import Ahead
from aggregator.model.schedule import FIXED, Due, DueReason
from aggregator.policy.embargo import VETO
from aggregator.policy.lifecycle import JOURNALED, OF_TEXT, public_change
from aggregator.storage.sql import (
    alerts,
    amendments,
    channels,
    decisions,
    erased,
    images,
    journal,
    journal_lines,
    pages,
    public_changes,
    rows,
    source_state,
    versions,
    waiting,
)
from aggregator.storage.sql.channels import Stamp
from aggregator.storage.sql.engine import Connection, Index, Row, as_json, insert_many, ints
from aggregator.storage.sql.rows import ms

Move = tuple[Row, Transition]
RETURNS = frozenset({Trigger.REINSTATE, Trigger.RELISTED})  # an item is held until its origin lists it again


def apply(db: Connection, index: Index, transitions: Sequence[Transition], journal_file: Path) -> None:
    """Carry out transitions, all or none; the operator's are in the journal before the commit.

    All are of one time. Sources are locked before the stamp is taken, in the order of a poll.
    """
    if not transitions:
        return
    _read_again(db, [step for step in transitions if step.trigger in RETURNS])
    _count_early(db, [step for step in transitions if step.trigger is Trigger.RELEASE])
    at = channels.stamp(db, transitions[0].at)
    moves = carry_out(db, index, transitions, at)
    held = defaultdict(list)
    for row, step in moves:
        if step.trigger is Trigger.COPY:
            held[row["source"]].append(row["id"])
    alerts.copies(db, held, at.now)
    alerts.settle(db, {row["source"] for row, _ in moves}, at.now)
    _record(db, moves, journal_file)
    if erasures := {row["number"]: row["id"] for row, step in moves if step.trigger is Trigger.ERASE}:
        erased.content(db, index, [*erasures])
        journal.forget_texts(db, journal_file, {*erasures.values()})


def carry_out(db: Connection, index: Index, transitions: Sequence[Transition], at: Stamp) -> Sequence[Move]:
    """Carry out transitions at a stamp, without the journal; returns them with the rows of before."""
    stored = _stored(db, transitions)
    moves = [*zip(stored, transitions, strict=True)]
    _publish(db, [row for row, step in moves if _is_first(row, step)], at)
    if again := [step.number for step in transitions if step.trigger in RETURNS]:
        pages.drop(db, as_json(again))  # they hold what the origin may have taken back
    if left := [step.number for step in transitions if step.after is not State.LIVE]:
        images.drop(db, as_json(left))
    _move(db, [step for row, step in moves if not _is_first(row, step) and step.trigger not in OF_TEXT])
    corrected = amendments.carry_out(db, index, transitions, at) | versions.settle(db, index, transitions, at)
    audit(db, transitions)
    _settle(db, moves, at)
    _tell(db, moves, corrected, at)
    channels.touch(db, [step.number for step in transitions], at)
    return moves


def _stored(db: Connection, transitions: Sequence[Transition]) -> Sequence[Row]:
    """Return the rows of the items in the order given; Outdated for one in another state, and for one with a
    newer version than the one approved."""
    found = db.execute(
        f"""SELECT number, id, public_id, source, state, story, position,
        coalesce(pending, version) AS newest FROM item WHERE number {ints()}""",
        (as_json(step.number for step in transitions),),
    )
    stored = {row["number"]: row for row in found}
    for step in transitions:
        row = stored.get(step.number)
        if row is None or row["state"] != step.before or step.id not in ("", row["id"]):
            raise Outdated(f"item {step.id} is no longer {step.before}: nothing was changed")
        if step.trigger is not Trigger.STRIKE and step.version not in (None, row["newest"]):
            raise Outdated(
                f"item {step.id} has version {row['newest']} now, not {step.version}: nothing was changed"
            )
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
        """UPDATE item SET state = ?, reason = ?, release = ?, dated = 0, reinstated = ?, over_budget = 0,
            lapsed = ?
        WHERE number = ?""",
        [
            (
                step.after.value,
                step.reason if step.after is not State.LIVE else "",
                rows.column(step.release),
                int(step.trigger in RETURNS),
                step.lapse.value,
                step.number,
            )
            for step in transitions
        ],
    )


def _settle(db: Connection, moves: Sequence[Move], at: Stamp) -> None:
    """Settle the items that are visible again and the stories of those that left; an item that is back yields
    to the members shown."""
    back = {
        step.number
        for row, step in moves
        if step.before is not State.LIVE and step.after is State.LIVE and row["position"] is not None
    }
    if back:
        waiting.wake(db, sorted(back), at.now)
    for row, step in moves:
        number = row["number"]
        if number in back:
            channels.resettle_member(db, number, at, newcomer=number)
        elif row["story"] is not None and not _is_first(row, step):
            channels.resettle_story(db, row["story"], at)


def _tell(db: Connection, moves: Sequence[Move], corrected: Set[int], at: Stamp) -> None:
    """Log what the public sees change."""
    changed = defaultdict(list)
    for row, step in moves:
        kind = public_change(step, is_first=_is_first(row, step), is_corrected=row["number"] in corrected)
        if kind is not None:
            changed[kind].append(row["number"])
    for kind, numbers in changed.items():
        public_changes.record(db, kind, numbers, at)


def _record(db: Connection, moves: Sequence[Move], file: Path) -> None:
    """Write decisions of the operator and of origins into the journal."""
    decided = [(row, step) for row, step in moves if step.trigger in JOURNALED]
    if not decided:
        return
    marks = decisions.described(db, {step.number: step.trigger for _, step in decided})
    lines = []
    for row, step in decided:
        told = marks[step.number]
        if step.trigger is Trigger.STRIKE:
            if (struck := versions.strike(db, step)) is None:
                continue
            told |= {"fingerprint": struck.hex()}
        if step.amendment is not None:
            told |= {"amended": rows.column(step.amendment)}
        lines.append(journal_lines.line(row["id"], row["public_id"], step, told))
    if lines:
        journal.record(db, lines)
        journal.append(file, lines)


def strike_again(db: Connection, strike: Decision, now: datetime) -> bool:
    """Remove the text of a version that the journal has struck; return whether it is the present one of a
    live item, as after the restore of a backup from before its correction."""
    fingerprint = bytes.fromhex(strike.fingerprint)
    versions.remove_text(db, strike.item, fingerprint)
    row = db.execute("SELECT number, state, fingerprint FROM item WHERE id = ?", (strike.item,)).fetchone()
    if row is None:
        return False
    state, reason = State(row["state"]), strike.reason
    step = Transition(row["number"], state, state, Trigger.STRIKE, reason, strike.actor, now, strike.item)
    audit(db, [replace(step, version=strike.version)])
    channels.touch(db, [row["number"]], channels.stamp(db, now))
    return state is State.LIVE and row["fingerprint"] == fingerprint


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


def _count_early(db: Connection, released: Sequence[Transition]) -> None:
    """Count the items that are released before the dates that hold them, by their sources."""
    if not released:
        return
    found = db.execute(
        f"""SELECT s.number, s.ahead, h.items FROM source s JOIN (SELECT source, count(*) AS items FROM item
            WHERE dated = 1 AND state = 'held' AND reason <> '{VETO}'
            AND (release IS NULL OR release > ?) AND number {ints()} GROUP BY source) h ON h.source = s.number
        ORDER BY s.number""",
        (ms(released[0].at), as_json(step.number for step in released)),
    ).fetchall()
    for row in found:
        before = rows.unpack(Ahead, row["ahead"])
        after = replace(before, early=before.early + row["items"])
        source_state.change(db, row["number"], {"ahead": rows.column(after)})


def audit(db: Connection, transitions: Sequence[Transition]) -> None:
    """Write lines of items' lives, kept for good."""
    columns = ("at", "before", "after", "trigger", "reason", "actor", "version")
    insert_many(db, "audit", [{"item": step.number, **rows.columns(step, *columns)} for step in transitions])
