"""The API: /api/items, read-only JSON, and its description at /api/openapi.json."""

import re
from functools import lru_cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from aggregator.errors import StoreSlow
from aggregator.model.web_settings import ALL_CHANNELS
from aggregator.policy.search_query import SearchQuery, parse
from aggregator.publish.api import ITEMS_DEFAULT, ITEMS_MAX, JSON, cursor_of, problem
from aggregator.publish.document import Published
from aggregator.publish.publisher import Publisher
from aggregator.storage.sql.queries import ItemStore
from aggregator.web.clients import ClientLimits
from aggregator.web.replies import ANY_ORIGIN, NO_STORE, reply
from aggregator.web.search import SearchBusy, SearchSlots, said, unavailable
from aggregator.web.wording import Wording

COST = 2  # tokens of a client
DESCRIPTION = Path(__file__).parent / "openapi.json"
NO_INDEX = {**ANY_ORIGIN, "X-Robots-Tag": "noindex"}
ENGLISH = Wording.english()  # of messages for programs
_LIMIT = re.compile(r"[1-9][0-9]{0,2}")


class BadParameter(Exception):
    """A parameter that cannot be understood; the message says what it must be."""


class ApiEndpoints:
    """Endpoints of the API."""

    def __init__(
        self, publisher: Publisher, items: ItemStore, limits: ClientLimits, slots: SearchSlots
    ) -> None:
        self._publisher, self._items, self._limits, self._slots = publisher, items, limits, slots

    def routes(self) -> list[BaseRoute]:
        """Return the routes, which take precedence over those of channels."""
        return [Route("/api/items", self.items), Route("/api/openapi.json", self.description)]

    def items(self, request: Request) -> Response:
        """The newest items, or with `since` those that are new or have changed after that cursor."""
        if refused := self._limits.refusal(request, COST):
            return refused
        try:
            limit, channel, query = _limit(request), self._channel(request), _query(request)
            since = request.query_params.get("since")
            cursor = None if since is None else cursor_of(since)
            if since is not None and cursor is None:
                raise BadParameter("since must be 0 or what `next` was.")
        except BadParameter as error:
            return reply(request, problem(str(error)), status=400, headers=NO_INDEX)
        try:
            with self._slots.one():
                if cursor is None:
                    published = self._publisher.api.newest(channel, query, limit)
                else:
                    published = self._publisher.api.after(cursor, channel, query, limit)
        except (StoreSlow, SearchBusy):
            busy = problem("This takes too long at the moment. Try again later, or ask for less.")
            return unavailable(reply(request, busy, status=503, cache=NO_STORE, headers=NO_INDEX))
        return reply(request, published, headers=NO_INDEX)

    def description(self, request: Request) -> Response:
        """The description of the API (OpenAPI 3.1)."""
        return reply(request, openapi(self._publisher.publication().url), headers=NO_INDEX)

    def _channel(self, request: Request) -> str:
        name = request.query_params.get("channel", ALL_CHANNELS)
        channel = "" if name == ALL_CHANNELS else name
        if self._items.channel_seq(channel) is None:
            raise BadParameter("channel is unknown: it must be all, topics/…, sources/… or languages/….")
        return channel


@lru_cache(maxsize=4)
def openapi(url: str) -> Published:
    """Return the description of the API at a publication's address."""
    return Published(
        DESCRIPTION.read_text().replace("https://publication.example/", url).encode(), JSON, None
    )


def _limit(request: Request) -> int:
    written = request.query_params.get("limit", str(ITEMS_DEFAULT))
    if not _LIMIT.fullmatch(written) or int(written) > ITEMS_MAX:
        raise BadParameter(f"limit must be 1 to {ITEMS_MAX}.")
    return int(written)


def _query(request: Request) -> SearchQuery:
    written = request.query_params.get("q", "")
    if not written.strip():
        return SearchQuery("")
    query = parse(written)
    if query.faults:
        raise BadParameter(" ".join(said(fault, ENGLISH) for fault in query.faults))
    return query
