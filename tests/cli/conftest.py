"""The command line in this process: what it says, and its exit code."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from aggregator import cli
from aggregator.log import log
from tests.running import Site, feed, item, site

PRESS = feed(
    item("storm", "Storm warning", "&lt;p&gt;Stay ashore.&lt;/p&gt;&lt;p&gt;Moor your boats.&lt;/p&gt;"),
    item("pilot", "New pilot boat"),
)


@dataclass(frozen=True, slots=True)
class Said:
    """What one command said."""

    code: int
    out: str
    err: str

    @property
    def complaints(self) -> list[str]:
        return self.err.splitlines()


Command = Callable[..., Said]


@pytest.fixture
def here(tmp_path: Path) -> Site:
    """A site whose one source is a file beside it."""
    (tmp_path / "press.xml").write_bytes(PRESS)
    made = site(tmp_path)
    made.sources({"harbour": "file:press.xml"}, ", topics: [sea]")
    return made


@pytest.fixture
def command(here: Site, capfd: pytest.CaptureFixture[str]) -> Iterator[Command]:
    """Runs a command on that site."""

    def run(*arguments: str) -> Said:
        code = cli.run(["--config", str(here.config), *arguments])
        out, err = capfd.readouterr()
        return Said(code, out, err)

    yield run
    log.logger.setLevel(logging.NOTSET)  # `serve` and `export` set it


@pytest.fixture
def polled(command: Command) -> Command:
    """The same after a first poll."""
    assert command("poll").code == 0
    return command
