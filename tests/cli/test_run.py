"""The command as a process: exit codes, one line a mistake, broken pipes."""

import subprocess
import sys
from pathlib import Path

import pytest

from aggregator import __version__
from tests.cli.conftest import Command
from tests.running import COMMAND, Site, feed, item

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("door", [COMMAND, (sys.executable, str(ROOT / "run.py"))])
def test_every_door_is_the_same_command(tmp_path: Path, door: tuple[str, ...]) -> None:
    said = subprocess.run([*door, "--version"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert said.stdout == f"publicwire {__version__}\n"


def test_an_interrupt_while_modules_are_loaded_is_caught() -> None:
    """They are loaded by the command, inside of what catches it."""
    code = "import sys, aggregator.cli as cli; print([name for name in sys.modules if name.startswith('aggregator.')])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "['aggregator.cli']\n"


def test_the_list_of_commands_cuts_no_sentence(command: Command) -> None:
    for arguments in ((), ("story",)):
        assert "..." not in command(*arguments, "--help").out.partition("Commands:")[2]


def test_help_names_every_command(command: Command) -> None:
    said = command("--help")
    assert said.code == 0
    for name in (
        "serve",
        "poll",
        "check",
        "add",
        "sources",
        "items",
        "show",
        "withdraw",
        "reinstate",
        "release",
        "strike",
        "hold",
        "export",
    ):
        assert f"  {name} " in said.out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("items", "--frob"), "--frob"),
        (("frob",), "frob"),
        (("items", "--limit", "many"), "--limit"),
        (("items", "--limit", "0"), "--limit"),
        (("show",), "ITEM"),
    ],
)
def test_a_mistyped_command_is_one_line(command: Command, arguments: tuple[str, ...], complaint: str) -> None:
    said = command(*arguments)
    assert said.code == 2
    (line,) = said.complaints
    assert complaint in line
    assert line.endswith(f"(see publicwire {'' if arguments[0] == 'frob' else arguments[0] + ' '}--help)")


def test_the_configuration_is_named_before_or_after_the_command(here: Site) -> None:
    elsewhere = here.directory / "elsewhere.yaml"
    here.config.rename(elsewhere)
    assert here.run("check").returncode == 2
    assert here.run("--config", str(elsewhere), "check").returncode == 0
    assert here.run("check", "--config", str(elsewhere)).returncode == 0


def test_a_reader_that_leaves_is_no_error(here: Site) -> None:
    (here.directory / "press.xml").write_bytes(feed(*(item(f"n{n}", f"Notice {n}") for n in range(2000))))
    assert here.run("poll").returncode == 0
    for arguments in ("items --json --limit 2000", "items --limit 2000", "sources"):
        shell = f"set -o pipefail; {sys.executable} -m aggregator {arguments} | head -c 1 >/dev/null"
        said = subprocess.run(
            ["bash", "-c", shell], cwd=here.directory, capture_output=True, text=True, check=False
        )
        assert (said.returncode, said.stderr) == (0, ""), arguments


def test_a_terminal_without_our_characters_is_no_error(here: Site) -> None:
    assert here.run("poll").returncode == 0
    said = subprocess.run(
        [*COMMAND, "sources"],
        cwd=here.directory,
        capture_output=True,
        env={"PYTHONIOENCODING": "ascii", "PATH": "/usr/bin:/bin"},
        check=False,
    )
    assert (said.returncode, said.stderr) == (0, b"")


def test_a_store_that_cannot_be_written_is_one_line(here: Site, command: Command) -> None:
    here.store.write_text("a file in the way")
    said = command("items")
    assert said.code == 1
    (line,) = said.complaints
    assert "store" in line


@pytest.mark.one_engine("damages the SQLite file")
def test_a_damaged_store_is_one_line(here: Site, command: Command) -> None:
    here.store.mkdir()
    (here.store / "publicwire.db").write_bytes(b"no database" * 500)
    for name in ("items", "poll", "sources"):
        said = command(name)
        assert said.code == 1
        assert len(said.complaints) == 1


def test_poll_loads_no_module_that_reads_documents_and_no_web() -> None:
    """They are loaded where documents are read, in the forkserver."""
    code = "import sys, aggregator.cli.app, aggregator.cli.poll; print(*sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {*said.stdout.split()} & {
        *(
            "feedparser",
            "lxml",
            "nh3",
            "selectolax",
            "sqlite_utils",
            "starlette",
            "jinja2",
            "rich",
        ),
        *("aggregator.parse.sniff", "aggregator.normalise.item", "aggregator.workers.answers"),
        *("aggregator.publish", "aggregator.web"),
    }
