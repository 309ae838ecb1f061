"""Full-text index of items: its upkeep, which both engines share.

Maintenance and searches bring the index up to date, because indexing an item costs ten times its insert and a
poll should not wait for it. `item.indexed`: 0 waits for the index, 1 is in it, 2 has no text any more.
"""

from collections.abc import Iterable
from itertools import accumulate

from aggregator.model.amendment import Amendment
from aggregator.model.house_style import Styled
from aggregator.normalise.words import words
from aggregator.storage.sql.engine import Connection, Index, Indexed, Row, as_json, ints
from aggregator.storage.sql.rows import unpack

INDEXED_AT_ONCE, INDEXED_CHARS_AT_ONCE = 500, 2_000_000  # items, and characters of them, in one transaction
TEXTS = "SELECT number, title, text, amended, styled FROM item"


def is_behind(db: Connection) -> bool:
    """Return whether items wait for the index."""
    return db.execute("SELECT 1 FROM item WHERE indexed = 0 LIMIT 1").fetchone() is not None


def update(
    db: Connection, index: Index, items_max: int = INDEXED_AT_ONCE, chars_max: int = INDEXED_CHARS_AT_ONCE
) -> None:
    """Add some of the items that wait, at least one."""
    waiting = db.execute(
        "SELECT number, length(text) AS size FROM item WHERE indexed = 0 ORDER BY number LIMIT ?",
        (items_max,),
    ).fetchall()
    before = accumulate((row["size"] for row in waiting), initial=0)
    chosen = [row["number"] for row, size in zip(waiting, before, strict=False) if size < chars_max]
    items = _indexed(db.execute(f"{TEXTS} WHERE number {ints()}", (as_json(chosen),)))
    index.add(db, items)
    db.execute(
        f"UPDATE item SET indexed = 1 WHERE number {ints()}", (as_json(number for number, _ in items),)
    )


def remove(db: Connection, index: Index, numbers: str) -> None:
    """Remove items (a JSON list of numbers) before their text changes."""
    found = db.execute(f"{TEXTS} WHERE indexed = 1 AND number {ints()}", (numbers,))
    index.remove(db, _indexed(found))
    db.execute(f"UPDATE item SET indexed = 0 WHERE indexed <> 0 AND number {ints()}", (numbers,))


def _indexed(rows: Iterable[Row]) -> Indexed:
    return [(row["number"], words(_searched(row))) for row in rows]


def _searched(row: Row) -> str:
    """Return the headlines of an item, its origin's, that of the house style and the desk's, and its text as
    shown."""
    styled, amended = unpack(Styled, row["styled"]), unpack(Amendment, row["amended"])
    headlines = filter(None, (row["title"], styled.title, amended.headline))
    return "\n".join((*headlines, styled.text if styled.is_body else row["text"]))
