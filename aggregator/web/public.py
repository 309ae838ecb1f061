"""Endpoints of the pages of releases and of their feeds. Read-only.

Endpoints are synchronous, so that Starlette runs them in its thread pool and the event loop never renders or
waits for storage.
"""

import re
import threading
from collections.abc import Mapping
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from aggregator.model.release import Release
from aggregator.model.stored import HistoryPage
from aggregator.policy.paging import cursor
from aggregator.publish.cache import Cache
from aggregator.publish.document import Published
from aggregator.publish.publisher import Publisher, Withdrawn
from aggregator.render import Format
from aggregator.storage import Storage
from aggregator.web import archives, security_txt
from aggregator.web.answers import SCRIPTED, Answers
from aggregator.web.api import ApiEndpoints
from aggregator.web.clients import ClientLimits
from aggregator.web.embed import EmbedPages
from aggregator.web.feed_view import VARY
from aggregator.web.files import Files
from aggregator.web.finished import MARK
from aggregator.web.look import Looks
from aggregator.web.pages import (
    Site,
    channel_page,
    directory_page,
    history_page,
    item_page,
    site,
    withdrawn,
)
from aggregator.web.remembered import Remembered
from aggregator.web.replies import ANY_ORIGIN, channel_name, moved, response
from aggregator.web.search import SearchPages, SearchSlots

HISTORY_BYTES_MAX = 16_000_000  # of the cached pages of histories, with their gzip


