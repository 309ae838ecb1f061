"""Rate limits of clients, behind proxies and in front of them."""

import asyncio
from datetime import datetime, timedelta
from ipaddress import ip_network

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from aggregator.model.push_settings import Network
from aggregator.model.web_settings import LOOPBACK
from aggregator.policy.token_bucket import Rate
from aggregator.web.clients import ClientLimits, TrustedProxies
from tests.given import NOON


class Limited:
    """An application whose one address costs two tokens, with a clock that the test moves."""

    def __init__(self, trusted: tuple[Network, ...] = LOOPBACK) -> None:
        self.now: datetime = NOON
        self.limits = ClientLimits(Rate(burst=4, every=timedelta(seconds=1)), now=lambda: self.now)

        def endpoint(request: Request) -> Response:
            return self.limits.refusal(request, cost=2) or Response("answered")

        self.app = TrustedProxies(Starlette(routes=[Route("/", endpoint)]), lambda: trusted)

    def get(self, peer: str, forwarded: str = "") -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, client=(peer, 4711))
            async with httpx.AsyncClient(transport=transport, base_url="http://releases.example") as client:
                return await client.get("/", headers={"X-Forwarded-For": forwarded} if forwarded else {})

        return asyncio.run(ask())


def test_above_its_rate_a_client_gets_429_with_retry_after() -> None:
    served = Limited()
    assert [served.get("203.0.113.5").status_code for _ in range(3)] == [200, 200, 429]
    refused = served.get("203.0.113.5")
    assert (refused.headers["Retry-After"], refused.headers["Cache-Control"]) == ("2", "no-store")
    assert served.get("203.0.113.6").status_code == 200
    served.now += timedelta(seconds=2)
    assert served.get("203.0.113.5").status_code == 200


def test_clients_behind_a_trusted_proxy_are_told_apart() -> None:
    served = Limited((*LOOPBACK, ip_network("10.0.0.0/8")))
    for name in ("198.51.100.1", "198.51.100.2"):
        answers = [served.get("127.0.0.1", f"{name}, 10.1.1.1").status_code for _ in range(3)]
        assert answers == [200, 200, 429]


def test_a_client_cannot_invent_others() -> None:
    served = Limited()
    answers = [served.get("203.0.113.5", f"198.51.100.{n}").status_code for n in range(3)]
    assert answers == [200, 200, 429]
