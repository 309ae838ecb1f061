"""Latency of the WebSub hub: `python -m benchmarks.push [--subscribers N] [--hosts N]`.

A running service with one source; its feed changes again and again. Each host of a callback is an address
of 127.0.0.0/8, all of them served by this process. Measured from the moment that the change is seen in the
store, looked for every 2 ms, until the request has arrived whole at each callback.
"""

import argparse
import asyncio
import json
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.feeds import documents
from benchmarks.figures import MB
from benchmarks.fill import BODY
from benchmarks.growth import Newsroom, one_origin
from benchmarks.installation import STORE, write_configuration
from benchmarks.process import adopt_orphans
from benchmarks.report import write
from benchmarks.service import Service
from benchmarks.states import address, feed_url

RESULTS = Path(__file__).parent / ".cache" / "push.json"
RUNS = ((200, 200, 1.0), (200, 500, 1.0), (1_000, 200, 5.0), (1_000, 500, 5.0))  # subscribers, hosts, target
WARM_UP = 2  # changes that do not count: the first import, the first delivery
LOOK_EVERY = 0.002
SUBSCRIBE = """INSERT INTO hub_subscriber
    (channel, kind, callback, secret, host, client, lease_until, seq, due)
    SELECT number, 'atom', ?, 'a-secret', ?, '127.0.0.1', ?, seq, 0 FROM channel WHERE name = 'sources/s0'"""


@dataclass(frozen=True, slots=True)
class Latency:
    """Seconds from commit to callback of all deliveries of all changes; bytes of the service at the end."""

    subscribers: int
    hosts: int
    changes: int
    delivered: int
    document: int
    p50: float
    p99: float
    longest: float
    pss: int


class Callbacks:
    """One server for all callbacks; `arrived` are the times at which whole requests came."""

    def __init__(self) -> None:
        self.port = 0
        self.arrived: list[float] = []
        self.document = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one request and accept it."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        self.document = int(head.partition("content-length:")[2].split("\r\n")[0])
        await reader.readexactly(self.document)
        self.arrived.append(time.monotonic())
        writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()


@contextmanager
def callbacks() -> Iterator[Callbacks]:
    """Serve callbacks in a thread of their own."""
    served, started, loop = Callbacks(), threading.Event(), asyncio.new_event_loop()

    async def serve() -> None:
        server = await asyncio.start_server(served.answer, "0.0.0.0", 0, backlog=2_000)
        served.port = server.sockets[0].getsockname()[1]
        started.set()

    def run() -> None:
        loop.run_until_complete(serve())
        loop.run_forever()

    threading.Thread(target=run, daemon=True).start()
    started.wait()
    yield served
    loop.call_soon_threadsafe(loop.stop)


def measure(subscribers: int, hosts: int, changes: int) -> Latency:
    """Return the latency of some changes with so many subscribers at so many hosts."""
    with (
        tempfile.TemporaryDirectory(prefix="publicwire-bench-") as name,
        one_origin() as origin,
        callbacks() as served,
    ):
        directory = Path(name)
        public = write_configuration(directory, [feed_url(0, origin.server_port)])
        file = directory / "sources.yaml"
        file.write_text(f"hub: {{allow_networks: [127.0.0.0/8]}}\n{file.read_text()}")
        service = Service(directory, public)
        try:
            service.wait_until(service.is_serving, "it does not answer")
            taken = _changes(service, origin, served, directory, (subscribers, hosts, changes))
            pss = service.tree.pss()
        finally:
            service.stop()
    ordered = sorted(taken)
    return Latency(
        subscribers,
        hosts,
        changes,
        len(ordered),
        served.document,
        ordered[len(ordered) // 2],
        ordered[int(len(ordered) * 0.99)],
        ordered[-1],
        pss,
    )


def _changes(
    service: Service, origin: Newsroom, served: Callbacks, directory: Path, size: tuple[int, int, int]
) -> list[float]:
    subscribers, hosts, changes = size
    site, taken = f"http://{address(0)}:{origin.server_port}", list[float]()
    with closing(sqlite3.connect(directory / STORE, timeout=30)) as db:
        for at, document in enumerate(documents(0, site, datetime.now(UTC), WARM_UP + changes, size=BODY)):
            origin.document = document
            before = _seq(db)
            service.make_due("s0")
            while _seq(db) == before:
                time.sleep(LOOK_EVERY)
            committed = time.monotonic()
            if at == 0:
                _subscribe(db, served.port, subscribers, hosts)
                continue
            service.wait_until(lambda: len(served.arrived) >= subscribers, "not all were delivered")
            if at >= WARM_UP:
                taken += [arrived - committed for arrived in served.arrived]
            time.sleep(2)  # beyond the least gap between two deliveries
            served.arrived.clear()
    return taken


def _seq(db: sqlite3.Connection) -> int:
    found = db.execute("SELECT coalesce(max(seq), 0) FROM channel WHERE name = 'sources/s0'").fetchone()
    return int(found[0])


def _subscribe(db: sqlite3.Connection, port: int, subscribers: int, hosts: int) -> None:
    until = int(time.time() * 1000) + 86_400_000
    names = [f"127.1.{number // 250}.{number % 250 + 1}" for number in range(hosts)]
    with db:
        for number in range(subscribers):
            host = names[number % hosts]
            db.execute(SUBSCRIBE, (f"http://{host}:{port}/{number}", host, until))


def main() -> None:
    """Measure, print a line for each run and write the JSON."""
    parser = argparse.ArgumentParser(description="The WebSub hub, from commit to callback.")
    parser.add_argument("--subscribers", type=int, metavar="N", help="of one run in place of the four")
    parser.add_argument("--hosts", type=int, default=200, metavar="N", help="of their callbacks")
    parser.add_argument("--changes", type=int, default=20, metavar="N", help="new items, one each")
    parser.add_argument("--json", type=Path, default=RESULTS, metavar="FILE", help="figures as JSON")
    arguments = parser.parse_args()
    adopt_orphans()
    runs = RUNS if arguments.subscribers is None else ((arguments.subscribers, arguments.hosts, 5.0),)
    found = []
    for subscribers, hosts, target in runs:
        found.append(measure(subscribers, hosts, arguments.changes))
        print(_line(found[-1], target), flush=True)
    document = {"taken": datetime.now(UTC).isoformat(timespec="seconds"), "runs": list(map(asdict, found))}
    write(arguments.json, json.dumps(document, indent=1) + "\n")


def _line(found: Latency, target: float) -> str:
    verdict = "reached" if found.p99 <= target else "MISSED"
    return (
        f"{found.subscribers:,} subscribers at {found.hosts} hosts, document {found.document / 1000:.0f} kB: "
        f"p50 {found.p50:.2f} s, p99 {found.p99:.2f} s, longest {found.longest:.2f} s "
        f"({found.delivered:,} deliveries of {found.changes} changes), PSS {found.pss / MB:.0f} MB; "
        f"p99 <= {target:g} s {verdict}"
    )


if __name__ == "__main__":
    main()
