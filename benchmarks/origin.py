"""The origins: one small process that answers for all feeds, each on a loopback address of its own.

Every answer is precomputed, so that the origins cost little of the cores they share with what is
measured. Run as `python -m benchmarks.origin`; it prints its port, then serves until it is ended.
Control: `POST /_state/N` enters a state and clears the counts, `GET /_answers` reads them.
"""

import asyncio
import json
import signal
import time
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from benchmarks.feeds import documents
from benchmarks.states import FEEDS, RUNS, STATES, UNAVAILABLE, State, address, is_changing

HTTP_503 = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
HTTP_404 = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Document:
    """One revision of a feed with its two answers, whole."""

    etag: bytes
    modified: bytes
    full: bytes
    unchanged: bytes


@dataclass(slots=True)
class Answers:
    """What was answered since the state was entered; times of the monotonic clock, in seconds."""

    full: int = 0
    unchanged: int = 0
    other: int = 0
    first: float = 0.0
    last: float = 0.0


@dataclass(slots=True)
class Origins:
    """All feeds by address, and the state they are in."""

    feeds: dict[str, list[Document]]
    state: State = UNAVAILABLE
    answers: Answers = field(default_factory=Answers)

    def answer(self, host: str, request: bytes) -> bytes:
        """The bytes that answer a request sent to `host`."""
        if request.startswith(b"GET /feed.xml "):
            return self._feed(host, request)
        if request.startswith(b"POST /_state/"):
            number = int(request[len(b"POST /_state/") :].split(b" ", 1)[0])
            self.state, self.answers = STATES[number], Answers()
            return _response("200 OK", "text/plain", b"")
        if request.startswith(b"GET /_answers "):
            body = json.dumps(asdict(self.answers)).encode()
            return _response("200 OK", "application/json", body)
        self.answers.other += 1
        return HTTP_404

    def _feed(self, host: str, request: bytes) -> bytes:
        answers = self.answers
        answers.last = time.monotonic()
        answers.first = answers.first or answers.last
        revisions = self.feeds.get(host)
        if revisions is None or not self.state.is_available:
            answers.other += 1
            return HTTP_503
        document = revisions[min(self.state.revision, len(revisions) - 1)]
        if self.state.honours_validators and _is_current(document, request):
            answers.unchanged += 1
            return document.unchanged
        answers.full += 1
        return document.full


def _is_current(document: Document, request: bytes) -> bool:
    """Whether the requester has this document (RFC 9110, section 13.1: If-None-Match decides)."""
    headers = dict(
        (name.strip().lower(), value.strip())
        for name, colon, value in (line.partition(b":") for line in request.split(b"\r\n")[1:])
        if colon
    )
    if b"if-none-match" in headers:
        return document.etag in headers[b"if-none-match"]
    return headers.get(b"if-modified-since") == document.modified


def _response(status: str, media_type: str, body: bytes, extra: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {media_type}\r\nContent-Length: {len(body)}\r\n"
    return f"{head}{extra}\r\n".encode() + body


def _document(feed: int, revision: int, body: bytes, now: datetime) -> Document:
    etag = f'"feed-{feed}-revision-{revision}"'
    modified = format_datetime(now + timedelta(seconds=revision - 60), usegmt=True)
    validators = f"ETag: {etag}\r\nLast-Modified: {modified}\r\n"
    return Document(
        etag=etag.encode(),
        modified=modified.encode(),
        full=_response("200 OK", "application/rss+xml; charset=utf-8", body, validators),
        unchanged=f"HTTP/1.1 304 Not Modified\r\n{validators}\r\n".encode(),
    )


def _all_documents(port: int, now: datetime) -> dict[str, list[Document]]:
    revisions = 1 + max(state.revision for state in RUNS)
    return {
        address(feed): [
            _document(feed, revision, body, now)
            for revision, body in enumerate(
                documents(
                    feed, f"http://{address(feed)}:{port}", now, revisions if is_changing(feed) else 1
                )
            )
        ]
        for feed in range(FEEDS)
    }


class Connection(asyncio.Protocol):
    """One kept-alive connection. Requests carry no body, so a blank line ends each."""

    def __init__(self, origins: Origins) -> None:
        self._origins = origins
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take connections to loopback addresses only, though all are listened on."""
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
    origins = Origins({})
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    server = await loop.create_server(lambda: Connection(origins), "0.0.0.0", 0, backlog=4096)
    async with server:
        port: int = server.sockets[0].getsockname()[1]
        origins.feeds.update(_all_documents(port, datetime.now(UTC).replace(microsecond=0)))
        print(port, flush=True)
        await ended.wait()


if __name__ == "__main__":
    asyncio.run(serve())
