"""Pages of the log of withdrawals and corrections, as the channel of withdrawals shows them.

A page is a range of the log, which grows at its end alone. An item stands on the page of its last change, so
that a reader who follows the cursor learns the present state of each.
"""

from collections.abc import Iterable, Sequence

from aggregator.model.public_change import Gone, ToldPage
from aggregator.model.stored import Stored
from aggregator.storage.sql import rows, values
from aggregator.storage.sql.also import with_story
from aggregator.storage.sql.engine import Connection, Row, as_json, ints, one
from aggregator.storage.sql.rows import moment

PAGE = 100  # changes
TOLD = "FROM public_change c WHERE c.kind <> 'published'"
IS_LAST = "NOT EXISTS (SELECT 1 FROM public_change l WHERE l.item = c.item AND l.number > c.number)"
CHANGE = f"""SELECT c.number, c.kind, c.at, c.item, {IS_LAST} AS is_last,
        coalesce(i.public_id, c.public_id) AS public_id, coalesce(i.id, '') AS id,
        coalesce(s.id, '') AS source, coalesce(i.updated, c.at) AS updated
    FROM public_change c LEFT JOIN item i ON i.number = c.item LEFT JOIN source s ON s.number = i.source
    WHERE c.kind <> 'published'"""
ITEM = f"""SELECT {values.STORED} FROM item i JOIN source s ON s.number = i.source {values.WITH_PAGE}
    WHERE i.number {ints()}"""


def last(db: Connection) -> int:
    """Return the number of the last withdrawal or correction, 0 without one. Cheap."""
    return int(one(db.execute(f"SELECT coalesce(max(c.number), 0) AS number {TOLD}"))["number"])


def after(db: Connection, cursor: int) -> ToldPage:
    """Return the changes after a cursor, oldest first."""
    found = db.execute(f"{CHANGE} AND c.number > ? ORDER BY c.number LIMIT ?", (cursor, PAGE + 1)).fetchall()
    return _page(db, found[:PAGE], cursor=cursor, has_more=len(found) > PAGE)


def page(db: Connection, number: int | None) -> ToldPage | None:
    """Return a closed page, or for None the newest changes, newest first; None for one that is not full."""
    closed = int(one(db.execute(f"SELECT count(*) AS changes {TOLD}"))["changes"]) // PAGE
    if number is None:
        start = _end(db, closed - 1)  # the last closed page, too, lest it be all but empty
        found = db.execute(f"{CHANGE} AND c.number > ? ORDER BY c.number DESC", (start,)).fetchall()
        return _page(db, found, closed=closed)
    if not 1 <= number <= closed:
        return None
    start, end = _end(db, number - 1), _end(db, number)
    found = db.execute(
        f"{CHANGE} AND c.number > ? AND c.number <= ? ORDER BY c.number DESC", (start, end)
    ).fetchall()
    return _page(db, found, closed=closed)


def _end(db: Connection, page: int) -> int:
    """Return the number of the last change of a closed page, 0 before the first."""
    if page <= 0:
        return 0
    found = db.execute(f"SELECT c.number {TOLD} ORDER BY c.number LIMIT 1 OFFSET ?", (page * PAGE - 1,))
    return int(one(found)["number"])


def _page(
    db: Connection, read: Sequence[Row], *, cursor: int = 0, closed: int = 0, has_more: bool = False
) -> ToldPage:
    return ToldPage(
        entries=tuple(_entries(db, [row for row in read if row["is_last"]])),
        last=max((row["number"] for row in read), default=cursor),
        closed=closed,
        has_more=has_more,
        changed=moment(max(row["at"] for row in read)) if read else None,
    )


def _entries(db: Connection, shown: Sequence[Row]) -> Iterable[Stored | Gone]:
    back = as_json(row["item"] for row in shown if row["kind"] != "withdrawn")
    stored = [values.stored(row) for row in db.execute(ITEM, (back,))]
    items = {each.number: each for each in with_story(db, stored)}
    for row in shown:
        if row["kind"] == "withdrawn" and row["public_id"]:  # of a removed item its last row has it
            yield rows.value(Gone, row, instead="")
        elif row["item"] in items:
            yield items[row["item"]]
