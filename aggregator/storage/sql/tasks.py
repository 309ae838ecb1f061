"""Durable work other than polls: rows of one table, claimed when due. Called inside a write transaction.

A claim moves the task's `due` to its end, so that work cut off by a crash is claimed again.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from aggregator.model import Task, TaskKind
from aggregator.storage.sql.engine import Connection, as_json
from aggregator.storage.sql.rows import moment, ms


def schedule(db: Connection, kind: TaskKind, subject: str, due: datetime) -> None:
    """Schedule a task at `due`, whenever it was due before."""
    db.execute(
        """INSERT INTO task (kind, subject, due) VALUES (?, ?, ?)
        ON CONFLICT (kind, subject) DO UPDATE SET due = excluded.due, attempts = 0""",
        (kind.value, subject, ms(due)),
    )


def cancel(db: Connection, kind: TaskKind, subject: str) -> None:
    """Remove a task."""
    db.execute("DELETE FROM task WHERE kind = ? AND subject = ?", (kind.value, subject))


def claim(
    db: Connection, now: datetime, *, kinds: Sequence[TaskKind], limit: int, lease: timedelta
) -> tuple[Task, ...]:
    """Claim due tasks of these kinds, longest due first."""
    found = db.execute(
        """UPDATE task SET due = :until, attempts = attempts + 1 WHERE (kind, subject) IN (
            SELECT kind, subject FROM task WHERE due <= :now
            AND kind || '' IN (SELECT value FROM json_each(:kinds))  -- by due, not by all tasks of a kind
            ORDER BY due LIMIT :limit)
        RETURNING *""",
        {"now": ms(now), "until": ms(now + lease), "kinds": as_json(kinds), "limit": limit},
    ).fetchall()
    return tuple(
        Task(TaskKind(row["kind"]), row["subject"], moment(row["due"]), row["attempts"]) for row in found
    )


def finish(db: Connection, task: Task, again: datetime | None) -> None:
    """Remove a task, or schedule it again; nothing if its time was set anew meanwhile."""
    held = (task.kind.value, task.subject, ms(task.due))
    if again is None:
        db.execute("DELETE FROM task WHERE kind = ? AND subject = ? AND due = ?", held)
    else:
        db.execute("UPDATE task SET due = ? WHERE kind = ? AND subject = ? AND due = ?", (ms(again), *held))
