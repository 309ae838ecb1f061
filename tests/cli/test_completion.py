"""Completion in a shell, and examples in the help."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.running import COMMAND, Site

pytestmark = pytest.mark.one_engine("no store is opened")


def completed(here: Site, words: str) -> list[str]:
    """Return what bash is offered for the last of these words."""
    line = f"publicwire --config {here.config} {words}"
    environment = {
        **os.environ,
        "_PUBLICWIRE_COMPLETE": "bash_complete",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(line.split(" ")) - 1),
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    said = subprocess.run(
        COMMAND, env=environment, cwd=here.directory, capture_output=True, text=True, check=True
    )
    return [line.partition(",")[2] for line in said.stdout.splitlines() if line]


def test_commands_and_ids_of_sources_are_completed(here: Site) -> None:
    assert completed(here, "import-") == ["import-feed", "import-opml", "import-venus"]
    assert completed(here, "poll har") == ["harbour"]
    assert completed(here, "backfill ") == ["harbour"]


def test_an_invalid_configuration_completes_no_id_and_says_nothing(here: Site) -> None:
    here.config.write_text("sources: x\n")
    assert completed(here, "poll ") == []


def test_help_says_how_completion_is_installed_and_gives_examples(command: Command) -> None:
    said = command("--help").out
    assert '  eval "$(_PUBLICWIRE_COMPLETE=bash_source publicwire)"  in ~/.bashrc' in said
    assert "  publicwire init press && cd press" in said
    assert "_COMPLETE" not in command("poll", "--help").out
