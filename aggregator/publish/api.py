"""The API's pages of items: the newest of a channel, or what is new and has changed after a cursor."""

import re
from collections.abc import Sequence
from contextlib import AbstractContextManager
from urllib.parse import quote

from aggregator.editorial.present import public_id
from aggregator.editorial.tombstone import tombstone
from aggregator.model.api import ApiPage, Unmatched
from aggregator.model.decision import State
from aggregator.model.release import Release
from aggregator.model.search import ChangesPage, Cursor
from aggregator.model.stored import Stored
from aggregator.policy.search_query import SearchQuery
from aggregator.publish.document import Published
from aggregator.publish.feeds import of_items
from aggregator.publish.presenter import Presenter
from aggregator.publish.searches import Searches, is_found
from aggregator.render import api
from aggregator.storage import Storage

JSON = "application/json"
ITEMS_MAX, ITEMS_DEFAULT = 100, 50
_CURSOR = re.compile(r"(0|[1-9][0-9]{0,17})(?:\.(0|[1-9][0-9]{0,17}))?")


class Api:
    """Makes the API's documents; `lock` is its publisher's. Every method may raise StorageError, and
    StoreSlow for a request that takes too long."""

    def __init__(
        self, storage: Storage, presenter: Presenter, searches: Searches, lock: AbstractContextManager[bool]
    ) -> None:
        self._storage, self._presenter, self._searches, self._lock = storage, presenter, searches, lock

    def newest(self, channel: str, query: SearchQuery, limit: int) -> Published:
        """Return the newest items, the last stored first, with the cursor of what will come."""
        end = self._storage.searches.end()
        found = self._searches.newest(query, channel, limit)
        return self._page(tuple(found), ChangesPage((), (), (), end, has_more=False), channel, query, limit)

    def after(self, cursor: Cursor, channel: str, query: SearchQuery, limit: int) -> Published:
        """Return what is new and has changed after a cursor, oldest first."""
        changes = self._storage.searches.after(cursor, limit, query, channel)
        found, left = self._presented(changes.items, query, cursor)
        changes = ChangesPage(
            changes.items, (*changes.left, *left), changes.gone, changes.next, changes.has_more
        )
        return self._page(tuple(found), changes, channel, query, limit)

    def _presented(
        self, items: Sequence[Stored], query: SearchQuery, cursor: Cursor
    ) -> tuple[list[Release], list[Stored]]:
        """Return the releases that match by what is published of them, and the items before a cursor that do
        not: a reader may have them."""
        settings, feeds = self._presenter.settings(), of_items(self._storage, items)
        found, left = [], []
        for item in items:
            if item.state is not State.LIVE:
                continue
            with self._lock:
                presented = self._presenter.present(item, feeds.get(item.source), settings)
            if presented is not None and is_found(presented[1], query):
                found.append(presented[1])
            elif presented is not None and (item.position or 0) <= cursor.position:
                left.append(item)
        return found, left

    def _page(
        self, found: tuple[Release, ...], changes: ChangesPage, channel: str, query: SearchQuery, limit: int
    ) -> Published:
        settings = self._presenter.settings()
        feeds = of_items(self._storage, (*changes.gone, *changes.left))
        publication, following = settings.publication, written(changes.next)
        asked = "".join(
            f"&{name}={quote(value, safe='/')}"
            for name, value in (("channel", channel), ("q", query.text))
            if value
        )
        page = ApiPage(
            found,
            tuple(tombstone(each, publication, feeds.get(each.source)) for each in changes.gone),
            tuple(
                Unmatched(each.id, public_id(each, publication, feeds[each.source]))
                for each in changes.left
                if each.source in feeds
            ),
            following,
            f"{publication.url}api/items?since={following}&limit={limit}{asked}",
            changes.has_more,
        )
        return Published(api.page(page), JSON, None)


def cursor_of(text: str) -> Cursor | None:
    """Return the cursor that a response gave, or 0 for the beginning; None for any other text."""
    found = _CURSOR.fullmatch(text)
    return None if found is None else Cursor(int(found[1]), int(found[2] or 0))


def written(cursor: Cursor) -> str:
    """Return a cursor as addresses hold it."""
    return f"{cursor.position}.{cursor.change}"


def problem(sentence: str) -> Published:
    """Return the document of a request that cannot be carried out."""
    return Published(api.error(sentence), JSON, None)
