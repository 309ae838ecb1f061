"""Migrations that a database has had, read without sqlite_utils: it takes 85 ms of CPU to import, and a store
of this version needs none of it."""

import sqlite3

from aggregator.storage.sql.migrations import MIGRATIONS

# Those of SQLite alone, in `schema`.
OWN = (
    "m001_first_tables",
    "m002_hubs_and_tasks",
    "m003_hosts",
    "m004_moves",
    "m005_alerts",
    "m006_turns",
    "m007_looks",
    "m008_schedule_state",
    "m009_search_words",
)
NAMES = (*OWN, *MIGRATIONS)


def is_present_version(db: sqlite3.Connection) -> bool:
    """Return whether a database has had exactly the migrations of this version."""
    if not db.execute("PRAGMA table_info(_sqlite_migrations)").fetchone():
        return False
    return {name for (name,) in db.execute("SELECT name FROM _sqlite_migrations")} == {*NAMES}
