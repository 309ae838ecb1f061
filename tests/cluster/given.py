"""A cluster as its operator runs it: nodes are processes on one PostgreSQL, configured by `apply`."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psycopg

import aggregator
from tests.running import COMMAND, LOOPBACK, free_port, until

PACKAGE = Path(aggregator.__file__).parent


@dataclass(frozen=True, slots=True)
class NodeProcess:
    """A running node."""

    process: subprocess.Popen[bytes]
    public: str
    admin: str
    log: Path

    def titles(self) -> list[str]:
        """Return the titles of the merged feed, none while the node does not respond."""
        try:
            found = httpx.get(f"{self.public}/feed.json", timeout=10).json()["items"]
        except httpx.TransportError:
            return []
        return [each["title"] for each in found]

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.admin}/readyz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def metric(self, name: str) -> float:
        lines = httpx.get(f"{self.admin}/metrics", timeout=10).text.splitlines()
        return next(float(line.split()[-1]) for line in lines if line.startswith(name))


@dataclass(frozen=True, slots=True)
class Cluster:
    """A database, a directory for sources.yaml and those of the nodes."""

    directory: Path
    database: str
    environment: Mapping[str, str] = field(
        default_factory=dict
    )  # of commands and nodes beside the tests' own

    def sources(
        self,
        feeds: Mapping[str, str],
        *lines: str,
        poll: str = "",
        more: str = "",
        url: str = "http://127.0.0.1:8000/",
    ) -> None:
        """Write sources.yaml as `tests.running.Site.sources` does; `more` are further top-level lines, `url`
        is the public address."""
        listed = [
            f"  - {{id: {name}, organisation: Harbour Office, feed: '{url}', {LOOPBACK}{''.join(lines)}}}"
            for name, url in feeds.items()
        ]
        head = f"""publication: {{name: Example Releases, url: "{url}", language: en, contact: desk@releases.test}}
poll: {{every: 1h, host_gap: 0s{poll}}}
websub: {{{LOOPBACK}}}
{more}
sources:
"""
        (self.directory / "sources.yaml").write_text(head + "\n".join(listed) + "\n", encoding="utf-8")

    @property
    def variables(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
        return {**inherited, "PUBLICWIRE_DATABASE": self.database, **self.environment}

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start one command, its output appended to the file `log`."""
        with (self.directory / "log").open("ab") as log:
            return subprocess.Popen(
                [*COMMAND, *arguments],
                cwd=self.directory,
                env=self.variables,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one command to its end."""
        return subprocess.run(
            [*COMMAND, *arguments],
            cwd=self.directory,
            env=self.variables,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=120,
            check=False,
        )

    def apply(self) -> str:
        """Put sources.yaml into force."""
        done = self.run("apply")
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextmanager
    def node(self, role: str, name: str, *options: str, is_ready: bool = True) -> Iterator[NodeProcess]:
        """Run a node: enter once it is ready, unless it will not be; stop it in the end if it still runs."""
        public, admin = free_port(), free_port()
        listen = ("--listen", f"127.0.0.1:{public}") if role == "web" else ()
        with (self.directory / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [*COMMAND, role, "--store", name, "--admin", f"127.0.0.1:{admin}", *listen, *options],
                cwd=self.directory,
                env=self.variables,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        made = NodeProcess(
            process,
            f"http://127.0.0.1:{public}",
            f"http://127.0.0.1:{admin}",
            self.directory / f"{name}.log",
        )
        try:
            until(lambda: process.poll() is not None or made.is_ready() or not is_ready, seconds=60)
            assert process.poll() is None, made.log.read_text()
            yield made
        finally:
            process.send_signal(signal.SIGCONT)
            process.terminate()
            try:
                process.wait(timeout=30)
            finally:
                process.kill()
                process.wait()

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        """Return the rows of one statement, which is committed."""
        with psycopg.connect(self.database) as db:
            cursor = db.execute(sql)
            return cursor.fetchall() if cursor.description else []

    def count(self, table: str) -> int:
        return int(str(self.rows(f"SELECT count(*) FROM {table}")[0][0]))


def given_a_copy(directory: Path) -> Path:
    """Return a directory with a copy of the package, to be altered and put first on PYTHONPATH."""
    shutil.copytree(PACKAGE, directory / "aggregator", ignore=shutil.ignore_patterns("__pycache__"))
    return directory


def given_a_cluster(directory: Path, database: str) -> Cluster:
    """Return a cluster whose database is migrated."""
    made = Cluster(directory, database)
    done = made.run("migrate")
    assert done.returncode == 0, done.stderr
    return made
