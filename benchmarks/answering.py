"""Latency of what a running service serves while it imports 500 feeds.

    python -m benchmarks.answering [--rate 50]

A client in a process of its own asks in turn for the merged feed, the front page, an item and a document that
it has (304), so many a second whatever the answers take; latency counts from when each was to be asked.
"""

import argparse
import http.client
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from aggregator import config as configuration
from aggregator.storage import open_storage
from benchmarks.fill import fill_source
from benchmarks.installation import write_configuration
from benchmarks.origins import ROOT, Origins, running_origins
from benchmarks.process import adopt_orphans
from benchmarks.report import record
from benchmarks.service import Service
from benchmarks.serving import get, item_path
from benchmarks.states import FEEDS, RUNS, UNAVAILABLE, feed_url

RATE = 50
STORED = 60  # items of one source beside those that are polled
TARGET = 50.0  # ms
QUIET = f"s{FEEDS}"  # the source that is not polled
AT_ONCE = 32
TIMEOUT = 30.0
Asked = tuple[str, float, int]  # path, seconds, status (0: none in time)


def main() -> None:
    """Measure, or be the client."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=RATE, metavar="N", help="requests a second")
    parser.add_argument("--ask", type=json.loads, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.ask:
        print(json.dumps(asked(*arguments.ask)))
        return
    adopt_orphans()
    with tempfile.TemporaryDirectory(prefix="publicwire-bench-") as name, running_origins() as origins:
        found, seconds = _measured(Path(name), origins, arguments.rate)
    figures = {"all": _figures([each[1] for each in found])}
    for path in dict.fromkeys(each[0] for each in found):
        figures[path] = _figures([each[1] for each in found if each[0] == path])
    for path, each in figures.items():
        print(
            f"{path:40} {each['count']:5} answers, p50 {each['p50_ms']:.1f} ms, p99 {each['p99_ms']:.1f} ms, "
            f"longest {each['max_ms']:.1f} ms"
        )
    figures["all"]["timed_out"] = lost = sum(not status for _, _, status in found)
    verdict = "reached" if figures["all"]["p99_ms"] <= TARGET else "MISSED"
    print(
        f"while {FEEDS} feeds were imported in {seconds:.1f} s, {lost} without an answer: "
        f"p99 <= {TARGET:g} ms {verdict}"
    )
    record("answering", {"seconds": seconds, "rate": arguments.rate, **figures})


def _figures(taken: Sequence[float]) -> dict[str, float]:
    ordered = sorted(taken)
    return {
        "count": len(ordered),
        "p50_ms": 1000 * ordered[len(ordered) // 2],
        "p99_ms": 1000 * ordered[int(len(ordered) * 0.99)],
        "max_ms": 1000 * ordered[-1],
    }


def _measured(directory: Path, origins: Origins, rate: int) -> tuple[Sequence[Asked], float]:
    """Return what was asked during the import, and its seconds."""
    port = write_configuration(directory, [*origins.urls(), feed_url(FEEDS, origins.port)])
    with_one_source_stored(directory)
    origins.enter(UNAVAILABLE)
    service = Service(directory, port)
    try:
        service.wait_until(service.is_serving, "it does not answer")
        service.wait_until(lambda: origins.answers().other >= FEEDS, "it did not poll all at its start")
        service.wait_until_none_due()
        origins.enter(RUNS[0])
        task = json.dumps([port, rate, item_path(port)])
        command = [sys.executable, "-m", "benchmarks.answering", "--ask", task]
        with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as client:
            began = time.monotonic()
            service.make_due()
            service.wait_until_none_due()
            seconds = time.monotonic() - began
            said, _ = client.communicate(b"end\n")
        return json.loads(said), seconds
    finally:
        service.stop()


def with_one_source_stored(directory: Path) -> None:
    """Store items of the last source alone, so that there is something to serve from the beginning."""
    config, now = configuration.load(directory / "sources.yaml"), datetime.now(UTC)
    storage = open_storage(config.store)
    try:
        with storage.admin.poller(now):
            storage.admin.sync(config, now)
            fill_source(storage, config.sources[-1], range(STORED), now)
    finally:
        storage.close()


def asked(port: int, rate: int, item: str) -> Sequence[Asked]:
    """Ask in turn until a line comes on standard input; returns all that was asked."""
    known = f"/sources/{QUIET}/feed.json"
    etag = get(port, known)[0]
    turns = (("/feed.json", ""), ("/", ""), (item, ""), (known, etag))
    ended, local = threading.Event(), threading.local()
    threading.Thread(target=_wait_for_a_line, args=[ended], daemon=True).start()

    def ask(path: str, tag: str, planned: float) -> Asked:
        connection: http.client.HTTPConnection | None = getattr(local, "connection", None)
        if connection is None:
            connection = local.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
        try:
            connection.request("GET", path, headers={"If-None-Match": tag} if tag else {})
            response = connection.getresponse()
            response.read()
        except TimeoutError:
            connection.close()
            return path, time.monotonic() - planned, 0
        assert response.status == (304 if tag else 200), (path, response.status)
        return path, time.monotonic() - planned, response.status

    with ThreadPoolExecutor(AT_ONCE) as clients:
        begun, begin = list[Future[Asked]](), time.monotonic()
        while not ended.wait(max(begin + len(begun) / rate - time.monotonic(), 0)):
            path, tag = turns[len(begun) % len(turns)]
            begun.append(clients.submit(ask, path, tag, begin + len(begun) / rate))
        return [each.result() for each in begun]


def _wait_for_a_line(ended: threading.Event) -> None:
    sys.stdin.readline()
    ended.set()


if __name__ == "__main__":
    main()
