"""Origins of all feeds in one small process, each feed on its own loopback address.

Every response is precomputed: the origins share the cores with the contestants. Run as
`python -m benchmarks.origin`; it prints its port, then serves until SIGTERM.
Control: `POST /_state/N` enters a state and clears the counts, `GET /_answers` reads them.
"""

import asyncio
import json
import signal
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from benchmarks.feeds import documents
from benchmarks.states import FEEDS, RUNS, STATES, State, address, is_changing

HTTP_503 = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
HTTP_404 = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Document:
    """One feed in one state, with both of its responses precomputed."""

    validators: frozenset[bytes]  # accepted in conditional requests; empty: conditional requests get 200
    full: bytes
    unchanged: bytes


@dataclass(slots=True)
class Answers:
    """Counts of responses since the state was entered; times of the monotonic clock, in seconds."""

    full: int = 0
    unchanged: int = 0
    other: int = 0
    first: float = 0.0
    last: float = 0.0


class Origins:
    """All feeds by host, in one state at a time."""

    def __init__(self, bodies: dict[str, list[bytes]], now: datetime) -> None:
        self._bodies = bodies
        self._now = now
        self._documents: dict[str, Document] = {}
        self._answers = Answers()

    def enter(self, state: State) -> None:
        """Precompute the responses of a state; without documents every feed answers 503."""
        self._answers = Answers()
        self._documents = {}
        if state.is_available:
            for host, revisions in self._bodies.items():
                revision = min(state.revision, len(revisions) - 1)
                self._documents[host] = _document(host, revisions[revision], revision, state, self._now)

    def answer(self, host: str, request: bytes) -> bytes:
        """Return the response to a request sent to `host`."""
        if request.startswith(b"GET /feed.xml "):
            return self._feed(host, request)
        if request.startswith(b"POST /_state/"):
            self.enter(STATES[int(request[len(b"POST /_state/") :].split(b" ", 1)[0])])
            return _response("200 OK", "text/plain", b"")
        if request.startswith(b"GET /_answers "):
            body = json.dumps(asdict(self._answers)).encode()
            return _response("200 OK", "application/json", body)
        self._answers.other += 1
        return HTTP_404

    def _feed(self, host: str, request: bytes) -> bytes:
        answers = self._answers
        answers.last = time.monotonic()
        answers.first = answers.first or answers.last
        document = self._documents.get(host)
        if document is None:
            answers.other += 1
            return HTTP_503
        if _is_current(document, request):
            answers.unchanged += 1
            return document.unchanged
        answers.full += 1
        return document.full


def _is_current(document: Document, request: bytes) -> bool:
    """Return whether a conditional request gets 304 (RFC 9110 section 13.1: If-None-Match decides)."""
    headers = {
        name.strip().lower(): value.strip()
        for name, colon, value in (line.partition(b":") for line in request.split(b"\r\n")[1:])
        if colon
    }
    if b"if-none-match" in headers:
        return headers[b"if-none-match"] in document.validators
    return headers.get(b"if-modified-since") in document.validators


def _response(status: str, media_type: str, body: bytes, extra: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {media_type}\r\nContent-Length: {len(body)}\r\n"
    return f"{head}{extra}\r\n".encode() + body


def _document(host: str, body: bytes, revision: int, state: State, now: datetime) -> Document:
    pairs = [
        (
            f'"{host}-{revision}-{touched}"',
            format_datetime(now + timedelta(seconds=10 * revision + touched - 60), usegmt=True),
        )
        for touched in range(state.touched + 1)
    ]
    etag, modified = pairs[-1]
    head = f"ETag: {etag}\r\nLast-Modified: {modified}\r\n"
    honoured = pairs if state.honours_validators else []
    return Document(
        validators=frozenset(validator.encode() for pair in honoured for validator in pair),
        full=_response("200 OK", "application/rss+xml; charset=utf-8", body, head),
        unchanged=f"HTTP/1.1 304 Not Modified\r\n{head}\r\n".encode(),
    )


def _all_bodies(port: int, now: datetime) -> dict[str, list[bytes]]:
    most = 1 + max(state.revision for state in RUNS)
    return {
        address(feed): documents(
            feed, f"http://{address(feed)}:{port}", now, most if is_changing(feed) else 1
        )
        for feed in range(FEEDS)
    }


class Connection(asyncio.Protocol):
    """One kept-alive connection. Requests carry no body, so a blank line ends each."""

    def __init__(self, origins: Origins) -> None:
        self._origins = origins
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Accept connections to loopback addresses only; the socket listens on all."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._host: str = transport.get_extra_info("sockname")[0]
        if not self._host.startswith("127."):
            transport.abort()

    def data_received(self, data: bytes) -> None:
        """Answer each request that is complete."""
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            request, self._buffer = self._buffer.split(b"\r\n\r\n", 1)
            self._transport.write(self._origins.answer(self._host, request))
            if b"connection: close" in request.lower():
                self._transport.close()
                return


async def serve() -> None:
    """Write the feeds, print the port, answer until SIGTERM."""
    bodies: dict[str, list[bytes]] = {}
    now = datetime.now(UTC).replace(microsecond=0)
    origins = Origins(bodies, now)
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    server = await loop.create_server(lambda: Connection(origins), "0.0.0.0", 0, backlog=4096)
    async with server:
        port: int = server.sockets[0].getsockname()[1]
        bodies.update(_all_bodies(port, now))
        print(port, flush=True)
        await ended.wait()


if __name__ == "__main__":
    asyncio.run(serve())
