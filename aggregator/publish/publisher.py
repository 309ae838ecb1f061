"""Channels as documents and as releases, rendered on demand and cached in memory.

A document is rendered again only when its channel's `seq` or the settings that shape outputs have changed,
from cached renderings of its items. Read-only; never publishes an item that is not live.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice

from msgspec import Struct
from msgspec.structs import replace

from aggregator.editorial.present import own_address, published_feed
from aggregator.editorial.tombstone import tombstone
from aggregator.model.decision import State
from aggregator.model.public_change import Gone
from aggregator.model.release import Channel, Release
from aggregator.model.settings import Config, Publication, Republish
from aggregator.model.stored import FeedInfo, HistoryPage, Revision, Stored
from aggregator.model.web_settings import Embedding
from aggregator.policy.paging import Cursor
from aggregator.publish.api import Api
from aggregator.publish.archives import Archives
from aggregator.publish.cache import Cache
from aggregator.publish.directories import Directories
from aggregator.publish.document import Published, last_modified
from aggregator.publish.entries import Entries, Shown
from aggregator.publish.feeds import of_items
from aggregator.publish.listings import Listing, Listings
from aggregator.publish.overview import Overview
from aggregator.publish.presenter import Presenter, Settings, size
from aggregator.publish.searches import Searches
from aggregator.publish.withdrawals import Withdrawals
from aggregator.render import Format
from aggregator.render.channels import describe
from aggregator.storage import Storage

DEPARTURES_MAX = 5  # on the first page of a channel
CACHE_BYTES_MAX = 16_000_000  # for each of the caches


class Withdrawn(Struct, frozen=True):
    """An item that is public no more: the time of its withdrawal is all that may be published of it."""

    at: datetime | None


class Departure(Struct, frozen=True):
    """A release of an organisation that was withdrawn: that and the time is all that lists say of it."""

    organisation: str
    at: datetime


class _Version(Struct, frozen=True):
    """State that a channel's outputs are rendered from; equal versions have equal outputs."""

    seq: int
    changed: datetime
    settings: Settings


class _Selection(Struct, frozen=True):
    """A channel with what its current document shows."""

    version: _Version
    channel: Channel
    shown: Shown
    departures: tuple[Departure, ...]


