"""The admin web application: /status page of all sources, /readyz probe and /metrics."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv6Address, ip_address

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from aggregator.model.alert import Alert
from aggregator.model.poll import Health, SourceState
from aggregator.policy import reasons
from aggregator.policy.health import state_of
from aggregator.policy.relocation import advice
from aggregator.publish.document import Published
from aggregator.storage import Storage
from aggregator.web.app import handlers, static_file
from aggregator.web.pages import TEMPLATES, moment, page
from aggregator.web.replies import NO_STORE, plain, reply

ROWS_MAX = 1_000  # sources listed on the page, which reloads every 30 s; totals count all
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
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Starlette:
    """Return the admin application.

    `ready` returns whether polling and publishing run, `problems` sentences on other faults, such as an
    invalid configuration, `load` what a late tick waits for, "" for none, `metrics` the Prometheus exposition
    text, `workers` how the kernel confines them, "" before the first.
    """

    def status(request: Request) -> Response:
        health, alerts = storage.admin.health(), storage.tasks.alerts()
        html = status_page(health, now(), ready(), problems(), alerts=alerts, workers=workers())
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


def status_page(
    health: tuple[Health, ...],
    now: datetime,
    ready: bool,
    problems: tuple[str, ...],
    *,
    alerts: tuple[Alert, ...] = (),
    workers: str = "",
) -> Published:
    """Return the status page: failing sources first, then unpolled ones, then the rest; at most ROWS_MAX."""
    return page(
        "status.html",
        sources=sorted(health, key=lambda source: (_mark(source), source.feed.id))[:ROWS_MAX],
        alerts=alerts[:ROWS_MAX],
        many=len(health),
        failing=sum(_mark(source) is SourceState.FAILING for source in health),
        live=sum(source.live for source in health),
        held=sum(source.held for source in health),
        now=now,
        ready=ready,
        problems=problems,
        workers=workers,
    )


def _mark(health: Health) -> SourceState:
    return state_of(health.failures, has_succeeded=health.last_success is not None)


def _state(health: Health) -> tuple[SourceState, str, str]:
    """Return mark, which is also the CSS class, state and note of a source."""
    mark = _mark(health)
    if mark is SourceState.WAITING:
        return (mark, "Waiting", health.last.message) if health.last else (mark, "Not polled yet", "")
    if mark is SourceState.WORKING:
        return mark, "Working", "" if health.mode == "normal" else f"items identified by {health.mode}"
    times = "once" if health.failures == 1 else f"{health.failures} times in a row"
    since = f"last success {moment(health.last_success)}" if health.last_success else "never succeeded"
    reason = f"{health.last.message or health.last.cause} ({since})" if health.last else since
    return mark, f"Failed {times}", reason


TEMPLATES.filters.update(ago=reasons.ago, next_poll=reasons.next_poll, state=_state, words=reasons.words)
TEMPLATES.globals["advice"] = advice
