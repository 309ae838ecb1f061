"""Full-text index of items: its upkeep, which both engines share.

Maintenance and searches bring the index up to date, because indexing an item costs ten times its insert and a
poll should not wait for it. `item.indexed`: 0 waits for the index, 1 is in it, 2 has no text any more.
"""

from collections.abc import Iterable
from itertools import accumulate

from aggregator.model.amendment import Amendment
from aggregator.normalise.words import words
from aggregator.storage.sql.engine import Connection, Index, Indexed, Row, as_json, ints
from aggregator.storage.sql.rows import unpack

INDEXED_AT_ONCE, INDEXED_CHARS_AT_ONCE = 500, 2_000_000  # items, and characters of them, in one transaction


def is_behind(db: Connection) -> bool:
    """Return whether items wait for the index."""
    return db.execute("SELECT 1 FROM item WHERE indexed = 0 LIMIT 1").fetchone() is not None


def update(db: Connection, index: Index) -> None:
    """Add some of the items that wait, at least one."""
    waiting = db.execute(
        "SELECT number, length(text) AS size FROM item WHERE indexed = 0 ORDER BY number LIMIT ?",
        (INDEXED_AT_ONCE,),
    ).fetchall()
    before = accumulate((row["size"] for row in waiting), initial=0)
    chosen = [
        row["number"] for row, size in zip(waiting, before, strict=False) if size < INDEXED_CHARS_AT_ONCE
    ]
    items = _indexed(
        db.execute(f"SELECT number, title, text, amended FROM item WHERE number {ints()}", (as_json(chosen),))
    )
    index.add(db, items)
    db.execute(
        f"UPDATE item SET indexed = 1 WHERE number {ints()}", (as_json(number for number, _ in items),)
    )


def remove(db: Connection, index: Index, numbers: str) -> None:
    """Remove items (a JSON list of numbers) before their text changes."""
    found = db.execute(
        f"SELECT number, title, text, amended FROM item WHERE indexed = 1 AND number {ints()}", (numbers,)
    )
    index.remove(db, _indexed(found))
    db.execute(f"UPDATE item SET indexed = 0 WHERE indexed <> 0 AND number {ints()}", (numbers,))


def _indexed(rows: Iterable[Row]) -> Indexed:
    return [(row["number"], words(f"{row['title']}\n{_headline(row)}{row['text']}")) for row in rows]


def _headline(row: Row) -> str:
    """Return the desk's headline of an item as a line, "" without one."""
    headline = unpack(Amendment, row["amended"]).headline
    return f"{headline}\n" if headline else ""
