"""Numbers given inside a write transaction, in the order of commits."""

from datetime import datetime

from msgspec import Struct

from aggregator.storage.sql.engine import Connection, one


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
    found = db.execute("UPDATE counter SET value = value + ? WHERE name = ? RETURNING value", (by, counter))
    return int(one(found)["value"])
