"""Searches of readers: pages of ranked results, and each search as a channel to subscribe to.

Results are ranked within parts of CANDIDATES, the last stored first, so that a search costs the same however
many releases match. A release is found only by what its rights show of it.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager

from msgspec import Struct

from aggregator.editorial.snippet import Fragment, highlighted, snippet
from aggregator.editorial.terms import licence_key
from aggregator.model.decision import State
from aggregator.model.release import WINDOW, Release
from aggregator.model.settings import Republish
from aggregator.policy.search_query import SearchQuery
from aggregator.policy.search_rank import Candidate, is_shown, ranked
from aggregator.publish.cache import Cache
from aggregator.publish.document import Published
from aggregator.publish.entries import Entries, Releases, Shown
from aggregator.publish.feeds import of_items
from aggregator.publish.presenter import Presenter, Settings, size
from aggregator.render import Format
from aggregator.render.channels import search
from aggregator.storage import Storage

CANDIDATES = 60
RESULTS = 20  # of one page
PAGES_MAX = CANDIDATES // RESULTS
SEARCHES_BYTES_MAX = 8_000_000


class Result(Struct, frozen=True):
    """A release that a search found, with its matches apart."""

    release: Release
    title: tuple[Fragment, ...]
    snippet: tuple[Fragment, ...]


class Results(Struct, frozen=True):
    """One page of the results of a part; `before` is where an older part begins, None for none."""

    page: int
    found: tuple[Result, ...]
    is_last: bool
    before: int | None


class _Part(Struct, frozen=True):
    """Releases of a part in the order of their ranks, with the state that they were read from."""

    state: object
    releases: tuple[Release, ...]
    before: int | None


class Searches:
    """Carries out queries without faults; `lock` is its publisher's. Every method may raise StorageError, and
    StoreSlow for a query that takes too long."""

    def __init__(
        self, storage: Storage, presenter: Presenter, entries: Entries, lock: AbstractContextManager[bool]
    ) -> None:
        self._storage = storage
        self._presenter = presenter
        self._entries = entries
        self._lock = lock
        self._parts: Cache[tuple[SearchQuery, int | None], _Part] = Cache(SEARCHES_BYTES_MAX)
        self._documents: Cache[tuple[SearchQuery, Format], tuple[object, Published]] = Cache(
            SEARCHES_BYTES_MAX
        )

    def results(self, query: SearchQuery, page: int = 1, before: int | None = None) -> Results:
        """Return a page of results, the first is 1, of the part below an item's number."""
        part = self._part(query, before)
        shown = part.releases[(page - 1) * RESULTS : page * RESULTS]
        return Results(
            page,
            tuple(_result(release, query) for release in shown),
            is_last=len(part.releases) <= page * RESULTS,
            before=part.before,
        )

    def document(self, query: SearchQuery, kind: Format) -> Published:
        """Return the newest releases that match as a channel in one format, the last stored first."""
        state = self._state()
        with self._lock:
            rendered_from, before = self._documents.get((query, kind)) or (None, None)
        if before is not None and rendered_from == state:
            return before
        matches = self._storage.searches.matching(query, None, WINDOW.newest)
        shown = self._presented(matches.numbers, query, state[1])
        changed = max((release.updated for _, release in shown), default=None)
        channel = search(state[1].publication, query.text, changed, self._storage.admin.authority())
        with self._lock:
            body = self._entries.document(channel, Shown((), shown, 0), kind)
            published = Published(body, kind.media_type, None)
            if matches.is_complete:
                self._documents.put((query, kind), (state, published), len(body) * 3 // 2)
        return published

    def links(self, query: SearchQuery, kind: Format) -> str:
        """Return the Link header field of a search as a channel."""
        return search(self._presenter.settings().publication, query.text, None, "").links(kind)

    def newest(self, query: SearchQuery, channel: str, limit: int) -> Sequence[Release]:
        """Return up to `limit` of the releases of a channel that match, the last stored first."""
        matches = self._storage.searches.matching(query, None, limit, channel=channel)
        return [release for _, release in self._presented(matches.numbers, query, self._presenter.settings())]

    def _state(self) -> tuple[int, Settings]:
        return self._storage.items.seq(), self._presenter.settings()

    def _part(self, query: SearchQuery, before: int | None) -> _Part:
        state = self._state()
        with self._lock:
            part = self._parts.get((query, before))
        if part is not None and part.state == state:
            return part
        matches = self._storage.searches.matching(query, before, CANDIDATES)
        releases = {key.number: release for key, release in self._presented(matches.numbers, query, state[1])}
        order = ranked(
            [Candidate(number, each.title, _body(each), each.published) for number, each in releases.items()],
            query.terms,
        )
        part = _Part(state, tuple(releases[number] for number in order), matches.before)
        if matches.is_complete:
            with self._lock:
                self._parts.put((query, before), part, 500 + sum(map(size, part.releases)))
        return part

    def _presented(self, numbers: Sequence[int], query: SearchQuery, settings: Settings) -> Releases:
        """Return the releases with these numbers that are public and match by what is published of them."""
        items = [each for each in self._storage.items.numbered(numbers) if each.state is State.LIVE]
        feeds = of_items(self._storage, items)
        with self._lock:
            presented = [self._presenter.present(each, feeds.get(each.source), settings) for each in items]
        return [one for one in presented if one is not None and _may_be_found(one[1], query)]


def _may_be_found(release: Release, query: SearchQuery) -> bool:
    """Return whether a release whose words the store has found may be shown for a query."""
    return (
        _is_under(release, query) if release.source.republish is Republish.FULL else is_found(release, query)
    )


def is_found(release: Release, query: SearchQuery) -> bool:
    """Return whether a release matches by what is published of it: its licence, and all words of a query."""
    return _is_under(release, query) and is_shown(
        query.terms, f"{release.title}\n{release.original_title}\n{_body(release)}"
    )


def _is_under(release: Release, query: SearchQuery) -> bool:
    """Return whether a release, which may state a licence of its own, is under that of a query."""
    return not query.licence or licence_key(release.terms.licence) == licence_key(query.licence)


def _body(release: Release) -> str:
    """Return the text of a release without its disclaimer."""
    return release.text.removeprefix(release.lead_text).removesuffix(release.disclaimer_text).strip()


def _result(release: Release, query: SearchQuery) -> Result:
    return Result(release, highlighted(release.title, query.terms), snippet(_body(release), query.terms))
