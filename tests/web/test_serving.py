"""The servers over real connections: head timeout and bounds on requests (slowloris, endless headers)."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from aggregator.model.settings import Address
from aggregator.web.serving import REQUEST_HEAD_BYTES_MAX, serving
from tests.running import free_port

HEAD = b"GET / HTTP/1.1\r\nHost: here\r\n"
REFUSED = b"PUT / HTTP/1.1\r\nHost: here\r\n"  # answered before its body comes


async def length(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


def received(
    use: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[bytes]], *, head_timeout: int = 60
) -> bytes:
    """Return what one connection to a server received."""

    async def run() -> bytes:
        port = free_port()
        app = Starlette(routes=[Route("/", length, methods=["GET", "POST"])])
        async with serving([(Address("127.0.0.1", port), lambda: app)], head_timeout=head_timeout):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                return await use(reader, writer)
            finally:
                writer.close()

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("start", "more"),
    [
        (b"GET /", b"a" * 1_000),
        (HEAD, b"X-Header: y\r\n" * 100),
        (HEAD + b"X-Header: ", b"y" * 1_000),
        (HEAD, b"y" * 1_000),
        (REFUSED + b"Content-Length: 999999999\r\n\r\n", b"z" * 1_000),
        (REFUSED + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X-Trailer: y\r\n" * 100),
        (REFUSED + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX-Trailer: ", b"y" * 1_000),
    ],
    ids=["address", "headers", "value", "name", "unwanted body", "trailers", "trailer"],
)
def test_an_endless_request_is_cut_off(start: bytes, more: bytes) -> None:
    async def use(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(start)
        sent = 0
        try:
            while sent < 100 * REQUEST_HEAD_BYTES_MAX:
                writer.write(more)
                sent += len(more)
                await writer.drain()
        except OSError:
            pass
        assert sent < 100 * REQUEST_HEAD_BYTES_MAX, "it was taken whole"
        return b""

    received(use)


def test_keep_alive_requests_and_large_bodies_are_within_the_head_limit() -> None:
    async def use(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        got = b""
        for size in (3 * REQUEST_HEAD_BYTES_MAX, 10, 3 * REQUEST_HEAD_BYTES_MAX):
            head = HEAD.replace(b"GET", b"POST") + b"X: " + b"y" * (REQUEST_HEAD_BYTES_MAX // 2) + b"\r\n"
            writer.write(head + b"Content-Length: %d\r\n\r\n" % size + b"z" * size)
            await reader.readuntil(b"\r\n\r\n")
            got += await reader.readexactly(len(str(size))) + b" "
        return got

    assert received(use) == b"196608 10 196608 "


@pytest.mark.parametrize(
    "start", [b"", HEAD, HEAD + b"\r\n" + HEAD], ids=["nothing", "half a head", "half a second one"]
)
def test_an_incomplete_head_times_out(start: bytes) -> None:
    async def use(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(start)
        return (await asyncio.wait_for(reader.read(), 20))[-1:]

    assert received(use, head_timeout=1) == (b"0" if start.count(b"\r\n\r\n") else b"")
