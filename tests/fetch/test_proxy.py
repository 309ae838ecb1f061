"""An HTTP proxy: CONNECT and absolute form, names judged before, private networks reached without it."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from aggregator.errors import FetchError
from aggregator.fetch.proxy import Proxy, absolute_form, proxy_of
from aggregator.fetch.resolver import Resolve
from aggregator.fetch.transport import Transport
from aggregator.model.push_settings import Network
from tests.fetch.given import FEED, LOOPBACK, client, poll_settings, self_signed, server_tls
from tests.server import HttpServer, answer, http_server

PUBLIC = "93.184.215.14"  # never connected to: the proxy leads every request to the origin


def resolving(*addresses: str) -> Resolve:
    async def resolve(host: str, port: int) -> tuple[str, ...]:
        if not addresses:
            raise OSError("no such name")
        return addresses

    return resolve


@asynccontextmanager
async def tunnel_to(port: int) -> AsyncIterator[tuple[int, list[str]]]:
    """A proxy that leads each CONNECT to a port of this machine; its port, and the heads it received."""
    heads, tasks, writers = list[str](), set[asyncio.Task[None]](), list[asyncio.StreamWriter]()

    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
        writer.transport.abort()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        writers.extend((writer, inner_writer))
        for source, target in ((reader, inner_writer), (inner_reader, writer)):
            tasks.add(asyncio.create_task(pipe(source, target)))

    listening = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield listening.sockets[0].getsockname()[1], heads
    finally:
        listening.close()
        for task in tasks:
            task.cancel()
        for writer in writers:
            writer.transport.abort()
        await asyncio.gather(*tasks, return_exceptions=True)


def by_proxy(
    proxy: HttpServer | int,
    resolve: Resolve,
    *,
    allowed: tuple[Network, ...] = (),
    certificate: Path | None = None,
) -> Transport:
    port = proxy if isinstance(proxy, int) else proxy.port

    def trust() -> ssl.SSLContext:
        return ssl.create_default_context(cafile=certificate)

    return Transport(allowed, resolve=resolve, trust=trust, proxy=Proxy("127.0.0.1", port))


def said(
    url: str, *addresses: str, answers: dict[str, bytes] | None = None, allowed: tuple[Network, ...] = ()
) -> tuple[str, list[str]]:
    """Return the body or the error of one fetch by a scripted proxy, and the targets that it was sent."""

    async def scenario() -> tuple[str, list[str]]:
        async with http_server(answers) as proxy:
            transport = by_proxy(proxy, resolving(*addresses), allowed=allowed)
            async with client(poll_settings(), transport) as fetcher:
                try:
                    text = ((await fetcher.fetch(url.replace("PORT", str(proxy.port)))).body or b"").decode()
                except FetchError as error:
                    text = f"{error.cause}: {error}"
            return text.replace(str(proxy.port), "PORT"), proxy.paths

    return asyncio.run(scenario())


@pytest.mark.parametrize("addresses", [(PUBLIC,), ()])
def test_http_is_forwarded_by_the_proxy_in_absolute_form(addresses: tuple[str, ...]) -> None:
    target = "http://feeds.test:8080/a?b=c"
    assert said(target, *addresses, answers={target: answer(body=FEED)}) == (FEED.decode(), [target])


def test_https_goes_through_a_tunnel_with_the_certificate_of_the_origin(tmp_path: Path) -> None:
    certificate = self_signed(tmp_path)

    async def scenario() -> tuple[bytes | None, list[str]]:
        async with (
            http_server({"/a": answer(body=FEED)}, server_tls(certificate)) as origin,
            tunnel_to(origin.port) as (port, heads),
        ):
            transport = by_proxy(port, resolving(PUBLIC), certificate=certificate)
            async with client(poll_settings(), transport) as fetcher:
                fetched = await fetcher.fetch("https://feeds.test/a")
                with pytest.raises(FetchError, match="is not trusted"):
                    await fetcher.fetch("https://other.test/a")
        return fetched.body, heads

    connect = "CONNECT {0}:443 HTTP/1.1\r\nHost: {0}:443\r\n\r\n"
    heads = [connect.format("feeds.test"), connect.format("other.test")]
    assert asyncio.run(scenario()) == (FEED, heads)


def test_a_proxy_that_opens_no_tunnel_is_named() -> None:
    closed = answer(status="403 Forbidden", body=b"private words")
    text, targets = said("https://feeds.test/", PUBLIC, answers={"feeds.test:443": closed})
    failed = "failed: the proxy 127.0.0.1:PORT answered 403 Forbidden to CONNECT"
    assert (text, targets) == (f"network: https://feeds.test/ {failed}", ["feeds.test:443"])
    garbled = said("https://feeds.test/", PUBLIC, answers={"feeds.test:443": b"SSH-2.0\r\n\r\n"})[0]
    assert "it does not answer in HTTP/1.1" in garbled


def test_a_proxy_that_cannot_be_reached_is_named() -> None:
    async def scenario() -> str:
        async with client(poll_settings(), by_proxy(9, resolving(PUBLIC))) as fetcher:
            with pytest.raises(FetchError) as caught:
                await fetcher.fetch("http://feeds.test/")
        return str(caught.value)

    failed = "failed: the proxy 127.0.0.1:9: Connection refused"
    assert asyncio.run(scenario()) == f"http://feeds.test/ {failed}"


@pytest.mark.parametrize(
    ("url", "addresses"),
    [
        ("http://169.254.169.254/", ()),
        ("https://[::1]/", ()),
        ("http://feeds.test/", ("10.0.0.1",)),
        ("https://feeds.test/", (PUBLIC, "10.0.0.1")),  # the proxy might choose the second
    ],
)
def test_nothing_forbidden_is_asked_of_the_proxy(url: str, addresses: tuple[str, ...]) -> None:
    text, targets = said(url, *addresses)
    assert ("refused: " in text, "is refused: its host is at " in text, targets) == (True, True, [])


def test_an_allowed_private_network_is_reached_without_the_proxy() -> None:
    text, targets = said(
        "http://feeds.test:PORT/a", "127.0.0.1", answers={"/a": answer(body=FEED)}, allowed=LOOPBACK
    )
    assert (text, targets) == (FEED.decode(), ["/a"])


def test_a_proxy_is_read_from_its_url() -> None:
    assert proxy_of("") is None
    assert proxy_of("http://proxy.example/") == Proxy("proxy.example", 80)
    assert str(proxy_of("http://[::1]:3128/")) == "the proxy [::1]:3128"
    assert absolute_form(httpx.URL("http://[::1]:80/a b?c")) == b"http://[::1]/a%20b?c"
