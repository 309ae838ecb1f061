"""The manual page and the examples of commands."""

import runpy
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click import Group

from aggregator.cli import examples
from aggregator.cli.app import app
from tests.cli.conftest import Command

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/publicwire.1"
LINES = [line for shown in (examples.OF_ALL, *examples.OF_COMMANDS.values()) for line, _ in shown]

pytestmark = pytest.mark.one_engine("no store is opened")


def test_the_manual_page_is_that_of_the_commands() -> None:
    page: Callable[[], str] = runpy.run_path(str(ROOT / ".ci/manpage.py"))["page"]
    assert PAGE.read_text() == page(), "run .venv/bin/python .ci/manpage.py > docs/publicwire.1"


@pytest.mark.needs("groff")
def test_it_is_formatted_without_a_warning() -> None:
    formatted = subprocess.run(
        ["groff", "-ww", "-man", "-Tascii", "-P-cbou", "-rLL=200n", PAGE],
        capture_output=True,
        text=True,
        check=True,
    )
    assert formatted.stderr == ""
    assert "publicwire - republish the press releases" in formatted.stdout
    for line in LINES:
        assert line in formatted.stdout


@pytest.mark.parametrize("line", LINES)
def test_each_example_is_a_valid_command_line(line: str) -> None:
    line, *_ = line.split("&&")
    _, *words = shlex.split(line.partition("<")[0])
    context = app.make_context("publicwire", words)
    while isinstance(group := context.command, Group):
        name, command, words = group.resolve_command(context, [*context._protected_args, *context.args])
        assert command is not None
        context = command.make_context(name, words, parent=context)


def test_the_help_of_a_command_has_its_examples(command: Command) -> None:
    assert "\n  Examples:\n    publicwire items --search 'harb*' " in command("items", "--help").out
    assert "publicwire user add ada --role admin   asks" in command("user", "add", "--help").out
    assert "Examples" not in command("sources", "--help").out
