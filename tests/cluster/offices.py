"""Thirty offices at six hosts, whose feeds a cluster polls, and what must hold after any fault."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psycopg

from tests.cluster.given import Cluster, NodeProcess, given_a_cluster
from tests.postgres import Server
from tests.running import feed, item, until
from tests.server import HANG, HttpServer, answer, http_server_in_thread

SOURCES, HOSTS = 30, 6
HEARTBEAT = 6  # seconds; 20 by default
FIRST = "https://harbour.example/0/0"  # of the first office, which the operator withdraws


def publish(origin: HttpServer, count: int) -> None:
    """Let each source have so many releases."""
    for n in range(SOURCES):
        names = [f"{n}/{each}" for each in reversed(range(count))]
        items = (item(name, f"Release {name}", f"Office {n} tells of {name}.") for name in names)
        origin.answers[f"/{n}"] = answer(body=feed(*items))


def hang(origin: HttpServer) -> None:
    """Let no source answer."""
    for n in range(SOURCES):
        origin.answers[f"/{n}"] = HANG


@contextmanager
def given_an_origin() -> Iterator[HttpServer]:
    with http_server_in_thread(host="0.0.0.0") as serving:
        publish(serving, 1)
        yield serving


def given_offices(database: str, directory: Path, origin: HttpServer) -> Cluster:
    made = given_a_cluster(directory, database)
    feeds = {f"s{n}": origin.url(f"/{n}", f"127.0.0.{n % HOSTS + 1}") for n in range(SOURCES)}
    made.sources(feeds)
    made.apply()
    return made


def given_offices_at(server: Server, directory: Path, origin: HttpServer) -> Cluster:
    return given_offices(server.schema(f"faults_{abs(hash(directory))}"), directory, origin)


def work(cluster: Cluster, stack: ExitStack, name: str) -> NodeProcess:
    return stack.enter_context(cluster.node("work", name, "--heartbeat", str(HEARTBEAT)))


def due_now(cluster: Cluster) -> None:
    """Make all sources due. It locks them in no order of the commits of polls: a deadlock is tried again."""
    with suppress(psycopg.errors.DeadlockDetected):
        cluster.rows("UPDATE source SET due = 0")
        return
    due_now(cluster)


def has_releases(cluster: Cluster, count: int, *, seconds: float = 60) -> None:
    """Wait until each source has so many releases."""
    until(lambda: cluster.count("item") == SOURCES * count, seconds=seconds)


def begin_withdrawal(cluster: Cluster) -> subprocess.Popen[bytes]:
    """Begin to withdraw the first release of the first office."""
    return cluster.start("withdraw", FIRST, "--reason", "wrong")


def is_whole(cluster: Cluster, releases: int, *, withdrawn: int = 0) -> None:
    """Assert that each release and each position exists once, and each decision holds: lost 0, doubled 0."""
    stored = cluster.count("item")
    titles = cluster.count("(SELECT DISTINCT title FROM item) AS titles")
    merged = "membership WHERE channel = (SELECT number FROM channel WHERE name = '')"
    ((places, positions),) = cluster.rows(f"SELECT count(*), count(DISTINCT position) FROM {merged}")
    print(f"lost {SOURCES * releases - titles}, doubled {stored - titles}", file=sys.stderr)
    assert (titles, stored) == (SOURCES * releases, SOURCES * releases)
    assert places == positions
    assert cluster.count("item WHERE state = 'withdrawn'") == withdrawn
