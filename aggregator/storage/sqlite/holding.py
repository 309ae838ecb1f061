"""Backups and former databases beside a store that still hold content of items."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from aggregator.storage.backups import DIRECTORY
from aggregator.storage.sql.engine import as_json, texts
from aggregator.storage.sqlite.connection import FILE

ASIDE = (f"{FILE}.before-restore*", "database.before-restore*")  # what a restore has put aside


def holding(directory: Path, ids: Sequence[str]) -> tuple[Path, ...]:
    """Return the files that hold content of one of these items, and those that cannot be read."""
    files = [
        *(directory / DIRECTORY).glob("*.db"),
        *(each for name in ASIDE for each in directory.glob(name)),
    ]
    found = (each for each in sorted(files) if not each.name.endswith(("-wal", "-shm")))
    return tuple(each for each in found if _holds(each, ids))


def _holds(file: Path, ids: Sequence[str]) -> bool:
    log = file.with_name(f"{file.name}-wal")
    how = "mode=ro" if log.exists() and log.stat().st_size else "mode=ro&immutable=1"
    query = f"SELECT 1 FROM item WHERE id {texts()} AND (title <> '' OR content <> '' OR text <> '') LIMIT 1"
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?{how}", uri=True)) as db:
            return db.execute(query, (as_json(ids),)).fetchone() is not None
    except sqlite3.Error:
        return True
