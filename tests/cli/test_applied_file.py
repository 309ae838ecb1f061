"""Commands that read the store alone: sources.yaml is parsed only after an edit."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from aggregator.model.file_stamp import file_stamp
from tests.cli.conftest import Command
from tests.running import Site

pytestmark = pytest.mark.one_engine("the stamp is read from the SQLite file")

LISTS = "import sys, aggregator.cli as cli; cli.run([*sys.argv[1:], 'items']); print('yaml' in sys.modules)"


def lists_and_parses(config: Path) -> tuple[bool, bool, str]:
    """Return whether `items` lists the items, whether it parses the configuration, and its complaints."""
    command = [sys.executable, "-c", LISTS, "--config", str(config)]
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    return "New pilot boat" in said.stdout, said.stdout.endswith("True\n"), said.stderr


def test_a_file_that_the_store_has_applied_is_not_parsed(here: Site, polled: Command) -> None:
    assert lists_and_parses(here.config) == (True, False, "")


def test_an_edited_file_is_parsed_until_it_is_applied(here: Site, polled: Command) -> None:
    here.config.write_text(here.config.read_text() + "# a comment\n")
    assert lists_and_parses(here.config) == (True, True, "")
    polled("poll")
    assert lists_and_parses(here.config) == (True, False, "")


def test_a_mistake_in_an_edited_file_is_a_warning(here: Site, polled: Command) -> None:
    here.config.write_text(here.config.read_text() + "nonsense: 1\n")
    is_listed, _, complaint = lists_and_parses(here.config)
    assert is_listed
    assert "nonsense" in complaint and "last applied" in complaint


def test_a_copy_of_file_and_store_is_parsed(here: Site, polled: Command, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(here.store, copy / here.store.name)
    shutil.copy(here.config, copy / here.config.name)
    assert lists_and_parses(copy / here.config.name) == (True, True, "")


def test_a_stamp_is_of_one_text_path_and_store() -> None:
    file, store = Path("/srv/sources.yaml"), Path("/srv/store")
    stamps = {
        file_stamp("sources: []\n", file, store),
        file_stamp("sources: [ ]\n", file, store),
        file_stamp("sources: []\n", file.with_name("other.yaml"), store),
        file_stamp("sources: []\n", file, store.with_name("other")),
    }
    assert len(stamps) == 4
