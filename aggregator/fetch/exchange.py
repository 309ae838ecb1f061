"""One HTTP/1.1 request and its response, on a connection of their own. Knows no httpx.

A connection carries one request, so no byte of one response can pass as another one: request smuggling and
response splitting gain nothing. Chunks are parsed by llhttp (httptools).
"""

import asyncio
import re
import ssl
from typing import cast

from httptools import HttpParserError, HttpResponseParser

from aggregator.errors import Cause
from aggregator.fetch.errors import Rejected
from aggregator.fetch.http1 import Head, ProtocolError, body_length, parse_head

RESPONSE_HEAD_BYTES_MAX = 65_536  # of all heads of a response: interim ones (1xx) may come without end
FRAMING_BYTES_MAX = 65_536  # of chunk sizes, extensions and trailers, beyond as many bytes as the body has
PIECE_BYTES = 65_536  # of a body that is sent
BUFFERED_BYTES_MAX = 262_144  # received and not yet read; beyond it reading is paused (backpressure)

_END_OF_HEAD = re.compile(rb"\n\r?\n")
_HEAD_BEFORE_CHUNKS = b"HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"


class Exchange(asyncio.Protocol):
    """A connection for one request: `send` it and `upload` its body, await the `head`, `read` the body to its
    end, `close`.

    `head` and `read` raise ProtocolError, OSError when the connection broke, or Rejected (limit) when headers
    or framing exceed their caps.
    """

    def __init__(self) -> None:
        self._received = bytearray()  # of heads
        self._searched = self._head_bytes = 0
        self._head: Head | None = None
        self._body = bytearray()  # decoded from its chunks and not yet read
        self._left: int | None = None  # bytes of the body still to come; None without a Content-Length
        self._chunks: HttpResponseParser | None = None
        self._excess = 0  # bytes of framing less those of the body
        self._is_complete = False
        self._error: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._is_paused = False  # writing, while the peer takes nothing

    def send(self, request: bytes) -> None:
        """Write the head of the request, or a small request whole: without flow control."""
        self._transport.write(request)

    async def upload(self, body: bytes) -> None:
        """Write the body in pieces as the peer takes them (backpressure), until it has answered."""
        pieces = memoryview(body)
        for start in range(0, len(body), PIECE_BYTES):
            while self._is_paused and self._head is None:
                await self._progress()
            if self._head is not None or self._error is not None:
                return
            self._transport.write(pieces[start : start + PIECE_BYTES])

    async def head(self) -> Head:
        """Return the head of the final response."""
        while self._head is None:
            await self._progress()
        return self._head

    async def read(self) -> bytes:
        """Return the bytes of the body received since the last call, b"" at its end."""
        while not self._body:
            if self._is_complete:
                return b""
            await self._progress()
        data = bytes(self._body)
        self._body.clear()
        if len(data) > BUFFERED_BYTES_MAX:
            self._transport.resume_reading()
        return data

    async def over_tls(self, context: ssl.SSLContext, name: str) -> "Exchange":
        """Return the exchange of one more request over TLS on this connection, which is now a tunnel."""
        inner, loop = Exchange(), asyncio.get_running_loop()
        transport = await loop.start_tls(self._transport, inner, context, server_hostname=name)
        assert transport is not None  # None of a transport that is closing raises before
        inner.connection_made(transport)
        return inner

    def close(self) -> None:
        """Close the connection, whatever is still received on it."""
        self._transport.abort()

    async def _progress(self) -> None:
        if self._error is not None:
            raise self._error
        self._waiter = asyncio.get_running_loop().create_future()
        await self._waiter

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport, for `send` and flow control."""
        self._transport = cast(asyncio.Transport, transport)

    def pause_writing(self) -> None:
        """Stop `upload`: the transport's buffer is full."""
        self._is_paused = True

    def resume_writing(self) -> None:
        """Let `upload` go on."""
        self._is_paused = False
        self._wake()

    def data_received(self, data: bytes) -> None:
        """Parse what was received; bytes after the end of the response are dropped."""
        if self._is_complete or self._error is not None:
            return
        try:
            if self._head is None:
                self._received += data
                data = self._receive_heads()
            if self._head is not None:
                self._receive_body(data)
        except (ProtocolError, Rejected) as error:
            self._error = error
        self._wake()

    def eof_received(self) -> None:
        """Treat a half-closed connection as closed."""
        self.connection_lost(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """End the body where only its connection ends it (RFC 9112 section 6.3, rule 8)."""
        if self._is_complete or self._error is not None:
            return
        ends_body = self._head is not None and self._left is None and self._chunks is None
        if exc is None and ends_body:
            self._is_complete = True
        else:
            self._error = exc or ProtocolError("it closed the connection before its response was complete")
        self._wake()

    def _receive_heads(self) -> bytes:
        """Parse interim heads and the final one. Return the bytes after it, the beginning of the body."""
        start = 0
        while end := _END_OF_HEAD.search(self._received, max(start, self._searched)):
            if self._head_bytes + end.end() > RESPONSE_HEAD_BYTES_MAX:
                break
            head = parse_head(bytes(self._received[start : end.end()]))
            start = end.end()
            if head.status == 101:
                raise ProtocolError("it switched protocols without being asked to")
            if head.status >= 200:
                self._begin_body(head)
                return bytes(self._received[start:])
        if self._head_bytes + len(self._received) > RESPONSE_HEAD_BYTES_MAX:
            raise Rejected(
                f"is refused: its headers are larger than {RESPONSE_HEAD_BYTES_MAX} bytes", cause=Cause.LIMIT
            )
        del self._received[:start]
        self._head_bytes += start
        self._searched = max(0, len(self._received) - 2)
        return b""

    def _begin_body(self, head: Head) -> None:
        """Decide where the body ends (RFC 9112 section 6.3); Transfer-Encoding overrides Content-Length."""
        length, codings = body_length(head), head.values(b"transfer-encoding")
        if codings and [coding.lower() for coding in codings] != [b"chunked"]:
            raise ProtocolError("illegal Transfer-Encoding: only chunked is supported")
        self._head = head
        if head.status in (204, 304):  # whatever its headers say
            length, codings = 0, []
        if codings:
            self._chunks = HttpResponseParser(self)
            # Old servers pad their chunk sizes with blanks.
            self._chunks.set_dangerous_leniencies(lenient_spaces_after_chunk_size=True)
            self._chunks.feed_data(_HEAD_BEFORE_CHUNKS)
        else:
            self._left, self._is_complete = length, length == 0

    def _receive_body(self, data: bytes) -> None:
        if self._chunks is not None:
            self._receive_chunks(self._chunks, data)
        else:
            if self._left is not None:
                data = data[: self._left]
                self._left -= len(data)
                self._is_complete = self._left == 0
            self._body += data
        if len(self._body) > BUFFERED_BYTES_MAX:
            self._transport.pause_reading()

    def _receive_chunks(self, chunks: HttpResponseParser, data: bytes) -> None:
        self._excess += len(data)
        try:
            chunks.feed_data(data)
        except HttpParserError as error:
            if not self._is_complete:  # else the error is about bytes after the response
                raise ProtocolError(f"illegal chunked encoding: {error}") from error
        if self._excess > FRAMING_BYTES_MAX and not self._is_complete:
            raise Rejected(
                f"is refused: its chunked encoding has over {FRAMING_BYTES_MAX} bytes of framing",
                cause=Cause.LIMIT,
            )

    def on_body(self, data: bytes) -> None:
        """Buffer bytes that llhttp has decoded."""
        self._body += data
        self._excess -= 2 * len(data)

    def on_message_complete(self) -> None:
        """Note that llhttp has read the last chunk and its trailers."""
        self._is_complete = True
