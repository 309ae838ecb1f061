"""Interface of a contestant, and the two peers that are Debian packages.

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
    """One poll of all feeds: its usage, and its failure in words ("" for success).

    `asleep` is the part of the wall time, in seconds, before the first request.
    """

    usage: Usage
    failure: str = ""
    asleep: float = 0.0


class Contestant(Protocol):
    """A program under measurement."""

    name: str

    def version(self) -> str:
        """Return the installed version; empty when it is not installed."""
        ...

    def open(self, directory: Path, origins: Origins) -> None:
        """Write its files into an empty directory and start its service, if any."""
        ...

    def poll(self, state: State) -> Polled:
        """Poll all feeds once and return the measured usage."""
        ...

    def stored(self) -> int:
        """Return the number of stored items."""
        ...

    def idle(self) -> Usage | None:
        """Return the usage of an idle service over some seconds; None without a service."""
        ...

    def close(self) -> None:
        """Stop the service, if any."""
        ...


class Command:
    """Contestant that is a command: started anew for each poll, so its start-up counts."""

    name: str
    directory: Path

    def command(self) -> list[str]:
        """Return the command that polls all feeds once."""
        raise NotImplementedError

    def poll(self, state: State) -> Polled:
        """Run the command to its end and return its usage."""
        ended = process.run(self.command(), env=environment(self.directory), cwd=self.directory)
        return Polled(ended.usage, _failure(ended))

    def idle(self) -> None:
        """No process outlives the command."""
        return

    def close(self) -> None:
        """No process outlives the command."""


class Newsboat(Command):
    """`newsboat -x reload` with its own addresses, cache and an empty configuration."""

    name = "newsboat"

    def version(self) -> str:
        """Version of the Debian package."""
        return debian_version("newsboat")

    def open(self, directory: Path, origins: Origins) -> None:
        """Write the list of feed URLs."""
        self.directory = directory
        (directory / "urls").write_text("".join(f"{url}\n" for url in origins.urls()))
        (directory / "config").touch()

    def command(self) -> list[str]:
        """Reload all feeds in its one default thread, then exit."""
        return ["newsboat", "-u", "urls", "-c", "cache.db", "-C", "config", "-x", "reload"]

    def stored(self) -> int:
        """Count the items in its cache."""
        return count(self.directory / "cache.db", "SELECT count(*) FROM rss_item")


class Sfeed(Command):
    """`sfeed_update` as it comes: 8 jobs at a time, curl without validators, so never a 304."""

    name = "sfeed"

    def version(self) -> str:
        """Version of the Debian package."""
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
        """Count the lines of its files, one line an item."""
        files = (self.directory / "feeds").iterdir()
        return sum(file.read_bytes().count(b"\n") for file in files)


def environment(directory: Path) -> dict[str, str]:
    """Return a clean environment whose home is inside the directory."""
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
    """Return the version of an installed Debian package; empty when it is missing."""
    if shutil.which("dpkg-query") is None:
        return ""
    query = ["dpkg-query", "--show", "--showformat=${db:Status-Status} ${Version}", package]
    found = subprocess.run(query, capture_output=True, text=True, check=False).stdout
    return found.removeprefix("installed ") if found.startswith("installed ") else ""


def count(file: Path, query: str) -> int:
    """Return the single number of a query on an SQLite file; 0 without the file."""
    return next(numbers(file, query), 0) if file.exists() else 0


def numbers(file: Path, query: str) -> Iterator[int]:
    """Yield the first column of a query on an SQLite file that another process may be writing."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=30)) as db:
        for (number,) in db.execute(query):
            yield int(number)


def _failure(ended: process.Ended) -> str:
    if ended.exit_code == 0:
        return ""
    lines = re.sub(r"\x1b\[[0-9;]*m", "", ended.output).strip().splitlines()
    return f"exit {ended.exit_code}: {lines[-1] if lines else 'no output'}"
