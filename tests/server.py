"""The scripted HTTP server of all test rooms: a response or script by path, TLS, and every request recorded.

A handler on asyncio, because http.server and uvicorn refuse to send the broken responses that tests need.
"""

import asyncio
import json
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Request:
    """A recorded request: the head decoded as Latin-1, and the body."""

    head: str
    body: bytes

    @property
    def path(self) -> str:
        """The request target, with its query."""
        return self.head.split(" ")[1]

    def header(self, name: str) -> str | None:
        """Return the value of the first header field of this name, None without one."""
        for line in self.head.split("\r\n")[1:]:
            field, _, value = line.partition(":")
            if field.lower() == name.lower():
                return value.strip()
        return None


Script = Callable[[Request, asyncio.StreamWriter], Awaitable[None]]
Answers = Mapping[str, bytes | Script]


def answer(*headers: str, status: str = "200 OK", body: bytes = b"") -> bytes:
    """Return a whole response with the right Content-Length."""
    head = "\r\n".join((f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers))
    return head.encode() + b"\r\n\r\n" + body


def redirect(to: str, status: str = "302 Found") -> bytes:
    """Return a redirect to another address."""
    return answer(f"Location: {to}", status=status)


def then_close(data: bytes) -> Script:
    """Write these bytes and close the connection."""

    async def script(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        writer.close()

    return script


def then_hang(data: bytes) -> Script:
    """Write these bytes and keep the connection open without another byte."""

    async def script(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await asyncio.Event().wait()

    return script


def for_ever(head: bytes, data: bytes) -> Script:
    """Write the head and then the same data until the client leaves."""

    async def script(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while not writer.is_closing():
            writer.write(data)
            await writer.drain()

    return script


def dripping(head: bytes, drop: bytes, pause: float) -> Script:
    """Write the head and then a drop every `pause` seconds until the client leaves."""

    async def script(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        await drip(writer, drop, pause)

    return script


async def drip(writer: asyncio.StreamWriter, drop: bytes, pause: float) -> None:
    """Write a drop every `pause` seconds until the client leaves."""
    closed = asyncio.ensure_future(writer.wait_closed())
    while not closed.done():
        writer.write(drop)
        await asyncio.wait({closed}, timeout=pause)
    with suppress(OSError):
        await closed


TLS_HANDSHAKE = b"\x16"  # the first byte of a record (RFC 8446 section 5.1)
HANG = then_hang(b"")
GONE, NOT_FOUND = answer(status="410 Gone"), answer(status="404 Not Found")


class HttpServer:
    """A server on a free port; `answers` by request target may change at any time, other paths are 404.

    `requests` are recorded before they are answered, `connections` counts the accepted ones.
    """

    def __init__(self, answers: Answers, *, scheme: str, host: str, greeting: bytes) -> None:
        self.answers = dict(answers)
        self.requests: list[Request] = []
        self.connections = 0
        self.port = 0
        self.handlers: set[asyncio.Task[None]] = set()
        self._scheme, self._host, self._greeting = scheme, host, greeting

    def url(self, path: str, host: str = "") -> str:
        return f"{self._scheme}://{host or self._host}:{self.port}{path}"

    @property
    def paths(self) -> list[str]:
        """The request targets so far."""
        return [request.path for request in self.requests]

    def header(self, name: str, request: int = -1) -> str | None:
        """Return the value of a header field of one request, the last one unless numbered."""
        return self.requests[request].header(name)

    def posted_json(self) -> list[dict[str, object]]:
        """Return the body of each request that had one, read as a JSON object."""
        return [json.loads(request.body) for request in self.requests if request.body]

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection until either side closes it."""
        self.connections += 1
        handler = asyncio.current_task()
        assert handler is not None
        self.handlers.add(handler)
        try:
            writer.write(self._greeting)
            while True:
                request = await _read(reader)
                self.requests.append(request)
                scripted = self.answers.get(request.path, NOT_FOUND)
                if isinstance(scripted, bytes):
                    writer.write(scripted)
                else:
                    await scripted(request, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client left, or the server is stopped
        finally:
            writer.transport.abort()


async def _read(reader: asyncio.StreamReader) -> Request:
    first = await reader.readexactly(1)
    if first == TLS_HANDSHAKE:  # a browser asks for http images by https
        raise ConnectionAbortedError
    request = Request((first + await reader.readuntil(b"\r\n\r\n")).decode("latin-1"), b"")
    length = int(request.header("Content-Length") or 0)
    return Request(request.head, await reader.readexactly(length))


@asynccontextmanager
async def http_server(
    answers: Answers | None = None,
    tls: ssl.SSLContext | None = None,
    *,
    host: str = "127.0.0.1",
    greeting: bytes = b"",
) -> AsyncIterator[HttpServer]:
    """Serve in the running event loop; `greeting` is written to each connection before any request."""
    server = HttpServer(answers or {}, scheme="https" if tls else "http", host=host, greeting=greeting)
    # The accept queue holds all connections of a poll at once, so that none waits for a retransmitted SYN.
    listening = await asyncio.start_server(server.handle, host, 0, ssl=tls, backlog=512)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        for handler in server.handlers:
            handler.cancel()
        await asyncio.gather(*server.handlers, return_exceptions=True)


@contextmanager
def http_server_in_thread(answers: Answers | None = None, *, host: str = "127.0.0.1") -> Iterator[HttpServer]:
    """Serve in an event loop of its own, beside tests that block and processes they start."""
    started: Future[tuple[HttpServer, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def serve() -> None:
        stop = asyncio.Event()
        async with http_server(answers, host=host) as server:
            started.set_result((server, asyncio.get_running_loop(), stop))
            await stop.wait()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    server, loop, stop = started.result(timeout=10)
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
