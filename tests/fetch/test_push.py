"""Requests of push: no redirects, bounded responses, backpressure, errors without the path of a callback."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from typing import TypeVar

import pytest

from aggregator.errors import Cause, FetchError
from aggregator.fetch.exchange import PIECE_BYTES, Exchange
from aggregator.fetch.push import Pusher, Response
from aggregator.fetch.transport import Transport
from tests.fetch.given import LOOPBACK, every_name_is_here
from tests.server import HANG, Answers, HttpServer, answer, dripping, http_server, redirect, then_close

T = TypeVar("T")


def pushing(
    answers: Answers, scenario: Callable[[HttpServer, Pusher], Awaitable[T]], *, timeout: float = 5
) -> T:
    """Run one scenario with a server and a client of push, and return its result."""

    async def run() -> T:
        transport = Transport(resolve=every_name_is_here)
        pusher = Pusher(
            contact="desk@example.org",
            publication_url="https://example.org/",
            transport=transport,
            timeout=timeout,
        )
        async with http_server(answers) as server, aclosing(pusher):
            return await scenario(server, pusher)

    return asyncio.run(run())


@pytest.mark.parametrize("status", ["301 Moved Permanently", "307 Temporary Redirect"])
def test_a_redirect_is_a_response_and_not_followed(status: str) -> None:
    async def scenario(server: HttpServer, pusher: Pusher) -> tuple[int, list[str]]:
        response = await pusher.post(server.url("/"), b"x", (), networks=LOOPBACK)
        return response.status, server.paths

    code, paths = pushing({"/": redirect("/other", status)}, scenario)
    assert (code, paths) == (int(status[:3]), ["/"])


def test_a_response_is_read_only_as_far_as_asked_for() -> None:
    async def scenario(server: HttpServer, pusher: Pusher) -> list[Response]:
        return [
            await pusher.get(server.url("/"), networks=LOOPBACK, bytes_max=length) for length in (0, 4, 100)
        ]

    found = pushing({"/": answer("Retry-After: 7", body=b"challenge")}, scenario)
    assert found == [Response(200, body, "7") for body in (b"", b"chal", b"challenge")]


def test_a_response_that_drips_is_given_up() -> None:
    async def scenario(server: HttpServer, pusher: Pusher) -> None:
        with pytest.raises(FetchError) as caught:
            await pusher.get(server.url("/capability"), networks=LOOPBACK, bytes_max=100)
        assert str(caught.value) == "127.0.0.1 did not answer within 0.2 s"

    script = dripping(b"HTTP/1.1 200 OK\r\n\r\n", b"x", 0.05)
    pushing({"/capability": script}, scenario, timeout=0.2)


@pytest.mark.parametrize(
    ("script", "cause"), [(HANG, Cause.NETWORK), (then_close(b""), Cause.NETWORK), (b"SMTP", Cause.NETWORK)]
)
def test_an_error_names_the_host_alone(script: bytes, cause: Cause) -> None:
    async def scenario(server: HttpServer, pusher: Pusher) -> FetchError:
        with pytest.raises(FetchError) as caught:
            await pusher.post(server.url("/capability"), b"x", (), networks=LOOPBACK)
        return caught.value

    error = pushing({"/capability": script}, scenario, timeout=0.2)
    assert (error.cause, "capability" in str(error)) == (cause, False)


def test_the_address_guard_applies() -> None:
    async def scenario(server: HttpServer, pusher: Pusher) -> FetchError:
        with pytest.raises(FetchError) as caught:
            await pusher.post(server.url("/capability", host="inner.example"), b"x", ())
        assert server.requests == []
        return caught.value

    error = pushing({}, scenario)
    assert (error.cause, "capability" in str(error)) == (Cause.REFUSED, False)


@pytest.mark.parametrize("size", [0, 1, PIECE_BYTES, PIECE_BYTES + 1, 3_000_000])
def test_a_body_arrives_whole_with_its_fields(size: int) -> None:
    body = bytes(range(256)) * (size // 256 + 1)

    async def scenario(server: HttpServer, pusher: Pusher) -> bytes:
        fields = [("Content-Type", "text/x-test"), ("Link", '<https://a.example/>; rel="hub"')]
        response = await pusher.post(server.url("/"), body[:size], fields, networks=LOOPBACK)
        assert response.is_success
        assert server.header("Content-Type") == "text/x-test"
        assert server.header("Link") == '<https://a.example/>; rel="hub"'
        assert (server.header("User-Agent") or "").startswith("publicwire/")
        return server.requests[0].body

    assert pushing({"/": answer()}, scenario) == body[:size]


@asynccontextmanager
async def connected(response: bytes) -> AsyncIterator[tuple[asyncio.Transport, Exchange]]:
    """Provide a connection to a server that reads nothing, and writes this at once."""
    accepted: list[asyncio.StreamWriter] = []

    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted.append(writer)
        writer.write(response)
        await asyncio.Event().wait()

    server = await asyncio.start_server(deaf, "127.0.0.1", 0, limit=1_000)
    port = server.sockets[0].getsockname()[1]
    transport, exchange = await asyncio.get_running_loop().create_connection(Exchange, "127.0.0.1", port)
    try:
        yield transport, exchange
    finally:
        exchange.close()
        server.close()
        for writer in accepted:
            writer.transport.abort()
        await asyncio.sleep(0)  # both ends are closed in the next turn of the loop


def test_a_body_that_is_not_taken_waits_outside_of_the_buffers() -> None:
    """Backpressure: a document that no callback takes would be in memory once for each of them."""

    async def run() -> int:
        async with connected(b"") as (transport, exchange):
            exchange.send(b"POST / HTTP/1.1\r\n\r\n")
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.5):
                    await exchange.upload(b"x" * 50_000_000)
            return transport.get_write_buffer_size()

    assert 0 < asyncio.run(run()) <= 4 * PIECE_BYTES


def test_a_response_ends_the_upload() -> None:
    async def run() -> int:
        async with connected(answer(status="413 Content Too Large")) as (_, exchange):
            await asyncio.wait_for(exchange.upload(b"x" * 50_000_000), 20)
            return (await exchange.head()).status

    assert asyncio.run(run()) == 413
