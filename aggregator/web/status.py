"""The admin web application: /status page of all sources, /readyz probe and /metrics."""

from collections.abc import Sequence
from datetime import datetime

from aggregator.model.alert import Alert
from aggregator.model.cluster import Node
from aggregator.model.poll import Health, SourceState
from aggregator.policy import reasons
from aggregator.policy.health import state_of
from aggregator.policy.relocation import advice
from aggregator.publish.document import Published
from aggregator.web.pages import TEMPLATES, moment, page

ROWS_MAX = 1_000  # sources listed on the page, which reloads every 30 s; totals count all


def status_page(
    health: tuple[Health, ...],
    now: datetime,
    ready: bool,
    problems: tuple[str, ...],
    *,
    alerts: tuple[Alert, ...] = (),
    workers: str = "",
    nodes: Sequence[Node] = (),
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
        nodes=nodes,
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
