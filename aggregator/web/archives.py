"""Endpoints for programs beside the current feeds: archives, withdrawals and corrections, directories."""

import re
from collections.abc import Callable, Mapping
from typing import NoReturn, Protocol

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from aggregator.publish import directories
from aggregator.publish.document import Published
from aggregator.publish.publisher import Publisher
from aggregator.render import Format
from aggregator.web.feed_view import VARY
from aggregator.web.replies import ANY_ORIGIN, channel_name, reply

_CURSOR = re.compile(r"0|[1-9][0-9]{0,17}")
_NUMBER = re.compile(r"[1-9][0-9]{0,6}")


class Kept(Protocol):
    """Makes a response, which is kept for the time that the database is away."""

    def __call__(
        self, request: Request, published: Published, /, *, headers: Mapping[str, str] | None = None
    ) -> Response: ...


def routes(publisher: Publisher, kept: Kept, moved: Callable[[str, Request], Response]) -> list[BaseRoute]:
    """Return the routes; `moved` answers for a channel that is unknown by this name."""

    def archive(request: Request) -> Response:
        """An archive of a channel (RFC 5005 section 4)."""
        name, number, kind = channel_name(request), _number(request), _kind(request)
        published = publisher.archives.document(name, number, kind)
        if published is None:
            return moved(name, request)
        return kept(request, published, headers=_headers(kind))

    def withdrawals(request: Request) -> Response:
        """The newest withdrawals and corrections, or with `after` those that follow that cursor."""
        kind, after = _kind(request), request.query_params.get("after")
        if after is None:
            headers = {**_headers(kind), "Link": publisher.withdrawals.links(kind)}
            return kept(request, publisher.withdrawals.current(kind) or _unknown(), headers=headers)
        if not _CURSOR.fullmatch(after):
            raise HTTPException(404)
        published = publisher.withdrawals.after(int(after), kind) or _unknown()
        return reply(request, published, headers=_headers(kind))  # not kept: one path has all cursors

    def former(request: Request) -> Response:
        """A closed page of withdrawals and corrections."""
        kind = _kind(request)
        published = publisher.withdrawals.archive(_number(request), kind) or _unknown()
        return kept(request, published, headers=_headers(kind))

    def directory(request: Request) -> Response:
        """A sitemap, or the sources as OPML."""
        return kept(request, publisher.directories.document(request.scope["path"].lstrip("/")))

    return [
        Route("/archive/{number}.{kind}", archive),
        Route("/{section}/{choice}/archive/{number}.{kind}", archive),
        Route("/withdrawals.{kind}", withdrawals),
        Route("/withdrawals/archive/{number}.{kind}", former),
        *(Route(f"/{path}", directory) for path in directories.PATHS),
    ]


def _headers(kind: Format) -> Mapping[str, str]:
    return ANY_ORIGIN if kind is Format.JSON else {**ANY_ORIGIN, **VARY}


def _kind(request: Request) -> Format:
    kind = request.path_params["kind"]
    return Format(kind) if kind in tuple(Format) else _unknown()


def _number(request: Request) -> int:
    number = request.path_params["number"]
    return int(number) if _NUMBER.fullmatch(number) else _unknown()


def _unknown() -> NoReturn:
    raise HTTPException(404)
