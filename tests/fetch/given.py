"""Clients, settings and fetches against the scripted HTTP server."""

import asyncio
import ssl
import subprocess
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import TypeVar

import httpx

from aggregator.errors import FetchError
from aggregator.fetch.client import Client
from aggregator.fetch.transport import Transport
from aggregator.model.document import Fetched, Validators
from aggregator.model.settings import PollSettings
from tests.server import Answers, HttpServer, http_server

T = TypeVar("T")

FEED = b"<rss version='2.0'/>"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


async def every_name_is_here(host: str, port: int) -> tuple[str, ...]:
    """Resolve every host name to the loopback address."""
    return ("127.0.0.1",)


def poll_settings(
    *, timeout: float = 5, max_bytes: int = 100_000, concurrency: int = 64, per_host: int = 2
) -> PollSettings:
    """Return settings that permit the loopback networks and set no gap per host; `timeout` is in seconds."""
    return PollSettings(
        timeout=timedelta(seconds=timeout),
        max_bytes=max_bytes,
        concurrency=concurrency,
        per_host=per_host,
        host_gap=timedelta(0),
    )


def client(
    settings: PollSettings | None = None, transport: httpx.AsyncBaseTransport | None = None
) -> AbstractAsyncContextManager[Client]:
    """Provide an `open_client`, closed at the end."""
    return aclosing(open_client(settings, transport))


def open_client(
    settings: PollSettings | None = None, transport: httpx.AsyncBaseTransport | None = None
) -> Client:
    """Return a client, for which every host name is this machine unless it has another transport."""
    settings = settings or poll_settings()
    return Client(
        settings,
        contact="desk@example.org",
        publication_url="https://example.org/",
        transport=transport or Transport(LOOPBACK, resolve=every_name_is_here),
    )


def polling(
    answers: Answers,
    scenario: Callable[[HttpServer, Client], Awaitable[T]],
    settings: PollSettings | None = None,
) -> T:
    """Run one scenario with a server and a client, and return its result."""

    async def run() -> T:
        async with http_server(answers) as origin, client(settings) as fetcher:
            return await scenario(origin, fetcher)

    return asyncio.run(run())


def fetched(answers: Answers, path: str = "/", stored: tuple[str, str] | None = None) -> Fetched:
    """Return the result of one fetch; `stored` are the ETag and Last-Modified of its validators."""

    async def scenario(origin: HttpServer, fetcher: Client) -> Fetched:
        url = origin.url(path)
        return await fetcher.fetch(url, validators=Validators(url, *stored) if stored else Validators())

    return polling(answers, scenario)


def failing(answers: Answers, path: str = "/", settings: PollSettings | None = None) -> FetchError:
    """Return the error of one fetch, its text with PORT in place of the server's port."""

    async def scenario(origin: HttpServer, fetcher: Client) -> FetchError:
        try:
            await fetcher.fetch(origin.url(path))
        except FetchError as error:
            error.args = (str(error).replace(str(origin.port), "PORT"),)
            return error
        raise AssertionError("the fetch did not fail")

    return polling(answers, scenario, settings)


def self_signed(directory: Path) -> Path:
    """Make a certificate for feeds.test with its key, in one file."""
    path = directory / "feeds.pem"
    arguments = (
        *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
        *("-nodes", "-days", "2", "-subj", "/CN=feeds.test", "-addext", "subjectAltName=DNS:feeds.test"),
        *("-keyout", str(path), "-out", str(path.with_suffix(".crt"))),
    )
    subprocess.run(arguments, check=True, capture_output=True)
    path.write_text(path.read_text() + path.with_suffix(".crt").read_text())
    return path


def server_tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context
