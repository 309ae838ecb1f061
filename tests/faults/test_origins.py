"""Slow, endless, looping and smuggled responses over real connections: each is bounded and named."""

import asyncio

import httpx
import pytest
from msgspec.structs import replace

from aggregator.errors import FetchError
from aggregator.fetch.client import Client
from aggregator.fetch.resolver import Resolver
from aggregator.fetch.transport import Transport
from aggregator.model.settings import PollSettings
from tests.fetch.given import FEED, LOOPBACK, client, failing, poll_settings, polling
from tests.server import HttpServer, Request, answer, dripping, http_server, redirect, then_close

HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("head", "drop"),
    [
        (b"", b"H"),
        (HEAD, b"X: y\r\n"),
        (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
        (HEAD + b"\r\n", b"<"),
        (HEAD + b"Content-Length: 9999\r\n\r\n", b"<"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n<\r\n"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n"),
        (HEAD + b"Content-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x08\0\0\0\0\0\xff", b"n"),
    ],
    ids=["status", "headers", "interim", "endless", "length", "chunks", "chunk-size", "trailers", "gzip"],
)
def test_an_origin_that_drips_is_left_at_the_deadline(head: bytes, drop: bytes) -> None:
    error = failing({"/": dripping(head, drop, 0.01)}, settings=poll_settings(timeout=0.3))
    assert (error.cause, str(error)) == ("network", "http://127.0.0.1:PORT/ did not finish within 0.3 s")


@pytest.mark.parametrize("rest", [b"5;" + b"x" * 200_000, b"0\r\n" + b"X: y\r\n" * 50_000])
def test_lines_around_chunks_that_do_not_end_are_a_limit(rest: bytes) -> None:
    error = failing({"/": then_close(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + rest)})
    told = "http://127.0.0.1:PORT/ is refused: its chunked encoding has over 65536 bytes of framing"
    assert (error.cause, str(error)) == ("limit", told)


def test_of_a_chain_of_ten_thousand_redirects_eleven_are_followed() -> None:
    async def scenario(origin: HttpServer, fetcher: Client) -> int:
        with pytest.raises(FetchError, match="redirects more than 10 times") as caught:
            await fetcher.fetch(origin.url("/0"))
        assert caught.value.cause == "limit"
        return len(origin.requests)

    chain = {f"/{n}": redirect(f"/{n + 1}", "301 Moved Permanently") for n in range(10_000)}
    assert polling(chain, scenario) == 11


@pytest.mark.parametrize("status", ["301 Moved Permanently", "302 Found", "308 Permanent Redirect"])
def test_a_redirect_to_itself_is_fetched_once(status: str) -> None:
    async def scenario(origin: HttpServer, fetcher: Client) -> int:
        with pytest.raises(FetchError, match="redirects in a circle"):
            await fetcher.fetch(origin.url("/"))
        return len(origin.requests)

    assert polling({"/": redirect("/", status)}, scenario) == 1


@pytest.mark.parametrize("surplus", [answer(body=b"another"), b"garbage" * 10, b"\r\n\r\n", b"\0" * 70_000])
@pytest.mark.parametrize(
    "said",
    [
        HEAD + b"Content-Length: 5\r\n\r\n<rss>",
        HEAD + b"content-length: 5\n\n<rss>",
        b"HTTP/1.1 103 Early Hints\r\n\r\n" + HEAD + b"Content-Length: 0\r\n\r\n",
    ],
)
def test_bytes_beyond_the_content_length_answer_no_later_request(said: bytes, surplus: bytes) -> None:
    async def scenario(origin: HttpServer, fetcher: Client) -> tuple[bytes | None, bytes | None, int]:
        first = await fetcher.fetch(origin.url("/"))
        second = await fetcher.fetch(origin.url("/other"))
        return first.body, second.body, origin.connections

    body = said.rpartition(b"\n")[2]
    assert polling({"/": said + surplus, "/other": answer(body=FEED)}, scenario) == (body, FEED, 2)


def test_bytes_beyond_the_last_chunk_or_a_304_answer_no_later_request() -> None:
    async def scenario(origin: HttpServer, fetcher: Client) -> list[bytes | None]:
        first = await fetcher.fetch(origin.url("/"))
        await fetcher.fetch(origin.url("/304"), validators=replace(first.validators, url=origin.url("/304")))
        return [(await fetcher.fetch(origin.url("/other"))).body for _ in range(2)]

    chunked = HEAD + b'ETag: "a"\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<rss>\r\n0\r\n\r\n'
    answers = {
        "/": chunked + b"garbage",
        "/304": answer(status="304 Not Modified") + b"garbage",
        "/other": answer(body=FEED),
    }
    assert polling(answers, scenario) == [FEED, FEED]


