"""The search page, and searches as channels: /search?q= and /search/feed.{rss,atom,json}?q=."""

import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from aggregator.errors import StoreSlow
from aggregator.policy.search_query import (
    QUERY_CHARS_MAX,
    QUERY_TERMS_MAX,
    Fault,
    QueryFault,
    SearchQuery,
    parse,
)
from aggregator.publish.document import Published
from aggregator.publish.publisher import Publisher
from aggregator.publish.searches import PAGES_MAX, Results
from aggregator.render import Format
from aggregator.web.clients import ClientLimits
from aggregator.web.feed_view import VARY
from aggregator.web.pages import Site, page
from aggregator.web.replies import ANY_ORIGIN, NO_STORE, plain, reply

# Words of the page, and of the faults of a query; {value} is the part of the query that has the fault.
WORDS: Mapping[str, str] = {
    "search": "Search",
    "label": "Search releases",
    "found": "Results for {query}",
    "nothing": "No release matches this search.",
    "nothing_here": "No release of this period matches; older ones may.",
    "help": "Help with searches",
    "subscribe": "Subscribe to this search",
    "better": "Better matches",
    "further": "Further matches",
    "older": "Older matches",
    "slow": "This search takes too long. Add a word, or filter by organisation: or after:, and try again.",
    "busy": "There are too many searches at the moment. Please try again in a few seconds.",
}
FAULTS: Mapping[QueryFault, str] = {
    QueryFault.EMPTY: "Write a word to search for, or a filter such as topic:health.",
    QueryFault.TOO_LONG: f"A search has up to {QUERY_CHARS_MAX} characters.",
    QueryFault.TOO_MANY_TERMS: f"A search has up to {QUERY_TERMS_MAX} words or phrases.",
    QueryFault.REPEATED: "{value}: stands twice; keep one.",
    QueryFault.NO_DATE: "“{value}” is no date; write it as 2026-03-31.",
    QueryFault.NO_SLUG: "“{value}” is no topic; write it as in its address, such as human-rights.",
    QueryFault.NO_LANGUAGE: "“{value}” is no language; write its code, such as fr.",
    QueryFault.NO_NAME: "organisation: needs a name, such as organisation:osce.",
    QueryFault.ORDER: "before: must be a later day than after: ({value}).",
}
HELP: tuple[tuple[str, str], ...] = (
    ("flood warning", "both words, in any order"),
    ('"flood warning"', "the phrase"),
    ("flood*", "words that begin so"),
    ("organisation:osce", "releases of an organisation; with blanks in quotes"),
    ("topic:health", "releases on a topic"),
    ("language:fr", "releases in a language"),
    ("after:2026-01-31 before:2026-03-01", "releases of a period, from the first day to before the second"),
)

PAGE_COST, FEED_COST = 2, 2  # tokens of a client
SEARCHES_AT_ONCE = 4  # of all clients; others wait, so that pages have threads left
WAIT_SECONDS = 1.0
NO_INDEX = {"X-Robots-Tag": "noindex"}  # searches are no pages of their own
_PAGE = re.compile(f"[2-{PAGES_MAX}]")
_NUMBER = re.compile(r"[1-9][0-9]{0,17}")


class SearchBusy(Exception):
    """Too many searches run."""


class SearchSlots:
    """Slots of searches, API requests and others that cost a query of their own. Thread-safe."""

    def __init__(self, slots: int = SEARCHES_AT_ONCE, wait: float = WAIT_SECONDS) -> None:
        self._slots, self._wait = threading.BoundedSemaphore(slots), wait

    @contextmanager
    def one(self) -> Iterator[None]:
        """Acquire a slot; SearchBusy when none is free in time."""
        if not self._slots.acquire(timeout=self._wait):
            raise SearchBusy
        try:
            yield
        finally:
            self._slots.release()


class SearchPages:
    """Endpoints of searches. `site` returns the navigation of pages."""

    def __init__(
        self, publisher: Publisher, site: Callable[[], Site], limits: ClientLimits, slots: SearchSlots
    ) -> None:
        self._publisher, self._site, self._limits, self._slots = publisher, site, limits, slots

    def routes(self) -> list[BaseRoute]:
        """Return the routes, which take precedence over those of channels."""
        return [Route("/search", self.page), Route("/search/feed.{kind}", self.feed)]

    def page(self, request: Request) -> Response:
        """The form, with the results of the query `q` if there is one; 400 with its faults."""
        if refused := self._limits.refusal(request, PAGE_COST):
            return refused
        number, before = _place(request)
        written = request.query_params.get("q", "")
        query = parse(written)
        if not written.strip():
            return reply(request, self._shown(SearchQuery("")), headers=NO_INDEX)
        if query.faults:
            return reply(request, self._shown(query, faults=query.faults), status=400, headers=NO_INDEX)
        try:
            with self._slots.one():
                results = self._publisher.searches.results(query, number, before)
        except (StoreSlow, SearchBusy) as error:
            return self._later(request, query, error)
        if number > 1 and not results.found:
            raise HTTPException(404)
        return reply(request, self._shown(query, results=results, before=before), headers=NO_INDEX)

    def feed(self, request: Request) -> Response:
        """A search as RSS, Atom or JSON Feed."""
        if request.path_params["kind"] not in tuple(Format):
            raise HTTPException(404)
        if refused := self._limits.refusal(request, FEED_COST):
            return refused
        kind, query = Format(request.path_params["kind"]), parse(request.query_params.get("q", ""))
        if query.faults:
            sentence = plain(" ".join(map(said, query.faults)))
            return reply(request, sentence, status=400, headers=NO_INDEX)
        try:
            with self._slots.one():
                published = self._publisher.searches.document(query, kind)
        except (StoreSlow, SearchBusy) as error:
            return unavailable(reply(request, plain(_reason(error)), status=503, cache=NO_STORE))
        vary = VARY if kind is not Format.JSON else {}
        links = self._publisher.searches.links(query, kind)
        return reply(request, published, headers={**ANY_ORIGIN, **NO_INDEX, **vary, "Link": links})

    def _later(self, request: Request, query: SearchQuery, error: Exception) -> Response:
        shown = self._shown(query, problem=_reason(error))
        return unavailable(reply(request, shown, status=503, cache=NO_STORE, headers=NO_INDEX))

    def _shown(
        self,
        query: SearchQuery,
        *,
        results: Results | None = None,
        before: int | None = None,
        faults: tuple[Fault, ...] = (),
        problem: str = "",
    ) -> Published:
        return page(
            "search.html",
            site=self._site(),
            texts=WORDS,
            help=HELP,
            query=query.text,
            asked=quote(query.text, safe=""),
            results=results,
            first=before,
            problems=(problem,) if problem else tuple(map(said, faults)),
            chars_max=QUERY_CHARS_MAX,
        )


def said(fault: Fault) -> str:
    """Return a fault in words."""
    return FAULTS[fault.kind].format(value=fault.value)


def unavailable(response: Response) -> Response:
    """Return a response 503 with the time after which the client may try again."""
    response.headers["Retry-After"] = "5"
    return response


def _reason(error: Exception) -> str:
    return WORDS["slow" if isinstance(error, StoreSlow) else "busy"]


def _place(request: Request) -> tuple[int, int | None]:
    """Return the page that a request names, and the number of the item where its part begins."""
    page, before = request.query_params.get("page"), request.query_params.get("before")
    if (page is not None and not _PAGE.fullmatch(page)) or (before and not _NUMBER.fullmatch(before)):
        raise HTTPException(404)
    return int(page or 1), int(before) if before else None
