"""Rows of all tables read in one snapshot, and replaced in one transaction."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence

from aggregator.storage.transfer import Table


class Snapshot:
    """The tables as one transaction sees them."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def rows(self, table: Table) -> Iterator[Sequence[object]]:
        """Return all rows of a table, by its key."""
        return iter(
            self._db.execute(
                f"SELECT {', '.join(table.columns)} FROM {table.name} ORDER BY {', '.join(table.key)}"
            )
        )


class Replacement:
    """The tables, emptied and filled anew."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def clear(self, tables: Sequence[Table]) -> None:
        """Remove all rows, and those of the search index."""
        self._db.execute("INSERT INTO item_words (item_words) VALUES ('delete-all')")
        for table in reversed(tables):
            self._db.execute(f"DELETE FROM {table.name}")

    def load(self, table: Table, rows: Iterable[Sequence[object]]) -> int:
        """Insert rows; returns how many."""
        names, marks = ", ".join(table.columns), ", ".join("?" * len(table.columns))
        before = self._db.total_changes
        self._db.executemany(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", rows)
        return self._db.total_changes - before
