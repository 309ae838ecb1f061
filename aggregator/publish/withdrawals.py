"""The channel of withdrawals and corrections: the last change of each item, by one cursor.

The current document holds the newest, and links the pages before it (RFC 5005 section 4), each of them a
closed range of the log; behind a cursor stands what follows it, oldest first.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager

from msgspec.structs import replace

from aggregator.editorial.tombstone import tombstone
from aggregator.model.public_change import Gone, ToldPage
from aggregator.model.release import Channel
from aggregator.model.stored import FeedInfo, Stored
from aggregator.publish.archives import ARCHIVE_FORMATS, ARCHIVES_BYTES_MAX
from aggregator.publish.cache import Cache
from aggregator.publish.document import Published
from aggregator.publish.entries import Entries, Entry
from aggregator.publish.feeds import of_items
from aggregator.publish.presenter import Presenter, Settings
from aggregator.render import Format
from aggregator.render.channels import withdrawals
from aggregator.storage import Storage

Page = tuple[str, int]  # "" and 0: the current document, "archive" and its number, "after" and a cursor


class Withdrawals:
    """Renders the pages of the channel; `lock` is its publisher's. Every method may raise StorageError."""

    def __init__(
        self, storage: Storage, presenter: Presenter, entries: Entries, lock: AbstractContextManager[bool]
    ) -> None:
        self._storage = storage
        self._presenter = presenter
        self._entries = entries
        self._lock = lock
        self._documents: Cache[tuple[Page, Format], tuple[object, Published]] = Cache(ARCHIVES_BYTES_MAX)

    def current(self, kind: Format) -> Published | None:
        """Return the newest changes, newest first; None in RSS."""
        return self._document(("", 0), kind)

    def links(self, kind: Format) -> str:
        """Return the Link header field of the current document."""
        settings = self._presenter.settings()
        return replace(withdrawals(settings.publication, None, ""), hub=settings.hub).links(kind)

    def archive(self, number: int, kind: Format) -> Published | None:
        """Return a closed page, the first is 1, newest first; None for one that is not closed, and in RSS."""
        return self._document(("archive", number), kind)

    def after(self, cursor: int, kind: Format) -> Published | None:
        """Return the changes after a cursor, oldest first, with the address of the next page; None in RSS."""
        return self._document(("after", cursor), kind)

    def _document(self, page: Page, kind: Format) -> Published | None:
        if kind not in ARCHIVE_FORMATS:
            return None
        state = (self._storage.changes.last_told(), self._storage.items.seq(), self._presenter.settings())
        with self._lock:
            rendered_from, before = self._documents.get((page, kind)) or (None, None)
            if before is not None and rendered_from == state:
                return before
            told = self._read(page)
            if told is None:
                return None
            published = self._rendered(page, told, state[2], kind)
            self._documents.put((page, kind), (state, published), len(published.body) * 3 // 2)
            return published

    def _read(self, page: Page) -> ToldPage | None:
        place, number = page
        if place == "after":
            return self._storage.changes.told_after(number)
        return self._storage.changes.told(number if place == "archive" else None)

    def _rendered(self, page: Page, told: ToldPage, settings: Settings, kind: Format) -> Published:
        feeds = of_items(self._storage, told.entries)
        entries = self._presented(told.entries, settings, feeds)
        channel = withdrawals(settings.publication, told.changed, self._storage.admin.authority())
        channel = replace(channel, hub=settings.hub)
        body = self._entries.brief(self._placed(channel, page, told), entries, kind)
        return Published(body, kind.media_type, None)

    def _placed(self, channel: Channel, page: Page, told: ToldPage) -> Channel:
        place, number = page
        if place == "after":
            return replace(channel, after=number, last=told.last, has_more=told.has_more)
        return replace(channel, archive=number, newest_archive=told.closed, last=told.last)

    def _presented(
        self, told: Sequence[Stored | Gone], settings: Settings, feeds: Mapping[str, FeedInfo]
    ) -> Sequence[Entry]:
        found: list[Entry] = []
        for each in told:
            if isinstance(each, Gone):
                found.append(tombstone(each, settings.publication, feeds.get(each.source)))
            elif (presented := self._presenter.present(each, feeds.get(each.source), settings)) is not None:
                found.append(presented)
        return found
