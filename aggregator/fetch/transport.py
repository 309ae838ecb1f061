"""Connections to origins: the resolver, the SSRF guard at connect, TLS, and the httpx transport over them.

A host is resolved once a request, its addresses are judged, and a judged one is connected to, so DNS
rebinding gains nothing. There is no connection pool: one connection per request. Knows no redirects and no
deadline.
"""

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from ipaddress import ip_address

import httpx

from aggregator.errors import Cause
from aggregator.fetch.errors import Rejected
from aggregator.fetch.exchange import Exchange
from aggregator.fetch.guard import network_of, why_refused
from aggregator.fetch.http1 import ProtocolError, request_head
from aggregator.model.settings import Network

Resolve = Callable[[str, int], Awaitable[tuple[str, ...]]]

ALLOWED = "allow_networks"  # extension of a request: private networks it may reach
RESOLVED_HOSTS_MAX = 100_000  # names of hosts that resolved at their last lookup
NO_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST")  # OpenSSL's reasons for bytes that are no TLS record
CONNECT_TIMEOUT = 5.0  # seconds for one of several addresses, TLS included, before the next is tried


class Resolver:
    """The system's resolver, in two thread pools of its own.

    Slow lookups would fill the event loop's own pool, which storage and files need. Names that did not
    resolve last time have a pool to themselves: their lookups take longest.
    """

    def __init__(self, threads: int) -> None:
        self.pools = {
            did_resolve: ThreadPoolExecutor(threads, thread_name_prefix="resolve")
            for did_resolve in (True, False)
        }
        self.resolved: dict[str, None] = {}  # at their last lookup

    async def __call__(self, host: str, port: int) -> tuple[str, ...]:
        """Return the addresses of a host, best first. Raise OSError when there are none."""
        try:
            found = await asyncio.get_running_loop().run_in_executor(
                self.pools[host in self.resolved],
                lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM),
            )
        except BaseException:  # a cancelled lookup too: it was too slow
            self.resolved.pop(host, None)
            raise
        self.resolved[host] = None
        if len(self.resolved) > RESOLVED_HOSTS_MAX:
            del self.resolved[next(iter(self.resolved))]
        return tuple(str(address[0]) for *_, address in found)

    def close(self) -> None:
        """Cancel the queued lookups; threads end with the lookup they are in."""
        for pool in self.pools.values():
            pool.shutdown(wait=False, cancel_futures=True)


def _reason(error: BaseException | None) -> str:
    """Return the words for an operator; asyncio's own differ between event loops."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError) and error.reason in NO_TLS:
        return "it does not speak TLS at this port: is its address http:// instead of https://?"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed: {error.reason or error}"
    if isinstance(error, TimeoutError):
        return "it does not answer"
    if isinstance(error, OSError) and error.errno is not None and error.errno > 0:
        return os.strerror(error.errno)
    return getattr(error, "strerror", None) or str(error)


class _Body(httpx.AsyncByteStream):
    """The raw bytes of one response, read from its connection."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            while part := await self._exchange.read():
                yield part
        except (OSError, ProtocolError) as error:
            raise httpx.ReadError(_reason(error)) from error

    async def aclose(self) -> None:
        self._exchange.close()


@dataclass(eq=False)
class Transport(httpx.AsyncBaseTransport):
    """Carries httpx requests, each over a connection of its own to a permitted address.

    Private networks are allowed for each request by its extension ALLOWED, and for all by `allowed`, which is
    empty in the service: any feed could redirect into them.

    Reads nothing from the environment but SSL_CERT_FILE and SSL_CERT_DIR: a proxy named there would bypass
    the SSRF guard. Certificates are loaded (20 ms) at the first https request.
    """

    allowed: tuple[Network, ...] = ()
    _: KW_ONLY
    resolve: Resolve
    trust: Callable[[], ssl.SSLContext] = httpx.create_ssl_context

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        context = self.trust()
        context.set_alpn_protocols(["http/1.1"])
        return context

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request and return its response, of which the body is still to be read."""
        url = request.url
        head = request_head(request.method.encode(), url.raw_path, request.headers.raw)
        exchange = await self._connected(url, self.allowed + request.extensions.get(ALLOWED, ()))
        try:
            exchange.send(head + request.read())
            answer = await exchange.head()
        except BaseException as error:  # a cancellation too
            exchange.close()
            if isinstance(error, OSError | ProtocolError):
                raise httpx.ReadError(_reason(error)) from error
            raise
        return httpx.Response(answer.status, headers=answer.fields, stream=_Body(exchange))

    async def _connected(self, url: httpx.URL, allowed: tuple[Network, ...]) -> Exchange:
        """Connect to the first permitted address that accepts, over TLS for https."""
        host, tls = url.raw_host.decode(), self._tls if url.scheme == "https" else None
        port, name = url.port or (443 if tls else 80), host if tls else None
        loop, addresses = asyncio.get_running_loop(), await self._permitted(host, port, allowed)
        failed: OSError | None = None
        for address in addresses:
            # The last one has all the time that is left.
            seconds = CONNECT_TIMEOUT if address != addresses[-1] else None
            try:
                async with asyncio.timeout(seconds):
                    _, exchange = await loop.create_connection(
                        Exchange, address, port, ssl=tls, server_hostname=name
                    )
                return exchange
            except OSError as error:  # TimeoutError and ssl.SSLError among them
                failed = error
                if isinstance(error, ssl.SSLError):
                    break  # the next address would offer the same certificate
        raise httpx.ConnectError(_reason(failed)) from failed

    async def _permitted(self, host: str, port: int, allowed: tuple[Network, ...]) -> tuple[str, ...]:
        """Return the addresses of a host that may be reached. Raise Rejected when it has none (SSRF)."""
        try:
            addresses: tuple[str, ...] = (str(ip_address(host)),)
        except ValueError:
            try:
                addresses = tuple(dict.fromkeys(await self.resolve(host, port)))
            except (OSError, UnicodeError) as error:
                raise httpx.ConnectError(f"{host[:100]} has no address: {_reason(error)}") from error
        refusals = {address: why_refused(address, allowed) for address in addresses}
        permitted = tuple(address for address, kind in refusals.items() if not kind)
        if not permitted:
            shown = ", ".join(f"{address} ({kind})" for address, kind in refusals.items())
            at = f"{shown}; {_cure(refusals)}" if shown else "no address"
            raise Rejected(f"is refused: its host is at {at}", cause=Cause.REFUSED)
        return permitted


def _cure(refused: Iterable[str]) -> str:
    """Return the setting, and the option of `add`, that permit these addresses."""
    networks = dict.fromkeys(map(network_of, refused))
    options = " ".join(f"--allow-network {network}" for network in networks)
    return f"`allow_networks: [{', '.join(networks)}]` permits it (`add {options}`)"
