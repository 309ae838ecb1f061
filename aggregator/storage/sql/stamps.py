"""Numbers given inside a write transaction, in the order of commits."""

from datetime import datetime

from msgspec import Struct

from aggregator.storage.sql.engine import Connection, Cursor, one


class Stamp(Struct, frozen=True):
    """The change sequence number and time of one write transaction."""

    seq: int
    now: datetime


def stamp(db: Connection, now: datetime) -> Stamp:
    """Return the next number of the change sequence.

    From here to the commit no other transaction publishes: the row of the counter is the publish lock.
    """
    return Stamp(count(db, "seq", 1), now)


def count(db: Connection, counter: str, by: int) -> int:
    """Advance a counter; returns its new value."""
    return int(one(advance(db, counter, by))["value"])


def advance(db: Connection, counter: str, by: int) -> Cursor:
    """Advance a counter; the row read has its new `value`."""
    return db.execute("UPDATE counter SET value = value + ? WHERE name = ? RETURNING value", (by, counter))
