"""Steps of an item's life, the audit of them, the withdrawals journal and the search index.

`lifecycle` decided; here a step is carried out, or refused when the item no longer stands where it stood.
Called inside a write transaction.
"""

import json
import os
from collections.abc import Sequence
from pathlib import Path

from sqlite_utils import Database

from aggregator.errors import StorageError
from aggregator.model import State, Transition
from aggregator.storage.sql import channels
from aggregator.storage.sql.rows import ms

BATCH = 2_000  # items indexed in one transaction


def authority(db: Database) -> str:
    """The tag: authority under which this store mints ids (RFC 4151)."""
    row = db.conn.execute("SELECT value FROM meta WHERE key = 'authority'").fetchone()
    if row is None:
        raise StorageError("the store has no configuration yet: ids cannot be minted")
    return str(row[0])


def apply(db: Database, transitions: Sequence[Transition], journal: Path) -> None:
    """Carry out steps of life, all or none."""
    withdrawals = []
    for step in transitions:
        row = db.conn.execute(
            "SELECT id, public_id, state, story, position FROM item WHERE number = ?", (step.number,)
        ).fetchone()
        if row is None or row["state"] != step.before:
            raise StorageError(f"item {step.number} is no longer {step.before}: nothing was changed")
        at = channels.stamp(db, step.at)
        _step(db, step, at, first=row["position"] is None)
        audit(db, step)
        if row["story"] is not None:
            newcomer = step.number if step.before is State.WITHDRAWN else None
            channels.settle(db, row["story"], at, newcomer=newcomer)
        channels.touch(db, [step.number], at)
        if State.WITHDRAWN in (step.before, step.after):
            withdrawals.append(_line(row["id"], row["public_id"], step))
    if withdrawals:
        _append(journal, withdrawals)


def _step(db: Database, step: Transition, at: channels.Stamp, *, first: bool) -> None:
    if step.after is State.LIVE and first:
        channels.enter(db, [step.number], at)
    if step.before is State.WITHDRAWN:  # what its origin said meanwhile was not taken: read its feed anew
        db.conn.execute(
            """UPDATE source SET seen = x'', body_digest = x'', etag = '', last_modified = ''
            WHERE number = (SELECT source FROM item WHERE number = ?)""",
            (step.number,),
        )
    db.conn.execute(
        "UPDATE item SET state = ?, reason = ?, release = NULL WHERE number = ?",
        (step.after, step.reason if step.after is not State.LIVE else "", step.number),
    )


def audit(db: Database, step: Transition) -> None:
    """One line of an item's life, kept for good."""
    db.table("audit").insert(
        {
            "item": step.number,
            "at": ms(step.at),
            "before": step.before,
            "after": step.after,
            "trigger": step.trigger,
            "reason": step.reason,
            "actor": step.actor,
        }
    )


def _line(item: str, public_id: str, step: Transition) -> str:
    return json.dumps(
        {
            "at": step.at.isoformat(),
            "item": item,
            "public_id": public_id,
            "before": step.before,
            "after": step.after,
            "trigger": step.trigger,
            "reason": step.reason,
            "actor": step.actor,
        },
        ensure_ascii=False,
    )


def _append(journal: Path, lines: Sequence[str]) -> None:
    """Written and synced before the transaction commits: a restore may repeat a line, never miss one."""
    with journal.open("a", encoding="utf-8") as file:
        if file.tell() and not _ends_whole(journal):
            file.write("\n")  # the last line was torn by a crash: it must not swallow this one
        file.write("".join(line + "\n" for line in lines))
        file.flush()
        os.fsync(file.fileno())


def _ends_whole(journal: Path) -> bool:
    with journal.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read() == b"\n"


def unindex(db: Database, number: int) -> None:
    """Take an item's present text out of the search index, before the text changes."""
    db.conn.execute(
        """INSERT INTO item_fts (item_fts, rowid, title, text)
        SELECT 'delete', number, title, text FROM item WHERE number = ? AND indexed = 1""",
        (number,),
    )
    db.conn.execute("UPDATE item SET indexed = 0 WHERE number = ?", (number,))


def index(db: Database) -> int:
    """Bring up to BATCH items into the search index; returns how many."""
    waiting = db.conn.execute("SELECT number FROM item WHERE indexed = 0 LIMIT ?", (BATCH,)).fetchall()
    numbers = channels.as_json(row[0] for row in waiting)
    db.conn.execute(
        """INSERT INTO item_fts (rowid, title, text)
        SELECT number, title, text FROM item WHERE number IN (SELECT value FROM json_each(?))""",
        (numbers,),
    )
    db.conn.execute(
        "UPDATE item SET indexed = 1 WHERE number IN (SELECT value FROM json_each(?))", (numbers,)
    )
    return len(waiting)
