"""The admin web application: its routes, and DNS rebinding protection."""

import re
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv6Address, ip_address

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from aggregator.publish.document import Published
from aggregator.storage import Storage
from aggregator.web.acting import Guard, closed
from aggregator.web.app import handlers
from aggregator.web.editing import Edits
from aggregator.web.files import static_file
from aggregator.web.overview import NOTHING_LIVE, Live, Overviews, read
from aggregator.web.pages import page
from aggregator.web.replies import NO_STORE, plain, reply
from aggregator.web.report_desk import ReportDesk
from aggregator.web.source_pages import SourcePages
from aggregator.web.status import Standing, status_endpoint

PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
MISDIRECTED = plain("Misdirected request: use localhost or an IP address (DNS rebinding protection).")


def admin_app(
    storage: Storage,
    ready: Callable[[], bool],
    *,
    problems: Callable[[], tuple[str, ...]] = tuple,
    load: Callable[[], str] = str,
    metrics: Callable[[], bytes] = bytes,
    workers: Callable[[], str] = str,
    host: Callable[[], str] = str,
    routes: Sequence[BaseRoute] = (),
    live: Live = NOTHING_LIVE,
    guard: Guard = closed,
    edits: Edits | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    monotonic: Callable[[], float] = time.monotonic,
) -> Starlette:
    """Return the admin application.

    `ready` returns whether polling and publishing run, `problems` sentences on other faults, such as an
    invalid configuration, `load` what a late tick waits for, "" for none, `metrics` the Prometheus exposition
    text, `workers` how the kernel confines them, "" before the first, `host` the host name under which a
    proxy reaches it, "" for none, `live` what only memory has; `guard` returns the actor of a POST, or
    refuses it, `edits` edits sources.yaml. `routes` take precedence over those of here.
    """
    overviews = Overviews(lambda: read(storage, now(), live), monotonic)
    standing = _standing(ready, problems, workers)

    def readyz(request: Request) -> Response:
        if ready():
            return reply(request, plain(": ".join(filter(None, ("ready", load())))), cache=NO_STORE)
        return reply(request, plain(": ".join(("not ready", *problems()))), status=503, cache=NO_STORE)

    def metrics_text(request: Request) -> Response:
        return reply(request, Published(metrics(), PROMETHEUS, None), cache=NO_STORE)

    app = Starlette(
        routes=[
            *routes,
            Route("/metrics", metrics_text),
            Route("/status", status_endpoint(storage, overviews.current, standing, now)),
            *SourcePages(storage, guard, clock=now, edits=edits).routes(),
            *ReportDesk(storage, guard, now).routes(),
            Route("/readyz", readyz),
            Route("/static/{name}", static_file),
        ],
        exception_handlers=handlers(None),
    )
    app.router.redirect_slashes = False  # its redirects would repeat the Host header
    app.add_middleware(_HostGuard, own=host)
    return app


def _standing(
    ready: Callable[[], bool], problems: Callable[[], tuple[str, ...]], workers: Callable[[], str]
) -> Callable[[], Standing]:
    return lambda: Standing(ready(), problems(), workers())


def admin_index(
    publications: Sequence[tuple[str, str, ASGIApp]],
    ready: Callable[[], bool],
    *,
    host: Callable[[], str] = str,
) -> Starlette:
    """Return the admin application of several publications: name, path and application of each. `/` lists
    them, /readyz is that of all, `host` as in `admin_app`."""

    def index(request: Request) -> Response:
        shown = [(name, f"/{path}/status") for name, path, _ in publications]
        return reply(request, page("publications.html", publications=shown), cache=NO_STORE)

    def readyz(request: Request) -> Response:
        if ready():
            return reply(request, plain("ready"), cache=NO_STORE)
        return reply(request, plain("not ready"), status=503, cache=NO_STORE)

    app = Starlette(
        routes=[
            Route("/", index),
            Route("/readyz", readyz),
            Route("/static/{name}", static_file),
            *(Mount(f"/{path}", app=each) for _, path, each in publications),
        ],
        exception_handlers=handlers(None),
    )
    app.router.redirect_slashes = False  # its redirects would repeat the Host header
    app.add_middleware(_HostGuard, own=host)
    return app


class _HostGuard:
    """DNS rebinding protection: on a loopback address only requests to localhost, an IP address or the own
    name are served.

    Otherwise a page in the operator's browser could point its own host name at 127.0.0.1 and read the status.
    """

    def __init__(self, app: ASGIApp, own: Callable[[], str] = str) -> None:
        self._app = app
        self._own = own

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        bound = _address((scope.get("server") or ("", 0))[0])
        host = Request(scope).headers.get("host", "localhost")
        is_own = _name(host) == self._own().lower() != ""
        if bound is not None and bound.is_loopback and not (is_own or _is_loopback_name(host)):
            await reply(Request(scope), MISDIRECTED, status=421, cache=NO_STORE)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _is_loopback_name(host: str) -> bool:
    """Return whether a Host header names localhost or any IP address, which DNS cannot rebind."""
    name = _name(host)
    return f".{name}".endswith(".localhost") or _address(name.strip("[]")) is not None


def _name(host: str) -> str:
    """Return a Host header without its port."""
    return re.sub(r":[0-9]*$", "", host).lower().rstrip(".")


def _address(name: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(name)
    except ValueError:
        return None
