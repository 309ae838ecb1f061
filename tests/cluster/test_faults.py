"""Nodes that are killed or frozen, a database that restarts, poison: no release is lost, none is stored twice."""

import random
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Event

import pytest

from tests.cluster.given import Cluster, NodeProcess, given_a_cluster
from tests.postgres import Server, server
from tests.running import feed, item, until
from tests.server import HANG, HttpServer, answer, http_server_in_thread

pytestmark = [pytest.mark.needs("postgres"), pytest.mark.one_engine("a cluster needs PostgreSQL")]

SOURCES, HOSTS = 30, 6
OTHERS_DUE = "source WHERE id <> 's0' AND due = 0"
HEARTBEAT = 6  # seconds; 20 by default


def publish(origin: HttpServer, count: int) -> None:
    """Let each source have so many releases."""
    for n in range(SOURCES):
        names = [f"{n}/{each}" for each in reversed(range(count))]
        items = (item(name, f"Release {name}", f"Office {n} tells of {name}.") for name in names)
        origin.answers[f"/{n}"] = answer(body=feed(*items))


def slowly(origin: HttpServer) -> None:
    """Let no source answer."""
    for n in range(SOURCES):
        origin.answers[f"/{n}"] = HANG


@pytest.fixture
def origin() -> Iterator[HttpServer]:
    with http_server_in_thread(host="0.0.0.0") as serving:
        publish(serving, 1)
        yield serving


@pytest.fixture
def cluster(postgres: Server, tmp_path: Path, origin: HttpServer) -> Cluster:
    return given_offices(postgres, tmp_path, origin)


def given_offices(postgres: Server, directory: Path, origin: HttpServer) -> Cluster:
    made = given_a_cluster(directory, postgres.schema(f"faults_{abs(hash(directory))}"))
    feeds = {f"s{n}": origin.url(f"/{n}", f"127.0.0.{n % HOSTS + 1}") for n in range(SOURCES)}
    made.sources(feeds)
    made.apply()
    return made


def work(cluster: Cluster, stack: ExitStack, name: str) -> NodeProcess:
    return stack.enter_context(cluster.node("work", name, "--heartbeat", str(HEARTBEAT)))


def due_now(cluster: Cluster) -> None:
    cluster.rows("UPDATE source SET due = 0")


def is_whole(cluster: Cluster, releases: int) -> None:
    """Assert that each release and each position exists once."""
    assert cluster.count("item") == SOURCES * releases
    assert cluster.count("(SELECT DISTINCT title FROM item) AS titles") == SOURCES * releases
    merged = "membership WHERE channel = (SELECT number FROM channel WHERE name = '')"
    places = cluster.rows(f"SELECT count(*), count(DISTINCT position) FROM {merged}")
    assert places[0][0] == places[0][1]


@pytest.mark.parametrize("kills", [1, pytest.param(50, marks=pytest.mark.soak)])
def test_polls_of_a_killed_node_are_taken_over(cluster: Cluster, origin: HttpServer, kills: int) -> None:
    """Killed with polls under way, which another node makes again once the heartbeat of their jobs is late."""
    chance = random.Random(3)
    with ExitStack() as stack:
        node = work(cluster, stack, "n0")
        until(lambda: cluster.count("item") == SOURCES, seconds=60)
        for kill in range(1, kills + 1):
            slowly(origin)
            due_now(cluster)
            until(lambda: cluster.count("source WHERE leased IS NOT NULL") >= 2)
            Event().wait(chance.uniform(0, 0.5))
            node.process.send_signal(signal.SIGKILL)
            node.process.wait()
            publish(origin, kill + 1)
            node = work(cluster, stack, f"n{kill}")
            until(lambda: cluster.count("item") == SOURCES * (kill + 1), seconds=1.5 * HEARTBEAT + 30)  # noqa: B023
        is_whole(cluster, kills + 1)
        assert cluster.count("source WHERE lost > 0") == 0


