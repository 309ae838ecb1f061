"""The tables of the PostgreSQL store: those of SQLite in PostgreSQL's types, so that each is written once."""

from collections.abc import Sequence

from aggregator.errors import StorageError
from aggregator.storage.postgres.dialect import table
from aggregator.storage.sql.engine import Connection, one
from aggregator.storage.sql.migrations import MIGRATIONS
from aggregator.storage.sqlite.catalog import definitions, names

OWN: Sequence[str] = (
    "CREATE TABLE migration (name TEXT PRIMARY KEY)",
    """CREATE TABLE item_words (item BIGINT PRIMARY KEY REFERENCES item (number) ON DELETE CASCADE
        DEFERRABLE INITIALLY DEFERRED, words TSVECTOR NOT NULL)""",
    "CREATE INDEX item_words_words ON item_words USING gin (words)",
    "CREATE INDEX item_key_item ON item_key (item)",
    "INSERT INTO counter (name, value) VALUES ('seq', 0), ('position', 0), ('story', 0), ('change', 0)",
)


# Commits that publish, or put a configuration into force, notify the nodes of a cluster. A publishing commit
# is alone until its end, by the counter's row, so that the lock of NOTIFY holds up no other.
NOTICES: Sequence[str] = (
    """CREATE OR REPLACE FUNCTION notify_nodes() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        PERFORM pg_notify('publicwire', TG_TABLE_SCHEMA || TG_ARGV[0] || (to_jsonb(NEW)->>TG_ARGV[1]));
        RETURN NULL; END $$""",
    """CREATE OR REPLACE TRIGGER notify_nodes AFTER UPDATE ON counter FOR EACH ROW WHEN (NEW.name = 'seq')
        EXECUTE FUNCTION notify_nodes(' seq ', 'value')""",
    """CREATE OR REPLACE TRIGGER notify_nodes AFTER INSERT ON config_version FOR EACH ROW
        EXECUTE FUNCTION notify_nodes(' version ', 'number')""",
)
# A lease changes no column that an index holds, and its row has room on its page: no index is written for it.
LEASES: Sequence[str] = (
    "ALTER TABLE source SET (fillfactor = 50)",
    "DROP INDEX source_look",
    "CREATE INDEX source_look ON source (due) WHERE configured = 1",
    "DROP INDEX source_host",
    "CREATE INDEX source_host ON source (host, due) WHERE configured = 1",
)
NODES = (*NOTICES, *LEASES)
NODES_SINCE = "m054_cluster"

# In `meta`, by a migration that only adds what has a default: the last migration of the release before, which
# works on its tables too, so that the nodes of a cluster are replaced one by one.
SERVES = "serves"
STOPPED = "stop it, or all nodes, before the first command of this version"


def is_current(db: Connection) -> bool:
    """Return whether the schema holds the tables of this version, or newer ones that serve this version."""
    if one(db.execute("SELECT to_regclass('migration') AS migrations"))["migrations"] is None:
        return False
    applied = _applied(db)
    return applied == set(names()) or _serves(db, applied)


def migrate(db: Connection, name: str, *, is_polled: bool = False) -> None:
    """Create all tables in an empty schema, or carry out the migrations it lacks. StorageError for tables
    of a newer version, and if the database `is_polled` by a process that would not work on the new ones."""
    if one(db.execute("SELECT to_regclass('migration') AS migrations"))["migrations"] is None:
        for sql in (*map(table, definitions()), *OWN, *NODES):
            db.execute(sql)
        _note(db, names())
        return
    applied = _applied(db)
    if _serves(db, applied):
        return
    if applied - set(names()):
        raise StorageError(f"the database {name} was written by a newer Publicwire: install that")
    lacking = [each for each in names() if each not in applied]
    # Or an ALTER TABLE fails behind an UPDATE of its rows, whose foreign keys are yet to be checked.
    db.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for sql in (sql for each in lacking for sql in MIGRATIONS[each]):
        db.execute(table(sql))
    for sql in NODES if NODES_SINCE in lacking else ():
        db.execute(sql)
    _note(db, lacking)
    if is_polled and not _serves_since(db, max(applied)):
        raise StorageError(f"the tables of the database {name} are older, and a process polls it: {STOPPED}")


def _applied(db: Connection) -> set[str]:
    return {row["name"] for row in db.execute("SELECT name FROM migration")}


def _serves(db: Connection, applied: set[str]) -> bool:
    """Return whether newer tables serve this version."""
    if not applied > set(names()):
        return False
    return _serves_since(db, max(names()))


def _serves_since(db: Connection, last: str) -> bool:
    """Return whether the tables serve a version by its last migration."""
    row = db.execute("SELECT value FROM meta WHERE key = ?", (SERVES,)).fetchone()
    return row is not None and last >= row["value"]


def _note(db: Connection, names: Sequence[str]) -> None:
    db.executemany("INSERT INTO migration (name) VALUES (?)", [(each,) for each in names])
