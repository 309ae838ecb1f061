"""The public web application: its routes together, and its error pages. Read-only but for reports."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from aggregator.errors import StorageError, StoreAway
from aggregator.log import log
from aggregator.publish.document import Published
from aggregator.publish.publisher import Publisher
from aggregator.storage import Storage
from aggregator.web.answers import CACHE_FOR_A_MINUTE
from aggregator.web.clients import ClientLimits
from aggregator.web.look import Looks
from aggregator.web.pages import Site, not_found
from aggregator.web.public import PublicSite
from aggregator.web.remembered import Remembered
from aggregator.web.replies import NO_STORE, plain, reply
from aggregator.web.report import ReportForm, by_client
from aggregator.web.wording import Wording, wording


def public_app(
    publisher: Publisher,
    storage: Storage,
    first: Sequence[BaseRoute] = (),
    *,
    remembered: Remembered | None = None,
    looks: Looks | None = None,
    limits: ClientLimits | None = None,
    allowed: Callable[[Request], timedelta] | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Starlette:
    """Return the application of pages and feeds; the routes in `first` take precedence. `remembered` keeps
    the responses. `looks` has the own look of the configuration; None: that of the publisher's. `limits` are
    those of clients, `allowed` is the rate limit of reports."""
    public = PublicSite(publisher, storage, remembered, looks=looks, limits=limits)
    reports = ReportForm(storage.reports, public.site, allowed or by_client(now), clock=now)
    app = Starlette(
        routes=[*first, *reports.routes(), *public.routes()],
        exception_handlers=handlers(
            public.site, public.recalled, words=lambda: wording(publisher.publication())
        ),
    )
    app.router.redirect_slashes = False  # its redirects would repeat the Host header
    return app


def handlers(
    site: Callable[[], Site] | None,
    recalled: Callable[[Request], Response | None] = lambda request: None,
    *,
    words: Callable[[], Wording] = Wording.english,
    missing: Callable[[Request], Response] | None = None,
) -> Mapping[type[Exception], Callable[[Request, Exception], Response]]:
    """Return the exception handlers of an application; a 404 is what `missing` returns, else a page of the
    site if there is one, any other error a line of text in the language of `words`."""

    def error_reply(request: Request, status: int, published: Published) -> Response:
        cache = CACHE_FOR_A_MINUTE if status < 500 else NO_STORE
        return reply(request, published, status=status, cache=cache)

    def client_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if error.status_code != 404:  # 405
            response = error_reply(request, error.status_code, plain(words()("wrong_method")))
            response.headers.update(error.headers or {})
            return response
        try:
            if missing is not None:
                return missing(request)
            return error_reply(request, 404, not_found(site()) if site else plain(_no_page(words())))
        except StorageError as fault:  # its navigation is in the store
            return storage_error(request, fault)

    def storage_error(request: Request, error: Exception) -> Response:
        if isinstance(error, StoreAway) and (last := recalled(request)) is not None:
            return last
        log.error("storage unreadable", path=request.scope["path"], error=str(error))
        response = error_reply(request, 503, plain(words()("unavailable")))
        response.headers["Retry-After"] = "60"
        return response

    def server_error(request: Request, error: Exception) -> Response:
        return error_reply(request, 500, plain(words()("failed")))

    return {HTTPException: client_error, StorageError: storage_error, Exception: server_error}


def _no_page(words: Wording) -> str:
    return f"{words('not_found')}. {words('not_found_text')}"