class PublicSite:
    """Endpoints of pages and feeds; 404 for an unknown address, 410 for a withdrawn release."""

    def __init__(
        self,
        publisher: Publisher,
        storage: Storage,
        remembered: Remembered | None,
        *,
        looks: Looks | None = None,
        limits: ClientLimits | None = None,
    ) -> None:
        self._limits, self._slots = limits or ClientLimits(), SearchSlots()
        self._embed = EmbedPages(publisher, self.site, self._limits, kept=self._reply, moved=self._moved)
        self.publisher = publisher
        self.storage = storage
        self._looks = looks or Looks(publisher.config)
        self._last = remembered
        self._histories: Cache[tuple[str, int | None], tuple[object, Published]] = Cache(HISTORY_BYTES_MAX)
        self._rendering = threading.Lock()

    def _reply(
        self,
        request: Request,
        published: Published,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        answers = Answers(published, status=status, headers=headers)
        if self._last is not None and not request.scope["query_string"]:  # else any query evicts the path
            self._last.put(request.scope["path"], answers, request.scope.get(MARK))
        return response(request, answers)

    def recalled(self, request: Request) -> Response | None:
        """Return the last response of this address, None when it is not remembered."""
        last = self._last.get(request.scope["path"]) if self._last else None
        return None if last is None else response(request, last)

    def routes(self) -> list[BaseRoute]:
        """Return the routes of every public address."""
        return [
            Route("/", self.channel),
            Route("/before/{cursor}", self.channel),
            Route("/page/{number}", self.numbered),
            Route("/organisations", self.directory),
            Route("/topics", self.directory),
            Route("/licences", self.directory),
            Route("/feed.{kind}", self.feed),
            *archives.routes(self.publisher, self._reply, self._moved),
            *SearchPages(self.publisher, self.site, self._limits, self._slots).routes(),
            *ApiEndpoints(self.publisher, self.storage.items, self._limits, self._slots).routes(),
            *self._embed.routes(),
            Route("/items/{id}", self.item),
            Route("/items/{id}/history", self.history),
            Route("/items/{id}/history/{before}", self.history),
            Route("/items/{id}/{slug}", self.item),
            *Files(self.publisher, self.storage, self._looks, self._reply).routes(),
            *security_txt.routes(self.publisher.publication, self._reply),
            Route("/{section}/{choice}", self.channel),
            Route("/{section}/{choice}/before/{cursor}", self.channel),
            Route("/{section}/{choice}/page/{number}", self.numbered),
            Route("/{section}/{choice}/feed.{kind}", self.feed),
        ]

    def feed(self, request: Request) -> Response:
        """A channel as RSS, Atom or JSON Feed, with its address and its hub in a Link header (RFC 8288)."""
        kind = request.path_params["kind"]
        if kind not in tuple(Format):
            raise HTTPException(404)
        name = channel_name(request)
        channel = self.publisher.channel(name)
        published = self.publisher.document(name, Format(kind)) if channel else None
        if channel is None or published is None:
            return self._moved(name, request)
        return self._reply(
            request,
            published,
            headers={
                **ANY_ORIGIN,
                **(VARY if kind != Format.JSON else {}),
                "Link": channel.links(kind),
            },
        )

    def channel(self, request: Request) -> Response:
        """A page of a channel's releases: the first, or the one behind the cursor in the address."""
        name, behind = channel_name(request), request.path_params.get("cursor")
        at = None if behind is None else cursor(behind)
        if behind is not None and at is None:
            raise HTTPException(404)
        channel, listing = self.publisher.channel(name), self.publisher.page(name, at)
        if channel is None:
            return self._moved(name, request)
        if listing is None:  # its item is gone, or has another date now
            return moved(channel.page)
        if at is not None:
            return self._reply(request, channel_page(channel, listing, self.site()))
        departures, profile = self.publisher.departures(name), self.publisher.overview.of_channel(name)
        page = channel_page(channel, listing, self.site(), departures=departures, profile=profile)
        return self._reply(request, page, headers=SCRIPTED)

    def numbered(self, request: Request) -> Response:
        """The former address of a page, by its number, leads to the first page."""
        name, number = channel_name(request), request.path_params["number"]
        channel = self.publisher.channel(name)
        if not _PAGE.fullmatch(number) or number == "1":
            raise HTTPException(404)
        return self._moved(name, request) if channel is None else moved(channel.page)

    def directory(self, request: Request) -> Response:
        """The directory of organisations, of topics, or of licences."""
        name = request.scope["path"].lstrip("/")
        entries = dict(self.publisher.overview.directories())[name]
        return self._reply(request, directory_page(name, entries, self.site()))

    def item(self, request: Request) -> Response:
        """The page of one release."""
        release = self.publisher.release(request.path_params["id"])
        if not isinstance(release, Release):
            return self._missing(request, release)
        return self._reply(request, item_page(release, self.site()))

    def history(self, request: Request) -> Response:
        """One page of the earlier versions of a release."""
        reference, number = request.path_params["id"], request.path_params.get("before")
        if number is not None and not _NUMBER.fullmatch(number):
            raise HTTPException(404)
        before = None if number is None else int(number)
        found = self.publisher.history(reference, before)
        if found is None:
            release = self.publisher.release(reference)
            return self._missing(request, release if isinstance(release, Withdrawn) else None)
        return self._reply(request, self._history((reference, before), (*found, self.site())))

    def _history(
        self, address: tuple[str, int | None], shown: tuple[Release, HistoryPage, Site]
    ) -> Published:
        """Return a page of a history, rendered again when anything that it shows has changed.

        One at a time: the texts of each page are up to half a megabyte, several times in memory.
        """
        with self._rendering:
            rendered_from, page = self._histories.get(address) or (None, None)
            if page is None or rendered_from != shown:
                release, history, around = shown
                page = history_page(
                    release,
                    self.publisher.revisions(release, history),
                    history.older,
                    around,
                    current=self.publisher.current_content(release) if address[1] is None else None,
                )
                self._histories.put(address, (shown, page), len(page.body) * 3 // 2)
            return page

    def _moved(self, name: str, request: Request) -> Response:
        """Return a permanent redirect to the same address of a source that was renamed; 404 for others."""
        kind, _, source = name.partition("/")
        now = self.storage.items.renamed(source) if kind == "sources" else ""
        if not now:
            raise HTTPException(404)
        before, _, rest = request.scope["path"].partition(f"/{name}")  # `/embed` before it, a page behind it
        return moved(
            f"{self.publisher.publication().url}{f'{before}/'.lstrip('/')}sources/{quote(now)}{rest}"
        )

    def site(self) -> Site:
        """Return the navigation that every page shows."""
        publication, channels = self.publisher.publication(), self.publisher.channels()
        return site(publication, channels, self.storage.items.feeds(), self._looks.current())

    def _missing(self, request: Request, found: Withdrawn | None) -> Response:
        """Return 404, or 410 with a notice that holds nothing of the withdrawn release."""
        if found is None:
            raise HTTPException(404)
        return self._reply(request, withdrawn(found.at, self.site()), status=410)


_NUMBER = re.compile(r"[1-9][0-9]{0,18}")  # of a row, written in one way only
_PAGE = re.compile(r"[1-9][0-9]{0,6}")
