"""/desk/find: releases in any state by words, by an id or an address, and the newest of a source."""

import re
from collections.abc import Mapping
from urllib.parse import urlencode

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from aggregator.model.stored import FeedInfo, ItemQuery, Stored
from aggregator.policy.search_query import QUERY_CHARS_MAX
from aggregator.storage import Storage
from aggregator.web.desk_forms import version_of
from aggregator.web.desk_pages import organisation
from aggregator.web.desk_words import FIND, STATES
from aggregator.web.forms import line
from aggregator.web.frame import Frame, Room

FIND_PATH = f"{Room.DESK}/find"
PAGE_ITEMS = 50
SOURCE_CHARS_MAX = 100
_PAGE = re.compile(r"(?:https?://[^?#]*)?/items/([a-z0-9]{5,40})(?:[/?#].*)?")  # of ours, under any host


class Found(Struct, frozen=True):
    """A release in a list of what was found, and the organisation that it is published under."""

    item: Stored
    organisation: str


class Finder(Struct, frozen=True):
    """The endpoint of the search of the desk."""

    storage: Storage
    frame: Frame

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [Route(FIND_PATH, self.frame.reading(self.find))]

    def find(self, request: Request) -> Response:
        """A page of releases, the last stored first: those named, else those that match, else all."""
        visitor = self.frame.reader(request)
        asked = request.query_params
        sought, source = (
            line(asked.get("q", ""))[:QUERY_CHARS_MAX],
            asked.get("source", "")[:SOURCE_CHARS_MAX],
        )
        named = () if source else _named(self.storage, sought)
        before = version_of(asked.get("before", ""))
        query = ItemQuery(search=sought, source=source, limit=PAGE_ITEMS + 1, before=before)
        items = named or self.storage.items.items(query)
        shown = items[:PAGE_ITEMS]
        older = (
            {"q": sought, "source": source, "before": str(shown[-1].number)}
            if len(items) > len(shown)
            else {}
        )
        return self.frame.page(
            request,
            "desk_find.html",
            visitor,
            here=Room.DESK,
            words=FIND,
            states=STATES,
            sought=sought,
            source=source,
            found=_listed(shown, {feed.id: feed for feed in self.storage.items.feeds(_sources(shown))}),
            older=urlencode({name: value for name, value in older.items() if value}),
        )


def _named(storage: Storage, reference: str) -> tuple[Stored, ...]:
    """Return the items of an id, a public id, the address of an original or of a page of ours."""
    page = _PAGE.fullmatch(reference)
    own = storage.items.find(page[1]) if page else None
    return storage.items.named(reference)[:PAGE_ITEMS] or ((own,) if own else ())


def _sources(items: tuple[Stored, ...]) -> set[str]:
    return {item.source for item in items}


def _listed(items: tuple[Stored, ...], feeds: Mapping[str, FeedInfo]) -> tuple[Found, ...]:
    return tuple(
        Found(item, organisation(item, feeds[item.source])) for item in items if item.source in feeds
    )
