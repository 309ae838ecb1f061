"""Requests of push: deliveries to callbacks and webhooks, and the verification of callbacks.

Addresses that strangers register are requested here, so nothing is shared with polls: resolver, connections
and slots are its own. No redirect is followed (WebSub section 7), no cookie kept, no more of a response read
than is asked for.
"""

import asyncio
from collections.abc import Sequence

import httpx
from msgspec import Struct

from aggregator import __version__
from aggregator.errors import Cause, FetchError
from aggregator.fetch.address import SHOWN_CHARACTERS_MAX, printable
from aggregator.fetch.errors import Rejected
from aggregator.fetch.politeness import Hosts
from aggregator.fetch.proxy import proxy_of
from aggregator.fetch.resolver import Resolver
from aggregator.fetch.responses import VALUE_CHARACTERS_MAX, first
from aggregator.fetch.target import web_url
from aggregator.fetch.transport import ALLOWED, Transport
from aggregator.model.push_settings import Network

REQUESTS_PER_HOST = 8  # at a time
REQUESTS_AT_ONCE = 200  # of hosts that answer promptly; at others half of them
SLOW_REQUESTS_MAX = 500  # beside those: each holds some 100 KB of a document that its callback does not take
REQUEST_TIMEOUT = 15.0  # seconds of one request, its wait for a slot excluded
RESOLVER_THREADS = 16

Fields = Sequence[tuple[str, str]]


class Response(Struct, frozen=True):
    """A response of any status; `body` has no more bytes than were asked for."""

    status: int
    body: bytes
    retry_after: str

    @property
    def is_success(self) -> bool:
        """Return whether the status is 2xx."""
        return self.status // 100 == 2


class Pusher:
    """The HTTP client of push. No gap is kept between requests at a host; one that is slower than the
    politeness of polls permits gives its slot back, so that it delays no other host."""

    def __init__(
        self,
        *,
        contact: str,
        publication_url: str,
        proxy: str = "",
        transport: httpx.AsyncBaseTransport | None = None,
        timeout: float = REQUEST_TIMEOUT,
    ) -> None:
        self._resolver = Resolver(RESOLVER_THREADS)
        self._transport = transport or Transport(resolve=self._resolver, proxy=proxy_of(proxy))
        self._hosts = Hosts(per_host=REQUESTS_PER_HOST, in_all=REQUESTS_AT_ONCE, slow_max=SLOW_REQUESTS_MAX)
        self._timeout = timeout
        self._agent = printable(f"publicwire/{__version__} (+{publication_url}; {contact})")

    async def aclose(self) -> None:
        """Close the transport and the resolver."""
        await self._transport.aclose()
        self._resolver.close()

    async def get(self, url: str, *, networks: tuple[Network, ...] = (), bytes_max: int = 0) -> Response:
        """Return the response to a GET with up to `bytes_max` bytes of its body. FetchError without one."""
        return await self._send("GET", url, (), b"", networks, bytes_max)

    async def post(
        self, url: str, body: bytes, fields: Fields, *, networks: tuple[Network, ...] = ()
    ) -> Response:
        """Return the response to a POST, its body unread. FetchError without a response."""
        return await self._send("POST", url, fields, body, networks, 0)

    async def _send(
        self,
        method: str,
        url: str,
        fields: Fields,
        body: bytes,
        networks: tuple[Network, ...],
        bytes_max: int,
    ) -> Response:
        """Send one request. Its errors name no path: callbacks and webhooks are capabilities."""
        target = web_url(url, found_at="a callback")
        headers = [("Host", target.netloc.decode()), ("User-Agent", self._agent), ("Accept", "*/*"), *fields]
        request = httpx.Request(method, target, headers=headers, content=body, extensions={ALLOWED: networks})
        try:
            async with self._hosts.slot(target.host), asyncio.timeout(self._timeout):
                response = await self._transport.handle_async_request(request)
                try:
                    read = await _beginning(response, bytes_max)
                finally:
                    await response.aclose()
        except TimeoutError as error:
            raise FetchError(
                f"{target.host} did not answer within {self._timeout:g} s", cause=Cause.NETWORK
            ) from error
        except Rejected as error:
            raise FetchError(f"{target.host} {error}", cause=error.cause) from error
        except httpx.TransportError as error:
            reason = printable(str(error))[:SHOWN_CHARACTERS_MAX]
            raise FetchError(f"{target.host} failed: {reason}", cause=Cause.NETWORK) from error
        response.headers.encoding = "latin-1"
        wish = first(response.headers, "retry-after")[:VALUE_CHARACTERS_MAX]
        return Response(response.status_code, read, wish)


async def _beginning(response: httpx.Response, bytes_max: int) -> bytes:
    """Return up to `bytes_max` bytes of a body as sent; no coding was asked for."""
    read = b""
    if bytes_max:
        async for part in response.aiter_raw():
            read += part
            if len(read) >= bytes_max:
                break
    return read[:bytes_max]
