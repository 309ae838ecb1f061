"""Rows by COPY: a snapshot of all tables, and their replacement in one transaction."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import psycopg
from psycopg import sql

from aggregator.storage.transfer import Table


class Snapshot:
    """The tables as one transaction sees them."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def rows(self, table: Table) -> Iterator[Sequence[object]]:
        """Return all rows of a table, by its key."""
        query = sql.SQL("SELECT {} FROM {} ORDER BY {}").format(
            _names(table.columns), sql.Identifier(table.name), _names(table.key)
        )
        types = _types(self._connection, table)
        with (
            self._connection.cursor() as cursor,
            cursor.copy(sql.SQL("COPY ({}) TO STDOUT").format(query)) as copy,
        ):
            copy.set_types(types)
            yield from copy.rows()


class Replacement:
    """The tables, emptied and filled anew."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def clear(self, tables: Sequence[Table]) -> None:
        """Remove all rows."""
        self._connection.execute(
            sql.SQL("TRUNCATE {} CASCADE").format(_names([table.name for table in tables]))
        )

    def load(self, table: Table, rows: Iterable[Sequence[object]]) -> int:
        """Insert rows; returns how many."""
        count = 0
        into = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), _names(table.columns))
        with self._connection.cursor() as cursor, cursor.copy(into) as copy:
            for row in rows:
                copy.write_row(row)
                count += 1
        if table.key == ("number",):
            self._connection.execute(
                sql.SQL("SELECT setval(pg_get_serial_sequence({}, 'number'), max(number)) FROM {}").format(
                    sql.Literal(table.name), sql.Identifier(table.name)
                )
            )
        # Plans are bad until autovacuum comes by. Of all tables it would be those of other schemas, too.
        self._connection.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(table.name)))
        return count


def _names(names: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))


def _types(connection: psycopg.Connection[Any], table: Table) -> list[int]:
    empty = sql.SQL("SELECT {} FROM {} LIMIT 0").format(_names(table.columns), sql.Identifier(table.name))
    return [column.type_code for column in connection.execute(empty).description or ()]
