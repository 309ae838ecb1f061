"""All rows of a store moved into another, whichever engine either is on.

The search index, which each engine derives, is not moved: items arrive as waiting for it.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from msgspec import Struct
from msgspec.structs import force_setattr

DERIVED = frozenset({"indexed"})  # columns that say what the engine's search index holds


class Table(Struct, frozen=True):
    """A table: its columns in order, and those of its primary key."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]

    def __post_init__(self) -> None:
        force_setattr(self, "columns", tuple(name for name in self.columns if name not in DERIVED))


class Reader(Protocol):
    """One consistent snapshot of a store."""

    def rows(self, table: Table) -> Iterator[Sequence[object]]:
        """Return all rows of a table, by its key."""
        ...


class Writer(Protocol):
    """One transaction on a store."""

    def clear(self, tables: Sequence[Table]) -> None:
        """Remove all rows."""
        ...

    def load(self, table: Table, rows: Iterable[Sequence[object]]) -> int:
        """Insert rows; returns how many."""
        ...


class Movable(Protocol):
    """An engine whose rows can be moved."""

    def snapshot(self) -> AbstractContextManager[Reader]: ...

    def replacing(self) -> AbstractContextManager[Writer]: ...


def move(tables: Sequence[Table], origin: Movable, target: Movable) -> int:
    """Make the target's tables equal to the origin's; returns the number of rows."""
    with origin.snapshot() as reader, target.replacing() as writer:
        writer.clear(tables)
        return sum(writer.load(table, reader.rows(table)) for table in tables)


def digest(tables: Sequence[Table], engine: Movable) -> dict[str, str]:
    """Return a digest of each table's rows, equal for equal rows on any engine."""
    with engine.snapshot() as reader:
        return {table.name: _digest(reader.rows(table)) for table in tables}


def _digest(rows: Iterable[Sequence[object]]) -> str:
    digest = hashlib.sha256()
    for row in rows:
        digest.update(repr(tuple(row)).encode())
    return digest.hexdigest()
