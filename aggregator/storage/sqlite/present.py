"""The tables of this version, made at once in a new database: without sqlite_utils, and without the former
states that all migrations go through."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from aggregator.storage.sqlite.applied import NAMES

SET = "publicwire"  # name of the migrations in the table of sqlite_utils
TABLES = Path(__file__).with_name("tables.sql")


def is_empty(db: sqlite3.Connection) -> bool:
    """Return whether a database has no table."""
    return db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is None


def create(db: sqlite3.Connection) -> None:
    """Make all tables in an empty database, inside a transaction, with all migrations noted as applied."""
    for statement in _statements(TABLES.read_text(encoding="utf-8")):
        db.execute(statement)
    now = str(datetime.now(UTC))
    db.executemany(
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES (?, ?, ?)",
        [(SET, name, now) for name in NAMES],
    )


def _statements(script: str) -> Iterator[str]:
    return filter(str.strip, script.split(";\n"))
