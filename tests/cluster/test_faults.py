"""Nodes that are killed, frozen or slow, and poison: no release is lost, none is stored twice."""

import asyncio
import dataclasses
import random
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest

from tests.cluster.given import Cluster, NodeProcess, given_a_cluster, given_a_copy
from tests.cluster.offices import (
    HEARTBEAT,
    SOURCES,
    begin_withdrawal,
    due_now,
    hang,
    has_releases,
    is_whole,
    publish,
    work,
)
from tests.postgres import Server
from tests.running import until
from tests.server import HANG, HttpServer, Request

pytestmark = [pytest.mark.needs("postgres"), pytest.mark.one_engine("a cluster needs PostgreSQL")]

OTHERS_DUE = "source WHERE id <> 's0' AND due = 0"


@pytest.mark.parametrize("kills", [1, pytest.param(50, marks=pytest.mark.soak)])
def test_polls_of_a_killed_node_are_taken_over(cluster: Cluster, origin: HttpServer, kills: int) -> None:
    """Killed with polls under way, which another node makes again once the heartbeat of their jobs is late."""
    chance, late = random.Random(3), list[float]()
    with ExitStack() as stack:
        node = work(cluster, stack, "n0")
        has_releases(cluster, 1)
        for kill in range(1, kills + 1):
            hang(origin)
            due_now(cluster)
            until(lambda: cluster.count("source WHERE leased IS NOT NULL") >= 2)
            Event().wait(chance.uniform(0, 0.5))
            node.process.send_signal(signal.SIGKILL)
            node.process.wait()
            died = time.monotonic()
            publish(origin, kill + 1)
            withdrawal = begin_withdrawal(cluster) if kill == 1 else None
            node = work(cluster, stack, f"n{kill}")
            has_releases(cluster, kill + 1, seconds=1.5 * HEARTBEAT + 30)
            late.append(time.monotonic() - died)
            assert withdrawal is None or withdrawal.wait() == 0
        assert kills == 1 or max(late) <= 1.5 * HEARTBEAT + 1  # a second for the polls themselves
        is_whole(cluster, kills + 1, withdrawn=1)
        assert cluster.count("source WHERE lost > 0") == 0
    print(
        f"polled again after {sorted(late)[len(late) // 2]:.1f} s, at most {max(late):.1f} s", file=sys.stderr
    )


@pytest.mark.parametrize("seconds", [8, pytest.param(60, marks=pytest.mark.soak)])
def test_commits_of_a_frozen_node_are_rejected_when_it_goes_on(
    cluster: Cluster, origin: HttpServer, seconds: int
) -> None:
    with ExitStack() as stack:
        frozen = work(cluster, stack, "frozen")
        has_releases(cluster, 1)
        hang(origin)
        due_now(cluster)
        until(lambda: cluster.count("source WHERE leased IS NOT NULL") >= 2)
        frozen.process.send_signal(signal.SIGSTOP)
        other = work(cluster, stack, "other")
        withdrawal = begin_withdrawal(cluster)
        publish(origin, 2)
        has_releases(cluster, 2)
        Event().wait(seconds)
        frozen.process.send_signal(signal.SIGCONT)
        until(frozen.is_ready)
        if seconds < 60:  # later polls are cancelled, whose connections have ended meanwhile
            until(lambda: frozen.metric("publicwire_leases_lost_total") >= 2, seconds=60)
        publish(origin, 3)
        due_now(cluster)
        has_releases(cluster, 3)
        assert withdrawal.wait() == 0
        is_whole(cluster, 3, withdrawn=1)
        assert other.process.poll() is frozen.process.poll() is None


@pytest.mark.soak
def test_others_poll_on_within_six_seconds_while_a_node_is_frozen(
    cluster: Cluster, origin: HttpServer
) -> None:
    """Whatever shares the frozen node had. Sources that it had leased are not waited for."""
    pauses = list[float]()
    with ExitStack() as stack:
        first, second = (work(cluster, stack, name) for name in ("first", "second"))
        has_releases(cluster, 1)
        for turn, frozen in enumerate((first, second, first, second)):
            frozen.process.send_signal(signal.SIGSTOP)
            publish(origin, turn + 2)
            due_now(cluster)
            began = time.monotonic()
            until(lambda: cluster.count("item") > SOURCES * (turn + 1), seconds=30)  # noqa: B023
            pauses.append(time.monotonic() - began)
            Event().wait(5)
            frozen.process.send_signal(signal.SIGCONT)
            has_releases(cluster, turn + 2)
        is_whole(cluster, 5)
    print(f"pauses {pauses}", file=sys.stderr)
    assert max(pauses) <= 6


