"""Clients of the public side: their addresses behind trusted proxies, and the rate limit of each.

Requests that cost a query of their own are limited: search, API, embedded pages. Responses
from the cache are not.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from math import ceil

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from aggregator.model.push_settings import Network
from aggregator.policy.client_address import client_of, network_of
from aggregator.policy.token_bucket import Rate
from aggregator.web.replies import NO_STORE, plain, reply
from aggregator.web.wording import Wording
from aggregator.websub.rate_limit import RateLimit

RATE = Rate(burst=60, every=timedelta(seconds=1))
FORWARDED = b"x-forwarded-for"
ENGLISH = Wording.english()
PEER = "publicwire.peer"  # in the scope: the address that the connection came from


class TrustedProxies:
    """ASGI middleware that sets the client of a request to the one behind trusted proxies.

    `trusted` returns the networks whose X-Forwarded-For is believed.
    """

    def __init__(self, app: ASGIApp, trusted: Callable[[], Sequence[Network]]) -> None:
        self._app, self._trusted = app, trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI 3)."""
        if scope["type"] == "http" and scope.get("client"):
            fields = [value.decode("latin-1") for name, value in scope["headers"] if name == FORWARDED]
            if fields:
                peer, port = scope["client"]
                client = client_of(peer, fields, self._trusted())
                scope = {**scope, "client": (client, port if client == peer else 0), PEER: peer}
        await self._app(scope, receive, send)


def network_of_client(request: Request) -> str:
    """Return the address of a request's client by which it is limited: of IPv6 its /64 (RFC 6177)."""
    return network_of(request.client.host) if request.client else ""


def peer_of(request: Request) -> str:
    """Return the address that the connection of a request came from: that of a trusted proxy, too."""
    peer: str = request.scope.get(PEER) or (request.client.host if request.client else "")
    return peer


class ClientLimits:
    """A token bucket for each client: an IPv4 address or an IPv6 /64. Thread-safe, bounded in memory."""

    def __init__(self, rate: Rate = RATE, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._limit = RateLimit(rate)
        self._now = now

    def allowed(self, request: Request, cost: int = 1) -> int | None:
        """Take `cost` tokens of the request's client; returns None, or the seconds after which there are as
        many again (Retry-After)."""
        wait = self._limit.take(network_of_client(request), self._now(), cost)
        return ceil(wait.total_seconds()) if wait else None

    def refusal(self, request: Request, cost: int = 1, *, words: Wording = ENGLISH) -> Response | None:
        """Return None and take `cost` tokens, or the response 429 with Retry-After (RFC 6585 section 4), its
        sentence of `words`."""
        wait = self.allowed(request, cost)
        if wait is None:
            return None
        sentence = words("too_many_requests", seconds=wait)
        response = reply(request, plain(sentence), status=429, cache=NO_STORE)
        response.headers["Retry-After"] = str(wait)
        return response
