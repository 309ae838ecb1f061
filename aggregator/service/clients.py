"""HTTP clients of the service: a new one once the configuration changes how requests are sent."""

from collections.abc import Callable, Sequence
from datetime import datetime

from aggregator.fetch.client import Client
from aggregator.model import HostState
from aggregator.model.settings import Config
from aggregator.service.live_config import LiveConfig


def client_of(config: Config) -> Client:
    """Return an HTTP client with the limits and the User-Agent of a configuration."""
    publication = config.publication
    return Client(
        config.poll, contact=publication.contact, publication_url=publication.url, proxy=config.proxy
    )


class Clients:
    """The client of the present configuration, and former ones whose fetches may be under way.

    `states` are the politeness states of hosts, as stored; they pass from one client to the next.
    """

    def __init__(
        self, current: LiveConfig, states: Sequence[HostState], *, clock: Callable[[], datetime]
    ) -> None:
        self._current = current
        self._settings = self._settings_now()
        self._open = [client_of(current.config)]
        self._open[0].hosts.restore(states, clock())

    def client(self) -> Client:
        """Return the client for the present configuration."""
        if self._settings != self._settings_now():
            self._settings = self._settings_now()
            self._open.append(client_of(self._current.config))
            self._open[-1].hosts.take_over(self._open[-2].hosts)
        return self._open[-1]

    def _settings_now(self) -> object:
        config = self._current.config
        return config.poll, config.publication.contact, config.publication.url, config.proxy

    async def close(self) -> None:
        """Close them all."""
        for client in self._open:
            await client.aclose()
