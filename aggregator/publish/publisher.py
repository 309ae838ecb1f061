"""What the public gets to see: channels as documents and releases, rendered on demand and kept in memory.

Everything is made anew only when its channel's `seq` or the settings that shape outputs have moved, from
item renderings kept by item. Never writes, and never shows an item that is not live.
"""

import gzip
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

from aggregator import render
from aggregator.editorial.present import present
from aggregator.log import log
from aggregator.model import Channel, FeedInfo, Release, Revision, State, Stored
from aggregator.model.settings import Config, Publication, Republish, Text
from aggregator.render.channels import describe
from aggregator.storage import Storage

DOCUMENT_BYTES_MAX = 2_000_000  # bytes; consumers often read no more (PITFALLS, how feeds misbehave, 12)
CACHE_BYTES_MAX = 16_000_000  # bytes, for each of the three memories


K = TypeVar("K")
V = TypeVar("V")


class Memory(Generic[K, V]):
    """The values used last, up to a number of bytes. Not threadsafe: the publisher's lock guards it."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = 0
        self._values: OrderedDict[K, tuple[V, int]] = OrderedDict()

    def get(self, key: K) -> V | None:
        if key not in self._values:
            return None
        self._values.move_to_end(key)
        return self._values[key][0]

    def put(self, key: K, value: V, size: int) -> None:
        _, before = self._values.pop(key, (None, 0))
        self._values[key] = (value, size)
        self._held += size - before
        while self._held > self._limit and len(self._values) > 1:
            _, (_, freed) = self._values.popitem(last=False)
            self._held -= freed


class Published:
    """One document as it goes out; `etag` is strong and quoted, `last_modified` to the second."""

    __slots__ = ("_gzip", "body", "etag", "last_modified", "media_type")

    def __init__(self, body: bytes, media_type: str, last_modified: datetime | None) -> None:
        self.body = body
        self.media_type = media_type
        self.last_modified = last_modified
        self.etag = f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'
        self._gzip: bytes | None = None

    def gzip(self) -> bytes:
        """The body compressed; made when first asked for, the same bytes for the same body."""
        if self._gzip is None:
            self._gzip = gzip.compress(self.body, 6, mtime=0)
        return self._gzip


@dataclass(frozen=True, slots=True)
class Gone:
    """A withdrawn item: nothing of it may be shown but that, and since when."""

    at: datetime | None


@dataclass(frozen=True, slots=True)
class _Key:
    """All that shapes the rendering of one item."""

    number: int
    seq: int
    feed: FeedInfo
    publication: Publication
    text: Text | None


@dataclass(frozen=True, slots=True)
class _House:
    """What of the configuration shapes outputs, and since when it does."""

    publication: Publication
    texts: tuple[tuple[str, Text], ...]
    since: datetime

    def says_the_same(self, other: "_House") -> bool:
        return (self.publication, self.texts) == (other.publication, other.texts)


@dataclass(frozen=True, slots=True)
class _Version:
    """What a channel's outputs were made from; equal versions have equal outputs."""

    seq: int
    changed: datetime
    house: _House


@dataclass(frozen=True, slots=True)
class _Selection:
    version: _Version
    channel: Channel
    shown: tuple[tuple[_Key, Release], ...]


@dataclass(frozen=True, slots=True)
class _Document:
    version: _Version
    published: Published


