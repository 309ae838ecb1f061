"""Durable work other than polls: rows of one table, taken when due. Called inside a write transaction.

Whoever takes a task moves its `due` to the end of the claim, so that work cut off by a crash is taken again.
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlite_utils import Database

from aggregator.model import Task
from aggregator.storage.sql.rows import moment, ms


def schedule(db: Database, kind: str, subject: str, due: datetime) -> None:
    """Have this done at `due`, whenever it was to be done before."""
    db.conn.execute(
        """INSERT INTO task (kind, subject, due) VALUES (?, ?, ?)
        ON CONFLICT DO UPDATE SET due = excluded.due, attempts = 0""",
        (kind, subject, ms(due)),
    )


def cancel(db: Database, kind: str, subject: str) -> None:
    """Have it not done any more."""
    db.conn.execute("DELETE FROM task WHERE kind = ? AND subject = ?", (kind, subject))


def claim(
    db: Database, now: datetime, *, kinds: Sequence[str], limit: int, lease: timedelta
) -> tuple[Task, ...]:
    """Take due tasks of these kinds, longest due first."""
    rows = db.conn.execute(
        """UPDATE task SET due = :until, attempts = attempts + 1 WHERE (kind, subject) IN (
            SELECT kind, subject FROM task WHERE due <= :now
            AND +kind IN (SELECT value FROM json_each(:kinds))  -- + keeps it from reading all of a kind
            ORDER BY due LIMIT :limit)
        RETURNING *""",
        {"now": ms(now), "until": ms(now + lease), "kinds": json.dumps(list(kinds)), "limit": limit},
    ).fetchall()
    return tuple(Task(row["kind"], row["subject"], moment(row["due"]), row["attempts"]) for row in rows)


def finish(db: Database, task: Task, again: datetime | None) -> None:
    """Remove it, or have it done again; nothing if somebody else has set another time meanwhile."""
    held = (task.kind, task.subject, ms(task.due))
    if again is None:
        db.conn.execute("DELETE FROM task WHERE kind = ? AND subject = ? AND due = ?", held)
    else:
        db.conn.execute(
            "UPDATE task SET due = ? WHERE kind = ? AND subject = ? AND due = ?", (ms(again), *held)
        )
