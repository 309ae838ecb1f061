"""The loops of push (the own WebSub hub, pings of another, webhooks) and its HTTP clients."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Protocol

from aggregator.errors import StorageError
from aggregator.fetch.push import Pusher
from aggregator.log import log
from aggregator.model.settings import Config
from aggregator.service.live_config import Present
from aggregator.websub.in_flight import InFlight

VERIFIED, DISTRIBUTED, PINGED, TOLD = "verified", "distributed", "pinged", "told"  # kinds of push
STEP_EVERY = 0.1  # seconds
UNAVAILABLE_PAUSE, FAILED_PAUSE = 1.0, 30.0  # seconds after an error of the store, or an unexpected one
DRAIN_SECONDS = 1.0  # that requests under way get to end; what is not recorded is delivered again


def pusher_of(config: Config) -> Pusher:
    """Return the HTTP client of push of a configuration."""
    publication = config.publication
    return Pusher(contact=publication.contact, publication_url=publication.url, proxy=config.proxy)


class Pushers:
    """The HTTP client of push for the present configuration, and former ones."""

    def __init__(self, current: Present) -> None:
        self._current = current
        self._open: list[tuple[object, Pusher]] = []

    def pusher(self) -> Pusher:
        """Return the client for the present configuration, made when it is first needed."""
        config = self._current.config
        settings = config.publication.contact, config.publication.url, config.proxy
        if not self._open or self._open[-1][0] != settings:
            self._open.append((settings, pusher_of(config)))
        return self._open[-1][1]

    async def close(self) -> None:
        """Close them all."""
        for _, pusher in self._open:
            await pusher.aclose()


class Stepping(Protocol):
    """Push work that is begun in steps."""

    running: InFlight

    async def step(self) -> None: ...


class Push:
    """Runs each kind of push in a loop of its own, while `is_ours` says so of its name: one node of a cluster
    does each kind."""

    def __init__(
        self, kinds: Mapping[str, Stepping], is_ours: Callable[[str], bool] = lambda kind: True
    ) -> None:
        self._kinds, self._is_ours = kinds, is_ours

    def loops(self) -> list[asyncio.Task[None]]:
        """Begin the loops; each ends when it is cancelled."""
        return [asyncio.create_task(self._loop(name, each)) for name, each in self._kinds.items()]

    async def drain(self) -> None:
        """Let requests under way end within DRAIN_SECONDS, and record them; cancel the others."""
        kinds = self._kinds.values()
        await asyncio.gather(*(each.running.idle(DRAIN_SECONDS) for each in kinds))
        for each in kinds:
            await each.running.cancel()

    async def _loop(self, name: str, kind: Stepping) -> None:
        while True:
            await asyncio.sleep(STEP_EVERY)
            if not self._is_ours(name):
                continue
            try:
                await kind.step()
            except StorageError:
                await asyncio.sleep(UNAVAILABLE_PAUSE)  # the next tick meets it, too, and logs it
            except Exception:
                log.error("push failed, its next step follows", exc_info=True)
                await asyncio.sleep(FAILED_PAUSE)
