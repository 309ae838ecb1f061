"""How the sources fare, for the operator: a page, the readiness probe, metrics. On the admin side only."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from aggregator.editorial.safe import feed_address
from aggregator.model import Alert, Health, Outcome
from aggregator.policy.relocation import advice
from aggregator.publish.document import Published
from aggregator.storage import Storage
from aggregator.web.app import handlers, static_file
from aggregator.web.pages import TEMPLATES, moment, page
from aggregator.web.replies import reply

NEVER_KEPT = "no-store"
LISTED = 1_000  # sources on the page, which reloads itself; all are counted
PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
QUIET_POLLS = {
    "changed": "changed",
    "unchanged": "same content",
    "not-modified": "not modified",
    "failed": "failed",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One source as the status page says it; `mark` is failing, waiting or working."""

    id: str
    organisation: str
    mark: str
    state: str
    note: str
    polled: datetime | None
    outcome: str
    due: datetime | None
    why: str
    live: int
    held: int
    newest: datetime | None
    moved: str  # where to, with what to do


def admin_app(
    storage: Storage,
    ready: Callable[[], bool],
    *,
    problems: Callable[[], tuple[str, ...]] = tuple,
    metrics: Callable[[], bytes] = bytes,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Starlette:
    """`ready` says whether polling and publishing run; `problems` what is wrong besides, in words;
    `metrics` is Prometheus' text."""

    def status(request: Request) -> Response:
        return reply(
            request,
            status_page(storage.health(), now(), ready(), problems(), alerts=storage.alerts()),
            cache=NEVER_KEPT,
        )

    def readyz(request: Request) -> Response:
        is_ready = ready()
        said = Published(b"ready\n" if is_ready else b"not ready\n", "text/plain; charset=utf-8", None)
        return reply(request, said, status=200 if is_ready else 503, cache=NEVER_KEPT)

    def counted(request: Request) -> Response:
        return reply(request, Published(metrics(), PROMETHEUS, None), cache=NEVER_KEPT)

    app = Starlette(
        routes=[
            Route("/metrics", counted),
            Route("/status", status),
            Route("/readyz", readyz),
            Route("/static/{name}", static_file),
        ],
        exception_handlers=handlers(None),
    )
    app.router.redirect_slashes = False  # its redirects would repeat the Host header
    app.add_middleware(_OwnNames)
    return app


class _OwnNames:
    """On an address that only this machine reaches, answers to its own names alone: a page in the operator's
    browser could have its name lead here, and would then read what we say (DNS rebinding)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        here = _address((scope.get("server") or ("", 0))[0])
        said = Request(scope).headers.get("host", "localhost")
        if here is not None and here.is_loopback and not _is_own(said):
            refusal = Published(b"This machine is not called that.\n", "text/plain; charset=utf-8", None)
            await reply(Request(scope), refusal, status=421, cache=NEVER_KEPT)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _is_own(said: str) -> bool:
    host = re.sub(r":[0-9]*$", "", said).lower().rstrip(".")
    return f".{host}".endswith(".localhost") or _address(host.strip("[]")) is not None


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
) -> Published:
    """Failing sources first, then those never polled, then the rest by id; of very many not all."""
    lines = sorted((line(one) for one in health), key=lambda said: (said.mark, said.id))
    return page(
        "status.html",
        sources=lines[:LISTED],
        alerts=alerts[:LISTED],
        many=len(lines),
        failing=sum(said.mark == "failing" for said in lines),
        live=sum(said.live for said in lines),
        held=sum(said.held for said in lines),
        now=now,
        ready=ready,
        problems=problems,
    )


def line(health: Health) -> Line:
    mark, state, note = _state(health)
    last = health.last
    return Line(
        id=health.feed.id,
        organisation=health.feed.organisation or health.feed.title or health.feed.id,
        mark=mark,
        state=state,
        note=note,
        polled=last.started if last else None,
        outcome=_outcome(last) if last else "",
        due=health.due,
        why=health.why,
        live=health.live,
        held=health.held,
        newest=health.last_new,
        moved=advice(
            health.feed.id, feed_address(health.moved_to), health.moved_since, is_adopted=health.moved
        ),
    )


def _state(health: Health) -> tuple[str, str, str]:
    if health.last is None:
        return "waiting", "Not polled yet", ""
    if health.failures:
        times = "once" if health.failures == 1 else f"{health.failures} times in a row"
        since = f"last success {moment(health.last_success)}" if health.last_success else "never succeeded"
        return "failing", f"Failed {times}", f"{health.last.message or health.last.cause} ({since})"
    return "working", "Working", "" if health.mode == "normal" else f"items told apart by {health.mode}"


def _outcome(last: Outcome) -> str:
    said = [QUIET_POLLS.get(last.kind, last.kind)]
    if last.status:
        said.append(f"HTTP {last.status}")
    if last.new:
        said.append(f"{last.new} new")
    if last.edited:
        said.append(f"{last.edited} edited")
    said.append(f"{last.seconds:.1f} s")
    return ", ".join(said)


def ago(when: datetime, now: datetime) -> str:
    """How far away a time is, in its largest unit, either way."""
    apart = abs(when - now)
    for unit, length in (("d", timedelta(days=1)), ("h", timedelta(hours=1)), ("min", timedelta(minutes=1))):
        if apart >= length:
            count = f"{apart // length} {unit}"
            return f"in {count}" if when > now else f"{count} ago"
    return "now"


TEMPLATES.filters["ago"] = ago
