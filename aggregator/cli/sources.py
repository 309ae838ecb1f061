"""`sources`: each configured source with its last poll, next poll and alerts, as a table or JSON."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from aggregator.cli.location import Location
from aggregator.cli.opening import config_of, opened
from aggregator.cli.output import ID_CHARS, say_json, say_wrapped, table, when
from aggregator.editorial.safe import masked_feed
from aggregator.model.alert import Alert
from aggregator.model.poll import Health, OutcomeKind
from aggregator.model.schedule import DueReason
from aggregator.model.settings import FOREVER
from aggregator.policy import reasons
from aggregator.policy.relocation import advice
from aggregator.policy.source_match import question


def sources(where: Location, *, as_json: bool) -> None:
    """Print each source with its last poll, next poll and alerts."""
    with opened(where) as storage:
        config = config_of(where, storage)
        healths, alerts = storage.overview.health(), storage.tasks.alerts()
    if as_json:
        say_json([_source_json(health, alerts) for health in healths])
        return
    if sys.stdout.isatty():
        _print_narrow(healths)
    else:
        columns = ("source", "organisation", "last poll", "live", "held", "last success", "due (UTC)", "why")
        table(columns, [_row(health) for health in healths])
    for alert in alerts:
        of = alert.source or alert.organisation
        say_wrapped(f"alert: {of} ({alert.kind}, since {when(alert.raised)}): {alert.message}")
    stored = {health.feed.id for health in healths}
    waiting = [source.id for source in config.sources if source.id not in stored]
    if waiting:
        say_wrapped(f"not polled yet: {', '.join(waiting)}")


def _row(health: Health) -> tuple[str, ...]:
    return (
        health.feed.id,
        health.feed.organisation,
        health.last.kind if health.last else "–",
        str(health.live),
        str(health.held),
        when(health.last_success),
        "paused" if health.due.at == FOREVER else when(health.due.at),
        "; ".join(_reasons(health)),
    )


def _print_narrow(healths: Sequence[Health]) -> None:
    """Print a table that fits into 80 columns, and under it what is wrong, a paragraph a source."""
    now = datetime.now(UTC)
    rows = [
        (
            health.feed.id,
            health.last.kind if health.last else "–",
            str(health.live),
            str(health.held or "–"),
            reasons.ago(health.last_success, now) if health.last_success else "never",
            reasons.next_poll(health.due, now),
        )
        for health in healths
    ]
    table(("source", "last poll", "live", "held", "success", "due"), rows, cut={"source": ID_CHARS})
    for health in healths:
        is_paused = health.due.reason is DueReason.PAUSED
        if health.failures or is_paused or health.doubt.former or health.relocation.target[0]:
            say_wrapped(f"{health.feed.id}: {'; '.join(_reasons(health))}")


def _reasons(health: Health) -> list[str]:
    """Return the error message of the last poll, why the source is due then, and its relocation."""
    last = health.last
    failed = last.message if last is not None and last.kind is OutcomeKind.FAILED else ""
    if health.doubt.former:
        failed = question(health.feed.id, health.doubt)
    found = (failed, reasons.words(health.due), advice(health.feed.id, health.relocation))
    return [each for each in found if each]


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
        "question": question(health.feed.id, health.doubt) if health.doubt.former else "",
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
