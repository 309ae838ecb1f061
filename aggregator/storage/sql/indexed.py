"""Items whose pages search engines may list."""

from collections.abc import Sequence
from datetime import datetime

from aggregator.model.house_style import Styled
from aggregator.model.stored import Indexed
from aggregator.storage.sql import rows
from aggregator.storage.sql.engine import Connection
from aggregator.storage.sql.places import visible
from aggregator.storage.sql.rows import ms

NEWEST = f"""SELECT i.id, i.title, i.styled, i.shown, i.updated, i.language FROM item i
    JOIN source s ON s.number = i.source WHERE s.indexed = 1 AND {visible()}"""


def newest(db: Connection, limit: int) -> Sequence[Indexed]:
    """Return the last stored, newest first."""
    return _read(db, f"{NEWEST} ORDER BY i.number DESC LIMIT ?", limit)


def news(db: Connection, since: datetime, limit: int) -> Sequence[Indexed]:
    """Return those released since, with a title and a date of their own, the last stored first."""
    dated = "(i.backlog = 0 OR i.shown < i.first_seen)"
    return _read(
        db,
        f"{NEWEST} AND i.shown > ? AND i.untitled = 0 AND {dated} ORDER BY i.number DESC LIMIT ?",
        ms(since),
        limit,
    )


def _read(db: Connection, statement: str, *parameters: int) -> Sequence[Indexed]:
    return tuple(
        rows.value(Indexed, row, title=rows.unpack(Styled, row["styled"]).title or row["title"])
        for row in db.execute(statement, parameters)
    )
