"""The HTTP client that goes with the configuration of the moment. Fetches nothing itself."""

from aggregator.fetch.client import Client
from aggregator.reload import Current


class Clients:
    """The HTTP client of the moment: another one once the configuration polls in another way."""

    def __init__(self, current: Current) -> None:
        self._current = current
        self._open: list[tuple[object, Client]] = []

    def client(self) -> Client:
        """The client for the present configuration."""
        config = self._current.config
        way = (config.poll, config.publication.contact, config.publication.url)
        if not self._open or self._open[-1][0] != way:
            settings, contact, url = way
            self._open.append((way, Client(settings, contact=contact, publication_url=url)))
        return self._open[-1][1]

    async def close(self) -> None:
        """Close them all; a former one may have had fetches under way until now."""
        for _, client in self._open:
            await client.close()
