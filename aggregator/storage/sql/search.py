"""Full-text index of items: its upkeep, which both engines share.

Maintenance and searches bring the index up to date, because indexing an item costs more than its insert and a
poll should not wait for it. `item.indexed`: 0 waits for the index, 1 is in it, 2 has no text any more.
"""

from collections.abc import Mapping
from itertools import accumulate

from aggregator.model.amendment import Amendment
from aggregator.model.house_style import Styled
from aggregator.normalise.words import words
from aggregator.storage.sql.engine import Connection, Engine, Index, Row, as_json, ints
from aggregator.storage.sql.rows import unpack

INDEXED_ITEMS, INDEXED_CHARS = 50, 100_000  # in one transaction: the commit of a poll waits some 6 ms for it
TEXTS = "SELECT number, title, text, amended, styled FROM item"


def is_behind(db: Connection) -> bool:
    """Return whether items wait for the index."""
    return db.execute("SELECT 1 FROM item WHERE indexed = 0 LIMIT 1").fetchone() is not None


def update(engine: Engine) -> bool:
    """Add some of the items that wait, at least one; returns False when none waits.

    Their texts are read and folded before the write transaction. An item whose text has changed meanwhile
    waits on, so that the index holds the words of the present text, which `remove` relies on.
    """
    with engine.reading() as db:
        texts = _waiting(db)
    written = {number: engine.index.written(words(text)) for number, text in texts.items()}
    if written:
        with engine.writing() as db:
            present = _texts(db, "indexed = 0", as_json(texts))
            same = [number for number, text in present.items() if text == texts[number]]
            engine.index.add(db, [(number, written[number]) for number in same])
            db.execute(f"UPDATE item SET indexed = 1 WHERE number {ints()}", (as_json(same),))
    return bool(written)


def _waiting(db: Connection) -> Mapping[int, str]:
    """Return the searched texts of the first items that wait, by their numbers."""
    waiting = db.execute(
        "SELECT number, length(text) AS size FROM item WHERE indexed = 0 ORDER BY number LIMIT ?",
        (INDEXED_ITEMS,),
    ).fetchall()
    before = accumulate((row["size"] for row in waiting), initial=0)
    chosen = [row["number"] for row, size in zip(waiting, before, strict=False) if size < INDEXED_CHARS]
    return _texts(db, "indexed = 0", as_json(chosen))


def remove(db: Connection, index: Index, numbers: str) -> None:
    """Remove items (a JSON list of numbers) before their text changes."""
    texts = _texts(db, "indexed = 1", numbers)
    index.remove(db, [(number, index.written(words(text))) for number, text in texts.items()])
    db.execute(f"UPDATE item SET indexed = 0 WHERE indexed <> 0 AND number {ints()}", (numbers,))


def _texts(db: Connection, condition: str, numbers: str) -> Mapping[int, str]:
    found = db.execute(f"{TEXTS} WHERE {condition} AND number {ints()}", (numbers,))
    return {row["number"]: _searched(row) for row in found}


def _searched(row: Row) -> str:
    """Return the headlines of an item, its origin's, that of the house style and the desk's, and its text as
    shown."""
    styled, amended = unpack(Styled, row["styled"]), unpack(Amendment, row["amended"])
    headlines = filter(None, (row["title"], styled.title, amended.headline))
    return "\n".join((*headlines, styled.text if styled.is_body else row["text"]))
