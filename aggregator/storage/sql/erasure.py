"""Erasure of a source that is no longer configured. Functions with `db` are called inside write transactions.

The journal keeps what was decided on its items. All its other rows are deleted, and no other source's items
move.
"""

from datetime import datetime

from aggregator.errors import UsageError
from aggregator.model.public_change import ChangeKind
from aggregator.storage.sql import (
    archives,
    channels,
    denials,
    images,
    pages,
    public_changes,
    removals,
    search,
    signatures,
    translations,
)
from aggregator.storage.sql.engine import Connection, Engine, Index, as_json, ints
from aggregator.storage.sql.rows import ms

OF_ITEMS = (
    "waiting",
    "pending",
    "revision",
    "audit",
    "signature",
    "unmatched",
    "unstyled",
    "origin_step",
    "probe",
)
ERASED_AT_ONCE = 500  # items removed in one transaction


def number(db: Connection, source: str) -> int:
    """Return the number of a source that may be forgotten."""
    row = db.execute("SELECT number, configured FROM source WHERE id = ?", (source,)).fetchone()
    if row is None:
        raise UsageError(f"there is no source called {source!r} in the store")
    if row["configured"]:
        raise UsageError(f"{source} is still configured: take it out of sources.yaml first")
    return int(row["number"])


def items(db: Connection, index: Index, source: str, now: datetime) -> int:
    """Remove up to ERASED_AT_ONCE of its items; returns how many. The next member of a story is shown."""
    own = number(db, source)
    found = db.execute(
        "SELECT number, story, state FROM item WHERE source = ? LIMIT ?", (own, ERASED_AT_ONCE)
    ).fetchall()
    if not found:
        return 0
    at = channels.stamp(db, now)
    numbers = as_json(row["number"] for row in found)
    channels.touch(db, [row["number"] for row in found], at)
    live = [row["number"] for row in found if row["state"] == "live"]
    public_changes.record(db, ChangeKind.WITHDRAWN, live, at)
    removals.note(db, at)
    archives.remove(db, [row["number"] for row in found])
    public_changes.detach(db, [row["number"] for row in found])
    db.execute(f"DELETE FROM item_key WHERE source = ? AND item {ints()}", (own, numbers))
    search.remove(db, index, numbers)
    _end_probes(db, numbers)
    pages.drop(db, numbers)
    images.drop(db, numbers)
    signatures.drop(db, numbers)
    translations.drop(db, numbers)
    for table in OF_ITEMS:
        db.execute(f"DELETE FROM {table} WHERE item {ints()}", (numbers,))
    db.execute(f"DELETE FROM item WHERE number {ints()}", (numbers,))
    for story in sorted({row["story"] for row in found if row["story"] is not None}):
        channels.resettle_story(db, story, at)
    return len(found)


def _end_probes(db: Connection, numbers: str) -> None:
    db.execute(
        f"DELETE FROM task WHERE kind = 'probe' AND subject IN (SELECT id FROM item WHERE number {ints()})",
        (numbers,),
    )


def all_items(engine: Engine, source: str, now: datetime) -> int:
    """Remove all items of a source; returns how many."""
    gone, removed = 0, -1
    while removed:  # many short transactions: polls and operators go on between them
        with engine.writing(checked=False) as db:
            removed = items(db, engine.index, source, now)
        gone += removed
    return gone


def unconfigure(db: Connection, source: str, at: datetime) -> bool:
    """Take a source out of the configuration that was forgotten at `at`; returns whether it is the same
    source: one that has found items since was added again."""
    row = db.execute(
        """UPDATE source SET configured = 0, leased = NULL WHERE id = ? AND NOT EXISTS
        (SELECT 1 FROM item i WHERE i.source = source.number AND i.first_seen > ?) RETURNING number""",
        (source, ms(at)),
    )
    return row.fetchone() is not None


def source_itself(db: Connection, source: str, now: datetime) -> None:
    """Remove the source, once it has no items, with the subscriptions of its channel."""
    own = number(db, source)
    for statement in (
        "DELETE FROM poll WHERE source = ?",
        """DELETE FROM task WHERE kind = 'websub' AND subject IN
        (SELECT CAST(number AS TEXT) FROM subscription WHERE source = ?)""",
        "DELETE FROM source WHERE number = ?",  # foreign keys cascade or reject
    ):
        db.execute(statement, (own,))
    db.execute("DELETE FROM task WHERE kind = 'terms' AND subject NOT IN (SELECT host FROM source)")
    channel = db.execute("SELECT number FROM channel WHERE name = ?", (f"sources/{source}",)).fetchone()
    if channel is not None:
        db.execute("DELETE FROM membership WHERE channel = ?", (channel["number"],))
        denials.deny(db, channel["number"], f"sources/{source}", now)
        db.execute("DELETE FROM channel WHERE number = ?", (channel["number"],))
