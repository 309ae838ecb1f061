"""Durable work other than polls: rows of one table. Called inside a write transaction."""

from datetime import datetime

from aggregator.model import TaskKind
from aggregator.storage.sql.engine import Connection
from aggregator.storage.sql.rows import ms


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