@contextmanager
def slowed(node: NodeProcess, share: float) -> Iterator[None]:
    """Let a node run for a `share` of the time only."""
    ended = Event()

    def slow() -> None:
        while not ended.wait(0.5 * share):
            node.process.send_signal(signal.SIGSTOP)
            ended.wait(0.5 * (1 - share))
            node.process.send_signal(signal.SIGCONT)

    thread = threading.Thread(target=slow)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@pytest.mark.parametrize("rounds", [1, pytest.param(20, marks=pytest.mark.soak)])
def test_a_slow_node_neither_loses_nor_doubles(cluster: Cluster, origin: HttpServer, rounds: int) -> None:
    with ExitStack() as stack:
        slow, _ = (work(cluster, stack, name) for name in ("slow", "other"))
        has_releases(cluster, 1)
        with slowed(slow, 0.2):
            withdrawal = begin_withdrawal(cluster)
            for turn in range(2, rounds + 2):
                publish(origin, turn)
                due_now(cluster)
                has_releases(cluster, turn)
            assert withdrawal.wait() == 0
        is_whole(cluster, rounds + 1, withdrawn=1)


def test_two_nodes_keep_the_limit_of_requests_at_a_host(
    postgres: Server, tmp_path: Path, origin: HttpServer
) -> None:
    """Three hosts; each request is held until as many as may be are under way at all hosts."""
    per_host, hosts = 2, 3
    under_way, most = Counter[str](), Counter[str]()
    go, documents = Event(), dict[str, Any]()

    async def held(request: Request, writer: asyncio.StreamWriter) -> None:
        host = request.header("Host") or ""
        under_way[host] += 1
        most[host] = max(most[host], under_way[host])
        await asyncio.to_thread(go.wait)
        under_way[host] -= 1
        writer.write(documents[request.path])

    cluster = given_a_cluster(tmp_path, postgres.schema("per_host"))
    feeds = {f"s{n}": origin.url(f"/{n}", f"127.0.0.{n % hosts + 1}") for n in range(SOURCES)}
    cluster.sources(feeds, poll=f", per_host: {per_host}")
    cluster.apply()
    with ExitStack() as stack:
        for name in ("one", "two"):
            work(cluster, stack, name)
        has_releases(cluster, 1)
        documents.update(origin.answers)
        origin.answers.update(dict.fromkeys(documents, held))
        for _ in range(3):
            go.clear()
            due_now(cluster)
            until(lambda: sum(under_way.values()) >= per_host * hosts)
            Event().wait(1)  # offers and dequeues go on meanwhile
            go.set()
            until(lambda: cluster.count("source WHERE due = 0") == 0)
    assert set(most.values()) == {per_host}


@pytest.mark.parametrize("jobs", [60, pytest.param(400, marks=pytest.mark.soak)])
def test_duplicate_deliveries_poll_and_store_once(cluster: Cluster, origin: HttpServer, jobs: int) -> None:
    """Jobs without a dedupe key, as if the queue had delivered each host over and over."""
    with ExitStack() as stack:
        nodes = [work(cluster, stack, name) for name in ("one", "two")]
        has_releases(cluster, 1)
        publish(origin, 2)
        origin.requests.clear()
        due_now(cluster)
        cluster.rows(
            f"""INSERT INTO pgqueuer (priority, status, entrypoint, payload)
            SELECT 0, 'queued', 'poll', convert_to('127.0.0.' || (n % 6 + 1), 'UTF8')
            FROM generate_series(1, {jobs}) n"""
        )
        withdrawal = begin_withdrawal(cluster)
        has_releases(cluster, 2)
        until(lambda: cluster.count("pgqueuer") == 0, seconds=120)
        assert withdrawal.wait() == 0
        is_whole(cluster, 2, withdrawn=1)
        assert len(origin.requests) == SOURCES
        assert [node.process.poll() for node in nodes] == [None, None]


def test_a_source_that_nodes_die_of_is_put_into_quarantine_and_the_others_go_on(
    cluster: Cluster, origin: HttpServer
) -> None:
    with ExitStack() as stack:
        node = work(cluster, stack, "n0")
        has_releases(cluster, 1)
        publish(origin, 2)
        origin.answers["/0"] = HANG
        withdrawal = begin_withdrawal(cluster)
        for death in range(1, 4):
            origin.requests.clear()
            due_now(cluster)
            until(lambda: "/0" in origin.paths, seconds=60)
            until(lambda: cluster.count(OTHERS_DUE) == 0, seconds=60)
            node.process.send_signal(signal.SIGKILL)
            node.process.wait()
            node = work(cluster, stack, f"n{death}")
        until(lambda: cluster.count("alert WHERE kind = 'poison'") == 1, seconds=60)
        assert withdrawal.wait() == 0
        assert cluster.count("item WHERE state = 'withdrawn'") == 1
        assert cluster.count("item") == SOURCES * 2 - 1
        assert cluster.count("source WHERE lost > 0") == 1
        assert node.process.poll() is None


