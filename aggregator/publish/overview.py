"""Figures of organisations and topics on pages: how many there are lately, and about an
organisation its links, rights and rhythm."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from msgspec import Struct

from aggregator.editorial.present import published_feed
from aggregator.editorial.safe import line
from aggregator.editorial.terms import combined, licence_address
from aggregator.model.settings import Config
from aggregator.model.stored import FeedInfo
from aggregator.publish.cache import Cache
from aggregator.storage import Storage

DAYS = 30
COUNTED_MAX = 1_000  # releases of one organisation or topic; a larger number is shown as this one and "+"
PROFILES_BYTES_MAX = 2_000_000
PROFILE_BYTES = 1_000
_DAY = timedelta(days=1)


class Entry(Struct, frozen=True):
    """A line of a directory: a channel, its organisation ("" for a topic), its releases of the last DAYS."""

    channel: str
    organisation: str
    releases: int
    licence: str = ""

    @property
    def count(self) -> str:
        """The number as shown."""
        return f"{self.releases}{'+' if self.releases == COUNTED_MAX else ''}"


class Described(NamedTuple):
    """Domains and description of an organisation, by the operator."""

    domains: tuple[str, ...] = ()
    description: str = ""


class Profile(Struct, frozen=True):
    """Profile of an organisation. `rhythm` is its releases of each of the last DAYS, the oldest first,
    in the zone of the publication; `domains` are those that the operator named."""

    feed: FeedInfo
    licence: str
    licence_page: str  # its address, "" for a licence without one
    domains: tuple[str, ...]
    description: str  # by the operator
    rhythm: tuple[int, ...]


class Overview:
    """Reads directories and profiles, again after any change and every day. Every method may raise
    StorageError."""

    def __init__(
        self,
        storage: Storage,
        config: Callable[[], Config],
        channels: Callable[[], tuple[str, ...]],
        now: Callable[[], datetime],
    ) -> None:
        self._storage = storage
        self._config = config
        self._channels = channels
        self._now = now
        self._profiles: Cache[str, tuple[object, Profile]] = Cache(PROFILES_BYTES_MAX)
        self._directories: dict[str, tuple[object, tuple[Entry, ...]]] = {}

    def organisations(self) -> tuple[Entry, ...]:
        """Return the configured organisations by name."""
        return self._directory("sources/", self._organisations)

    def topics(self) -> tuple[Entry, ...]:
        """Return the topics that navigation lists, by name."""
        return self._directory("topics/", self._topics)

    def directories(self) -> tuple[tuple[str, tuple[Entry, ...]], ...]:
        """Return every directory with its address relative to publication.url."""
        organisations = self.organisations()
        return ("organisations", organisations), ("topics", self.topics()), ("licences", organisations)

    def of_channel(self, name: str) -> Profile | None:
        """Return what the page of a channel tells of its organisation; None unless it is that of a source."""
        kind, _, source = name.partition("/")
        return self.profile(source) if kind == "sources" else None

    def profile(self, source: str) -> Profile | None:
        """Return what is told of the organisation of a source, None for an unknown one."""
        state = self._state()
        before = self._profiles.get(source)
        if before is not None and before[0] == state:
            return before[1]
        stored, config = self._storage.items.feed(source), self._config()
        if stored is None:
            return None
        feed = published_feed(stored, config.publication)
        made = Profile(
            feed,
            licence := combined(feed).licence,
            licence_address(licence),
            tuple(map(line, (said := self.described(source)).domains)),
            line(said.description),
            self._rhythm(f"sources/{source}", ZoneInfo(config.publication.timezone)),
        )
        self._profiles.put(source, (state, made), PROFILE_BYTES)
        return made

    def day(self) -> datetime:
        """Return the beginning of the first of the last DAYS, which profiles tell of."""
        return self._since()

    def described(self, source: str) -> Described:
        """Return what the operator says of the organisation of a source."""
        configured = self._config().source(source)
        return Described(configured.domains, configured.description) if configured else Described()

    def _state(self) -> tuple[object, ...]:
        return self._storage.items.seq(), self._config(), self._since()

    def _since(self) -> datetime:
        """Return the beginning of the first of the last DAYS."""
        zone = ZoneInfo(self._config().publication.timezone)
        today = self._now().astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
        return today - (DAYS - 1) * _DAY

    def _rhythm(self, channel: str, zone: ZoneInfo) -> tuple[int, ...]:
        since = self._since()
        found = self._storage.items.dates(channel, since, COUNTED_MAX)
        counted = Counter(each.astimezone(zone).date() for each in found)
        return tuple(counted[(since + day * _DAY).date()] for day in range(DAYS))

    def _directory(
        self, prefix: str, entries: Callable[[Mapping[str, int]], Iterator[Entry]]
    ) -> tuple[Entry, ...]:
        state = self._state()
        rendered_from, before = self._directories.get(prefix, (None, ()))
        if rendered_from == state:
            return before
        made = tuple(entries(self._storage.items.counts(prefix, self._since(), COUNTED_MAX)))
        self._directories[prefix] = state, made
        return made

    def _topics(self, counts: Mapping[str, int]) -> Iterator[Entry]:
        for name in sorted(self._channels()):
            if name.startswith("topics/"):
                yield Entry(name, "", counts.get(name, 0))

    def _organisations(self, counts: Mapping[str, int]) -> Iterator[Entry]:
        publication = self._config().publication
        feeds = [published_feed(each, publication) for each in self._storage.items.feeds() if each.configured]
        for feed in sorted(feeds, key=lambda feed: (feed.organisation.casefold(), feed.id)):
            name = f"sources/{feed.id}"
            yield Entry(name, feed.organisation, counts.get(name, 0), combined(feed).licence)
