"""Metrics in the text format of Prometheus."""

import subprocess
import sys
from datetime import timedelta

from msgspec.structs import replace

from aggregator.errors import Cause
from aggregator.model.alert import Alert, AlertKind
from aggregator.model.cluster import QueueStats
from aggregator.model.poll import Claim, Outcome, OutcomeKind, Totals
from aggregator.model.schedule import Due
from aggregator.service.metrics import Gauges, Metrics, NodeGauges
from tests.given import HOUR, NOON

GAUGES = Gauges(Totals(), in_flight=0, killed=0, last_tick=None)
OF_NODE = {
    'publicwire_queue_jobs{state="waiting"}': 2,
    'publicwire_queue_jobs{state="picked"}': 3,
    "publicwire_queue_age_seconds": 4,
    "publicwire_leases_lost_total": 5,
    "publicwire_store_away_times_total": 6,
    "publicwire_store_away": 1,
    "publicwire_clock_offset_seconds": -0.5,
}


def given_metrics(gauges: Gauges = GAUGES) -> Metrics:
    return Metrics(lambda: gauges)


def claim(late: timedelta = timedelta(0)) -> Claim:
    return Claim(1, "ministry", "https://ministry.example/feed", 1, Due(NOON - late))


def outcome(kind: str, **said: object) -> Outcome:
    plain = Outcome("ministry", OutcomeKind(kind), NOON, 0.2)
    return replace(plain, **said)  # the caller names fields of Outcome


def values(metrics: Metrics) -> dict[str, float]:
    """Every sample by name and labels."""
    lines = [line for line in metrics.text().decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_polls_are_counted_by_outcome_and_cause() -> None:
    metrics = given_metrics()
    for told in (
        outcome("changed"),
        outcome("failed", cause=Cause.NETWORK),
        outcome("failed", cause=Cause.NETWORK),
    ):
        metrics.observe(claim(), told)
    found = values(metrics)
    assert found['publicwire_polls_total{cause="",outcome="changed"}'] == 1
    assert found['publicwire_polls_total{cause="network",outcome="failed"}'] == 2
    assert found["publicwire_poll_seconds_count"] == 3
    assert found['publicwire_poll_seconds_bucket{le="0.25"}'] == 3


def test_lateness_counts_scheduled_polls_and_is_never_negative() -> None:
    metrics = given_metrics()
    for late in (timedelta(seconds=3), -HOUR):
        metrics.observe(claim(late), outcome("changed"))
    found = values(metrics)
    assert found["publicwire_poll_lateness_seconds_count"] == 2
    assert found["publicwire_poll_lateness_seconds_sum"] == 3


def test_items_are_counted_by_kind_from_zero_on() -> None:
    metrics = given_metrics()
    assert values(metrics)['publicwire_items_total{kind="edited"}'] == 0
    metrics.observe(claim(), outcome("changed", new=3, edited=1))
    assert values(metrics)['publicwire_items_total{kind="new"}'] == 3
    assert values(metrics)['publicwire_items_total{kind="edited"}'] == 1


def test_a_304_saves_the_bytes_of_the_last_full_response() -> None:
    metrics = given_metrics()
    for told in (
        outcome("not-modified", received=200),  # without a full response before, no size is known
        outcome("changed", received=5000),
        outcome("failed", received=10),
        outcome("not-modified", received=200),
    ):
        metrics.observe(claim(), told)
    assert values(metrics)["publicwire_saved_bytes_total"] == 5000
    assert values(metrics)["publicwire_received_bytes_total"] == 5410


def test_gauges_are_read_at_each_scrape() -> None:
    totals = Totals(held=1, live=2, withdrawn=3, working=4, failing=5, waiting=6, due=9, tasks=10)
    alert = Alert(1, "harbour", "Harbour", AlertKind.QUIET, "nothing new", NOON)
    found = values(given_metrics(Gauges(totals, in_flight=7, killed=8, last_tick=NOON, alerts=(alert,))))
    assert {name: value for name, value in found.items() if "_sources{" in name or "stored" in name} == {
        'publicwire_stored_items{state="held"}': 1,
        'publicwire_stored_items{state="live"}': 2,
        'publicwire_stored_items{state="withdrawn"}': 3,
        'publicwire_sources{state="working"}': 4,
        'publicwire_sources{state="failing"}': 5,
        'publicwire_sources{state="waiting"}': 6,
    }
    assert found["publicwire_polls_in_flight"] == 7
    assert found['publicwire_queue{work="poll"}'] == 9
    assert found['publicwire_queue{work="task"}'] == 10
    assert {kind: found[f'publicwire_alerts{{kind="{kind}"}}'] for kind in AlertKind} == {
        kind: int(kind is AlertKind.QUIET) for kind in AlertKind
    }
    assert found["publicwire_workers_killed_total"] == 8
    assert found["publicwire_last_tick_timestamp_seconds"] == NOON.timestamp()


def test_metrics_of_the_process_are_there_while_the_store_is_away() -> None:
    found = values(given_metrics(Gauges(None, in_flight=7, killed=8, last_tick=NOON)))
    assert found["publicwire_polls_in_flight"] == 7
    assert not [name for name in found if name.startswith("publicwire_sources")]


def test_a_node_of_a_cluster_adds_its_queue_and_its_faults() -> None:
    queue = QueueStats(2, 3, timedelta(seconds=4))
    node = NodeGauges(queue, leases_lost=5, away=6, is_away=True, offset=timedelta(seconds=-0.5))
    found = values(given_metrics(replace(GAUGES, node=node)))
    assert {name: value for name, value in found.items() if name in OF_NODE} == OF_NODE
    assert not OF_NODE.keys() & values(given_metrics()).keys()


def test_before_the_first_tick_there_is_no_time_of_it_and_no_second_series_for_counters() -> None:
    text = given_metrics().text().decode()
    assert "last_tick" not in text
    assert "_created" not in text


def test_two_services_in_one_process_do_not_share_their_counts() -> None:
    one, other = given_metrics(), given_metrics()
    one.observe(claim(), outcome("changed", received=9))
    assert values(other)["publicwire_received_bytes_total"] == 0


def test_commands_other_than_serve_do_not_load_the_metrics() -> None:
    code = (
        "import sys, aggregator.cli.poll, aggregator.service.app; print('prometheus_client' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"