class Publisher:
    """Renders documents and releases from storage and the configuration. Thread-safe; every method may raise
    StorageError."""

    def __init__(
        self,
        storage: Storage,
        config: Callable[[], Config],
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._storage, self.config = storage, config
        self._lock = threading.RLock()  # rendering holds the GIL: a second thread would gain nothing
        self._presenter = Presenter(config, now, self._lock, lambda number: storage.images.copies(number))
        self._selections: Cache[str, _Selection] = Cache(CACHE_BYTES_MAX)
        self._documents: Cache[tuple[str, str], tuple[_Version, Published]] = Cache(CACHE_BYTES_MAX)
        self._entries = Entries(CACHE_BYTES_MAX)
        self._listings = Listings(storage, self._presenter, self._lock)
        self.archives = Archives(storage, self._presenter, self._entries, self._lock)
        self.withdrawals = Withdrawals(storage, self._presenter, self._entries, self._lock)
        self.searches = Searches(storage, self._presenter, self._entries, self._lock)
        self.api = Api(storage, self._presenter, self.searches, self._lock)
        self.directories = Directories(storage, self._presenter, self.channels, now)
        self.overview = Overview(storage, config, self.channels, now)
        self._listed: tuple[int, tuple[str, ...]] | None = None

    def publication(self) -> Publication:
        """Return the publication of the current configuration."""
        return self._presenter.settings().publication

    def settings(self) -> Settings:
        """Return the settings that shape outputs."""
        return self._presenter.settings()

    def embedding(self) -> Embedding:
        """Return the origins that may frame channels, by the current configuration."""
        return self.config().embed

    def document(self, name: str, kind: Format) -> Published | None:
        """Return a channel in one format; None for an unknown channel."""
        version = self._version(name)
        if version is None:
            return None
        with self._lock:
            rendered_from, before = self._documents.get((name, kind)) or (None, None)
            if before is not None and rendered_from == version:
                return before
            selection = self._selection(name, version)
            body = self._entries.document(selection.channel, selection.shown, kind)
            changed = max(version.changed, version.settings.since)  # settings shape the document too
            # Nodes of a cluster have an ETag alone: two of them could date two states of one second alike.
            dated = None if self.config().version else last_modified(changed, body, before)
            published = Published(body, kind.media_type, dated)
            # Half as much again for its gzip
            self._documents.put((name, kind), (version, published), len(body) * 3 // 2)
            return published

    def channels(self) -> tuple[str, ...]:
        """Return the names of the channels that navigation and exports list, read again after a change."""
        seq = self._storage.items.seq()
        if self._listed is None or self._listed[0] != seq:
            self._listed = seq, self._storage.items.channels()
        return self._listed[1]

    def documents(self) -> Iterator[tuple[str, Published]]:
        """Yield every document with its address relative to publication.url."""
        for name in self.channels():
            yield from self.documents_of(name)

    def documents_of(self, name: str) -> Iterator[tuple[str, Published]]:
        """Yield a channel in every format with its address; nothing for an unknown channel."""
        for kind in Format:
            published = self.document(name, kind)
            if published is not None:
                yield f"{name}/feed.{kind}".lstrip("/"), published

    def channel(self, name: str) -> Channel | None:
        """Return the metadata of a channel; None for an unknown one."""
        version = self._version(name)
        return self._selection(name, version).channel if version else None

    def releases(self, name: str) -> tuple[Release, ...]:
        """Return a channel's releases, highest position first; empty for an unknown channel."""
        version = self._version(name)
        return (
            tuple(release for _, release in self._selection(name, version).shown.releases) if version else ()
        )

    def page(self, name: str, behind: Cursor | None = None) -> Listing | None:
        """Return a page of what a channel has published, newest shown date first, of PAGE releases: the
        first, or the one behind a cursor. None for an unknown channel or cursor, or nothing older."""
        if self._version(name) is None:
            return None
        return self._listings.page(name, behind)

    def pages(self, name: str) -> Iterator[Listing]:
        """Yield every page of a channel from the first, at least one; none for an unknown channel."""
        if self._version(name) is not None:
            yield from self._listings.pages(name)

    def departures(self, name: str) -> tuple[Departure, ...]:
        """Return what was withdrawn from a channel lately, the last first; none for an unknown channel."""
        version = self._version(name)
        return self._selection(name, version).departures if version else ()

    def release(self, reference: str) -> Release | Withdrawn | None:
        """Return one item by its id; None when it does not exist or is not public."""
        stored = self._storage.items.find(reference)
        if stored is None:
            return None
        return self.public(stored)

    def history(self, reference: str, before: int | None = None) -> tuple[Release, HistoryPage] | None:
        """Return an item and a page of its history, from the newest revision or from those before that one.

        None unless the item is live and its source shows histories, and for a page that no other leads to.
        """
        stored = self._storage.items.find(reference)
        if stored is None:
            return None
        release = self.public(stored)
        if not isinstance(release, Release) or not release.source.history:
            return None
        page = self._storage.items.history(stored.number, before)
        return (release, page) if page.revisions or before is None else None

    def revisions(self, release: Release, page: HistoryPage) -> tuple[Revision, ...]:
        """Return the earlier public states of an item on one page of its history, newest first."""
        own, pictured = own_address(release.source), self._presenter.pictured
        return tuple(
            replace(each, title=own.text(each.title), content=pictured(own.text(each.content)))
            for each in self._storage.items.revisions(page)
        )

    def current_content(self, release: Release) -> str | None:
        """Return the content of a release as its origin sent it last, with which its history is compared;
        None unless its rights permit all of it."""
        stored = self._storage.items.find(release.id)
        if stored is None or release.source.republish is not Republish.FULL:
            return None
        return own_address(release.source).text(stored.item.content)

    def public(self, stored: Stored) -> Release | Withdrawn | None:
        """Return the public view of a stored item; None when it is not public."""
        if stored.state is State.WITHDRAWN:
            if stored.position is None:
                return None  # it never was public
            steps = self._storage.items.audit(stored.number)
            return Withdrawn(
                next((step.at for step in reversed(steps) if step.after is State.WITHDRAWN), None)
            )
        feed = self._storage.items.feed(stored.source)
        if stored.state is not State.LIVE or feed is None:
            return None
        if feed.republish is Republish.NO:
            left = self._storage.changes.withdrawn(stored.number)
            return Withdrawn(left) if left else None
        with self._lock:
            presented = self._presenter.present(stored, feed, self._presenter.settings())
        return presented[1] if presented else None

    def _version(self, name: str) -> _Version | None:
        newest = self._storage.items.channel_seq(name)
        return _Version(*newest, self._presenter.settings()) if newest else None

    def _selection(self, name: str, version: _Version) -> _Selection:
        with self._lock:
            cached = self._selections.get(name)
            if cached is not None and cached.version == version:
                return cached
            settings = version.settings
            selected = self._storage.items.selected(name)
            own = name.removeprefix("sources/")  # describes its channel, also without items
            feeds = of_items(self._storage, (*selected.items, *selected.gone), own)
            presented = [
                self._presenter.present(one, feeds.get(one.source), settings) for one in selected.items
            ]
            channel = describe(
                name,
                settings.publication,
                tuple(feeds.values()),
                seq=version.seq,
                changed=version.changed,
                authority=self._storage.admin.authority(),
            )
            gone = tuple(
                tombstone(each, settings.publication, feeds.get(each.source)) for each in selected.gone
            )
            shown = Shown(gone, [one for one in presented if one is not None], selected.kept)
            channel = replace(channel, hub=settings.hub, newest_archive=selected.archives)
            selection = _Selection(
                version, channel, shown, _departures(selected.gone, feeds, settings.publication)
            )
            self._selections.put(name, selection, sum(size(release) for _, release in shown.releases))
            return selection


def _departures(
    gone: Sequence[Gone], feeds: Mapping[str, FeedInfo], publication: Publication
) -> tuple[Departure, ...]:
    """Return the last of what is gone for good, with the names of its organisations."""
    found = (
        Departure(published_feed(feeds[each.source], publication).organisation, each.at)
        for each in sorted(gone, key=lambda each: each.at, reverse=True)
        if each.source in feeds and not each.instead
    )
    return tuple(islice(found, DEPARTURES_MAX))
