"""The contract's SearchStore: public items as readers search them and as programs read their changes."""

import threading
import time
from contextlib import suppress

from msgspec.structs import replace

from aggregator.errors import StoreUnavailable
from aggregator.model.search import ChangesPage, Cursor, Matches
from aggregator.policy.search_query import SearchQuery
from aggregator.storage.sql import public_changes_page, public_search, search
from aggregator.storage.sql.engine import Engine

SEARCH_SECONDS = 2.0  # of one statement
INDEX_SECONDS = 0.5  # for which one search indexes what waits
_indexing = threading.Lock()  # one search at a time indexes, the others go on without


class SearchStore:
    """Searches of one store."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def matching(
        self,
        wanted: SearchQuery,
        before: int | None,
        limit: int,
        *,
        channel: str = "",
        scanned: int = public_search.SCANNED,
    ) -> Matches:
        """Return up to `limit` live items that match, in a channel, the last stored first, of those below a
        number; of a query without words and source those among the next `scanned` items.

        Raises StoreSlow after SEARCH_SECONDS. Items of the last moments may be missing: few are indexed
        before, so that no poll waits.
        """
        is_complete = not wanted.terms or self._index()
        with self._engine.searching(SEARCH_SECONDS) as db:
            found = public_search.matching(
                db, self._engine.index, wanted, before, limit, channel=channel, scanned=scanned
            )
        return replace(found, is_complete=is_complete)

    def after(self, cursor: Cursor, limit: int, wanted: SearchQuery, channel: str = "") -> ChangesPage:
        """Return what is new and what has changed after a cursor, in a channel and by the filters of a query,
        whose words are not looked at. StoreSlow as `matching`."""
        with self._engine.searching(SEARCH_SECONDS) as db:
            return public_changes_page.after(db, cursor, limit, wanted, channel)

    def end(self) -> Cursor:
        """Return the cursor of a reader that has seen everything. Cheap."""
        with self._engine.reading() as db:
            return public_changes_page.end(db)

    def _index(self) -> bool:
        """Index items that wait, in short transactions, none while the store takes nothing; returns whether
        none waits any more."""
        if not _indexing.acquire(blocking=False):
            return False
        try:
            until = time.monotonic() + INDEX_SECONDS
            with suppress(StoreUnavailable):
                while search.update(self._engine) and time.monotonic() < until:
                    pass
            with self._engine.reading() as db:
                return not search.is_behind(db)
        finally:
            _indexing.release()
