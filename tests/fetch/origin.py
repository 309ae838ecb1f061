"""A scripted origin: answers each path with raw bytes or a script of its own, and remembers what it was asked."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_network
from typing import TypeVar

from aggregator.errors import FetchError
from aggregator.fetch.client import Client
from aggregator.fetch.transport import Transport
from aggregator.model.settings import PollSettings

Script = Callable[[asyncio.StreamWriter], Awaitable[None]]
Answers = Mapping[str, bytes | Script]
T = TypeVar("T")

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


def answer(*headers: str, status: str = "200 OK", body: bytes = b"") -> bytes:
    """A whole answer with the right Content-Length."""
    head = "\r\n".join((f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers))
    return head.encode() + b"\r\n\r\n" + body


def redirect(to: str, status: str = "302 Found") -> bytes:
    """An answer that leads to another address."""
    return answer(f"Location: {to}", status=status)


def then_close(data: bytes) -> Script:
    """Writes this and closes the connection."""

    async def script(writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        writer.close()

    return script


def then_hang(data: bytes) -> Script:
    """Writes this and says nothing more for ever."""

    async def script(writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await asyncio.Event().wait()

    return script


def for_ever(head: bytes, data: bytes) -> Script:
    """Writes the head and then the same again and again."""

    async def script(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while not writer.is_closing():
            writer.write(data)
            await writer.drain()

    return script


@dataclass
class Origin:
    """One running origin. `requests` are the heads it was sent, `connections` how many it took."""

    answers: Answers
    port: int = 0
    requests: list[str] = field(default_factory=list)
    bodies: list[dict[str, object]] = field(default_factory=list)  # that were posted as JSON
    connections: int = 0
    scheme: str = "http"
    host: str = "127.0.0.1"
    handlers: set["asyncio.Task[None] | None"] = field(default_factory=set)

    def url(self, path: str, host: str = "") -> str:
        return f"{self.scheme}://{host or self.host}:{self.port}{path}"

    def header(self, name: str, request: int = -1) -> str | None:
        """The value of a header of one of the requests."""
        for line in self.requests[request].split("\r\n")[1:]:
            field_name, _, value = line.partition(":")
            if field_name.lower() == name.lower():
                return value.strip()
        return None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.handlers.add(asyncio.current_task())
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                self.requests.append(head)
                if self.header("Content-Type") == "application/json":
                    self.bodies.append(
                        json.loads(await reader.readexactly(int(self.header("Content-Length") or 0)))
                    )
                scripted = self.answers[head.split(" ")[1]]
                if isinstance(scripted, bytes):
                    writer.write(scripted)
                else:
                    await scripted(writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()


@asynccontextmanager
async def running(
    answers: Answers,
    tls: ssl.SSLContext | None = None,
    *,
    host: str = "127.0.0.1",
    bodies: list[dict[str, object]] | None = None,
) -> AsyncIterator[Origin]:
    """An origin on a free port of this machine."""
    origin = Origin(answers, scheme="https" if tls else "http", host=host)
    origin.bodies = [] if bodies is None else bodies
    server = await asyncio.start_server(origin.serve, host, 0, ssl=tls)
    origin.port = server.sockets[0].getsockname()[1]
    try:
        yield origin
    finally:
        server.close()
        for handler in origin.handlers:
            if handler is not None:
                handler.cancel()
        await asyncio.gather(*(handler for handler in origin.handlers if handler), return_exceptions=True)


async def every_name_is_here(host: str, port: int) -> tuple[str, ...]:
    """A resolver for which all hosts are this machine."""
    return ("127.0.0.1",)


def poll_settings(
    *, timeout: float = 5, max_bytes: int = 100_000, concurrency: int = 64, per_host: int = 2
) -> PollSettings:
    return PollSettings(
        timeout=timedelta(seconds=timeout),
        max_bytes=max_bytes,
        concurrency=concurrency,
        per_host=per_host,
        host_gap=timedelta(0),
        allow_networks=LOOPBACK,
    )


def client(settings: PollSettings | None = None) -> Client:
    """A client that may reach this machine, for which every name stands."""
    settings = settings or poll_settings()
    return Client(
        settings,
        contact="desk@example.org",
        publication_url="https://example.org/",
        transport=Transport(settings.allow_networks, resolve=every_name_is_here),
    )


def polling(
    answers: Answers,
    scenario: Callable[[Origin, Client], Awaitable[T]],
    settings: PollSettings | None = None,
) -> T:
    """Run one scenario against a running origin."""

    async def run() -> T:
        async with running(answers) as origin, client(settings) as fetcher:
            return await scenario(origin, fetcher)

    return asyncio.run(run())


def failing(answers: Answers, path: str = "/", settings: PollSettings | None = None) -> FetchError:
    """The error that fetching a path of the origin ends in; its port reads PORT."""

    async def scenario(origin: Origin, fetcher: Client) -> FetchError:
        try:
            await fetcher.fetch(origin.url(path))
        except FetchError as error:
            error.args = (str(error).replace(str(origin.port), "PORT"),)
            return error
        raise AssertionError("the fetch did not fail")

    return polling(answers, scenario, settings)
