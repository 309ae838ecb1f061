"""Pages of the list of a channel's releases, cached in memory until anything changes."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager

from msgspec import Struct

from aggregator.model.decision import State
from aggregator.model.release import Release
from aggregator.policy.paging import PAGE, PAGE_CANDIDATES, Cursor, Listed, first_page, following
from aggregator.policy.story_lead import is_shared
from aggregator.publish.cache import Cache
from aggregator.publish.feeds import of_items
from aggregator.publish.presenter import Presenter, Settings, size
from aggregator.storage import Storage

EVERY = 1_000_000_000  # items: more than a store holds
LISTINGS_BYTES_MAX = 16_000_000


class Listing(Struct, frozen=True):
    """One page of the list of a channel's releases, newest shown date first.

    `behind` is the cursor that it follows, None for the first page; `older` that of the next page, None for
    the last page.
    """

    releases: tuple[Release, ...]
    behind: Cursor | None = None
    older: Cursor | None = None


class Listings:
    """Makes pages of lists; `lock` is its publisher's. Every method may raise StorageError."""

    def __init__(self, storage: Storage, presenter: Presenter, lock: AbstractContextManager[bool]) -> None:
        self._storage = storage
        self._presenter = presenter
        self._lock = lock
        self._pages: Cache[tuple[str, Cursor | None], tuple[object, Listing]] = Cache(LISTINGS_BYTES_MAX)

    def page(self, name: str, behind: Cursor | None) -> Listing | None:
        """Return the first page of a known channel, or the one behind a cursor; None for a cursor at which no
        item stands, and behind the last release."""
        settings = self._presenter.settings()
        state = (self._storage.items.seq(), settings)
        with self._lock:
            rendered_from, before = self._pages.get((name, behind)) or (None, None)
        if before is not None and rendered_from == state:
            return before
        if behind is None:
            listed = self._storage.items.listing(name, PAGE_CANDIDATES)
            listing = self._made(*first_page(listed, is_shared=is_shared(name)), None, settings)
        else:
            # Only of items: else any number of addresses would be pages, and fill the caches
            listed = (
                self._storage.items.listing(name, PAGE + 1, behind)
                if self._storage.items.is_place(behind)
                else ()
            )
            if not listed:
                return None
            listing = self._made(*following(listed), behind, settings)
        with self._lock:
            self._pages.put((name, behind), (state, listing), sum(map(size, listing.releases)))
        return listing

    def pages(self, name: str) -> Iterator[Listing]:
        """Yield every page of a known channel from the first, at least one."""
        listed, settings = self._storage.items.listing(name, EVERY), self._presenter.settings()
        shown, older = first_page(listed, is_shared=is_shared(name))
        yield self._made(shown, older, None, settings)
        places = (place for place, each in enumerate(listed, 1) if older and each.number == older.number)
        start = next(places, 0)
        while older is not None:
            behind = older
            shown, older = following(listed[start : start + PAGE + 1])
            yield self._made(shown, older, behind, settings)
            start += PAGE

    def _made(
        self, shown: Sequence[Listed], older: Cursor | None, behind: Cursor | None, settings: Settings
    ) -> Listing:
        """Return a page; what is no longer public is left out."""
        found = self._storage.items.numbered([each.number for each in shown])
        items = [each for each in found if each.state is State.LIVE]
        feeds = of_items(self._storage, items)
        with self._lock:
            presented = [self._presenter.present(each, feeds.get(each.source), settings) for each in items]
        releases = tuple(one[1] for one in presented if one is not None)
        return Listing(releases, behind, older)
