"""HTTP clients: of the service, a new one once the configuration changes how requests are sent; commands."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from urllib.parse import urlsplit

from msgspec import Struct

from aggregator import storage
from aggregator.errors import StorageError
from aggregator.fetch.client import FEED_TYPES, Client
from aggregator.fetch.politeness import Hosts
from aggregator.model.credentials import Credentials
from aggregator.model.document import Fetched
from aggregator.model.push_settings import Network
from aggregator.model.schedule import HostState
from aggregator.model.settings import Config
from aggregator.service.live_config import Present


def client_of(config: Config, hosts: Hosts | None = None) -> Client:
    """Return an HTTP client with the limits and the User-Agent of a configuration; `hosts` are the rate
    limits that it shares with others."""
    publication = config.publication
    return Client(
        config.poll,
        contact=publication.contact,
        publication_url=publication.url,
        proxy=config.proxy,
        hosts=hosts,
    )


def shared_hosts(configs: Sequence[Config]) -> Hosts | None:
    """Return the rate limits of hosts that several configurations share, the strictest of each; None for
    one, which has its own. They are those of the start: a reload does not change them."""
    polls = [each.poll for each in configs]
    if len(polls) < 2:
        return None
    return Hosts(
        per_host=min(each.per_host for each in polls),
        in_all=max(each.concurrency for each in polls),
        gap=max(each.host_gap for each in polls).total_seconds(),
    )


class Clients:
    """The client of the present configuration, and former ones whose fetches may be under way.

    `states` are the politeness states of hosts, as stored; they pass from one client to the next.
    """

    def __init__(
        self,
        current: Present,
        states: Sequence[HostState],
        *,
        clock: Callable[[], datetime],
        shared: Hosts | None = None,
    ) -> None:
        """`shared` are rate limits of hosts that count for other clients, too."""
        self._current = current
        self._shared = shared
        self._settings = self._settings_now()
        self._open = [client_of(current.config, shared)]
        self._open[0].hosts.restore(states, clock())

    def client(self) -> Client:
        """Return the client for the present configuration."""
        if self._settings != self._settings_now():
            self._settings = self._settings_now()
            self._open.append(client_of(self._current.config, self._shared))
            if self._shared is None:
                self._open[-1].hosts.take_over(self._open[-2].hosts)
        return self._open[-1]

    def _settings_now(self) -> object:
        config = self._current.config
        return config.poll, config.publication.contact, config.publication.url, config.proxy

    async def close(self) -> None:
        """Close them all."""
        for client in self._open:
            await client.aclose()


class Visitor(Struct, frozen=True):
    """Fetches of a command beside the service, which share its gaps and rate limits through the store."""

    client: Client
    store: storage.Storage | None
    clock: Callable[[], datetime]

    async def fetch(
        self,
        url: str,
        *,
        accept: str = FEED_TYPES,
        credentials: Credentials | None = None,
        networks: tuple[Network, ...] = (),
    ) -> Fetched:
        """Return a document as `Client.fetch` does."""
        hosts, host = self.client.hosts, urlsplit(url).hostname or ""
        if self.store is not None and host:
            hosts.restore(self.store.polls.hosts((host,)), self.clock())
        try:
            return await self.client.fetch(url, accept=accept, credentials=credentials, networks=networks)
        finally:
            if self.store is not None and host:
                self.store.polls.fetched(hosts.states(host, self.clock()))


@asynccontextmanager
async def visiting(
    config: Config, *, clock: Callable[[], datetime], warn: Callable[[str], None]
) -> AsyncIterator[Visitor]:
    """Provide the fetches of one command. A store that does not exist in this version is left alone; `warn`
    is called with the error of one that cannot be read."""
    client, store = client_of(config), None
    try:
        store = storage.present(config.store, config.database)
    except StorageError as error:
        warn(f"warning: {error}; hosts are fetched from without the rate limits in it")
    try:
        yield Visitor(client, store, clock)
    finally:
        await client.aclose()
        if store is not None:
            store.close()
