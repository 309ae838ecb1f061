"""Freeing content past its time. Keys, ids and audit lines stay for ever: an old item that comes back
must be known, and is not new. Called inside a write transaction.
"""

from datetime import datetime

from sqlite_utils import Database

from aggregator.settings import Retention
from aggregator.storage.sqlite import membership
from aggregator.storage.sqlite.rows import ms

BATCH = 1_000  # items freed in one transaction


def free(db: Database, kept: Retention, now: datetime) -> None:
    """Drop the content of items and revisions past their time, and old poll records."""
    old = membership.as_json(
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
    db.conn.execute(
        """UPDATE item SET content = '', text = '', details = '{}', freed = 1, indexed = 1
        WHERE number IN (SELECT value FROM json_each(?))""",
        (old,),
    )
    db.conn.execute("DELETE FROM revision WHERE item IN (SELECT value FROM json_each(?))", (old,))
    db.conn.execute("DELETE FROM revision WHERE at < ?", (ms(now - kept.revisions),))
    db.conn.execute("DELETE FROM poll WHERE started < ?", (ms(now - kept.polls),))
    if old != "[]":
        membership.touch_all(db, membership.stamp(db, now))
