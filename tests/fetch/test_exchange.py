"""One response on one connection: where its body ends, however it is cut into packets, and what is dropped after it."""

import asyncio
from itertools import pairwise
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.fetch.errors import Rejected
from aggregator.fetch.exchange import BUFFERED_BYTES_MAX, Exchange
from aggregator.fetch.http1 import ProtocolError

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
BODY = b"<rss>"


class Link(asyncio.Transport):
    """A connection that only remembers whether it is being read."""

    reads, is_open = True, True

    def pause_reading(self) -> None:
        self.reads = False

    def resume_reading(self) -> None:
        self.reads = True

    def abort(self) -> None:
        self.is_open = False


def read(*packets: bytes, ends: bool = False) -> tuple[int, bytes]:
    """The status and body of a response that comes in these packets and, if it `ends`, with its connection."""

    async def scenario() -> tuple[int, bytes]:
        exchange = Exchange()
        exchange.connection_made(Link())
        for packet in packets:
            exchange.data_received(packet)
        if ends:
            exchange.eof_received()
        async with asyncio.timeout(5):
            head, parts = await exchange.head(), []
            while part := await exchange.read():
                parts.append(part)
        return head.status, b"".join(parts)

    return asyncio.run(scenario())


WHOLE = [
    OK + b"Content-Length: 5\r\n\r\n<rss>",
    b"HTTP/1.1 200 OK\ncontent-length: 5\n\n<rss>",
    OK + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\n<rss>",
    OK + b"Content-Length:\r\n 5\r\n\r\n<rss>",
    OK + b"Upgrade: h2,h2c\r\nConnection: Upgrade\r\nContent-Length: 5\r\n\r\n<rss>",
    b"HTTP/1.1 103 Early Hints\r\nContent-Length: 3\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
    + OK
    + b"Content-Length: 5\r\n\r\n<rss>",
    CHUNKED + b"5\r\n<rss>\r\n0\r\n\r\n",
    CHUNKED + b'2;a="b"\r\n<r\r\n0003 \r\nss>\r\n000\r\nX-Trailer: 1\r\n\r\n',
    OK + b"Content-Length: 9\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\n<rss>\r\n0\r\n\r\n",
    OK + b"Transfer-Encoding: chunked\r\nContent-Length: 9\r\n\r\n5\r\n<rss>\r\n0\r\n\r\n",
    b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<rss>\r\n0\r\n\r\n",
]
EMPTY = [
    b"HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n",
    b"HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"HTTP/1.1 304 Not Modified\r\n\r\n",
    b"HTTP/1.1 204 No Content\r\nContent-Length: 500\r\n\r\n",
    OK + b"Content-Length: 0\r\n\r\n",
]
BEYOND = [
    b"",
    b"garbage",
    b"\r\n\r\n",
    b"5\r\nmore!\r\n0\r\n\r\n",
    OK + b"Content-Length: 4\r\n\r\nmore",
    b"\0" * 70_000,
]


@pytest.mark.parametrize("beyond", BEYOND)
@pytest.mark.parametrize("response", WHOLE)
def test_a_body_ends_with_its_framing_and_bytes_beyond_are_dropped(response: bytes, beyond: bytes) -> None:
    assert read(response + beyond) == (200, BODY)
    assert read(response, beyond) == (200, BODY)


@pytest.mark.parametrize("beyond", BEYOND)
@pytest.mark.parametrize("response", EMPTY)
def test_a_response_without_content_has_no_body_whatever_follows(response: bytes, beyond: bytes) -> None:
    assert read(response + beyond)[1] == read(response, beyond)[1] == b""


@given(st.sampled_from(WHOLE), st.lists(st.integers(1, 150), max_size=9))
def test_packets_may_be_cut_anywhere(response: bytes, cuts: list[int]) -> None:
    places = [0, *sorted({cut for cut in cuts if cut < len(response)}), len(response)]
    packets = [response[begin:end] for begin, end in pairwise(places)]
    assert read(*packets) == (200, BODY)


def test_packets_may_be_single_bytes() -> None:
    for response in WHOLE:
        assert read(*(bytes([byte]) for byte in response)) == (200, BODY)


def test_a_body_without_length_ends_with_its_connection() -> None:
    assert read(OK + b"\r\n<r", b"ss>", ends=True) == (200, BODY)


