"""Archives of channels (RFC 5005 section 4), rendered on demand from cached entries."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager

from msgspec.structs import replace

from aggregator.editorial.tombstone import tombstone
from aggregator.model.public_change import Archived, Gone
from aggregator.model.release import Tombstone
from aggregator.model.stored import FeedInfo
from aggregator.publish.cache import Cache
from aggregator.publish.document import Published
from aggregator.publish.entries import Entries, Entry
from aggregator.publish.feeds import of_items
from aggregator.publish.presenter import Presenter, Settings
from aggregator.render import Format
from aggregator.render.channels import describe
from aggregator.storage import Storage

ARCHIVE_FORMATS = (Format.ATOM, Format.JSON)
ARCHIVES_BYTES_MAX = 16_000_000


class Archives:
    """Renders archives; `lock` is its publisher's. Every method may raise StorageError."""

    def __init__(
        self, storage: Storage, presenter: Presenter, entries: Entries, lock: AbstractContextManager[bool]
    ) -> None:
        self._storage = storage
        self._presenter = presenter
        self._entries = entries
        self._lock = lock
        self._documents: Cache[tuple[str, int, Format], tuple[object, Published]] = Cache(ARCHIVES_BYTES_MAX)

    def document(self, name: str, number: int, kind: Format) -> Published | None:
        """Return an archive of a channel; None for an unknown one, and in RSS.

        Its bytes change only when one of its entries does, or when the next archive closes.
        """
        newest = self._storage.items.channel_seq(name)
        if newest is None or kind not in ARCHIVE_FORMATS:
            return None
        settings = self._presenter.settings()
        with self._lock:
            rendered_from, before = self._documents.get((name, number, kind)) or (None, None)
            if before is not None and rendered_from == (newest, settings):
                return before
            archived = self._storage.changes.archive(name, number)
            if archived is None:
                return None
            published = self._rendered(name, archived, settings, kind)
            size = len(published.body) * 3 // 2
            self._documents.put((name, number, kind), ((newest, settings), published), size)
            return published

    def _rendered(self, name: str, archived: Archived, settings: Settings, kind: Format) -> Published:
        feeds = of_items(self._storage, archived.entries, name.removeprefix("sources/"))
        entries = self._presented(archived, settings, feeds)
        changes = [each.when if isinstance(each, Tombstone) else each[1].updated for each in entries]
        channel = describe(
            name,
            settings.publication,
            tuple(feeds.values()),
            seq=0,
            changed=max(changes, default=None),
            authority=self._storage.admin.authority(),
        )
        channel = replace(channel, archive=archived.number, newest_archive=archived.newest)
        return Published(self._entries.archive(channel, entries, kind), kind.media_type, None)

    def _presented(
        self, archived: Archived, settings: Settings, feeds: Mapping[str, FeedInfo]
    ) -> Sequence[Entry]:
        found: list[Entry] = []
        for each in archived.entries:
            if isinstance(each, Gone):
                found.append(tombstone(each, settings.publication, feeds.get(each.source)))
            elif (presented := self._presenter.present(each, feeds.get(each.source), settings)) is not None:
                found.append(presented)
        return found
