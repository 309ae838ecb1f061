"""Freeing content past its time. Keys, ids and audit lines stay for ever: an old item that comes back
must be known, and is not new. Called inside a write transaction.
"""

from datetime import datetime

from sqlite_utils import Database

from aggregator.model.settings import Retention
from aggregator.storage.sql import channels
from aggregator.storage.sql.rows import ms

BATCH = 250  # rows of each kind freed in one transaction: others wait some 40 ms for it


def free(db: Database, kept: Retention, now: datetime) -> bool:
    """Drop the content of items and revisions past their time, and old poll records; False when none is left.

    The file does not shrink: SQLite fills the freed pages with what arrives, and a whole VACUUM would
    stop all writing for as long as it copies.
    """
    old = channels.as_json(
        row[0]
        for row in db.conn.execute(
            "SELECT number FROM item WHERE freed = 0 AND first_seen < ? ORDER BY first_seen LIMIT ?",
            (ms(now - kept.items), BATCH),
        )
    )
    db.conn.execute(
        """INSERT INTO item_fts (item_fts, rowid, title, text) SELECT 'delete', number, title, text
        FROM item WHERE indexed = 1 AND number IN (SELECT value FROM json_each(?))""",
        (old,),
    )
    # 2: nothing of it is in the search index, so nothing must be taken out of it again.
    db.conn.execute(
        """UPDATE item SET content = '', text = '', details = '{}', freed = 1, indexed = 2
        WHERE number IN (SELECT value FROM json_each(?))""",
        (old,),
    )
    _pack(db, old)
    db.conn.execute("DELETE FROM revision WHERE item IN (SELECT value FROM json_each(?))", (old,))
    revisions = _delete(db, "revision", "at", ms(now - kept.revisions))
    polls = _delete(db, "poll", "started", ms(now - kept.polls))
    _delete(db, "alert", "cleared", ms(now - kept.polls))
    if old != "[]":
        channels.touch_all(db, channels.stamp(db, now))
    return old != "[]" or revisions > 0 or polls > 0


def _pack(db: Database, numbers: str) -> None:
    """Write the rows anew, side by side: a row that shrinks in its place keeps its page for itself."""
    within = "WHERE number IN (SELECT value FROM json_each(?))"
    rows = [tuple(row) for row in db.conn.execute(f"SELECT * FROM item {within}", (numbers,))]
    db.conn.execute(f"DELETE FROM item {within}", (numbers,))
    for row in rows:
        db.conn.execute(f"INSERT INTO item VALUES ({', '.join('?' * len(row))})", row)


def _delete(db: Database, table: str, time: str, before: int) -> int:
    """Delete the first rows of before that time; returns how many."""
    return db.conn.execute(
        f"DELETE FROM {table} WHERE number IN (SELECT number FROM {table} WHERE {time} < ? LIMIT ?)",
        (before, BATCH),
    ).rowcount


def settle(db: Database) -> None:
    """Have queries planned by what is there now, and no memory kept for pages that nobody needs."""
    db.conn.execute("PRAGMA optimize")
    db.conn.execute("PRAGMA shrink_memory")
