"""Responses a second of a running service beside nginx with the same bytes: the merged feed, the same as 304,
the front page, the page of an item. wrk with 16 connections, straight, in alternated rounds.
"""

import argparse
import http.client
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median

from benchmarks.fill import fill
from benchmarks.installation import write_configuration
from benchmarks.report import record
from benchmarks.service import Service
from benchmarks.states import feed_url

ITEMS, SOURCES, CONNECTIONS = 60, 10, 16  # a merged feed of 130 kB
TARGETS = {"feed 200": 0.7, "feed 304": 0.2, "front page": 0.15, "item page": 0.15}
NGINX = """\
user root; worker_processes 1; daemon off; pid {directory}/pid; error_log {directory}/error;
events {{ worker_connections 256; }}
http {{ access_log off; server {{ listen 127.0.0.1:{port}; root {directory}/root;
    types {{ application/json json; text/html html; }} }} }}
"""


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=5, help="of each run")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    if missing := [each for each in ("nginx", "wrk") if shutil.which(each) is None]:
        print(f"serving: left out, {' and '.join(missing)} missing")
        return
    with tempfile.TemporaryDirectory(prefix="publicwire-bench-") as name:
        measured = _measured(Path(name), arguments.rounds, arguments.seconds)
        for what, (size, ours, theirs, p99) in measured.items():
            verdict = "reached" if ours / theirs >= TARGETS[what] else "MISSED"
            print(
                f"{what}, {size / 1000:.0f} kB: {ours:,.0f} responses a second, p99 {p99:.1f} ms; "
                f"nginx {theirs:,.0f}: {ours / theirs:.2f} x; >= {TARGETS[what]} {verdict}"
            )
    names = ("bytes", "a_second", "nginx_a_second", "p99_ms")
    record("serving", {what: dict(zip(names, each, strict=True)) for what, each in measured.items()})


def _measured(directory: Path, rounds: int, seconds: int) -> Mapping[str, tuple[int, float, float, float]]:
    """Return bytes, responses a second of ours and of nginx, and our p99 in ms, as medians, by name."""
    port = write_configuration(directory, [feed_url(feed, 80) for feed in range(SOURCES)])
    fill(directory / "sources.yaml", ITEMS)
    service = Service(directory, port)
    try:
        service.wait_until(service.is_serving, "the service does not answer")
        runs = _runs(port)
        with _nginx(directory, {path: body for path, _, body in runs.values()}) as other:
            assert all(get(other, path)[1] == body for path, _, body in runs.values()), "the same bytes"
            found = {}
            for what, (path, etag, body) in runs.items():
                asked = [("If-None-Match", etag)] if etag else []
                ours, theirs = [], []
                for _ in range(rounds):
                    ours.append(_wrk(port, path, seconds, asked))
                    given = [("If-None-Match", get(other, path)[0])] if etag else []
                    theirs.append(_wrk(other, path, seconds, given))
                p99 = median(each[1] for each in ours)
                rates = median(each[0] for each in ours), median(each[0] for each in theirs)
                found[what] = (len(body), *rates, p99)
            return found
    finally:
        service.stop()


def _runs(port: int) -> Mapping[str, tuple[str, str, bytes]]:
    """Return path, ETag to ask with ("": none) and body of each run."""
    etag, feed = get(port, "/feed.json")
    front, item = get(port, "/")[1], item_path(port)
    return {
        "feed 200": ("/feed.json", "", feed),
        "feed 304": ("/feed.json", etag, feed),
        "front page": ("/", "", front),
        "item page": (item, "", get(port, item)[1]),
    }


def item_path(port: int) -> str:
    """Return the path of the first item of the front page."""
    address = re.search(rb'href="(/items/[^"]+)"', get(port, "/")[1])
    assert address, "the front page lists a release"
    return address[1].decode()


def get(port: int, path: str) -> tuple[str, bytes]:
    """Return the ETag and the body of a resource, without a coding."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.headers["ETag"] or "", response.read()


@contextmanager
def _nginx(directory: Path, bodies: Mapping[str, bytes]) -> Iterator[int]:
    """Serve the same bytes as files, in one process; yields the port."""
    own = directory / "nginx"
    with socket.create_server(("127.0.0.1", 0)) as free:
        theirs = free.getsockname()[1]
    for path, body in bodies.items():
        file = own / "root" / (f"{path.lstrip('/')}index.html" if path.endswith("/") else path.lstrip("/"))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(body)
    (own / "conf").write_text(NGINX.format(directory=own, port=theirs))
    process = subprocess.Popen(["nginx", "-p", str(own), "-c", str(own / "conf"), "-e", str(own / "error")])
    try:
        while not (own / "pid").exists() and process.poll() is None:
            time.sleep(0.01)
        yield theirs
    finally:
        process.terminate()
        process.wait()


def _wrk(port: int, path: str, seconds: int, headers: Sequence[tuple[str, str]]) -> tuple[float, float]:
    """Return responses a second and the 99th percentile in ms."""
    asked = [part for name, value in headers for part in ("-H", f"{name}: {value}")]
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", *asked]
    said = subprocess.run(
        [*command, f"http://127.0.0.1:{port}{path}"], capture_output=True, text=True, check=True
    ).stdout
    rate, slowest = re.search(r"Requests/sec:\s+([\d.]+)", said), re.search(r"99%\s+([\d.]+)(us|ms|s)", said)
    assert rate and slowest, said
    return float(rate[1]), float(slowest[1]) * {"us": 0.001, "ms": 1.0, "s": 1_000.0}[slowest[2]]


if __name__ == "__main__":
    main()
