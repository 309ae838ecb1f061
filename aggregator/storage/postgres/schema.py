"""The tables of the PostgreSQL store: those of SQLite in PostgreSQL's types, so that each is written once."""

from collections.abc import Sequence

from aggregator.errors import StorageError
from aggregator.storage.postgres.dialect import table
from aggregator.storage.sql.engine import Connection, one
from aggregator.storage.sqlite.catalog import definitions, names

OWN: Sequence[str] = (
    "CREATE TABLE migration (name TEXT PRIMARY KEY)",
    """CREATE TABLE item_words (item BIGINT PRIMARY KEY REFERENCES item (number) ON DELETE CASCADE
        DEFERRABLE INITIALLY DEFERRED, words TSVECTOR NOT NULL)""",
    "CREATE INDEX item_words_words ON item_words USING gin (words)",
    "CREATE INDEX item_key_item ON item_key (item)",
    "INSERT INTO counter (name, value) VALUES ('seq', 0), ('position', 0), ('story', 0)",
)


def migrate(db: Connection, name: str) -> None:
    """Create all tables in an empty schema. StorageError for tables of another version: no migration of
    PostgreSQL tables has been released."""
    if one(db.execute("SELECT to_regclass('migration')"))[0] is None:
        for sql in (*map(table, definitions()), *OWN):
            db.execute(sql)
        db.executemany("INSERT INTO migration (name) VALUES (?)", [(each,) for each in names()])
        return
    applied = {row[0] for row in db.execute("SELECT name FROM migration")}
    if applied - set(names()):
        raise StorageError(f"the database {name} was written by a newer Publicwire: install that")
    if applied != set(names()):
        raise StorageError(
            f"the database {name} was written by an older Publicwire: back it up with that, and restore the "
            "backup into an empty database"
        )
