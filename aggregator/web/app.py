"""The public side: which address shows what. Reads only; endpoints are plain functions, so that Starlette
runs them on its threads and the event loop never renders or waits for storage.
"""

from collections.abc import Callable, Mapping, Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from aggregator import render
from aggregator.errors import StorageError
from aggregator.log import log
from aggregator.model import Release
from aggregator.publish.document import Published
from aggregator.publish.publisher import Publisher, Withdrawn
from aggregator.storage import Storage
from aggregator.web.pages import STATIC, Site, channel_page, day, history_page, item_page, notice, site
from aggregator.web.replies import reply

PLAIN = "text/plain; charset=utf-8"
A_DAY = "public, max-age=86400"
FRONT = 20  # releases the front page shows if there are as many


class PublicSite:
    """The endpoints; each looks up, and says 404 or 410 where there is nothing to see."""

    def __init__(self, publisher: Publisher, storage: Storage) -> None:
        self._publisher = publisher
        self._storage = storage

    def routes(self) -> list[BaseRoute]:
        """Every address there is."""
        return [
            Route("/", self.channel),
            Route("/feed.{kind}", self.feed),
            Route("/items/{id}", self.item),
            Route("/items/{id}/history", self.history),
            Route("/items/{id}/{slug}", self.item),
            Route("/static/{name}", static_file),
            Route("/robots.txt", robots),
            Route("/healthz", healthz),
            Route("/{section}/{choice}", self.channel),
            Route("/{section}/{choice}/feed.{kind}", self.feed),
        ]

    def feed(self, request: Request) -> Response:
        kind = request.path_params["kind"]
        name = _channel_name(request)
        channel = self._publisher.channel(name) if kind in render.KINDS else None
        published = self._publisher.document(name, kind) if channel else None
        if channel is None or published is None:
            raise HTTPException(404)
        return reply(
            request,
            published,
            headers={
                "Access-Control-Allow-Origin": "*",
                "Link": f'<{channel.address}feed.{kind}>; rel="self"',
            },
        )

    def channel(self, request: Request) -> Response:
        name = _channel_name(request)
        channel = self._publisher.channel(name)
        if channel is None:
            raise HTTPException(404)
        releases = self._publisher.releases(name)
        older = () if name else earlier(self._publisher, self._storage)
        return reply(request, channel_page(channel, releases, self.around(), earlier=older))

    def item(self, request: Request) -> Response:
        release = self._publisher.release(request.path_params["id"])
        if not isinstance(release, Release):
            return self._missing(request, release)
        return reply(request, item_page(release, self.around()))

    def history(self, request: Request) -> Response:
        release = self._publisher.release(request.path_params["id"])
        if not isinstance(release, Release):
            return self._missing(request, release)
        return reply(request, history_page(release, self._publisher.revisions(release.id), self.around()))

    def around(self) -> Site:
        return site(self._publisher.publication(), self._storage.channels(), self._storage.feeds())

    def _missing(self, request: Request, gone: Withdrawn | None) -> Response:
        if gone is None:
            raise HTTPException(404)
        return reply(request, gone_page(gone, self.around()), status=410)


def _channel_name(request: Request) -> str:
    """A channel's name is its path. Not read from request.url, which holds the Host header."""
    chosen = request.path_params
    return f"{chosen['section']}/{chosen['choice']}" if "section" in chosen else ""


def earlier(publisher: Publisher, storage: Storage) -> tuple[Release, ...]:
    """What fills the front page up while the merged channel is short: a new source brings most of its
    releases as old news, which feeds do not repeat but a reader wants to find."""
    room = FRONT - len(publisher.releases(""))
    found = storage.earlier(room) if room > 0 else ()
    return tuple(made for one in found if isinstance(made := publisher.public(one), Release))


def gone_page(gone: Withdrawn, around: Site) -> Published:
    """That a release was withdrawn, and nothing of it."""
    when = f" on {day(gone.at)}" if gone.at else ""
    return notice("Withdrawn", f"This release was withdrawn{when} and is no longer published here.", around)


def public_app(publisher: Publisher, storage: Storage, first: Sequence[BaseRoute] = ()) -> Starlette:
    """The pages and feeds; `first` are addresses of others that go before."""
    public = PublicSite(publisher, storage)
    app = Starlette(routes=[*first, *public.routes()], exception_handlers=handlers(public.around))
    app.router.redirect_slashes = False  # its redirects would repeat the Host header
    return app


def robots(request: Request) -> Response:
    return reply(request, ROBOTS, cache=A_DAY)


def healthz(request: Request) -> Response:
    return reply(request, Published(b"ok\n", PLAIN, None), cache="no-store")


def static_file(request: Request) -> Response:
    published = STATIC.get(request.path_params["name"])
    if published is None:
        raise HTTPException(404)
    return reply(request, published, cache=A_DAY)


def handlers(
    around: Callable[[], Site] | None,
) -> Mapping[type[Exception], Callable[[Request, Exception], Response]]:
    """What is said when an endpoint raises: a page where there is a site around it, else a line."""

    def said(request: Request, status: int, heading: str, sentence: str) -> Response:
        plain = Published(f"{heading}. {sentence}\n".encode(), PLAIN, None)
        published = notice(heading, sentence, around()) if around and status == 404 else plain
        return reply(request, published, status=status)

    def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if error.status_code == 404:
            return said(request, 404, "Not found", "There is nothing at this address.")
        answer = said(request, error.status_code, error.detail, "This address is for reading only.")
        answer.headers.update(error.headers or {})
        return answer

    def broken(request: Request, error: Exception) -> Response:
        log.error("storage-unreadable", path=request.scope["path"], error=str(error))
        answer = said(request, 503, "Out of order", "Please try again in a minute.")
        answer.headers["Retry-After"] = "60"
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def failed(request: Request, error: Exception) -> Response:
        answer = said(request, 500, "Something broke", "It has been noted.")
        answer.headers["Cache-Control"] = "no-store"
        return answer

    return {HTTPException: refused, StorageError: broken, Exception: failed}


ROBOTS = Published(b"User-agent: *\nDisallow:\n", PLAIN, None)
