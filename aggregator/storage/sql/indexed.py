"""Items whose pages search engines may list."""

from collections.abc import Sequence
from datetime import datetime

from aggregator.model.amendment import Amendment
from aggregator.model.house_style import Styled
from aggregator.model.indexed import Indexed
from aggregator.storage.sql import rows, translated
from aggregator.storage.sql.engine import Connection, Row
from aggregator.storage.sql.places import visible
from aggregator.storage.sql.rows import ms

NEWEST = f"""SELECT i.number, i.id, i.title, i.styled, i.shown, i.updated,
        coalesce(i.own_language, i.language) AS language, i.amended,
        i.untitled = 1 AND s.republish <> 'full' AS is_derived
    FROM item i JOIN source s ON s.number = i.source WHERE s.indexed = 1 AND {visible()}"""


def newest(db: Connection, limit: int) -> Sequence[Indexed]:
    """Return the last stored, newest first."""
    return translated.indexed(db, _read(db, f"{NEWEST} ORDER BY i.number DESC LIMIT ?", limit))


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
    found = db.execute(statement, parameters)
    return tuple(rows.value(Indexed, row, title=_title(row), translations=()) for row in found)


def _title(row: Row) -> str:
    """Return the title as shown, "" for one that is derived from more of the text than may be shown."""
    if headline := rows.unpack(Amendment, row["amended"]).headline:
        return headline
    return "" if row["is_derived"] else rows.unpack(Styled, row["styled"]).title or str(row["title"])
