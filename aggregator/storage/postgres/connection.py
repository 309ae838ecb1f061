"""A connection in the interface of storage/sql: its statements, rows and results."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import psycopg

from aggregator.storage.postgres.dialect import statement

Raw = psycopg.Connection["Row"]


class Row:
    """One row; columns by name or by position."""

    __slots__ = ("_names", "_values")

    def __init__(self, names: Mapping[str, int], values: Sequence[Any]) -> None:
        self._names = names
        self._values = values

    def __getitem__(self, column: Any, /) -> Any:
        return self._values[self._names[column] if isinstance(column, str) else column]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._values)


class RowFactory:
    """Makes the rows of one result (psycopg's protocol)."""

    def __init__(self, cursor: psycopg.Cursor[Any]) -> None:
        self._names = {column.name: place for place, column in enumerate(cursor.description or ())}

    def __call__(self, values: Sequence[Any]) -> Row:
        return Row(self._names, values)


class Cursor:
    """The result of one statement, awaited when it is first read."""

    __slots__ = ("_connection", "_cursor")

    def __init__(self, connection: "PostgresConnection", cursor: psycopg.Cursor[Row]) -> None:
        self._connection = connection
        self._cursor = cursor

    @property
    def rowcount(self) -> int:
        """Return how many rows the statement changed."""
        self._connection.flush()
        return self._cursor.rowcount

    def fetchone(self) -> Row | None:
        """Return the next row."""
        return self._cursor.fetchone()

    def fetchall(self) -> Sequence[Row]:
        """Return the rows that are left."""
        return self._cursor.fetchall()

    def __iter__(self) -> Iterator[Row]:
        return iter(self._cursor.fetchall())

    def close(self) -> None:
        """Drop the result."""
        self._cursor.close()


class PostgresConnection:
    """A connection inside a transaction in pipeline mode: statements are sent together, up to the next result
    that is read."""

    def __init__(self, raw: Raw, pipeline: psycopg.Pipeline) -> None:
        self._raw = raw
        self._pipeline = pipeline

    def execute(self, sql: str, parameters: Any = (), /) -> Cursor:
        """Run one statement of storage/sql."""
        return Cursor(self, self._raw.execute(statement(sql), parameters or None))

    def executemany(self, sql: str, parameters: Any, /) -> None:
        """Run one statement for each set of parameters."""
        if parameters:
            self._raw.cursor().executemany(statement(sql), parameters)

    def flush(self) -> None:
        """Wait for the results of all statements sent."""
        self._pipeline.sync()