@pytest.mark.parametrize("minutes", [10, -10])
def test_a_node_whose_clock_is_off_takes_no_work_and_the_others_go_on(
    cluster: Cluster, origin: HttpServer, minutes: int
) -> None:
    copy = given_a_copy(cluster.directory / "off")
    app = copy / "aggregator" / "service" / "app.py"
    text, clock = app.read_text(), "return datetime.now(UTC)\n"
    scheduled = "    now = utc_now()\n    jobs.add_job"  # APScheduler reads the clock of this machine
    assert (text.count(clock), text.count(scheduled)) == (1, 1)
    text = text.replace(clock, f"return datetime.now(UTC) + timedelta(minutes={minutes})\n")
    app.write_text(text.replace(scheduled, scheduled.replace("utc_now()", "datetime.now(UTC)")))
    off = dataclasses.replace(cluster, environment={"PYTHONPATH": str(copy)})
    with ExitStack() as stack:
        node = work(cluster, stack, "right")
        has_releases(cluster, 1)
        wrong = stack.enter_context(off.node("work", "wrong", is_ready=False))
        refusal = f"the clock of this node is {60 * minutes:+d} s off the database's: it takes no work"
        until(lambda: cluster.count("node WHERE problem <> ''") == 1, seconds=60)
        assert (refusal,) in cluster.rows("SELECT problem FROM node")
        withdrawal = begin_withdrawal(cluster)
        for count in (2, 3, 4):
            publish(origin, count)
            due_now(cluster)
            has_releases(cluster, count)
        assert withdrawal.wait() == 0
        is_whole(cluster, 4, withdrawn=1)
        assert not wrong.is_ready()
        assert refusal in httpx.get(f"{node.admin}/status").text.replace("&#39;", "'")
        assert wrong.metric("publicwire_clock_offset_seconds") == pytest.approx(60 * minutes, abs=2)
        assert wrong.metric("publicwire_poll_seconds_count") == 0
        assert cluster.count("source WHERE due > extract(epoch FROM now() + interval '2 hours') * 1000") == 0


def test_of_two_files_applied_at_once_both_are_versions_and_one_is_refused_on_another(
    cluster: Cluster, origin: HttpServer
) -> None:
    with cluster.node("work", "work"):
        has_releases(cluster, 1)
    assert cluster.run("apply", "--on", "1").returncode == 0  # the same text
    cluster.sources({"s0": origin.url("/0")})
    withdrawal = begin_withdrawal(cluster)
    first = cluster.start("apply")
    until(lambda: first.poll() is not None or cluster.count("config_version") == 2)
    cluster.sources({"s1": origin.url("/1")})
    second = cluster.start("apply", "--on", "1")
    assert sorted([first.wait(), second.wait()]) == [0, 1]
    assert withdrawal.wait() == 0
    assert cluster.rows("SELECT state FROM item WHERE url LIKE '%/0/0'") == [("withdrawn",)]
    log = (cluster.directory / "log").read_text()
    assert "version 2 of the configuration is in force, not 1: nothing was applied" in log
    assert cluster.rows("SELECT id FROM source WHERE configured = 1") == [("s0",)]
    both = [cluster.start("apply") for _ in range(2)]
    assert [each.wait() for each in both] == [0, 0]
    assert cluster.count("config_version") == 3
    assert cluster.rows("SELECT id FROM source WHERE configured = 1") == [("s1",)]
    other = cluster.directory / "other.yaml"
    other.write_text((cluster.directory / "sources.yaml").read_text().replace("id: s1", "id: s2"))
    both = [cluster.start("apply"), cluster.start("apply", "--config", "other.yaml")]
    assert [each.wait() for each in both] == [0, 0]
    (last,) = cluster.rows("SELECT content FROM config_version ORDER BY number DESC LIMIT 1")
    in_force = "s2" if "id: s2" in str(last[0]) else "s1"
    assert cluster.rows("SELECT id FROM source WHERE configured = 1") == [(in_force,)]
    cluster.sources({"s1": "file:feed.xml"})
    refused = cluster.run("apply")
    assert refused.returncode == 2
    assert "a cluster polls no `file:` source" in refused.stderr
