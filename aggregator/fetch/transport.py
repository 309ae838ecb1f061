"""Connections: resolves a host once, has the addresses judged, and connects to exactly those.

The room of httpcore, and of httpx with `client`. Knows no redirects, limits or deadlines.
"""

import asyncio
import os
import re
import socket
import ssl
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from ipaddress import ip_address
from typing import cast

import httpcore
import httpx

from aggregator.fetch.guard import AddressRefused, Network, why_refused
from aggregator.fetch.wire import Wire

Resolve = Callable[[str, int], Awaitable[tuple[str, ...]]]

MOST_FOUND = 100_000  # names of hosts that were found when they were last looked for
CONNECT_SECONDS = 5.0  # for one of several addresses, before the next is tried
# Polls of a host are minutes apart: an idle connection is kept for a redirect, not for the next poll.
CONNECTION_POOLS, IDLE_CONNECTIONS = 16, 1  # a pool looks through all of its connections for each request
IDLE_SECONDS = 5.0
# Of all heads of an answer: interim ones (1xx) may come without end, and h11 takes each as harmless.
MOST_HEAD = 65_536
MOST_FRAMING = 262_144  # and as much as the body: sizes of chunks, and what stands beside them
_END_OF_HEAD = re.compile(rb"\n\r?\n")
_HEAD_READ = 16_384  # together less than h11 refuses by itself
_FAILURES = (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException)


class Resolver:
    """The system's resolver, in threads of its own: names that resolve slowly must not keep the threads of
    the event loop, which storage and files need; nor those of names that were found last time."""

    def __init__(self, threads: int) -> None:
        self._threads = {
            was_found: ThreadPoolExecutor(threads, thread_name_prefix="resolve")
            for was_found in (True, False)
        }
        self._found: dict[str, None] = {}

    async def __call__(self, host: str, port: int) -> tuple[str, ...]:
        """The addresses of a host, best first. OSError when there are none."""
        threads = self.for_names(was_found=self.was_found(host))
        try:
            found = await asyncio.get_running_loop().run_in_executor(
                threads, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            )
        except BaseException:  # also who was given up
            self._found.pop(host, None)
            raise
        self._found[host] = None
        if len(self._found) > MOST_FOUND:
            del self._found[next(iter(self._found))]
        return tuple(str(address[0]) for *_, address in found)

    def was_found(self, host: str) -> bool:
        """Whether its address was found last time."""
        return host in self._found

    def for_names(self, *, was_found: bool) -> ThreadPoolExecutor:
        """The threads that look for such names."""
        return self._threads[was_found]

    def close(self) -> None:
        """Let the threads end by themselves."""
        for threads in self._threads.values():
            threads.shutdown(wait=False, cancel_futures=True)


class HeadersTooLarge(Exception):
    """The headers of an answer, interim answers and what goes with chunks included, go on and on."""


