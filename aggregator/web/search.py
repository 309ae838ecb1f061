"""The search page, and searches as channels: /search?q= and /search/feed.{rss,atom,json}?q=."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import quote

from msgspec.structs import replace
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
from aggregator.web.answers import SCRIPTED
from aggregator.web.clients import ClientLimits
from aggregator.web.feed_view import VARY
from aggregator.web.pages import Site, page, pictured
from aggregator.web.replies import ANY_ORIGIN, NO_STORE, plain, reply
from aggregator.web.wording import Wording, wording

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
        if refused := self._limits.refusal(request, PAGE_COST, words=self._words()):
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
        shown = self._shown(query, results=results, before=before)
        return reply(request, shown, headers={**NO_INDEX, **SCRIPTED})

    def feed(self, request: Request) -> Response:
        """A search as RSS, Atom or JSON Feed."""
        if request.path_params["kind"] not in tuple(Format):
            raise HTTPException(404)
        if refused := self._limits.refusal(request, FEED_COST, words=self._words()):
            return refused
        kind, query = Format(request.path_params["kind"]), parse(request.query_params.get("q", ""))
        if query.faults:
            sentence = plain(" ".join(said(fault, self._words()) for fault in query.faults))
            return reply(request, sentence, status=400, headers=NO_INDEX)
        try:
            with self._slots.one():
                published = self._publisher.searches.document(query, kind)
        except (StoreSlow, SearchBusy) as error:
            sentence = plain(_reason(error, self._words()))
            return unavailable(reply(request, sentence, status=503, cache=NO_STORE))
        vary = VARY if kind is not Format.JSON else {}
        links = self._publisher.searches.links(query, kind)
        return reply(request, published, headers={**ANY_ORIGIN, **NO_INDEX, **vary, "Link": links})

    def _later(self, request: Request, query: SearchQuery, error: Exception) -> Response:
        shown = self._shown(query, problem=_reason(error, self._words()))
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
        site = self._site()
        found = () if results is None else results.found
        return page(
            "search.html",
            has_script=results is not None,
            site=site,
            query=query.text,
            asked=quote(query.text, safe=""),
            results=results,
            found=[replace(each, release=pictured(each.release, site)) for each in found],
            first=before,
            problems=(problem,) if problem else tuple(said(fault, site.words) for fault in faults),
            help=_help(site.words),
        )

    def _words(self) -> Wording:
        return wording(self._publisher.publication())


def said(fault: Fault, words: Wording) -> str:
    """Return a fault in words."""
    count = QUERY_CHARS_MAX if fault.kind is QueryFault.TOO_LONG else QUERY_TERMS_MAX
    return words(f"query_{fault.kind.name.lower()}", value=fault.value, count=count)


def unavailable(response: Response) -> Response:
    """Return a response 503 with the time after which the client may try again."""
    response.headers["Retry-After"] = "5"
    return response


def _reason(error: Exception, words: Wording) -> str:
    return words("search_slow" if isinstance(error, StoreSlow) else "search_busy")


def _help(words: Wording) -> list[tuple[str, str]]:
    """Return examples of searches, each with what it finds."""
    example = words("search_example")
    return [
        (example, words("help_words")),
        (f'"{example}"', words("help_phrase")),
        (f"{words('search_example_prefix')}*", words("help_prefix")),
        ("organisation:osce", words("help_organisation")),
        ("topic:health", words("help_topic")),
        ("language:fr", words("help_language")),
        ("licence:CC-BY-4.0", words("help_licence")),
        ("after:2026-01-31 before:2026-03-01", words("help_period")),
    ]


def _place(request: Request) -> tuple[int, int | None]:
    """Return the page that a request names, and the number of the item where its part begins."""
    page, before = request.query_params.get("page"), request.query_params.get("before")
    if (page is not None and not _PAGE.fullmatch(page)) or (before and not _NUMBER.fullmatch(before)):
        raise HTTPException(404)
    return int(page or 1), int(before) if before else None
