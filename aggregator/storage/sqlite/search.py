"""Full-text search (FTS5). Maintenance and searches bring the index up to date, because indexing an item
costs ten times its insert and a poll should not wait for it.

`item.indexed`: 0 waits for the index, 1 is in it, 2 has no text any more.
"""

from aggregator.storage.sql.engine import Connection, as_json, ints

INDEXED_AT_ONCE = 2_000  # items indexed in one transaction


class FullTextSearch:
    """The FTS5 index of titles and texts."""

    condition = "i.number IN (SELECT rowid FROM item_fts WHERE item_fts MATCH ?)"

    def query(self, words: str) -> str:
        """Return words as FTS5 strings: all must occur, and none is read as an operator."""
        return " ".join('"' + word.replace('"', '""') + '"' for word in words.split())

    def is_behind(self, db: Connection) -> bool:
        """Return whether items wait for the index."""
        return db.execute("SELECT 1 FROM item WHERE indexed = 0 LIMIT 1").fetchone() is not None

    def index(self, db: Connection) -> None:
        """Bring up to INDEXED_AT_ONCE items into the index."""
        waiting = db.execute(
            "SELECT number FROM item WHERE indexed = 0 LIMIT ?", (INDEXED_AT_ONCE,)
        ).fetchall()
        numbers = as_json(row[0] for row in waiting)
        db.execute(
            f"""INSERT INTO item_fts (rowid, title, text)
            SELECT number, title, text FROM item WHERE number {ints()}""",
            (numbers,),
        )
        db.execute(f"UPDATE item SET indexed = 1 WHERE number {ints()}", (numbers,))

    def unindex(self, db: Connection, numbers: str) -> None:
        """Take items out of the index before their text changes."""
        db.execute(
            f"""INSERT INTO item_fts (item_fts, rowid, title, text) SELECT 'delete', number, title, text
            FROM item WHERE indexed = 1 AND number {ints()}""",
            (numbers,),
        )
        db.execute(f"UPDATE item SET indexed = 0 WHERE indexed <> 0 AND number {ints()}", (numbers,))
