"""The origin of `benchmarks.fetching`: many hosts on loopback, plain and over TLS, with precomputed answers.

`python -m benchmarks.fetching_origin CERTIFICATE` prints its plain and its TLS port, then serves until ended.
"""

import asyncio
import itertools
import json
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
HOSTS = 500
ETAG = '"5f3-61c"'
BODY = b"<rss version='2.0'>" + b"<item/>" * 600 + b"</rss>"
_FIELDS = (
    "Date: Mon, 02 Mar 2026 12:00:00 GMT\r\nServer: nginx\r\nContent-Type: application/rss+xml\r\n"
    f"ETag: {ETAG}\r\nLast-Modified: Mon, 02 Mar 2026 11:00:00 GMT\r\nCache-Control: max-age=300\r\n"
    "Vary: Accept-Encoding\r\nX-Frame-Options: SAMEORIGIN\r\n"
)
_ANSWERS = {
    b"/304": f"HTTP/1.1 304 Not Modified\r\n{_FIELDS}\r\n".encode(),
    b"/200": f"HTTP/1.1 200 OK\r\n{_FIELDS}Content-Length: {len(BODY)}\r\n\r\n".encode() + BODY,
    b"/302": f"HTTP/1.1 302 Found\r\n{_FIELDS}Location: /200\r\nContent-Length: 0\r\n\r\n".encode(),
}


@dataclass(frozen=True, slots=True)
class Run:
    """The documents to fetch, and whether all sources are at one host, `host_gap` apart."""

    scheme: str
    path: str
    is_one_origin: bool = False

    @property
    def at_once(self) -> int:
        """How many fetches are under way at a time."""
        return 1 if self.is_one_origin else 32


RUNS = {
    "plain 304": Run("http", "/304"),
    "plain 200": Run("http", "/200"),
    "plain 304, one origin": Run("http", "/304", is_one_origin=True),
    "plain 302 and 200, one origin": Run("http", "/302", is_one_origin=True),
    "TLS 304": Run("https", "/304"),
    "TLS 200": Run("https", "/200"),
    "TLS 304, one origin": Run("https", "/304", is_one_origin=True),
    "TLS 302 and 200, one origin": Run("https", "/302", is_one_origin=True),
}


@dataclass(frozen=True, slots=True)
class Origin:
    """A running origin: its ports and the certificate to trust."""

    plain: int
    tls: int
    certificate: str

    def urls(self, run: Run) -> Iterator[str]:
        """Yield the URLs of a run, without end."""
        port = self.tls if run.scheme == "https" else self.plain
        for number in itertools.cycle(range(1 if run.is_one_origin else HOSTS)):
            yield f"{run.scheme}://h{number}.bench.test:{port}{run.path}"


def address(host: str) -> str:
    """Return the loopback address of one of the hosts."""
    number = int(host.removeprefix("h").partition(".")[0])
    return f"127.1.{number // 250}.{number % 250 + 1}"


@contextmanager
def running_origin() -> Iterator[Origin]:
    """Start the origin in a process of its own and end it after the block."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "both.pem"
        key = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=bench.test"
        names = ("-addext", "subjectAltName=DNS:*.bench.test")
        files = ("-keyout", str(path), "-out", str(path.with_suffix(".crt")))
        subprocess.run(["openssl", *key.split(), *names, *files], check=True, capture_output=True)
        path.write_text(path.read_text() + path.with_suffix(".crt").read_text())
        command = [sys.executable, "-m", "benchmarks.fetching_origin", str(path)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            try:
                yield Origin(*json.loads(process.stdout.readline()), certificate=str(path))
            finally:
                process.terminate()


class Connection(asyncio.Protocol):
    """One connection of the origin."""

    _received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport to answer on."""
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        """Answer each request that is complete, and close where the client asks for it."""
        self._received += data
        while b"\r\n\r\n" in self._received:
            request, self._received = self._received.split(b"\r\n\r\n", 1)
            self._transport.write(_ANSWERS[request.split(b" ", 2)[1]])
            if b"connection: close" in request.lower():
                self._transport.close()


async def serve(certificate: str) -> None:
    """Answer on a plain and on a TLS port, both printed, until the process is ended."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    loop, ports = asyncio.get_running_loop(), []
    for context in (None, tls):
        server = await loop.create_server(Connection, "0.0.0.0", 0, backlog=4096, ssl=context)
        ports.append(server.sockets[0].getsockname()[1])
    print(json.dumps(ports), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
