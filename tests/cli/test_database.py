"""Commands on a store in PostgreSQL, and a database that cannot be used."""

import subprocess
import sys
from itertools import count
from pathlib import Path

import psycopg
import pytest

from tests.postgres import Server
from tests.running import Site, feed, given_a_site, item, json_of

pytestmark = [pytest.mark.needs("postgres"), pytest.mark.one_engine("about PostgreSQL alone")]
NUMBERS = count(1)


@pytest.fixture
def here(tmp_path: Path, postgres: Server) -> Site:
    (tmp_path / "harbour.xml").write_bytes(feed(item("one", "First"), item("two", "Second")))
    url = postgres.schema(f"cli_{next(NUMBERS)}")
    return given_a_site(tmp_path, {"harbour": "file:harbour.xml"}, database=url)


def test_every_step_of_a_release_works_in_a_database(here: Site) -> None:
    assert here.run("poll").returncode == 0
    first, second = json_of(here.run("items", "--json").stdout)
    assert here.run("withdraw", first["id"], "--reason", "wrong").returncode == 0
    assert here.run("hold", second["id"], "--reason", "check").returncode == 0
    assert {each["state"] for each in json_of(here.run("items", "--json").stdout)} == {"withdrawn", "held"}
    assert here.run("backup", "backup.db").stdout == "2 items in backup.db, checked\n"
    assert here.run("reinstate", first["id"], "--reason", "right after all").returncode == 0
    assert "2 items restored" in here.run("restore", "backup.db").stdout
    assert here.run("poll").returncode == 0  # its origin still lists it
    assert {each["state"] for each in json_of(here.run("items", "--json").stdout)} == {"live", "held"}
    assert here.run("export", "site").returncode == 0
    assert first["title"] in (here.directory / "site" / "feed.atom").read_text()
    assert not (here.store / "publicwire.db").exists()


def test_a_store_is_moved_into_a_database_and_back(here: Site, postgres: Server) -> None:
    assert here.run("poll").returncode == 0
    said = here.run("move-store", here.database, "moved")
    assert (said.returncode, said.stderr) == (0, "")
    assert "2 items moved to moved" in said.stdout
    other = postgres.schema(f"cli_{next(NUMBERS)}")
    assert here.run("move-store", "moved", other).returncode == 0
    refused = here.run("items", "--store", "moved")  # a decision there would be seen by nobody
    assert (refused.returncode, f"was moved to {other}: set" in refused.stderr) == (2, True)
    assert here.run("move-store", other, "moved").returncode == 0  # back
    assert here.run("items", "--store", "moved").returncode == 0
    twice = here.run("move-store", "moved", other)
    assert "what was there before is kept as" in twice.stdout
    same = here.run("move-store", "moved", "moved")
    assert (same.returncode, "two different stores" in same.stderr) == (2, True)


@pytest.mark.parametrize(
    ("database", "code", "words"),
    [
        ("postgresql://publicwire@127.0.0.1:1/publicwire", 1, "cannot be reached"),
        ("postgresql://publicwire:secret@db.example/publicwire", 2, "holds a password: set PGPASSWORD"),
        ("postgresql://db.example/publicwire?password=secret", 2, "holds a password: set PGPASSWORD"),
        ("mysql://db.example/publicwire", 2, "must be the URL of a PostgreSQL database"),
    ],
)
def test_a_database_that_cannot_be_used_is_one_sentence_with_the_cure(
    tmp_path: Path, database: str, code: int, words: str
) -> None:
    said = given_a_site(tmp_path, {}, database=database).run("items")
    assert said.returncode == code
    first, *others = said.stderr.splitlines()
    assert words in first
    assert ["--store DIR" in each for each in others] == [True] * (code - 1)  # a mistake in the file
    assert "secret" not in said.stderr


def test_the_missing_extra_is_named_with_the_command_that_installs_it(here: Site) -> None:
    code = "import sys; sys.modules['psycopg'] = None; from aggregator.cli import main; main()"
    said = subprocess.run(
        [sys.executable, "-c", code, "items"],
        cwd=here.directory,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 2
    (line,) = said.stderr.splitlines()
    assert "pip install 'publicwire[cluster]'" in line


def test_a_database_without_a_right_is_refused(here: Site) -> None:
    assert here.run("items").returncode == 0
    with psycopg.connect(here.database, autocommit=True) as db:
        db.execute("DROP ROLE IF EXISTS reader")
        db.execute("CREATE ROLE reader LOGIN")
    reader = Site(
        here.directory, here.public, here.admin, database=here.database.replace("publicwire@", "reader@")
    )
    reader.sources({"harbour": "file:harbour.xml"})
    said = reader.run("items")
    assert said.returncode == 1
    assert len(said.stderr.splitlines()) == 1
