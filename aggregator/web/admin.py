"""The admin web application: its routes, and DNS rebinding protection."""

import re
import time
from collections.abc import Callable, Collection, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from aggregator.model.cluster import Node
from aggregator.model.desk import Waiting
from aggregator.publish.document import Published
from aggregator.storage import Storage
from aggregator.web.access import Access
from aggregator.web.app import handlers
from aggregator.web.desk import Desk, Section
from aggregator.web.desk_find import Finder
from aggregator.web.desk_item import DeskItem
from aggregator.web.editing import Edits
from aggregator.web.files import static_file
from aggregator.web.forms import root_of, see_other
from aggregator.web.frame import Frame, Room
from aggregator.web.frame_words import ROOMS
from aggregator.web.login import Login
from aggregator.web.overview import NOTHING_LIVE, Live, Overviews, read
from aggregator.web.pages import page
from aggregator.web.replies import NO_STORE, plain, reply
from aggregator.web.report_desk import ReportDesk
from aggregator.web.source_pages import SourcePages
from aggregator.web.status import Standing, status_endpoint
from aggregator.web.veto import Veto

PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
MISDIRECTED = plain("Misdirected request: use localhost or an IP address (DNS rebinding protection).")


def admin_app(
    storage: Storage,
    access: Access,
    ready: Callable[[], bool],
    *,
    problems: Callable[[], tuple[str, ...]] = tuple,
    load: Callable[[], str] = str,
    metrics: Callable[[], bytes] = bytes,
    workers: Callable[[], str] = str,
    live: Live = NOTHING_LIVE,
    edits: Edits | None = None,
    nodes: Callable[[], Sequence[Node]] = tuple,
    monotonic: Callable[[], float] = time.monotonic,
) -> Starlette:
    """Return the admin application, whose users, configuration and clock are those of `access`.

    `ready` returns whether polling and publishing run, `problems` sentences on other faults, such as an
    invalid configuration, `load` what a late tick waits for, "" for none, `metrics` the Prometheus exposition
    text, `workers` how the kernel confines them, "" before the first, `live` what only memory has; `edits`
    edits sources.yaml; `nodes` returns those of the cluster.
    """
    now = access.clock
    overviews = Overviews(lambda: read(storage, now(), live), monotonic)
    standing = _standing(ready, problems, workers, nodes)

    def readyz(request: Request) -> Response:
        if ready():
            return reply(request, plain(": ".join(filter(None, ("ready", load())))), cache=NO_STORE)
        return reply(request, plain(": ".join(("not ready", *problems()))), status=503, cache=NO_STORE)

    def metrics_text(request: Request) -> Response:
        return reply(request, Published(metrics(), PROMETHEUS, None), cache=NO_STORE)

    frame = Frame(access, lambda: _waiting(storage), storage.reports.open)
    app = Starlette(
        routes=[
            Route("/", frame.home),
            Route("/metrics", metrics_text),
            Route(Room.STATUS, status_endpoint(storage, frame, overviews.current, standing, now)),
            *_rooms(storage, frame, edits),
            Route("/readyz", readyz),
            Route("/static/{name}", static_file),
        ],
        exception_handlers=handlers(None, missing=frame.missing),
    )
    app.router.redirect_slashes = False  # its redirects would repeat the Host header
    app.add_middleware(_HostGuard, own=lambda: (_host(access.config().admin_url),))
    return app


def _standing(
    ready: Callable[[], bool],
    problems: Callable[[], tuple[str, ...]],
    workers: Callable[[], str],
    nodes: Callable[[], Sequence[Node]],
) -> Callable[[], Standing]:
    return lambda: Standing(ready(), problems(), workers(), nodes())


def _rooms(storage: Storage, frame: Frame, edits: Edits | None) -> list[BaseRoute]:
    """Return the routes of what users decide on."""
    config, clock = frame.access.config, frame.access.clock
    sections = (lambda: Section(ROOMS[Room.REPORTS.name], storage.reports.open(), Room.REPORTS),)
    return [
        *Desk(storage, frame, config=config, clock=clock, sections=sections).routes(),
        *DeskItem(storage, frame, config=config, clock=clock).routes(),
        *Finder(storage, frame).routes(),
        *Login(frame, config=config, clock=clock).routes(),
        *Veto(storage, frame, config=config, clock=clock).routes(),
        *SourcePages(storage, frame, clock=clock, edits=edits).routes(),
        *ReportDesk(storage, frame, clock).routes(),
    ]


def _waiting(storage: Storage) -> int:
    """Return how many releases wait for a decision: all that are held but under an embargo, and versions."""
    counts = storage.desk.counts()
    return sum(counts.values()) - counts[Waiting.EMBARGO]


def _host(address: str) -> str:
    return urlsplit(address).hostname or ""


def admin_index(
    publications: Sequence[tuple[str, str, ASGIApp]],
    ready: Callable[[], bool],
    *,
    address: Callable[[], str],
) -> Starlette:
    """Return the admin application of several publications: name, path and application of each. `/` lists
    them, /readyz is that of all, `address` the URL under
    which browsers reach it."""

    def index(request: Request) -> Response:
        root = root_of(request)
        shown = [(name, f"{root}/{path}/") for name, path, _ in publications]
        made = page("publications.html", publications=shown, root=root)
        return reply(request, made, cache=NO_STORE)

    def readyz(request: Request) -> Response:
        if ready():
            return reply(request, plain("ready"), cache=NO_STORE)
        return reply(request, plain("not ready"), status=503, cache=NO_STORE)

    app = Starlette(
        routes=[
            Route("/", index),
            Route("/readyz", readyz),
            Route("/static/{name}", static_file),
            *(Route(f"/{path}", _with_slash(path)) for _, path, _ in publications),
            *(Mount(f"/{path}", app=each) for _, path, each in publications),
        ],
        exception_handlers=handlers(None),
    )
    app.router.redirect_slashes = False  # its redirects would repeat the Host header
    app.add_middleware(_HostGuard, own=lambda: (_host(address()),))
    return app


def _with_slash(path: str) -> Callable[[Request], Response]:
    return lambda request: see_other(request, f"/{path}/")


class _HostGuard:
    """DNS rebinding protection: on a loopback address only requests to localhost, an IP address or the own
    name are served.

    Otherwise a page in the operator's browser could point its own host name at 127.0.0.1 and read the status.
    """

    def __init__(self, app: ASGIApp, own: Callable[[], Collection[str]]) -> None:
        self._app = app
        self._own = own

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        bound = _address((scope.get("server") or ("", 0))[0])
        host = Request(scope).headers.get("host", "localhost")
        is_own = _name(host) in self._own()
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
