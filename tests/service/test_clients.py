"""Clients of the service follow the configuration."""

import asyncio
from dataclasses import replace

from aggregator.service.clients import Clients
from aggregator.service.live_config import LiveConfig
from tests.fetch.given import FEED
from tests.given import NOON, config
from tests.server import answer, http_server

TARGET = "http://93.184.215.14/feed"  # never connected to


def test_requests_leave_by_the_configured_proxy_from_its_reload_on() -> None:
    async def scenario() -> tuple[bytes | None, list[str]]:
        current = LiveConfig(config())
        clients = Clients(current, (), clock=lambda: NOON)
        before = clients.client()
        async with http_server({TARGET: answer(body=FEED)}) as proxy:
            current.config = replace(current.config, proxy=proxy.url("/"))
            after = clients.client()
            assert after is not before
            fetched = await after.fetch(TARGET)
        await clients.close()
        return fetched.body, proxy.paths

    assert asyncio.run(scenario()) == (FEED, [TARGET])
