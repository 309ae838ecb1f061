"""The status page of the admin side: problems, alerts, charts, and sources with the failing ones first."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from aggregator.editorial.safe import masked_feed
from aggregator.model.alert import Alert
from aggregator.model.cluster import Node
from aggregator.model.overview import SourceQuery
from aggregator.model.poll import Health, SourceState
from aggregator.model.schedule import DueReason
from aggregator.policy import reasons
from aggregator.policy.health import state_of
from aggregator.policy.relocation import advice
from aggregator.render.charts import bar, bars, number
from aggregator.storage import Storage
from aggregator.web.frame import Frame, Room
from aggregator.web.linked import Run, linked, mentioned
from aggregator.web.overview import Overview
from aggregator.web.pages import TEMPLATES
from aggregator.web.wording import Wording

ROWS_MAX = 100  # sources of each state, and alerts, on the page, which reloads every 30 s; totals count all
ORDER = (SourceState.FAILING, SourceState.WAITING, SourceState.WORKING)
_ADD = "add one with `publicwire add URL`, or under `sources:` in sources.yaml."


class Standing(Struct, frozen=True):
    """State of the process: readiness, faults as sentences, the confinement of its workers, and the nodes of
    its cluster."""

    ready: bool
    problems: tuple[str, ...] = ()
    workers: str = ""
    nodes: Sequence[Node] = ()


class Sources(Struct, frozen=True):
    """Sources of each state, up to ROWS_MAX, how many there are, and alerts that are not over."""

    listed: tuple[Health, ...]
    counted: Mapping[SourceState, int]
    alerts: tuple[Alert, ...] = ()


def sources_of(storage: Storage) -> Sources:
    """Return what the page lists of a store; StorageError."""
    found = [storage.overview.sources(SourceQuery(state=state, limit=ROWS_MAX)) for state in ORDER]
    return Sources(
        tuple(each for group in found for each in group), storage.overview.states(), storage.tasks.alerts()
    )


def _start(sources: Sources, overview: Overview) -> str:
    """Return what an empty store waits for and how a source is added; "" once items are stored."""
    many = sum(sources.counted.values())
    if not many:
        return f"No source is configured: {_ADD} It is polled within seconds."
    if overview.totals.live or overview.totals.held:
        return ""
    waiting, failing = sources.counted[SourceState.WAITING], sources.counted[SourceState.FAILING]
    return (
        f"Nothing is stored yet. Of {many} configured sources {waiting} wait for their first success "
        f"and {failing} fail, for the reasons below. To have more, {_ADD}"
    )


def status_endpoint(
    storage: Storage,
    frame: Frame,
    overview: Callable[[], Overview],
    standing: Callable[[], Standing],
    now: Callable[[], datetime],
) -> Callable[[Request], Response]:
    """Return the endpoint of the page; with `?still` it does not reload by itself (WCAG 2.2.2)."""

    def status(request: Request) -> Response:
        sources, seen = sources_of(storage), overview()
        is_still = "still" in request.query_params
        return frame.page(
            request,
            "status.html",
            frame.access.visitor(request, prolongs=False),
            here=Room.STATUS,
            sources=sources.listed,
            alerts=_linked(storage, sources.alerts[:ROWS_MAX]),
            alerts_more=max(0, len(sources.alerts) - ROWS_MAX),
            many=sum(sources.counted.values()),
            failing=sources.counted[SourceState.FAILING],
            overview=seen,
            standing=standing(),
            start=_start(sources, seen),
            now=now(),
            is_still=is_still,
            scripted=not is_still,
        )

    return status


def _linked(storage: Storage, alerts: Sequence[Alert]) -> Sequence[tuple[Alert, Sequence[Run]]]:
    """Return alerts with their messages, in which addresses and releases of the store are links."""
    items = storage.desk.existing(mentioned(alert.message for alert in alerts))
    return [(alert, linked(alert.message, items)) for alert in alerts]


def state(health: Health, local: Wording) -> tuple[SourceState, str, str]:
    """Return mark, which is also the CSS class, state and note of a source."""
    mark = state_of(health.failures, has_succeeded=health.last_success is not None)
    if health.due.reason is DueReason.PAUSED:
        return mark, "Paused", ""
    if mark is SourceState.WAITING:
        return (mark, "Waiting", health.last.message) if health.last else (mark, "Not polled yet", "")
    if mark is SourceState.WORKING:
        return mark, "Working", "" if health.mode == "normal" else f"items identified by {health.mode}"
    times = "once" if health.failures == 1 else f"{health.failures} times in a row"
    success = health.last_success
    since = f"last success {local.moment(success)}" if success else "never succeeded"
    reason = f"{health.last.message or health.last.cause} ({since})" if health.last else since
    return mark, f"Failed {times}", reason


TEMPLATES.filters.update(
    ago=reasons.ago,
    next_poll=reasons.next_poll,
    state=state,
    words=reasons.words,
    svg=bars,
    bar=bar,
    masked=masked_feed,
    figure=number,
)
TEMPLATES.globals["advice"] = advice
