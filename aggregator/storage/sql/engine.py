"""The interface of an engine that runs this package's statements, and the words that differ between engines.

Statements keep to the subset that SQLite ≥ 3.37 and PostgreSQL ≥ 15 share. A list of numbers or texts is one
JSON parameter; digests, which JSON cannot hold, are one parameter each.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from aggregator.normalise.words import Term

if TYPE_CHECKING:
    from aggregator.storage.sql.in_store import InStore

JOURNAL = "withdrawals.jsonl"  # file in the directory of a store
APPLIED_STAMP = "applied_stamp"  # in the table `meta`: stamp of the file last applied
# After a SELECT. PostgreSQL locks the rows it returns; to SQLite, in which one transaction writes, a comment.
LOCKED = "/* FOR NO KEY UPDATE */"
KINDS = {int: "INTEGER", float: "REAL", str: "TEXT"}
Indexed = Sequence[tuple[int, str]]  # numbers of items, each with its words as `Index.written` has them


class Row(Protocol):
    """One row, a mapping."""

    def __getitem__(self, column: str, /) -> Any: ...  # a column holds what its type says

    def keys(self) -> Iterable[str]: ...


class Cursor(Protocol):
    """The result of one statement."""

    def fetchone(self) -> Row | None: ...

    def fetchall(self) -> Sequence[Row]: ...

    def __iter__(self) -> Iterator[Row]: ...

    def close(self) -> None: ...


class Counted(Protocol):
    """The result of one statement for many sets of parameters."""

    @property
    def rowcount(self) -> int:
        """Return the number of rows written, for all sets of parameters."""


class Connection(Protocol):
    """A connection inside a transaction."""

    def execute(self, sql: str, parameters: Any = (), /) -> Cursor: ...  # as its library says

    def executemany(self, sql: str, parameters: Any, /) -> Counted: ...


class Index(Protocol):
    """The full-text index of an engine; called inside a transaction."""

    @property
    def number(self) -> str:
        """The column of the table `item_words f` that holds the number of an item."""

    @property
    def found(self) -> str:
        """The condition on `item_words f` that an item matches the query given as one parameter."""

    @property
    def condition(self) -> str:
        """The condition on an item `i` that it matches the query given as one parameter."""

    def query(self, terms: Iterable[Term]) -> str:
        """Return the query of these terms, all of which must occur."""

    def written(self, words: Iterable[str]) -> str:
        """Return the words of an item in the form that the index takes."""

    def add(self, db: Connection, items: Indexed) -> None:
        """Add items that are not in the index."""

    def remove(self, db: Connection, items: Indexed) -> None:
        """Remove items with the words they were added with."""


class Engine(Protocol):
    """Transactions, search index and upkeep of one store."""

    in_store: "InStore | None"  # None: not known, so that the next `sync` reads all sources

    @property
    def index(self) -> Index:
        """The full-text index of items."""

    @property
    def directory(self) -> Path:
        """Directory of the journal and the backups."""

    @property
    def has_nodes(self) -> bool:
        """Whether nodes of a cluster may share the store."""

    @property
    def is_remote(self) -> bool:
        """Whether each statement is a round trip to a server, so that one for many rows costs less."""

    @property
    def clock(self) -> str:
        """The SQL expression of the database's own time, in milliseconds since 1970."""

    def writing(self, *, checked: bool = True, shared: bool = False) -> AbstractContextManager[Connection]:
        """Open one write transaction, rolled back whole on any error. Not `checked`: without foreign keys.

        `shared`: others that are shared may run meanwhile. For what changes rows that one node has leased, or
        comes to its changes of others only after the stamp.
        """

    def reading(self) -> AbstractContextManager[Connection]:
        """Open one consistent snapshot."""

    def searching(self, seconds: float) -> AbstractContextManager[Connection]:
        """Open one consistent snapshot in which a statement that takes longer raises StoreSlow."""

    def newest(self) -> Callable[[], int | None]:
        """Return a reader of the newest committed `seq` for one thread. It never blocks, and returns None
        where it would have to."""

    def polling(self, *, shared: bool = False, direct: str = "") -> AbstractContextManager[None]:
        """Hold the lock of the store's one poller; StoreBusy names the holder.

        `shared`: beside other nodes of a cluster. `direct` is the URL of the database for sessions that a
        pooler of connections must not share out, "" for the same.
        """

    def is_polled(self) -> bool:
        """Return whether a process holds that lock."""

    def optimise(self) -> None:
        """Refresh the planner's statistics and give memory back."""

    def purge(self) -> bool:
        """Rewrite what the store has on disk, so that nothing that was deleted is left in it; False while a
        reader keeps a former state."""

    def backup(self, to: Path) -> int:
        """Write a checked copy of this moment; returns its items."""

    def damage(self) -> tuple[str, ...]:
        """Return the faults of the database as sentences."""

    def close(self) -> None:
        """Close all connections."""


def one(cursor: Cursor) -> Row:
    """Return the only row of a statement that always has one."""
    row = cursor.fetchone()
    assert row is not None, "the statement returns a row"
    return row


def read(engine: Engine, statement: str, parameters: object = ()) -> Sequence[Row]:
    """Return all rows of one statement, in a snapshot of its own."""
    with engine.reading() as db:
        return db.execute(statement, parameters).fetchall()


def as_json(values: Iterable[object]) -> str:
    """Return a list as one parameter for `ints` or `texts`."""
    return json.dumps(list(values))


def ints(parameter: str = "?") -> str:
    """Return the condition of being a number of the list in a parameter or column.

    PostgreSQL's dialect knows this text, and that of `texts`, by its form and makes an array of it.
    """
    return f"IN (SELECT value FROM json_each({parameter}))"


def texts(parameter: str = "?") -> str:
    """Return the condition of being a text of the list in a parameter or column."""
    return f"IN (SELECT atom FROM json_each({parameter}))"


def records(columns: Mapping[str, type], parameter: str = "?") -> str:
    """Return a subquery with these columns, of which each row is an object of the JSON list in a parameter.

    PostgreSQL's dialect knows this text, too, and makes it a record set. Texts with NUL, which PostgreSQL
    cannot hold, are rejected.
    """
    read = ", ".join(
        f"CAST(json_extract(value, '$.{name}') AS {KINDS[kind]}) AS {name}" for name, kind in columns.items()
    )
    return f"(SELECT {read} FROM json_each({parameter}))"


def insert(db: Connection, table: str, columns: Mapping[str, object]) -> None:
    """Insert one row."""
    insert_many(db, table, [columns])


def insert_many(db: Connection, table: str, rows: Sequence[Mapping[str, object]]) -> None:
    """Insert rows of the same columns, at least one. By position: a name is looked up anew for each row."""
    names = tuple(rows[0])
    db.executemany(
        f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})",
        [tuple(map(row.__getitem__, names)) for row in rows],
    )


def update(db: Connection, table: str, number: int, columns: Mapping[str, object]) -> None:
    """Update columns of the row with this number."""
    assignments = ", ".join(f"{name} = :{name}" for name in columns)
    db.execute(f"UPDATE {table} SET {assignments} WHERE number = :number", {**columns, "number": number})
