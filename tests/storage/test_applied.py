"""A new database and the applied migrations of an old one, without sqlite_utils."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database

from aggregator.storage.sqlite import present
from aggregator.storage.sqlite.applied import NAMES
from aggregator.storage.sqlite.catalog import names, script
from aggregator.storage.sqlite.connection import FILE
from aggregator.storage.sqlite.present import create
from aggregator.storage.sqlite.schema import migrations

OPEN = """
import sys
from pathlib import Path
from aggregator.storage import open_storage
open_storage(Path(sys.argv[1])).close()
print("sqlite_utils" in sys.modules)
"""


def test_the_names_are_those_of_all_migrations() -> None:
    assert names() == NAMES


@pytest.mark.one_engine("the migrations of SQLite")
def test_only_a_store_that_is_migrated_loads_sqlite_utils(tmp_path: Path) -> None:
    def is_loaded() -> str:
        command = [sys.executable, "-c", OPEN, str(tmp_path)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    opened = [is_loaded(), is_loaded()]  # new, then of this version
    with closing(sqlite3.connect(tmp_path / FILE)) as db, db:
        db.execute("DELETE FROM _sqlite_migrations WHERE name = 'm014_feed_public'")
        db.execute("ALTER TABLE source DROP COLUMN feed_public")
    assert [*opened, is_loaded()] == ["False", "False", "True"]


@pytest.mark.one_engine("the tables of SQLite")
def test_a_new_database_has_the_tables_and_rows_that_all_migrations_make() -> None:
    with (
        closing(sqlite3.connect(":memory:")) as at_once,
        closing(sqlite3.connect(":memory:")) as step_by_step,
    ):
        create(at_once)
        migrations.apply(Database(step_by_step, execute_plugins=False, recursive_triggers=False))
        assert present.TABLES.read_text(encoding="utf-8") == script()
        assert content(at_once) == content(step_by_step)


def content(db: sqlite3.Connection) -> dict[str, object]:
    schema = db.execute("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchall()
    names = [name for kind, name, *_ in schema if kind == "table" and not name.startswith("item_words")]
    rows = {name: sorted(db.execute(f"SELECT * FROM {name}")) for name in names}
    rows["_sqlite_migrations"] = [row[:3] for row in rows["_sqlite_migrations"]]  # without the time
    return {"schema": sorted(schema, key=str), **rows}
