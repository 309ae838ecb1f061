"""Removing all of a source that is no longer configured. Called inside write transactions.

What the journal says of its withdrawals stays; everything else of it goes, and nothing else changes place.
"""

from datetime import datetime

from sqlite_utils import Database

from aggregator.errors import UsageError
from aggregator.storage.sql import channels
from aggregator.storage.sql.channels import as_json

BATCH = 500  # items removed in one transaction
GIVEN = "(SELECT value FROM json_each(?))"


def number(db: Database, source: str) -> int:
    """The number of a source that may be forgotten."""
    row = db.conn.execute("SELECT number, configured FROM source WHERE id = ?", (source,)).fetchone()
    if row is None:
        raise UsageError(f"there is no source called {source!r} in the store")
    if row["configured"]:
        raise UsageError(f"{source} is still configured: take it out of sources.yaml first")
    return int(row["number"])


def items(db: Database, source: str, now: datetime) -> int:
    """Remove up to BATCH of its items; returns how many. Stories go on with their next member."""
    own = number(db, source)
    found = db.conn.execute(
        "SELECT number, story FROM item WHERE source = ? LIMIT ?", (own, BATCH)
    ).fetchall()
    if not found:
        return 0
    at = channels.stamp(db, now)
    numbers = as_json(row["number"] for row in found)
    channels.touch(db, [row["number"] for row in found], at)
    db.conn.execute(f"DELETE FROM item_key WHERE source = ? AND item IN {GIVEN}", (own, numbers))
    _delete(db, numbers)
    for story in {row["story"] for row in found if row["story"] is not None}:
        channels.settle(db, story, at)
    return len(found)


def _delete(db: Database, numbers: str) -> None:
    db.conn.execute(
        f"""INSERT INTO item_fts (item_fts, rowid, title, text) SELECT 'delete', number, title, text
        FROM item WHERE number IN {GIVEN} AND indexed = 1""",
        (numbers,),
    )
    for table in ("membership", "revision", "audit"):
        db.conn.execute(f"DELETE FROM {table} WHERE item IN {GIVEN}", (numbers,))
    db.conn.execute(f"DELETE FROM item WHERE number IN {GIVEN}", (numbers,))


def rest(db: Database, source: str) -> None:
    """Remove the source itself, once it has no items."""
    own = number(db, source)
    for statement in (
        "DELETE FROM poll WHERE source = ?",
        """DELETE FROM task WHERE kind = 'websub' AND subject IN
        (SELECT CAST(number AS TEXT) FROM subscription WHERE source = ?)""",
        "DELETE FROM source WHERE number = ?",  # what else refers to it goes with it, or refuses
    ):
        db.conn.execute(statement, (own,))
    channel = db.conn.execute("SELECT number FROM channel WHERE name = ?", (f"sources/{source}",)).fetchone()
    if channel is not None:
        db.conn.execute("DELETE FROM membership WHERE channel = ?", (channel[0],))
        db.conn.execute("DELETE FROM channel WHERE number = ?", (channel[0],))
