"""A connection in the interface of storage/sql."""

from collections.abc import Callable
from typing import Any

import psycopg
from psycopg.rows import DictRow
from psycopg.types.string import StrDumperUnknown

from aggregator.storage.postgres.dialect import statement

Raw = psycopg.Connection[DictRow]


class Text(StrDumperUnknown):
    """Texts without NUL, which PostgreSQL cannot hold."""

    def dump(self, obj: str) -> Any:
        """Return the text's bytes."""
        return super().dump(obj.replace("\0", "\ufffd"))


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

    def executemany(self, sql: str, parameters: Any, /) -> None:
        """Run one statement for each set of parameters."""
        if parameters:
            self._sending()
            self._raw.cursor().executemany(statement(sql), parameters)
