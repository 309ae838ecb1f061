"""Applied migrations of a database, read without sqlite_utils."""

import subprocess
import sys
from pathlib import Path

import pytest

from aggregator.storage.sqlite.applied import NAMES
from aggregator.storage.sqlite.catalog import names

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
def test_only_a_store_that_is_made_or_migrated_loads_sqlite_utils(tmp_path: Path) -> None:
    def is_loaded() -> str:
        command = [sys.executable, "-c", OPEN, str(tmp_path)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    assert [is_loaded(), is_loaded()] == ["True", "False"]