# Every way of writing an address that must not be reached.
FORMS = """
127.0.0.1 127.1 127.0.1 127.255.255.254 0x7f.1 0x7f000001 0x7F.0.0.1 0177.0.0.1 017700000001 2130706433
１２７.０.０.１ １２７.1 ⓵②⑦.⓪.⓪.① 127。0。0。1 0 0.0.0.0 10.0.0.1 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1
100.127.255.255 192.0.0.1 192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 239.1.1.1 240.0.0.1
255.255.255.255 [::] [::1] [0:0:0:0:0:0:0:1] [::127.0.0.1] [::7f00:1] [::ffff:127.0.0.1] [::ffff:7f00:1]
[::ffff:169.254.169.254] [::ffff:0:127.0.0.1] [64:ff9b::127.0.0.1] [64:ff9b::7f00:1] [64:ff9b:1::7f00:1]
[2002:7f00:1::] [2002:a00:1::1] [2001:0:7f00:1::] [fe80::1] [fe80::1%25lo] [fe80::1%lo] [::1%25lo] [fec0::1] [fc00::1]
[fd00::1] [ff02::1] [ff0e::1] [2001:db8::1] [100::1] [4000::1] localhost LOCALHOST localhost. ip6-localhost
user@127.0.0.1 1.1.1.1@127.0.0.1 127.0.0.1.
""".split()  # noqa: SIM905  as a list they fill a page


@pytest.mark.parametrize("led", [False, True], ids=["named", "led to"])
@pytest.mark.parametrize("host", FORMS)
def test_no_notation_of_a_forbidden_address_is_reached(host: str, led: bool) -> None:
    """The fetch is refused, or the name has no address; in no case is a connection made."""

    async def run() -> FetchError:
        system = Resolver(1)
        inner = Transport((), resolve=system)

        async def answering(request: httpx.Request) -> httpx.Response:
            if request.url.host == "origin.test":
                return httpx.Response(302, headers=[(b"Location", target.encode())])
            return await inner.handle_async_request(request)

        transport = httpx.MockTransport(answering)
        settings = PollSettings(timeout=poll_settings(timeout=20).timeout)
        async with http_server(host="0.0.0.0") as server, client(settings, transport) as fetcher:
            target = server.url("/", host)
            with pytest.raises(FetchError) as caught:
                await fetcher.fetch("http://origin.test/" if led else target)
            assert server.connections == 0
        await inner.aclose()
        system.close()
        return caught.value

    error = asyncio.run(run())
    assert error.cause == "refused" or "has no address" in str(error), str(error)
    assert str(error).isprintable()


def test_the_same_addresses_are_reached_where_they_are_allowed() -> None:
    """Control: the test above would notice a connection."""

    async def scenario(origin: HttpServer, _: Client) -> list[bytes | None]:
        system = Resolver(1)
        transport = Transport(LOOPBACK, resolve=system)
        async with client(transport=transport) as fetcher:
            hosts = ("127.1", "0x7f.1", "2130706433", "017700000001", "[::ffff:127.0.0.1]")
            found = [(await fetcher.fetch(f"http://{host}:{origin.port}/")).body for host in hosts]
        system.close()
        return found

    assert polling({"/": answer(body=FEED)}, scenario) == [FEED] * 5


def test_origins_that_hold_large_bodies_open_do_not_take_the_memory_of_all() -> None:
    hoards = HEAD + b"Content-Length: 9999999\r\n\r\n" + b" " * 9_900_000
    large = answer(body=FEED + b" " * 2_000_000)
    full = asyncio.Semaphore(0)

    async def hoard(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(hoards)
        await writer.drain()
        full.release()
        await asyncio.Event().wait()

    async def use(origin: HttpServer, fetcher: Client) -> tuple[str, list[FetchError]]:
        hoarders = [asyncio.create_task(fetcher.fetch(origin.url("/hoard"))) for _ in range(7)]
        for _ in hoarders:
            await full.acquire()
        body = (await fetcher.fetch(origin.url("/large"))).body
        for hoarder in hoarders:
            hoarder.cancel()
        ended = await asyncio.gather(*hoarders, return_exceptions=True)
        return (body or b"").strip().decode(), [error for error in ended if isinstance(error, FetchError)]

    settings = replace(poll_settings(timeout=30), per_host=9, max_bytes=10_000_000)
    body, cut = polling({"/hoard": hoard, "/large": large}, use, settings=settings)
    assert body == FEED.decode()
    assert [(error.cause, str(error).rpartition(": ")[2]) for error in cut] == [
        ("limit", "it is large and slow, and others wait for its memory")
    ]
