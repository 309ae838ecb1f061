"""Publicwire run as by its operator: a directory, commands, a service process, and RSS documents for its sources."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import TypeVar

import httpx

from tests import engines

T = TypeVar("T")

LOOPBACK = "allow_networks: [127.0.0.0/8]"  # of a source, a webhook or hubs on this machine
COMMAND = (sys.executable, "-m", "aggregator")
LATELY = format_datetime(datetime.now(UTC) - timedelta(hours=1))


def until(look: Callable[[], T], *, seconds: float = 30.0) -> T:
    """Return the first true result of `look`, called every 50 ms; fail after so many seconds."""
    give_up = time.monotonic() + seconds
    while not (result := look()):
        assert time.monotonic() < give_up, f"did not come true within {seconds} s: {result!r}"
        threading.Event().wait(0.05)
    return result


def feed(*items: str, title: str = "Releases of the Harbour Office") -> bytes:
    """Return an RSS document of these items, newest first."""
    head = f'<?xml version="1.0"?><rss version="2.0"><channel><title>{title}</title>'
    return f"{head}<link>https://harbour.example/</link>{''.join(items)}</channel></rss>".encode()


def item(name: str, title: str, body: str = "All there is to say.", *, date: str = LATELY) -> str:
    """Return an RSS item; `name` ends its guid and link."""
    return (
        f"<item><title>{title}</title><link>https://harbour.example/{name}</link>"
        f"<guid>https://harbour.example/{name}</guid><pubDate>{date}</pubDate><description>{body}</description></item>"
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def json_of(text: str) -> list[dict[str, str]]:
    """Return the list of objects that a command printed."""
    objects: list[dict[str, str]] = json.loads(text)
    return objects


@dataclass(frozen=True, slots=True)
class Service:
    """A running `publicwire serve`."""

    process: subprocess.Popen[bytes]
    public: str
    admin: str
    log: Path

    def get(self, path: str) -> httpx.Response:
        return httpx.get(self.public + path, timeout=10)

    def status(self) -> str:
        return httpx.get(f"{self.admin}/status", timeout=10).text

    def titles(self) -> list[str]:
        """Return the titles of the merged feed, none while the service does not respond."""
        try:
            return [each["title"] for each in self.get("/feed.json").json()["items"]]
        except httpx.TransportError:
            return []

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout=60)


@dataclass(frozen=True, slots=True)
class Site:
    """A directory with a sources.yaml, and commands run in it; `environment` is added to that of the tests."""

    directory: Path
    public: int
    admin: int
    environment: Mapping[str, str] = field(default_factory=dict)
    database: str = ""

    @property
    def config(self) -> Path:
        return self.directory / "sources.yaml"

    @property
    def store(self) -> Path:
        return self.directory / "store"

    @property
    def _variables(self) -> dict[str, str]:
        """The environment of commands; coverage is measured in those on SQLite alone, as it adds half the time."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not (self.database and name.startswith("COVERAGE"))
        }
        return {**inherited, **self.environment}

    def sources(self, feeds: Mapping[str, str], *lines: str, poll: str = "") -> None:
        """Write sources.yaml with these feeds by id; `lines` are added to each source, `poll` to the poll section."""
        listed = [
            f"  - {{id: {name}, organisation: Harbour Office, feed: '{url}', {LOOPBACK}{''.join(lines)}}}"
            for name, url in feeds.items()
        ]
        database = f"database: {self.database!r}" if self.database else ""
        text = f"""{database}
publication: {{name: Example Releases, url: "http://127.0.0.1:{self.public}/", language: en, contact: desk@releases.test}}
listen: 127.0.0.1:{self.public}
admin: 127.0.0.1:{self.admin}
poll: {{every: 1h, host_gap: 0s{poll}}}
websub: {{{LOOPBACK}}}
sources:
"""
        self.config.write_text(text + "\n".join(listed) + "\n", encoding="utf-8")

    def run(self, *arguments: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
        """Run one command to its end; `timeout` is in seconds."""
        return subprocess.run(
            [*COMMAND, *arguments],
            cwd=self.directory,
            env=self._variables,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=timeout,
            check=False,
        )

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start one command, its output appended to the file `log`."""
        with (self.directory / "log").open("ab") as log:
            return subprocess.Popen(
                [*COMMAND, *arguments],
                cwd=self.directory,
                env=self._variables,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    @contextmanager
    def serving(self) -> Iterator[Service]:
        """Run the service: enter once it is ready, stop it in the end if it still runs."""
        process = self.start("serve")
        public, admin = f"http://127.0.0.1:{self.public}", f"http://127.0.0.1:{self.admin}"
        service = Service(process, public, admin, self.directory / "log")
        try:
            until(lambda: _is_ready(service), seconds=30)
            yield service
        finally:
            try:
                if process.poll() is None:
                    service.stop()
            finally:
                process.kill()
                process.wait()


def _is_ready(service: Service) -> bool:
    assert service.process.poll() is None, service.log.read_text()
    try:
        return httpx.get(f"{service.admin}/readyz").status_code == 200
    except httpx.TransportError:
        return False


def given_a_site(
    directory: Path,
    feeds: Mapping[str, str] | None = None,
    *lines: str,
    poll: str = "",
    database: str = "",
) -> Site:
    """Return a new site on free ports; with `feeds`, its sources.yaml is written as Site.sources does.

    Its store is in `database`, or on the test's engine.
    """
    database = database or engines.database(directory / "store")
    with socket.socket() as first, socket.socket() as second:  # both at once: two ports, not one twice
        for each in (first, second):
            each.bind(("127.0.0.1", 0))
        public, admin = first.getsockname()[1], second.getsockname()[1]
    made = Site(directory, public, admin, database=database)
    if feeds is not None:
        made.sources(feeds, *lines, poll=poll)
    return made


def children(process: int) -> Sequence[int]:
    """Return all descendants of a process, read from /proc."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue  # the process ended meanwhile
            parents.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry.name))
    found = list(parents.get(process, ()))
    for child in found:
        found.extend(parents.get(child, ()))
    return found


def is_running(process: int) -> bool:
    """Return whether the process runs; a zombie does not."""
    try:
        os.kill(process, 0)
        return " Z " not in Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
