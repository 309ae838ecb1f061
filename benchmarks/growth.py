"""Latency of one new item from poll to publication, with few and with many items stored.

A running service over a filled store; one source becomes due again and again, each time with one item
more. Measured from the request at the origin until the merged feed is served with the item.
"""

import argparse
import json
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median

from benchmarks.feeds import documents
from benchmarks.figures import MB
from benchmarks.fill import BODY, fill
from benchmarks.installation import STORE, write_configuration
from benchmarks.process import adopt_orphans
from benchmarks.report import write
from benchmarks.service import Service
from benchmarks.states import FEEDS, ITEMS, address, feed_url, reference

RESULTS = Path(__file__).parent / ".cache" / "stored.json"
TARGET = 1.2
WARM_UP = 3  # rounds that do not count: the first one imports the whole feed


@dataclass(frozen=True, slots=True)
class Growth:
    """Seconds from poll to publication with `items` stored; bytes of the service and the store."""

    items: int
    filled_in: float
    rounds: tuple[float, ...]
    pss: int
    file: int

    @property
    def typical(self) -> float:
        """Median of the rounds, in seconds."""
        return median(self.rounds)


class Newsroom(ThreadingHTTPServer):
    """The only origin: serves `document` and records the time of the last request."""

    document = b""
    asked = 0.0


class _Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """Serve the current document."""
        assert isinstance(self.server, Newsroom)
        self.server.asked = self.server.asked or time.monotonic()
        self.send_response(200)
        self.send_header("Content-Type", "application/rss+xml")
        self.send_header("Content-Length", str(len(self.server.document)))
        self.end_headers()
        self.wfile.write(self.server.document)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
        """Log nothing."""


def main() -> None:
    """Measure, print the table and write the JSON."""
    arguments = _arguments()
    adopt_orphans()
    grown = []
    for items in arguments.items:
        grown.append(_measure(items, arguments.rounds))
        print(_line(grown[-1]), flush=True)
    ratio = grown[-1].typical / grown[0].typical
    verdict = "reached" if ratio <= TARGET else "MISSED"
    print(f"{grown[-1].items:,} items: {ratio:.3f} x {grown[0].items:,}; <= {TARGET} {verdict}")
    write(arguments.json, _json(grown, ratio))
    print(f"written to {arguments.json}")


def _measure(items: int, rounds: int) -> Growth:
    with tempfile.TemporaryDirectory(prefix="publicwire-bench-") as name, one_origin() as newsroom:
        directory, port = Path(name), newsroom.server_port
        public = write_configuration(directory, [feed_url(feed, port) for feed in range(FEEDS)])
        started = time.monotonic()
        fill(directory / "sources.yaml", items)
        filled_in = time.monotonic() - started
        service = Service(directory, public)
        try:
            service.wait_until(service.is_serving, "it does not answer")
            taken = list(_rounds(service, newsroom, WARM_UP + rounds))
            pss = service.tree.pss()
        finally:
            service.stop()
        return Growth(items, filled_in, tuple(taken[WARM_UP:]), pss, (directory / STORE).stat().st_size)


def _rounds(service: Service, newsroom: Newsroom, rounds: int) -> Iterator[float]:
    site = f"http://{address(0)}:{newsroom.server_port}"
    for at, document in enumerate(documents(0, site, datetime.now(UTC), rounds, size=BODY)):
        newest = reference(0, ITEMS - 1 + at).encode()
        newsroom.document, newsroom.asked = document, 0.0
        service.make_due("s0")
        service.wait_until(_shows(service, newest), "it does not publish the new item")
        yield time.monotonic() - newsroom.asked


def _shows(service: Service, mark: bytes) -> Callable[[], bool]:
    return lambda: mark in service.merged_feed()


@contextmanager
def one_origin() -> Iterator[Newsroom]:
    """Serve the only origin in a thread of its own."""
    with Newsroom((address(0), 0), _Answer) as newsroom:
        threading.Thread(target=newsroom.serve_forever, daemon=True).start()
        yield newsroom
        newsroom.shutdown()


def _line(growth: Growth) -> str:
    ordered = sorted(growth.rounds)
    return (
        f"{growth.items:,} items stored: {growth.typical * 1000:.1f} ms from poll to publication "
        f"({ordered[0] * 1000:.1f} to {ordered[-1] * 1000:.1f} in {len(ordered)} rounds), "
        f"PSS {growth.pss / MB:.0f} MB, store {growth.file / MB:,.0f} MB, "
        f"filled in {growth.filled_in:.0f} s"
    )


def _json(grown: Sequence[Growth], ratio: float) -> str:
    document = {
        "taken": datetime.now(UTC).isoformat(timespec="seconds"),
        "measurements": [{**asdict(growth), "median": growth.typical} for growth in grown],
        "ratio": ratio,
        "at_most": TARGET,
        "is_reached": ratio <= TARGET,
    }
    return json.dumps(document, indent=1) + "\n"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="One new item in small and large stores.")
    parser.add_argument(
        "--items", type=int, nargs="+", default=[1_000, 1_000_000], metavar="N", help="items stored"
    )
    parser.add_argument("--rounds", type=int, default=21, metavar="N", help="new items, one each")
    parser.add_argument("--json", type=Path, default=RESULTS, metavar="FILE", help="figures as JSON")
    return parser.parse_args()
