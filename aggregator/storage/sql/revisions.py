"""Earlier states of an item, as its history shows them. Called inside transactions."""

from collections.abc import Sequence

from aggregator.model.stored import HistoryPage, Revision
from aggregator.storage.sql import rows
from aggregator.storage.sql.engine import Connection, as_json, ints

# A revision with the link of the state that replaced it.
REVISION = """SELECT r.number, r.at, r.title, r.url, r.size, r.version, r.struck, coalesce(
    (SELECT n.url FROM revision n WHERE n.item = r.item AND n.number > r.number AND n.size > 0
        ORDER BY n.number LIMIT 1),
    i.url) AS next_url"""
REVISED = "FROM revision r JOIN item i ON i.number = r.item WHERE"


def sizes(db: Connection, number: int) -> Sequence[tuple[int, int]]:
    """Return the numbers and sizes of an item's revisions, newest first. Cheap: reads an index alone."""
    found = db.execute("SELECT number, size FROM revision WHERE item = ? ORDER BY number DESC", (number,))
    return [(row["number"], row["size"]) for row in found]


def of_page(db: Connection, page: HistoryPage) -> tuple[Revision, ...]:
    """Return the revisions on one page of a history, newest first."""
    numbers = as_json(number for number, _ in page.revisions)
    found = db.execute(
        f"{REVISION}, r.content {REVISED} r.number {ints()} ORDER BY r.number DESC", (numbers,)
    )
    return tuple(rows.value(Revision, row) for row in found)


def of_item(db: Connection, number: int) -> tuple[Revision, ...]:
    """Return all revisions of an item without their content, newest first."""
    found = db.execute(f"{REVISION}, '' AS content {REVISED} r.item = ? ORDER BY r.number DESC", (number,))
    return tuple(rows.value(Revision, row) for row in found)