class _Stream(httpcore.AsyncNetworkStream):
    """One connection as httpcore wants it; its timeouts are ignored: the client has one deadline for all."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._head = self._body_begins = 0  # bytes read since the request; of which this many are the head
        self._is_in_head = True
        self._tail = b""  # of what was read
        self._left: int | None = None  # of the body, where its length was said
        self._is_chunked = False

    def head_is_complete(self, length: str, *, is_chunked: bool) -> None:
        """The rest of the answer is body."""
        self._is_in_head, self._is_chunked = False, is_chunked
        self._body_begins = self._head
        self._left = int(length) if length.isdecimal() and not is_chunked else None

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        if self._is_in_head and self._head > MOST_HEAD:
            raise HeadersTooLarge(f"its headers are larger than {MOST_HEAD} bytes")
        try:
            if self._is_in_head:
                data = await self._wire.read(min(max_bytes, _HEAD_READ), self._head_ends)
            else:
                data = await self._wire.read(max_bytes if self._left is None else min(max_bytes, self._left))
        except OSError as error:
            raise httpcore.ReadError(_reason(error)) from error
        self._tail = (self._tail + data)[-3:]
        self._head += len(data)
        if self._left is not None:
            self._left -= len(data)
        return data

    def expect_body(self, size: int) -> None:
        """HeadersTooLarge when far more was read since the head than this many bytes of a body."""
        if self._head - self._body_begins > 2 * size + MOST_FRAMING:
            raise HeadersTooLarge(f"its chunks bring more than {MOST_FRAMING} bytes besides the body")

    def _head_ends(self, data: bytes) -> int:
        """Where a head ends, so that h11 holds no byte beyond: it would take what is left over of one answer,
        sent with too short a Content-Length, for the beginning of the next."""
        if self._tail.endswith((b"\n\r\n", b"\n\n")):
            self._tail = b""  # that was the end of an interim one
        end = _END_OF_HEAD.search(self._tail + data)
        return end.end() - len(self._tail) if end else len(data)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        self._head, self._is_in_head, self._tail, self._left = 0, True, b"", None
        self._wire.transport.write(buffer)

    async def aclose(self) -> None:
        self._wire.transport.abort()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore.AsyncNetworkStream:
        wire = self._wire
        try:
            if wire.has_received():  # plain bytes from before the handshake must not pass as encrypted
                raise OSError("it spoke before the TLS handshake")
            transport = await asyncio.get_running_loop().start_tls(
                wire.transport, wire, ssl_context, server_hostname=server_hostname
            )
        except OSError as error:  # ssl.SSLError and TimeoutError among them
            wire.transport.abort()
            raise httpcore.ConnectError(_reason(error)) from error
        except BaseException:
            wire.transport.abort()
            raise
        wire.transport = cast(asyncio.Transport, transport)
        return self

    def get_extra_info(self, info: str) -> object:
        if info == "is_readable":  # of an idle connection: its end, or bytes nobody asked for
            is_torn = self._is_chunked and self._tail != b"\n\r\n"
            return is_torn or self._wire.is_at_end or self._wire.has_received()
        return self._wire.transport.get_extra_info(info)


class Backend(httpcore.AsyncNetworkBackend):
    """Opens connections for httpcore, to permitted addresses only; every connection passes here."""

    def __init__(self, resolve: Resolve, allowed: Sequence[Network]) -> None:
        self._resolve = resolve
        self._allowed = allowed

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = await self._permitted(host, port)
        failed: Exception | None = None
        for address in addresses:
            # The last one has all the time that is left.
            patience = CONNECT_SECONDS if address != addresses[-1] else None
            try:
                async with asyncio.timeout(patience):
                    _, wire = await asyncio.get_running_loop().create_connection(Wire, address, port)
                return _Stream(wire)
            except OSError as error:  # TimeoutError among them
                failed = error
        raise httpcore.ConnectError(_reason(failed)) from failed

    async def _permitted(self, host: str, port: int) -> tuple[str, ...]:
        try:
            addresses: tuple[str, ...] = (str(ip_address(host)),)
        except ValueError:
            try:
                addresses = tuple(dict.fromkeys(await self._resolve(host, port)))
            except (OSError, UnicodeError) as error:
                raise httpcore.ConnectError(f"{host[:100]} has no address: {_reason(error)}") from error
        refusals = {address: why_refused(address, self._allowed) for address in addresses}
        permitted = tuple(address for address, kind in refusals.items() if not kind)
        if not permitted:
            shown = ", ".join(f"{address} ({kind})" for address, kind in refusals.items())
            raise AddressRefused(f"its host is at {shown or 'no address'}")
        return permitted


def _reason(error: Exception | None) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed: {error.reason or error}"
    if isinstance(error, TimeoutError):
        return "it does not answer"
    if isinstance(error, OSError) and error.errno is not None and error.errno > 0:
        return os.strerror(error.errno)  # asyncio's own words differ between event loops
    return getattr(error, "strerror", None) or str(error)


class _Body(httpx.AsyncByteStream):
    """The raw bytes of one answer."""

    def __init__(
        self,
        stream: AsyncIterable[bytes],
        close: Callable[[], Awaitable[None]],
        framed: Callable[[int], None],
    ) -> None:
        self._stream = stream
        self._close = close
        self._framed = framed

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        try:
            async for part in self._stream:
                size += len(part)
                self._framed(size)
                yield part
        except _FAILURES as error:
            raise httpx.TransportError(str(error)) from error

    async def aclose(self) -> None:
        await self._close()


class Transport(httpx.AsyncBaseTransport):
    """Carries httpx requests over guarded connections. Reads nothing from the environment but
    SSL_CERT_FILE and SSL_CERT_DIR: a proxy named there would walk round the guard."""

    def __init__(
        self,
        allowed: Sequence[Network],
        *,
        resolve: Resolve,
        trust: Callable[[], ssl.SSLContext] = httpx.create_ssl_context,
    ) -> None:
        self._backend = Backend(resolve, allowed)
        self._trust = cache(trust)
        self._pools: dict[tuple[str, int], httpcore.AsyncConnectionPool] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; the answer's body is still to be read."""
        url = request.url
        try:
            answer = await self._pool(url).handle_async_request(
                httpcore.Request(
                    request.method,
                    httpcore.URL(
                        scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                    ),
                    headers=request.headers.raw,
                    content=request.content,
                )
            )
        except _FAILURES as error:
            raise httpx.TransportError(str(error)) from error
        named = {name.lower(): value.decode("latin-1") for name, value in answer.headers}
        stream = cast(_Stream, answer.extensions["network_stream"])
        stream.head_is_complete(named.get(b"content-length", ""), is_chunked=b"transfer-encoding" in named)
        body = _Body(cast(AsyncIterable[bytes], answer.stream), answer.aclose, stream.expect_body)
        return httpx.Response(answer.status, headers=answer.headers, stream=body)

    def _pool(self, url: httpx.URL) -> httpcore.AsyncConnectionPool:
        """One of the pools of the scheme; certificates (20 ms) are read only once https is wanted."""
        chosen = (url.scheme, hash(url.host) % CONNECTION_POOLS)
        if chosen not in self._pools:
            self._pools[chosen] = httpcore.AsyncConnectionPool(
                ssl_context=self._trust() if url.scheme == "https" else None,
                max_connections=None,
                max_keepalive_connections=IDLE_CONNECTIONS,
                keepalive_expiry=IDLE_SECONDS,
                network_backend=self._backend,
            )
        return self._pools[chosen]

    async def aclose(self) -> None:
        """Close all connections."""
        for pool in self._pools.values():
            await pool.aclose()