class Publisher:
    """Renders what storage and the configuration say. Threadsafe; any method may raise StorageError."""

    def __init__(
        self,
        storage: Storage,
        config: Callable[[], Config],
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._storage = storage
        self._config = config
        self._now = now
        self._lock = threading.RLock()  # making is all Python: two threads at it would only take turns
        self._selections: Memory[str, _Selection] = Memory(CACHE_BYTES_MAX)
        self._documents: Memory[tuple[str, str], _Document] = Memory(CACHE_BYTES_MAX)
        self._releases: Memory[_Key, Release | ValueError] = Memory(CACHE_BYTES_MAX)
        self._entries: Memory[tuple[_Key, str], bytes] = Memory(CACHE_BYTES_MAX)
        self._read: Config | None = None
        self._house = self._current_house()

    def publication(self) -> Publication:
        return self._current_house().publication

    def document(self, name: str, kind: str) -> Published | None:
        """A channel as one of render.KINDS; None when there is no such channel."""
        version = self._version(name)
        if version is None:
            return None
        with self._lock:
            held = self._documents.get((name, kind))
            if held is not None and held.version == version:
                return held.published
            body = self._assemble(self._selection(name, version), kind)
            published = Published(body, render.media_type(kind), _modified(version, body, held))
            # Half as much again for the gzip beside it.
            self._documents.put((name, kind), _Document(version, published), len(body) * 3 // 2)
            return published

    def documents(self) -> Iterator[tuple[str, Published]]:
        """Every document, with its address under publication.url."""
        for name in self._storage.items.channels():
            for kind in render.KINDS:
                published = self.document(name, kind)
                if published is not None:
                    yield f"{name}/feed.{kind}".lstrip("/"), published

    def channel(self, name: str) -> Channel | None:
        version = self._version(name)
        return self._selection(name, version).channel if version else None

    def releases(self, name: str) -> tuple[Release, ...]:
        """What a channel shows, highest position first; empty when there is no such channel."""
        version = self._version(name)
        return tuple(release for _, release in self._selection(name, version).shown) if version else ()

    def release(self, reference: str) -> Release | Gone | None:
        """One item by its id; None when there is none or the public may not know of it."""
        stored = self._storage.items.find(reference)
        if stored is None or stored.id != reference:
            return None
        return self.public(stored)

    def revisions(self, reference: str) -> tuple[Revision, ...]:
        """Earlier public states of an item, newest first; empty when the public may see none."""
        stored = self._storage.items.find(reference)
        if stored is None or not isinstance(self.public(stored), Release):
            return ()
        return self._storage.items.revisions(stored.number)

    def public(self, stored: Stored) -> Release | Gone | None:
        """A stored item as the public may see it."""
        if stored.state is State.WITHDRAWN:
            steps = self._storage.items.audit(stored.number)
            return Gone(next((step.at for step in reversed(steps) if step.after is State.WITHDRAWN), None))
        feed = self._storage.items.feed(stored.source)
        if stored.state is not State.LIVE or feed is None:
            return None
        with self._lock:
            shown = self._present(stored, feed, self._current_house())
        return shown[1] if shown else None

    def _current_house(self) -> _House:
        config = self._config()
        with self._lock:
            if config is not self._read:
                texts = tuple(
                    (source.id, source.disclaimer) for source in config.sources if source.disclaimer
                )
                fresh = _House(config.publication, texts, self._now())
                if self._read is None or not self._house.says_the_same(fresh):
                    self._house = fresh
                self._read = config
            return self._house

    def _version(self, name: str) -> _Version | None:
        newest = self._storage.items.channel_seq(name)
        return _Version(*newest, self._current_house()) if newest else None

    def _selection(self, name: str, version: _Version) -> _Selection:
        with self._lock:
            held = self._selections.get(name)
            if held is not None and held.version == version:
                return held
            house = version.house
            feeds = {feed.id: feed for feed in self._storage.items.feeds()}
            tried = [self._present(one, feeds[one.source], house) for one in self._storage.items.select(name)]
            all_feeds, authority = tuple(feeds.values()), self._storage.admin.authority()
            channel = describe(name, house.publication, all_feeds, version.seq, version.changed, authority)
            selection = _Selection(version, channel, tuple(one for one in tried if one is not None))
            self._selections.put(name, selection, sum(_size(release) for _, release in selection.shown))
            return selection

    def _present(self, stored: Stored, feed: FeedInfo, house: _House) -> tuple[_Key, Release] | None:
        if feed.republish == Republish.NO:
            return None
        text = next((text for source, text in house.texts if source == stored.source), None)
        key = _Key(stored.number, stored.seq, feed, house.publication, text)
        made = self._releases.get(key)
        if made is None:
            try:
                made = present(stored, feed=feed, publication=house.publication, text=text)
            except ValueError as error:
                made = error
                log.warning("item-left-out", item=stored.id, source=stored.source, error=str(error))
            self._releases.put(key, made, _size(made))
        return None if isinstance(made, ValueError) else (key, made)

    def _assemble(self, selection: _Selection, kind: str) -> bytes:
        """The newest entries up to the limit, at least one; a bad one is left out and reported once."""
        room = DOCUMENT_BYTES_MAX - len(render.document(selection.channel, (), kind))
        entries: list[bytes] = []
        for key, release in selection.shown:
            entry = self._entry(key, release, kind)
            room -= len(entry) + 2  # what parts it from its neighbour
            if room < 0 and entries:
                break
            if entry:
                entries.append(entry)
        return render.document(selection.channel, entries, kind)

    def _entry(self, key: _Key, release: Release, kind: str) -> bytes:
        entry = self._entries.get((key, kind))
        if entry is None:
            try:
                entry = render.entry(release, kind)
            except ValueError as error:
                entry = b""
                log.warning("item-left-out", item=release.id, kind=kind, error=str(error))
            self._entries.put((key, kind), entry, len(entry))
        return entry


def _size(release: Release | ValueError) -> int:
    if isinstance(release, ValueError):
        return 100
    return 500 + len(release.content) + len(release.text) + len(release.disclaimer)


def _modified(version: _Version, body: bytes, before: _Document | None) -> datetime:
    """When a document last changed, to the second, for clients that know no ETag.

    Settings shape it too, so it is never before they were read; and two bodies never share a second.
    """
    changed = max(version.changed, version.house.since).replace(microsecond=0)
    if before is None or before.published.last_modified is None:
        return changed
    if before.published.body == body:
        return before.published.last_modified
    return max(changed, before.published.last_modified + timedelta(seconds=1))