@pytest.mark.parametrize(
    ("response", "message"),
    [
        (b"", "closed the connection"),
        (OK, "closed the connection"),
        (OK + b"Content-Length: 6\r\n\r\n<rss>", "closed the connection"),
        (CHUNKED + b"5\r\n<rss>\r\n", "closed the connection"),
        (CHUNKED + b"5\r\n<rss>\r\n0\r\n", "closed the connection"),
        (CHUNKED + b"5\r\n<rss>\r\n0\r\nX: y\r\n", "closed the connection"),
        (CHUNKED + b"5\r\n<rss>garbage\r\n0\r\n\r\n", "illegal chunked encoding"),
        (CHUNKED + b"5\n<rss>\n0\n\n", "illegal chunked encoding"),
        (CHUNKED + b"-5\r\n<rss>\r\n0\r\n\r\n", "illegal chunked encoding"),
        (CHUNKED + b"0x5\r\n<rss>\r\n0\r\n\r\n", "illegal chunked encoding"),
        (CHUNKED + b"fffffffffffffffff\r\n<rss>\r\n0\r\n\r\n", "illegal chunked encoding"),
        (CHUNKED + b"5;a=b\nX\r\n<rss>\r\n0\r\n\r\n", "illegal chunked encoding"),
        (OK + b"Transfer-Encoding: gzip\r\n\r\n<rss>", "illegal Transfer-Encoding"),
        (OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "illegal Transfer-Encoding"),
        (OK + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", "illegal Transfer-Encoding"),
        (OK + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", "illegal Transfer-Encoding"),
        (CHUNKED[:-2] + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "illegal Transfer-Encoding"),
        (OK + b"Transfer-Encoding: identity\r\nContent-Length: 5\r\n\r\n<rss>", "illegal Transfer-Encoding"),
        (OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n<rss>x", "illegal Content-Length"),
        (OK + b"Content-Length: -5\r\n\r\n<rss>", "illegal Content-Length"),
        (b"HTTP/1.1 101 Switching\r\nUpgrade: h2\r\nConnection: upgrade\r\n\r\n", "switched protocols"),
    ],
)
def test_a_response_that_ends_early_or_could_be_read_in_two_ways_is_an_error(
    response: bytes, message: str
) -> None:
    with pytest.raises(ProtocolError, match=message):
        read(response, ends=True)


@pytest.mark.parametrize(
    ("packet", "again"),
    [
        (OK, b"X: " + b"y" * 1_000 + b"\r\n"),
        (OK + b"X: ", b"y" * 1_000),
        (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
        (OK + b"X: " + b"y" * 65_536 + b"\r\n\r\n", b""),
    ],
)
def test_heads_are_capped(packet: bytes, again: bytes) -> None:
    for response in ([packet, *[again] * 3_000], [packet + again * 3_000]):
        with pytest.raises(Rejected, match="its headers are larger than 65536 bytes"):
            read(*response)


@pytest.mark.parametrize(
    "framing", [b"5;" + b"x" * 70_000, b"0\r\n" + b"X: y\r\n" * 12_000, b"1\r\nx\r\n" * 20_000, b"0" * 70_000]
)
def test_framing_of_chunks_is_capped(framing: bytes) -> None:
    with pytest.raises((Rejected, ProtocolError)):
        read(CHUNKED + framing, b"x")


def test_reading_is_paused_until_the_body_is_read() -> None:
    async def scenario() -> tuple[list[bool], int]:
        exchange, link = Exchange(), Link()
        exchange.connection_made(link)
        exchange.data_received(OK + b"\r\n")
        exchange.data_received(b"x" * BUFFERED_BYTES_MAX)
        states = [link.reads]
        exchange.data_received(b"x")
        states.append(link.reads)
        size = len(await exchange.read())
        exchange.close()
        return [*states, link.reads, link.is_open], size

    assert asyncio.run(scenario()) == ([True, False, True, False], BUFFERED_BYTES_MAX + 1)


def test_a_broken_connection_is_its_error() -> None:
    async def scenario() -> None:
        exchange = Exchange()
        exchange.connection_made(cast(asyncio.BaseTransport, Link()))
        exchange.data_received(OK + b"\r\n<rss>")
        exchange.connection_lost(ConnectionResetError("reset"))
        assert await exchange.read() == BODY
        with pytest.raises(ConnectionResetError):
            await exchange.read()

    asyncio.run(scenario())
