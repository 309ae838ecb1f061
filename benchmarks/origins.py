"""Client of the origins: starts them and sets their state."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.origin import Answers
from benchmarks.states import FEEDS, State, feed_url

ROOT = Path(__file__).parents[1]
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True, slots=True)
class Origins:
    """The running origins."""

    port: int

    def urls(self) -> list[str]:
        """Return the URLs of all feeds."""
        return [feed_url(feed, self.port) for feed in range(FEEDS)]

    def enter(self, state: State) -> None:
        """Set the state of all origins and clear their counts."""
        self._ask(f"/_state/{state.number}", method="POST")

    def answers(self) -> Answers:
        """Return the counts of responses since the state was entered."""
        return Answers(**json.loads(self._ask("/_answers")))

    def _ask(self, path: str, *, method: str = "GET") -> bytes:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", method=method)
        with _direct.open(request, timeout=10) as response:
            body: bytes = response.read()
        return body


@contextmanager
def running_origins() -> Iterator[Origins]:
    """Start the origins, with their feeds dated from now, and end them after the block."""
    command = [sys.executable, "-m", "benchmarks.origin"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield Origins(int(process.stdout.readline()))
        finally:
            process.terminate()
