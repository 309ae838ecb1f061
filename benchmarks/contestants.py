"""Who is measured: what a contestant can do, and the two peers that are Debian packages.

A contestant is opened once in an empty directory, then polls each state after the former.
"""

import re
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from benchmarks import process
from benchmarks.origins import Origins
from benchmarks.process import Usage
from benchmarks.states import State


@dataclass(frozen=True, slots=True)
class Polled:
    """One poll of all feeds: what it used, and what went wrong in words (empty: nothing).

    `asleep` is the part of the wall time, in seconds, before the first request.
    """

    usage: Usage
    failure: str = ""
    asleep: float = 0.0


class Contestant(Protocol):
    """A program under measurement."""

    name: str

    def version(self) -> str:
        """The installed version, or nothing when it is not installed."""
        ...

    def open(self, directory: Path, origins: Origins) -> None:
        """Lay out its files in an empty directory; start what stays running."""
        ...

    def poll(self, state: State) -> Polled:
        """Poll all feeds once and measure it."""
        ...

    def stored(self) -> int:
        """How many items it holds."""
        ...

    def idle(self) -> Usage | None:
        """What it uses in some seconds with nothing to do; None when no process stays."""
        ...

    def close(self) -> None:
        """End what stays running."""
        ...


class Command:
    """A contestant that is started anew for each poll, so that its start-up counts."""

    name: str
    directory: Path

    def command(self) -> list[str]:
        """The command that polls all feeds once."""
        raise NotImplementedError

    def poll(self, state: State) -> Polled:
        """Run the command to its end."""
        ended = process.run(self.command(), env=environment(self.directory), cwd=self.directory)
        return Polled(ended.usage, _failure(ended))

    def idle(self) -> None:
        """Nothing stays running."""
        return

    def close(self) -> None:
        """Nothing stays running."""


class Newsboat(Command):
    """`newsboat -x reload` with its own addresses, cache and an empty configuration."""

    name = "newsboat"

    def version(self) -> str:
        """As Debian names it."""
        return debian_version("newsboat")

    def open(self, directory: Path, origins: Origins) -> None:
        """Write the list of addresses."""
        self.directory = directory
        (directory / "urls").write_text("".join(f"{url}\n" for url in origins.urls()))
        (directory / "config").touch()

    def command(self) -> list[str]:
        """Reload all feeds in its one default thread, then exit."""
        return ["newsboat", "-u", "urls", "-c", "cache.db", "-C", "config", "-x", "reload"]

    def stored(self) -> int:
        """Items in its cache."""
        return count(self.directory / "cache.db", "SELECT count(*) FROM rss_item")


class Sfeed(Command):
    """`sfeed_update` as it comes: 8 jobs at a time, curl without validators, so never a 304."""

    name = "sfeed"

    def version(self) -> str:
        """As Debian names it."""
        return debian_version("sfeed")

    def open(self, directory: Path, origins: Origins) -> None:
        """Write the configuration, a shell function that names the feeds."""
        self.directory = directory
        (directory / "feeds").mkdir()
        calls = "\n".join(f"feed s{at} {url}" for at, url in enumerate(origins.urls()))
        (directory / "sfeedrc").write_text(f"sfeedpath=feeds\nfeeds() {{\n{calls}\n}}\n")

    def command(self) -> list[str]:
        """Fetch all feeds."""
        return ["sfeed_update", "./sfeedrc"]

    def stored(self) -> int:
        """Lines of its files: an item is a line."""
        files = (self.directory / "feeds").iterdir()
        return sum(file.read_bytes().count(b"\n") for file in files)


def environment(directory: Path) -> dict[str, str]:
    """A clean environment with a home of its own inside the directory."""
    home, scratch = directory / "home", directory / "tmp"
    home.mkdir(exist_ok=True)
    scratch.mkdir(exist_ok=True)
    return {
        "HOME": str(home),
        "TMPDIR": str(scratch),
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
    }


def debian_version(package: str) -> str:
    """The version of an installed Debian package, or nothing."""
    if shutil.which("dpkg-query") is None:
        return ""
    query = ["dpkg-query", "--show", "--showformat=${db:Status-Status} ${Version}", package]
    found = subprocess.run(query, capture_output=True, text=True, check=False).stdout
    return found.removeprefix("installed ") if found.startswith("installed ") else ""


def count(file: Path, query: str) -> int:
    """The one number that a query gives on an SQLite file; 0 when there is no such file."""
    return next(numbers(file, query), 0) if file.exists() else 0


def numbers(file: Path, query: str) -> Iterator[int]:
    """The first column of a query on an SQLite file, which others may be writing."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=30)) as db:
        for (number,) in db.execute(query):
            yield int(number)


def _failure(ended: process.Ended) -> str:
    if ended.exit_code == 0:
        return ""
    lines = re.sub(r"\x1b\[[0-9;]*m", "", ended.output).strip().splitlines()
    return f"exit {ended.exit_code}: {lines[-1] if lines else 'no output'}"
