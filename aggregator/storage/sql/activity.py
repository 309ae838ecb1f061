"""Recent release counts of channels: bounded reads of the index by shown date."""

from collections.abc import Mapping
from datetime import datetime

from aggregator.storage.sql.engine import Connection
from aggregator.storage.sql.places import JOINED, MEMBERS, visible
from aggregator.storage.sql.rows import moment, ms

DATES = f"""SELECT m.listed FROM {MEMBERS} WHERE {JOINED} AND {visible()}
    AND m.channel = (SELECT number FROM channel WHERE name = ?) AND m.listed >= ?
    ORDER BY m.listed DESC LIMIT ?"""
COUNTS = f"""SELECT c.name, (SELECT count(*) FROM (
        SELECT 1 FROM {MEMBERS} WHERE {JOINED} AND {visible()}
        AND m.channel = c.number AND m.listed >= :since LIMIT :most) AS lately) AS releases
    FROM channel c WHERE substr(c.name, 1, length(:prefix)) = :prefix"""


def dates(db: Connection, name: str, since: datetime, most: int) -> tuple[datetime, ...]:
    """Return the shown dates of a channel's releases since then, newest first, at most `most`."""
    return tuple(moment(row["listed"]) for row in db.execute(DATES, (name, ms(since), most)))


def counts(db: Connection, prefix: str, since: datetime, most: int) -> Mapping[str, int]:
    """Return how many releases each channel has whose name starts with `prefix`, shown since then; at most
    `most` are counted."""
    found = db.execute(COUNTS, {"since": ms(since), "most": most, "prefix": prefix})
    return {row["name"]: row["releases"] for row in found}
