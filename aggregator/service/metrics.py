"""Prometheus metrics. Polls are counted as they end, gauges read at scrape time.

The only importer of prometheus_client.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import asdict
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from aggregator import __version__
from aggregator.model.alert import Alert, AlertKind
from aggregator.model.cluster import QueueStats
from aggregator.model.decision import State
from aggregator.model.poll import Claim, Outcome, SourceState, Totals
from aggregator.model.push import PushKind, PushOutcome, PushResult

POLL_SECONDS = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
PUSH_SECONDS = (0.25, 0.5, 1, 2, 5, 10, 30, 60, 600, 3600)
LATENESS_SECONDS = (0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600)


class NodeGauges(Struct, frozen=True):
    """Metrics of a node of a cluster: the queue as it saw it last, and counts since its start."""

    queue: QueueStats
    leases_lost: int
    away: int
    is_away: bool
    offset: timedelta


class Gauges(Struct, frozen=True):
    """The values gauges are read from at scrape time. `killed` counts worker processes since the start."""

    totals: Totals | None  # None while the store is away, like `alerts` and `subscribers`
    in_flight: int
    killed: int
    last_tick: datetime | None
    alerts: tuple[Alert, ...] = ()
    subscribers: int = 0
    node: NodeGauges | None = None


class Metrics:
    """All metrics of one service, in a registry of its own."""

    def __init__(self, gauges: Callable[[], Gauges]) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each counter
        self._registry = registry = CollectorRegistry()
        self._polls = Counter(
            "publicwire_polls", "Finished polls, by outcome.", ("outcome", "cause"), registry=registry
        )
        self._seconds = Histogram(
            "publicwire_poll_seconds", "Duration of polls.", buckets=POLL_SECONDS, registry=registry
        )
        self._lateness = Histogram(
            "publicwire_poll_lateness_seconds",
            "Delay of polls behind their due time.",
            buckets=LATENESS_SECONDS,
            registry=registry,
        )
        self._items = Counter("publicwire_items", "Items stored, by kind.", ("kind",), registry=registry)
        self._received = Counter("publicwire_received_bytes", "Bytes received by polls.", registry=registry)
        self._saved = Counter(
            "publicwire_saved_bytes",
            "Bytes saved by 304, estimated from the last full response.",
            registry=registry,
        )
        self._pushed = Counter(
            "publicwire_pushes", "Finished deliveries, by outcome.", ("kind", "outcome"), registry=registry
        )
        self._push_seconds = Histogram(
            "publicwire_push_seconds",
            "Time from the commit of a change to its accepted delivery.",
            ("kind",),
            buckets=PUSH_SECONDS,
            registry=registry,
        )
        build = Gauge("publicwire_build_info", "The version.", ("version",), registry=registry)
        build.labels(__version__).set(1)
        self._whole: dict[str, int] = {}  # bytes of each source's last full response
        registry.register(GaugeCollector(gauges))
        ProcessCollector(registry=registry)
        for kind in ("new", "edited"):
            self._items.labels(kind)

    def observe(self, claim: Claim, outcome: Outcome) -> None:
        """Count one poll that ended."""
        self._polls.labels(outcome.kind, outcome.cause).inc()
        self._seconds.observe(outcome.seconds)
        self._lateness.observe(max(0.0, (outcome.started - claim.due.at).total_seconds()))
        self._items.labels("new").inc(outcome.new)
        self._items.labels("edited").inc(outcome.edited)
        self._received.inc(outcome.received)
        if outcome.kind == "not-modified":
            self._saved.inc(self._whole.get(outcome.source, 0))
        elif outcome.kind != "failed":
            self._whole[outcome.source] = outcome.received

    def pushed(self, result: PushResult) -> None:
        """Count one delivery that ended."""
        self._pushed.labels(result.kind, result.outcome).inc()
        if result.outcome is PushOutcome.DELIVERED and result.kind is not PushKind.PING:
            self._push_seconds.labels(result.kind).observe(max(0.0, result.seconds))

    def text(self) -> bytes:
        """Return all metrics in Prometheus' text format."""
        return generate_latest(self._registry)


class GaugeCollector(Collector):
    """Collector whose gauges are read at scrape time."""

    def __init__(self, read: Callable[[], Gauges]) -> None:
        self._read = read

    def describe(self) -> Iterable[Metric]:
        return ()  # so that registering reads nothing yet

    def collect(self) -> Iterable[Metric]:
        now = self._read()
        if now.totals is not None:
            yield from _of_store(now.totals, now)
        yield GaugeMetricFamily(
            "publicwire_polls_in_flight", "Polls and tasks under way.", value=now.in_flight
        )
        yield CounterMetricFamily(
            "publicwire_workers_killed",
            "Worker processes that crashed or were killed on a limit.",
            value=now.killed,
        )
        if now.node is not None:
            yield from _of_node(now.node)
        if now.last_tick is not None:
            yield GaugeMetricFamily(
                "publicwire_last_tick_timestamp_seconds",
                "When the scheduler last ticked.",
                value=now.last_tick.timestamp(),
            )


def _of_store(totals: Totals, now: Gauges) -> Iterable[Metric]:
    counts = asdict(totals)
    items, sources = ({each.value: counts[each] for each in states} for states in (State, SourceState))
    alerts = {kind.value: sum(alert.kind is kind for alert in now.alerts) for kind in AlertKind}
    queue = {"poll": totals.due, "task": totals.tasks}
    yield _labelled("publicwire_stored_items", "Items in the store, by state.", "state", items)
    yield _labelled("publicwire_sources", "Configured sources, by state.", "state", sources)
    yield _labelled("publicwire_alerts", "Alerts that are not over, by kind.", "kind", alerts)
    yield _labelled("publicwire_queue", "Due and unclaimed polls and tasks.", "work", queue)
    yield GaugeMetricFamily(
        "publicwire_hub_subscribers", "Subscriptions at the own WebSub hub.", value=now.subscribers
    )


def _of_node(node: NodeGauges) -> Iterable[Metric]:
    jobs = {"waiting": node.queue.waiting, "picked": node.queue.picked}
    yield _labelled("publicwire_queue_jobs", "Jobs of the cluster's queue, each a host.", "state", jobs)
    for name, what, figure in (
        ("queue_age_seconds", "Age of the oldest unclaimed job.", node.queue.oldest.total_seconds()),
        ("store_away", "Whether the store is away.", float(node.is_away)),
        ("clock_offset_seconds", "This node's clock minus the database's.", node.offset.total_seconds()),
    ):
        yield GaugeMetricFamily(f"publicwire_{name}", what, value=figure)
    yield CounterMetricFamily(
        "publicwire_leases_lost", "Polls that another node took over.", value=node.leases_lost
    )
    yield CounterMetricFamily("publicwire_store_away_times", "Times the store was away.", value=node.away)


def _labelled(name: str, what: str, label: str, values: Mapping[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, what, labels=[label])
    for value, count in values.items():
        family.add_metric([value], count)
    return family
