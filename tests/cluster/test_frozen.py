"""A node that is frozen within a transaction, and one whose clock goes wrong while it runs: others go on."""

import random
import signal
import sys
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from statistics import median
from threading import Event

import httpx
import pytest

from tests.cluster.given import Cluster, NodeProcess, given_a_copy
from tests.cluster.offices import (
    HEARTBEAT,
    SOURCES,
    due_now,
    has_releases,
    is_whole,
    publish,
    work,
)
from tests.running import until
from tests.server import HttpServer

pytestmark = [pytest.mark.needs("postgres"), pytest.mark.one_engine("a cluster needs PostgreSQL")]

POLLS = "publicwire_poll_seconds_count"


def locks_of(cluster: Cluster, node: NodeProcess) -> int:
    """Return how many write locks of the store the transactions of a node hold."""
    return cluster.count(
        f"""pg_locks JOIN pg_stat_activity a USING (pid) WHERE application_name = 'process {node.process.pid}'
        AND locktype = 'transactionid' AND granted AND a.state <> 'active'"""
    )


def freeze_within_a_transaction(cluster: Cluster, node: NodeProcess) -> None:
    """Stop a node under load where one of its transactions has written and waits for its next statement."""
    chance = random.Random(5)

    def is_caught() -> bool:
        node.process.send_signal(signal.SIGSTOP)
        if locks_of(cluster, node):
            return True
        node.process.send_signal(signal.SIGCONT)
        Event().wait(chance.uniform(0, 0.02))
        due_now(cluster)
        return False

    until(is_caught, seconds=120)


@pytest.mark.parametrize("rounds", [1, pytest.param(10, marks=pytest.mark.soak)])
def test_others_go_on_while_a_node_is_frozen_within_a_transaction(
    cluster: Cluster, origin: HttpServer, rounds: int
) -> None:
    """The soak asserts the pauses: the frozen node may have picked the jobs of all hosts, which others get after
    the heartbeat, and the server ends its transaction before that."""
    pauses, count = list[float](), 1
    with ExitStack() as stack:
        first, second = (work(cluster, stack, name) for name in ("first", "second"))
        has_releases(cluster, count)
        for turn in range(rounds):
            frozen = (first, second)[turn % 2]
            count += 1
            publish(origin, count)
            freeze_within_a_transaction(cluster, frozen)
            began, before = time.monotonic(), cluster.count("item")
            count += before == SOURCES * count  # all that was published is stored
            publish(origin, count)
            due_now(cluster)
            until(lambda: cluster.count("item") > before, seconds=30)  # noqa: B023
            pauses.append(time.monotonic() - began)
            until(lambda: locks_of(cluster, frozen) == 0)  # noqa: B023
            frozen.process.send_signal(signal.SIGCONT)
            has_releases(cluster, count, seconds=150)  # a poll of the frozen node: its lease is two minutes
        assert [each.process.poll() for each in (first, second)] == [None, None]
        is_whole(cluster, count)
    print(f"pauses {pauses}", file=sys.stderr)
    if rounds > 1:
        assert median(pauses) <= 1.5 * HEARTBEAT
        assert max(pauses) <= 2.5 * HEARTBEAT


def given_a_clock(cluster: Cluster) -> tuple[Cluster, Path]:
    """Return the cluster with nodes whose clock is ahead by the seconds in a file, and the file."""
    copy, ahead = given_a_copy(cluster.directory / "clock"), cluster.directory / "ahead"
    app = copy / "aggregator" / "service" / "app.py"
    text, clock = app.read_text(), "return datetime.now(UTC)\n"
    assert text.count(clock) == 1
    moved = f"return datetime.now(UTC) + timedelta(seconds=float(open({str(ahead)!r}).read()))\n"
    app.write_text(text.replace(clock, moved))
    set_ahead(ahead, 0)
    return replace(cluster, environment={"PYTHONPATH": str(copy)}), ahead


def set_ahead(file: Path, seconds: int) -> None:
    """Set the clock while nodes read it."""
    (new := file.with_suffix(".new")).write_text(str(seconds))
    new.replace(file)


def test_a_node_whose_clock_goes_wrong_takes_no_work_until_it_is_right(
    cluster: Cluster, origin: HttpServer
) -> None:
    moved, ahead = given_a_clock(cluster)
    with ExitStack() as stack:
        wrong = work(moved, stack, "wrong")
        has_releases(cluster, 1)
        with cluster.node("work", "right") as right:
            set_ahead(ahead, 600)
            until(lambda: cluster.count("node WHERE problem <> ''") == 1)
            refusal = "the clock of this node is +600 s off the database's: it takes no work"
            assert refusal in httpx.get(f"{wrong.admin}/status").text.replace("&#39;", "'")
            assert refusal in httpx.get(f"{right.admin}/status").text.replace("&#39;", "'")
            assert not wrong.is_ready()
            until(lambda: wrong.metric("publicwire_polls_in_flight") == 0)
            polls = wrong.metric(POLLS)
            for count in (2, 3, 4):
                publish(origin, count)
                due_now(cluster)
                has_releases(cluster, count)
            assert (wrong.metric(POLLS), wrong.process.poll()) == (polls, None)
            assert right.metric(POLLS) >= 3 * SOURCES
            set_ahead(ahead, 0)
            until(wrong.is_ready)
        until(lambda: cluster.rows("SELECT problem FROM node") == [("",)])
        publish(origin, 5)
        due_now(cluster)
        has_releases(cluster, 5)
        is_whole(cluster, 5)
        assert wrong.metric(POLLS) >= polls + SOURCES
