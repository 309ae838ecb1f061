"""Connections to origins: the SSRF guard at connect, TLS, and the httpx transport over them.

A host is resolved once a request, its addresses are judged, and a judged one is connected to, so DNS
rebinding gains nothing. There is no connection pool: one connection per request. Knows no redirects and no
deadline.
"""

import asyncio
import os
import ssl
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from ipaddress import ip_address

import httpx

from aggregator.errors import Cause
from aggregator.fetch.errors import Rejected
from aggregator.fetch.exchange import Exchange
from aggregator.fetch.guard import network_of, why_refused
from aggregator.fetch.http1 import ProtocolError, request_head
from aggregator.fetch.proxy import Proxy, absolute_form, tunnelled
from aggregator.fetch.resolver import Resolve
from aggregator.model.push_settings import Network

ALLOWED = "allow_networks"  # extension of a request: private networks it may reach
# OpenSSL's reasons, by its version, for bytes that are no TLS record.
NO_TLS = ("WRONG_VERSION_NUMBER", "PACKET_LENGTH_TOO_LONG", "HTTP_REQUEST")
PROXIED_LOOKUP_TIMEOUT = 2.0  # seconds to judge a name that the proxy resolves
CONNECT_TIMEOUT = 5.0  # seconds for one of several addresses, TLS included, before the next is tried


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

    With a `proxy` it carries all but the requests to private networks that are allowed. Names are judged here
    as far as they resolve here; the proxy resolves them again.

    Reads nothing from the environment but SSL_CERT_FILE and SSL_CERT_DIR: a proxy named there would bypass
    the SSRF guard. Certificates are loaded (20 ms) at the first https request.
    """

    allowed: tuple[Network, ...] = ()
    _: KW_ONLY
    resolve: Resolve
    trust: Callable[[], ssl.SSLContext] = httpx.create_ssl_context
    proxy: Proxy | None = None

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        context = self.trust()
        context.set_alpn_protocols(["http/1.1"])
        return context

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request and return its response, of which the body is still to be read."""
        url = request.url
        allowed = self.allowed + request.extensions.get(ALLOWED, ())
        proxy = self.proxy if self.proxy is None or await self._needs_proxy(url, allowed) else None
        target = absolute_form(url) if proxy is not None and url.scheme == "http" else url.raw_path
        head = request_head(request.method.encode(), target, request.headers.raw)
        exchange = await (self._connected(url, allowed) if proxy is None else self._proxied(url, proxy))
        try:
            exchange.send(head)
            await exchange.upload(request.read())
            answer = await exchange.head()
        except BaseException as error:  # a cancellation too
            exchange.close()
            if isinstance(error, OSError | ProtocolError):
                raise httpx.ReadError(_reason(error)) from error
            raise
        return httpx.Response(answer.status, headers=answer.fields, stream=_Body(exchange))

    async def _connected(self, url: httpx.URL, allowed: tuple[Network, ...]) -> Exchange:
        """Connect to the first permitted address that accepts, over TLS for https."""
        host, port = _host_and_port(url)
        addresses = await self._permitted(host, port, allowed)
        return await _opened(addresses, port, tls=self._tls if url.scheme == "https" else None, name=host)

    async def _needs_proxy(self, url: httpx.URL, allowed: tuple[Network, ...]) -> bool:
        """Return whether the proxy is to carry a request; Rejected if it could reach a refused address."""
        host, port = _host_and_port(url)
        try:
            async with asyncio.timeout(PROXIED_LOOKUP_TIMEOUT):
                addresses = await self._permitted(host, port, allowed, every=True)
        except (httpx.ConnectError, TimeoutError):  # a network without a way out may resolve no names either
            return True
        return not any(map(why_refused, addresses))

    async def _proxied(self, url: httpx.URL, proxy: Proxy) -> Exchange:
        """Connect to the proxy, and through it to the host of an https URL."""
        try:
            addresses = await self._addresses(proxy.host, proxy.port)
            exchange = await _opened(addresses, proxy.port)
        except httpx.ConnectError as error:
            raise httpx.ConnectError(f"{proxy}: {error}") from error
        if url.scheme == "http":
            return exchange
        try:
            return await tunnelled(exchange, proxy, *_host_and_port(url), self._tls)
        except BaseException as error:  # a cancellation too
            exchange.close()
            if isinstance(error, OSError | ProtocolError):
                raise httpx.ConnectError(_reason(error)) from error
            raise

    async def _permitted(
        self, host: str, port: int, allowed: tuple[Network, ...], *, every: bool = False
    ) -> tuple[str, ...]:
        """Return the addresses of a host that may be reached. Raise Rejected when it has none (SSRF), or with
        `every` when one of them may not be."""
        addresses = await self._addresses(host, port)
        refusals = {address: why_refused(address, allowed) for address in addresses}
        permitted = tuple(address for address, kind in refusals.items() if not kind)
        if not permitted or (every and len(permitted) < len(refusals)):
            refused = {address: kind for address, kind in refusals.items() if kind}
            shown = ", ".join(f"{address} ({kind})" for address, kind in refused.items())
            at = f"{shown}; {_cure(refused)}" if shown else "no address"
            raise Rejected(f"is refused: its host is at {at}", cause=Cause.REFUSED)
        return permitted

    async def _addresses(self, host: str, port: int) -> tuple[str, ...]:
        try:
            return (str(ip_address(host)),)
        except ValueError:
            try:
                return tuple(dict.fromkeys(await self.resolve(host, port)))
            except (OSError, UnicodeError) as error:
                raise httpx.ConnectError(f"{host[:100]} has no address: {_reason(error)}") from error


def _host_and_port(url: httpx.URL) -> tuple[str, int]:
    return url.raw_host.decode(), url.port or (443 if url.scheme == "https" else 80)


async def _opened(
    addresses: tuple[str, ...], port: int, *, tls: ssl.SSLContext | None = None, name: str = ""
) -> Exchange:
    """Connect to the first address that accepts, over TLS with the host `name` if `tls` is given."""
    loop = asyncio.get_running_loop()
    failed: OSError | None = None
    for address in addresses:
        # The last one has all the time that is left.
        seconds = CONNECT_TIMEOUT if address != addresses[-1] else None
        try:
            async with asyncio.timeout(seconds):
                _, exchange = await loop.create_connection(
                    Exchange, address, port, ssl=tls, server_hostname=name if tls else None
                )
            return exchange
        except OSError as error:  # TimeoutError and ssl.SSLError among them
            failed = error
            if isinstance(error, ssl.SSLError):
                break  # the next address would offer the same certificate
    raise httpx.ConnectError(_reason(failed)) from failed


def _cure(refused: Iterable[str]) -> str:
    """Return the setting, and the option of `add`, that permit these addresses."""
    networks = dict.fromkeys(map(network_of, refused))
    options = " ".join(f"--allow-network {network}" for network in networks)
    return f"`allow_networks: [{', '.join(networks)}]` permits it (`add {options}`)"
