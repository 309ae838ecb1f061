"""`sources`: each configured source with its last poll, next poll and alerts, as a table or JSON."""

from collections.abc import Sequence
from pathlib import Path

from aggregator import config as configuration
from aggregator.cli.output import say, say_json, table, when
from aggregator.editorial.safe import masked_feed
from aggregator.model import Alert, Health, OutcomeKind
from aggregator.policy import reasons
from aggregator.policy.relocation import advice
from aggregator.service import app


def sources(path: Path, *, as_json: bool) -> None:
    """Print each source with its last poll, next poll and alerts."""
    config = configuration.load(path)
    with app.opened(config) as storage:
        config = storage.admin.bound(config)
        healths, alerts = storage.admin.health(), storage.tasks.alerts()
    if as_json:
        say_json([_source_json(health, alerts) for health in healths])
        return
    rows = [
        (
            health.feed.id,
            health.feed.organisation,
            health.last.kind if health.last else "–",
            str(health.live),
            when(health.last_success),
            when(health.due.at),
            _reason(health),
        )
        for health in healths
    ]
    table(("source", "organisation", "last poll", "live", "last success", "due (UTC)", "why"), rows)
    for alert in alerts:
        say(f"alert: {alert.source} ({alert.kind}, since {when(alert.raised)}): {alert.message}")
    stored = {health.feed.id for health in healths}
    waiting = [source.id for source in config.sources if source.id not in stored]
    if waiting:
        say(f"not polled yet: {', '.join(waiting)}")


def _reason(health: Health) -> str:
    """Return why the source is due then, with the error message of its last poll and its relocation."""
    last = health.last
    failed = last.message if last is not None and last.kind is OutcomeKind.FAILED else ""
    return "; ".join(
        each
        for each in (failed, reasons.words(health.due), advice(health.feed.id, health.relocation))
        if each
    )


def _source_json(health: Health, alerts: Sequence[Alert]) -> dict[str, object]:
    last, (moved_to, moved_since) = health.last, health.relocation.target
    return {
        "id": health.feed.id,
        "organisation": health.feed.organisation,
        "feed": masked_feed(health.feed.feed),
        "topics": health.feed.topics,
        "live": health.live,
        "held": health.held,
        "waiting": health.waiting,
        "mode": health.mode,
        "failures": health.failures,
        "due": health.due.at,
        "due_reason": health.due.reason,
        "why": reasons.words(health.due),
        "moved_to": masked_feed(moved_to),
        "moved_since": moved_since,
        "moved": bool(health.relocation.at),
        "last_success": health.last_success,
        "alerts": [
            {"kind": alert.kind.value, "since": alert.raised, "message": alert.message}
            for alert in alerts
            if alert.source == health.feed.id
        ],
        "last_poll": last and {"at": last.started, "outcome": last.kind, "message": last.message},
    }
