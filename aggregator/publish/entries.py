"""Documents spliced from entries that are serialised once and cached. Not thread-safe: the publisher's lock
guards it."""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from aggregator import render
from aggregator.editorial.present import excerpted
from aggregator.log import log
from aggregator.model import Channel, FeedInfo, Release
from aggregator.model.settings import Publication, Text
from aggregator.policy import crowding
from aggregator.policy.crowding import DOCUMENT_BYTES_MAX
from aggregator.policy.story_lead import is_shared
from aggregator.publish.cache import Cache
from aggregator.render import Format

SEPARATOR_BYTES = 2  # at most, between two entries
ENTRY_SIZE_BYTES = 200  # that a remembered size takes
ENTRY_SIZES_BYTES_MAX = 4_000_000


@dataclass(frozen=True, slots=True)
class Key:
    """Cache key of one item's rendering: everything that shapes it."""

    number: int
    seq: int
    feed: FeedInfo
    publication: Publication
    text: Text | None


Releases = Sequence[tuple[Key, Release]]


class Entries:
    """Serialises releases; `bytes_max` bounds the cache of their bytes."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes: Cache[tuple[Key, str, bool], bytes] = Cache(bytes_max)
        self._sizes: Cache[tuple[Key, str, bool], int] = Cache(ENTRY_SIZES_BYTES_MAX)

    def document(self, channel: Channel, releases: Releases, kind: Format) -> bytes:
        """Return a document of the newest entries within DOCUMENT_BYTES_MAX, at least one."""
        bytes_left = DOCUMENT_BYTES_MAX - len(render.document(channel, (), kind))
        entries: list[bytes] = []
        for entry in self._serialised(channel, releases, kind, bytes_left):
            bytes_left -= len(entry) + SEPARATOR_BYTES
            if bytes_left < 0 and entries:
                break
            if entry:
                entries.append(entry)
        return render.document(channel, entries, kind)

    def _serialised(
        self, channel: Channel, releases: Releases, kind: Format, bytes_max: int
    ) -> Iterator[bytes]:
        """Yield the entries of a document; those that would crowd out others' in a shared one as excerpts."""
        if not is_shared(channel.name):
            yield from (self._entry(key, release, kind) for key, release in releases)
            return
        large = {key for key, release in releases if self._is_large(key, release, kind)}
        heaviest = crowding.heaviest(self._entry_sizes(releases, kind, large), bytes_max)
        brief = large | {key for key, release in releases if release.source.id in heaviest}
        left_out = crowding.left_out(self._entry_sizes(releases, kind, brief), bytes_max)
        for place, (key, release) in enumerate(releases):
            if place not in left_out:
                yield self._entry(key, release, kind, brief=key in brief)

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
