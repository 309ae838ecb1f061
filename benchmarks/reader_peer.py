"""The peer `reader` in its own virtual environment: as a whole process, and warm."""

import subprocess
from pathlib import Path

from benchmarks import environments, process
from benchmarks.contestants import Command, Polled, count, environment
from benchmarks.origins import Origins
from benchmarks.process import Tree, Usage
from benchmarks.states import State

NAME = "reader-3.26"
REQUIREMENTS = ("reader==3.26", "sgmllib3k")  # reader imports sgmllib without declaring the dependency
PYTHON = environments.interpreter(NAME)
SCRIPT = str(Path(__file__).parent / "reader_update.py")


def installed_version() -> str:
    """Return the version in its environment, built when missing; empty when that fails."""
    if not environments.built(NAME, *REQUIREMENTS):
        return ""
    ask = [str(PYTHON), "-c", "import reader; print(reader.__version__)"]
    return subprocess.run(ask, capture_output=True, text=True, check=False).stdout.strip()


def _add_feeds(directory: Path, origins: Origins) -> None:
    """Add the feeds before the measurement: the other contestants read theirs from a file."""
    (directory / "urls").write_text("\n".join(origins.urls()))
    add = [str(PYTHON), SCRIPT, "add", "reader.db", "urls"]
    subprocess.run(add, env=environment(directory), cwd=directory, check=True)


class Reader(Command):
    """`update_feeds(workers=1, scheduled=False)` in a new process."""

    name = "reader"

    def version(self) -> str:
        """Version of the package in its environment."""
        return installed_version()

    def open(self, directory: Path, origins: Origins) -> None:
        """Add the feeds to a new database."""
        self.directory = directory
        _add_feeds(directory, origins)

    def command(self) -> list[str]:
        """Update all feeds."""
        return [str(PYTHON), SCRIPT, "update", "reader.db"]

    def stored(self) -> int:
        """Count the entries in its database."""
        return count(self.directory / "reader.db", "SELECT count(*) FROM entries")


class WarmReader:
    """`reader` as a warm process: the same call."""

    name = "reader (warm)"
    directory: Path

    def version(self) -> str:
        """Version of the package in its environment."""
        return installed_version()

    def open(self, directory: Path, origins: Origins) -> None:
        """Add the feeds to a new database and start the process."""
        self.directory = directory
        _add_feeds(directory, origins)
        self._tree = Tree()
        self._process = subprocess.Popen(
            [str(PYTHON), SCRIPT, "serve", "reader.db"],
            env=environment(directory),
            cwd=directory,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        self._await_line()

    def poll(self, state: State) -> Polled:
        """Ask for one update."""
        return Polled(process.during(self._tree, self._update))

    def stored(self) -> int:
        """Count the entries in its database."""
        return count(self.directory / "reader.db", "SELECT count(*) FROM entries")

    def idle(self) -> Usage | None:
        """Not measured: `reader` is no service."""
        return None

    def close(self) -> None:
        """End the process by closing its standard input."""
        self._process.communicate()
        self._tree.end()

    def _update(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(b"update\n")
        self._process.stdin.flush()
        self._await_line()

    def _await_line(self) -> None:
        assert self._process.stdout is not None
        if not self._process.stdout.readline():
            raise RuntimeError("reader ended early")
