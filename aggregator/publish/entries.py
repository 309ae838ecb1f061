"""Documents spliced from entries that are serialised once and cached. Not thread-safe: the publisher's lock
guards it."""

from collections.abc import Callable, Iterator, Sequence, Set

from msgspec import Struct

from aggregator import render
from aggregator.editorial.present import excerpted
from aggregator.log import log
from aggregator.model.release import Channel, Release, Tombstone
from aggregator.model.settings import Publication, Text
from aggregator.model.stored import FeedInfo, Translation
from aggregator.policy import crowding
from aggregator.policy.crowding import DOCUMENT_BYTES_MAX
from aggregator.policy.story_lead import is_shared
from aggregator.publish.cache import Cache
from aggregator.render import Format

SEPARATOR_BYTES = 2  # at most, between two entries
ENTRY_SIZE_BYTES = 200  # that a remembered size takes
ENTRY_SIZES_BYTES_MAX = 4_000_000


class Key(Struct, frozen=True):
    """Cache key of one item's rendering: everything that shapes it."""

    number: int
    seq: int
    feed: FeedInfo
    publication: Publication
    text: Text | None
    translations: tuple[Translation, ...] = ()

    def __hash__(self) -> int:
        """Return a hash of the item's state alone: that of its source and the publication would cost more."""
        return hash((self.number, self.seq))


Releases = Sequence[tuple[Key, Release]]
Entry = tuple[Key, Release] | Tombstone


class Shown(Struct, frozen=True):
    """Contents of a current document: tombstone entries, then releases. It must hold the first `kept`,
    which re-enter or stand in no archive yet."""

    gone: tuple[Tombstone, ...]
    releases: Releases
    kept: int


class Entries:
    """Serialises releases; `bytes_max` bounds the cache of their bytes."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes: Cache[tuple[Key, str, bool], bytes] = Cache(bytes_max)
        self._sizes: Cache[tuple[Key, str, bool], int] = Cache(ENTRY_SIZES_BYTES_MAX)

    def document(self, channel: Channel, shown: Shown, kind: Format) -> bytes:
        """Return a current document within DOCUMENT_BYTES_MAX: what it must hold, then the newest entries."""
        entries = self._tombstones(shown.gone, kind)
        bytes_left = DOCUMENT_BYTES_MAX - len(render.document(channel, entries, kind))
        for entry in self._serialised(channel, shown, kind, bytes_left):
            bytes_left -= len(entry) + SEPARATOR_BYTES
            if bytes_left < 0 and entries:
                break
            if entry:
                entries.append(entry)
        return render.document(channel, entries, kind)

    def archive(self, channel: Channel, shown: Sequence[Entry], kind: Format) -> bytes:
        """Return an archive document; in a shared channel large entries are excerpts there, too."""
        is_brief = self._is_large if is_shared(channel.name) else _never
        entries = [entry for each in shown for entry in self._any(each, kind, is_brief)]
        return render.document(channel, entries, kind)

    def brief(self, channel: Channel, shown: Sequence[Entry], kind: Format) -> bytes:
        """Return a document of tombstone entries and excerpts."""
        entries = [entry for each in shown for entry in self._any(each, kind, lambda *_: True)]
        return render.document(channel, entries, kind)

    def _any(
        self, shown: Entry, kind: Format, is_brief: Callable[[Key, Release, Format], bool]
    ) -> Sequence[bytes]:
        if isinstance(shown, Tombstone):
            return self._tombstones([shown], kind)
        entry = self._entry(*shown, kind, brief=is_brief(*shown, kind))
        return [entry] if entry else []

    def _tombstones(self, gone: Sequence[Tombstone], kind: Format) -> list[bytes]:
        entries = []
        for each in gone:
            try:
                entries.append(render.tombstone(each, kind))
            except ValueError as error:
                log.warning("tombstone left out", item=each.public_id, kind=kind, error=str(error))
        return entries

    def _serialised(self, channel: Channel, shown: Shown, kind: Format, bytes_max: int) -> Iterator[bytes]:
        """Yield the entries of a document; those that would crowd out others' in a shared one as excerpts.

        What it must hold is never left out: it is given as excerpts where it would not fit whole.
        """
        releases, kept = shown.releases, shown.kept
        if not is_shared(channel.name):
            brief = self._too_long(releases[:kept], kind, bytes_max)
            yield from (self._entry(key, release, kind, brief=key in brief) for key, release in releases)
            return
        large = {key for key, release in releases if self._is_large(key, release, kind)}
        heaviest = crowding.heaviest(self._entry_sizes(releases, kind, large), bytes_max)
        brief = large | {key for key, release in releases if release.source.id in heaviest}
        sizes = self._entry_sizes(releases, kind, brief)
        left_out = crowding.left_out(sizes[kept:], bytes_max - sum(size for _, size in sizes[:kept]))
        for place, (key, release) in enumerate(releases):
            if place - kept not in left_out:
                yield self._entry(key, release, kind, brief=key in brief)

    def _too_long(self, kept: Releases, kind: Format, bytes_max: int) -> Set[Key]:
        """Return which entries are given as excerpts so that all have room: the last ones."""
        left = bytes_max - sum(size for _, size in self._entry_sizes(kept, kind, frozenset()))
        brief = set[Key]()
        for key, release in reversed(kept):
            if left >= 0:
                break
            whole = self._entry_size(key, release, kind, brief=False)
            left += whole - self._entry_size(key, release, kind, brief=True)
            brief.add(key)
        return brief

    def _is_large(self, key: Key, release: Release, kind: Format) -> bool:
        """Return whether an entry takes more than its share; serialised only if its content does not."""
        if len(release.content) > crowding.ENTRY_BYTES_MAX:
            return True
        return self._entry_size(key, release, kind, brief=False) > crowding.ENTRY_BYTES_MAX

    def _entry_sizes(self, releases: Releases, kind: Format, brief: Set[Key]) -> Sequence[tuple[str, int]]:
        """Return source and bytes of each entry, those in `brief` as excerpts."""
        return [
            (release.source.id, self._entry_size(key, release, kind, brief=key in brief) + SEPARATOR_BYTES)
            for key, release in releases
        ]

    def _entry_size(self, key: Key, release: Release, kind: Format, *, brief: bool) -> int:
        """Return the bytes of a serialised release, remembered when the bytes themselves are evicted."""
        size = self._sizes.get((key, kind, brief))
        if size is None:
            size = len(self._entry(key, release, kind, brief=brief))
            self._sizes.put((key, kind, brief), size, ENTRY_SIZE_BYTES)
        return size

    def _entry(self, key: Key, release: Release, kind: Format, *, brief: bool = False) -> bytes:
        """Return a release serialised, whole or as an excerpt; empty when it cannot be, which is cached and
        logged once."""
        entry = self._bytes.get((key, kind, brief))
        if entry is None:
            try:
                entry = render.entry(excerpted(release) if brief else release, kind)
            except ValueError as error:
                entry = b""
                log.warning("item left out", item=release.id, kind=kind, error=str(error))
            self._bytes.put((key, kind, brief), entry, len(entry))
        return entry


def _never(key: Key, release: Release, kind: Format) -> bool:
    return False
