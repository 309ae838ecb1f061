"""The command line run in this process: output, errors and exit code."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from aggregator import cli
from aggregator.log import log
from tests.running import Site, feed, given_a_site, item

PRESS = feed(
    item("storm", "Storm warning", "&lt;p&gt;Stay ashore.&lt;/p&gt;&lt;p&gt;Moor your boats.&lt;/p&gt;"),
    item("pilot", "New pilot boat"),
)


@dataclass(frozen=True, slots=True)
class Said:
    """Result of one command."""

    code: int
    out: str
    err: str

    @property
    def complaints(self) -> list[str]:
        return self.err.splitlines()


Command = Callable[..., Said]


@pytest.fixture
def here(engine: str, tmp_path: Path) -> Site:
    """A site whose only source is a file beside its configuration."""
    (tmp_path / "press.xml").write_bytes(PRESS)
    return given_a_site(tmp_path, {"harbour": "file:press.xml"}, ", topics: [sea]")


@pytest.fixture
def command(here: Site, capfd: pytest.CaptureFixture[str]) -> Iterator[Command]:
    """A function that runs a command on that site."""

    def run(*arguments: str) -> Said:
        code = cli.run(["--config", str(here.config), *arguments])
        out, err = capfd.readouterr()
        return Said(code, out, err)

    yield run
    log.logger.setLevel(logging.NOTSET)  # `serve` and `export` set it


@pytest.fixture
def polled(command: Command) -> Command:
    """The same function after a first poll."""
    assert command("poll").code == 0
    return command
