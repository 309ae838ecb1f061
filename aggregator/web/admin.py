"""The admin web application: its routes, and DNS rebinding protection."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv6Address, ip_address

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from aggregator.model.cluster import Node
from aggregator.publish.document import Published
from aggregator.storage import Storage
from aggregator.web.app import handlers, static_file
from aggregator.web.replies import NO_STORE, plain, reply
from aggregator.web.status import status_page

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
    nodes: Callable[[], Sequence[Node]] = tuple,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Starlette:
    """Return the admin application.

    `ready` returns whether polling and publishing run, `problems` sentences on other faults, such as an
    invalid configuration, `load` what a late tick waits for, "" for none, `metrics` the Prometheus exposition
    text, `workers` how the kernel confines them, "" before the first, `nodes` those of the cluster.
    """

    def status(request: Request) -> Response:
        health, alerts = storage.admin.health(), storage.tasks.alerts()
        html = status_page(
            health, now(), ready(), problems(), alerts=alerts, workers=workers(), nodes=nodes()
        )
        return reply(request, html, cache=NO_STORE)

    def readyz(request: Request) -> Response:
        if ready():
            return reply(request, plain(": ".join(filter(None, ("ready", load())))), cache=NO_STORE)
        return reply(request, plain(": ".join(("not ready", *problems()))), status=503, cache=NO_STORE)

    def metrics_text(request: Request) -> Response:
        return reply(request, Published(metrics(), PROMETHEUS, None), cache=NO_STORE)

    app = Starlette(
        routes=[
            Route("/metrics", metrics_text),
            Route("/status", status),
            Route("/readyz", readyz),
            Route("/static/{name}", static_file),
        ],
        exception_handlers=handlers(None),
    )
    app.router.redirect_slashes = False  # its redirects would repeat the Host header
    app.add_middleware(_HostGuard)
    return app


class _HostGuard:
    """DNS rebinding protection: on a loopback address only requests to localhost or an IP address are served.

    Otherwise a page in the operator's browser could point its own host name at 127.0.0.1 and read the status.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        bound = _address((scope.get("server") or ("", 0))[0])
        host = Request(scope).headers.get("host", "localhost")
        if bound is not None and bound.is_loopback and not _is_loopback_name(host):
            await reply(Request(scope), MISDIRECTED, status=421, cache=NO_STORE)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _is_loopback_name(host: str) -> bool:
    """Return whether a Host header names localhost or any IP address, which DNS cannot rebind."""
    name = re.sub(r":[0-9]*$", "", host).lower().rstrip(".")
    return f".{name}".endswith(".localhost") or _address(name.strip("[]")) is not None


def _address(name: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(name)
    except ValueError:
        return None
