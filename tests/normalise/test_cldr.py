"""The table of words of dates: whole, and what CLDR says."""

import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import TZPATH, available_timezones

import pytest

from aggregator.normalise import cldr, zones
from aggregator.normalise.folding import fold

ROOT = Path(__file__).parents[2]


@pytest.mark.needs("babel")
def test_the_table_is_what_its_script_makes_of_cldr() -> None:
    made = subprocess.run(
        [sys.executable, ROOT / ".ci" / "cldr.py"],
        check=True,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert made.stdout == (ROOT / "aggregator" / "normalise" / "cldr.py").read_text("utf-8")


@pytest.mark.parametrize(
    ("table", "length"), [(cldr.MONTHS, 12), (cldr.WEEKDAYS, 7)], ids=["months", "weekdays"]
)
def test_each_language_names_all_months_and_weekdays(table: dict[str, str], length: int) -> None:
    lacking = {
        language
        for language, names in table.items()
        if len([name for name in names.split("|") if name]) < length
    }
    assert lacking <= {"ja", "ko"}  # whose months are numbers
    assert all(fold(names) == names for names in table.values())


def test_every_zone_of_the_table_exists_and_is_found_in_any_case() -> None:
    known = available_timezones()
    lacking = [name for name in zones.NAMES.values() if name in known and zones.named(name.upper()) is None]
    assert lacking == []
    assert {*cldr.ZONE_NAMES} <= {*zones.NAMES.values(), "Etc/GMT"}


def test_a_kept_file_takes_the_place_of_the_database() -> None:
    name = "Antarctica/Vostok"
    (file,) = [path for each in TZPATH if (path := Path(each) / "Etc" / "GMT-7").is_file()][:1]
    zones.keep({name: b"no zone"})
    zones.named.cache_clear()
    assert zones.named(name) is None
    zones.keep({name: file.read_bytes()})
    zones.named.cache_clear()
    kept = zones.named(name)
    assert kept is not None and kept.utcoffset(datetime(2026, 1, 1)) == timedelta(hours=7)  # noqa: DTZ001 - local
