"""Driver of a running `publicwire serve`: through its files, its SQLite store and HTTP.

Two statements on the store make sources due, instead of waiting for their intervals.
"""

import http.client
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from benchmarks import process
from benchmarks.contestants import environment
from benchmarks.installation import COMMAND, STORE
from benchmarks.process import Tree

ANSWER_TIMEOUT = 300.0  # seconds that any step of the service may take
LOOK_EVERY = 0.005  # seconds between two checks of a condition

MAKE_DUE = "UPDATE source SET due = :now WHERE :id = '' OR id = :id"
COUNT_DUE = "SELECT count(*) FROM source WHERE configured = 1 AND due <= (unixepoch() + 1) * 1000"


class StalledError(Exception):
    """The service ended, or a step was not done in time."""


class Service:
    """A running service with the configuration in a directory."""

    def __init__(self, directory: Path, port: int) -> None:
        self.tree = Tree()
        self._directory = directory
        self._port = port
        self._etag = ""
        with (directory / "output").open("wb") as output:
            self._process = process.start(
                [*COMMAND, "serve", "--config", "sources.yaml"],
                env=environment(directory),
                cwd=directory,
                output=output.fileno(),
            )

    def wait_until(self, is_done: Callable[[], bool], complaint: str) -> None:
        """Check a condition until it holds; raises StalledError at the timeout."""
        deadline = time.monotonic() + ANSWER_TIMEOUT
        while not is_done():
            if self._process.poll() is not None:
                raise StalledError(f"the service ended: {self._last_line()}")
            if time.monotonic() > deadline:
                raise StalledError(complaint)
            time.sleep(LOOK_EVERY)

    def make_due(self, source: str = "") -> None:
        """Make one source due, or all sources."""
        with self._database() as db, db:
            db.execute(MAKE_DUE, {"id": source, "now": int(time.time() * 1000)})

    def wait_until_none_due(self) -> None:
        """Wait until every source is polled: a poll moves its due time into the future."""
        with self._database() as db:
            self.wait_until(lambda: bool(db.execute(COUNT_DUE).fetchone()[0] == 0), "some sources stayed due")

    def merged_feed(self) -> bytes:
        """Return the merged feed; empty when it is unchanged (304) or not served yet."""
        with closing(http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)) as connection:
            headers = {"If-None-Match": self._etag} if self._etag else {}
            try:
                connection.request("GET", "/feed.json", headers=headers)
            except ConnectionRefusedError:
                return b""
            response = connection.getresponse()
            body = response.read()
        if response.status != http.HTTPStatus.OK:
            return b""
        self._etag = response.headers["ETag"] or ""
        return body

    def is_serving(self) -> bool:
        """Return whether the service answers HTTP."""
        with closing(http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)) as connection:
            try:
                connection.request("GET", "/healthz")
            except ConnectionRefusedError:
                return False
            return connection.getresponse().status == http.HTTPStatus.OK

    def is_running(self) -> bool:
        """Return whether its process is alive."""
        return self._process.poll() is None

    def stop(self) -> None:
        """Stop the service after a drain."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self.tree.end()

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        file = self._directory / STORE
        with closing(sqlite3.connect(f"file:{file}?mode=rw", uri=True, timeout=30)) as db:
            yield db

    def _last_line(self) -> str:
        lines = (self._directory / "output").read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "no output"