@pytest.mark.parametrize("seconds", [15, pytest.param(60, marks=pytest.mark.soak)])
def test_commits_of_a_frozen_node_are_rejected_when_it_goes_on(
    cluster: Cluster, origin: HttpServer, seconds: int
) -> None:
    with ExitStack() as stack:
        frozen = work(cluster, stack, "frozen")
        until(lambda: cluster.count("item") == SOURCES, seconds=60)
        slowly(origin)
        due_now(cluster)
        until(lambda: cluster.count("source WHERE leased IS NOT NULL") >= 2)
        frozen.process.send_signal(signal.SIGSTOP)
        other = work(cluster, stack, "other")
        publish(origin, 2)
        until(lambda: cluster.count("item") == SOURCES * 2, seconds=60)
        Event().wait(seconds / 3)
        frozen.process.send_signal(signal.SIGCONT)
        until(frozen.is_ready)
        publish(origin, 3)
        due_now(cluster)
        until(lambda: cluster.count("item") == SOURCES * 3, seconds=60)
        is_whole(cluster, 3)
        assert other.process.poll() is frozen.process.poll() is None


def test_a_source_that_nodes_die_of_is_put_into_quarantine_and_the_others_go_on(
    cluster: Cluster, origin: HttpServer
) -> None:
    with ExitStack() as stack:
        node = work(cluster, stack, "n0")
        until(lambda: cluster.count("item") == SOURCES, seconds=60)
        publish(origin, 2)
        origin.answers["/0"] = HANG
        for death in range(1, 4):
            origin.requests.clear()
            due_now(cluster)
            until(lambda: "/0" in origin.paths, seconds=60)
            until(lambda: cluster.count(OTHERS_DUE) == 0, seconds=60)
            node.process.send_signal(signal.SIGKILL)
            node.process.wait()
            node = work(cluster, stack, f"n{death}")
        until(lambda: cluster.count("alert WHERE kind = 'poison'") == 1, seconds=60)
        assert cluster.count("item") == SOURCES * 2 - 1
        assert cluster.count("source WHERE lost > 0") == 1
        assert node.process.poll() is None


@pytest.mark.parametrize("how", [pytest.param("fast", marks=pytest.mark.soak), "immediate"])
def test_polls_go_on_after_a_restart_of_the_database(tmp_path: Path, origin: HttpServer, how: str) -> None:
    """A crash empties the queue, whose tables are unlogged: it is made anew."""
    with server(is_durable=True) as database, ExitStack() as stack:
        cluster = given_offices(database, tmp_path, origin)
        nodes = [work(cluster, stack, name) for name in ("one", "two")]
        until(lambda: cluster.count("item") == SOURCES, seconds=60)
        database.stop(how)
        until(lambda: not any(node.is_ready() for node in nodes), seconds=60)
        publish(origin, 2)
        database.start()
        due_now(cluster)
        until(lambda: cluster.count("item") == SOURCES * 2, seconds=60)
        is_whole(cluster, 2)
        until(lambda: all(node.is_ready() for node in nodes))
        assert [node.metric("publicwire_store_away_times_total") for node in nodes] == [1, 1]


def test_of_two_files_applied_at_once_both_are_versions_and_one_is_refused_on_another(
    cluster: Cluster, origin: HttpServer
) -> None:
    assert cluster.run("apply", "--on", "1").returncode == 0  # the same text
    cluster.sources({"s0": origin.url("/0")})
    assert "version 2 is in force" in cluster.run("apply", "--on", "1").stdout
    cluster.sources({"s1": origin.url("/1")})
    refused = cluster.run("apply", "--on", "1")
    assert refused.returncode == 1
    assert "version 2 of the configuration is in force, not 1: nothing was applied" in refused.stderr
    assert cluster.rows("SELECT id FROM source WHERE configured = 1") == [("s0",)]
    cluster.sources({"s1": "file:feed.xml"})
    refused = cluster.run("apply")
    assert refused.returncode == 2
    assert "a cluster polls no files" in refused.stderr
