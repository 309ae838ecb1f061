"""A connection in the interface of storage/sql."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

import psycopg
from psycopg.rows import DictRow
from psycopg.types.string import StrDumperUnknown

from aggregator.storage.postgres.dialect import statement


class Raw(psycopg.Connection[DictRow]):
    """A connection that knows its pipeline."""

    sent: psycopg.Pipeline | None = None

    @contextmanager
    def pipeline(self) -> Iterator[psycopg.Pipeline]:
        """Send statements together, up to the next result that is read."""
        with super().pipeline() as self.sent:
            try:
                yield self.sent
            finally:
                self.sent = None


class Text(StrDumperUnknown):
    """Texts without NUL, which PostgreSQL cannot hold."""

    def dump(self, obj: str) -> Any:
        """Return the text's bytes."""
        return super().dump(obj.replace("\0", "\ufffd"))


class Synced(psycopg.Cursor[DictRow]):
    """A cursor that awaits its results behind a Sync of the pipeline.

    Without one the server waits for the next statement as in the middle of a query: its timeout for sessions
    that are idle in a transaction does not run, and a client that is frozen or cut off keeps its locks.
    """

    def fetchone(self) -> DictRow | None:
        """Return the next row."""
        self._sync()
        return super().fetchone()

    def fetchall(self) -> list[DictRow]:
        """Return all rows."""
        self._sync()
        return super().fetchall()

    def __iter__(self) -> Self:
        self._sync()
        return super().__iter__()

    @property
    def rowcount(self) -> int:
        """Return the number of rows that the statement wrote, of `executemany` in all of its runs."""
        if isinstance(self.connection, Raw) and self.connection.sent is not None:
            self.connection.execute("SELECT 1").fetchone()  # results come in the order of the statements
        return super().rowcount

    def _sync(self) -> None:
        if self.pgresult is None and isinstance(self.connection, Raw) and self.connection.sent is not None:
            self.connection.sent.sync()


class PostgresConnection:
    """A connection inside a transaction in pipeline mode: statements are sent together, up to the next result
    that is read."""

    def __init__(self, raw: Raw, sending: Callable[[], None] = lambda: None) -> None:
        """`sending` is called before each statement."""
        self._raw, self._sending = raw, sending

    def execute(self, sql: str, parameters: Any = (), /) -> psycopg.Cursor[DictRow]:
        """Run one statement of storage/sql."""
        self._sending()
        return self._raw.execute(statement(sql), parameters or None)

    def executemany(self, sql: str, parameters: Any, /) -> psycopg.Cursor[DictRow]:
        """Run one statement for each set of parameters."""
        cursor = self._raw.cursor()
        if parameters:
            self._sending()
            cursor.executemany(statement(sql), parameters)
        return cursor
