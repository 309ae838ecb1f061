"""Two nodes poll, two answer: each release is stored once, and each is told of a new configuration."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.cluster.given import Cluster, given_a_cluster
from tests.postgres import Server
from tests.running import feed, item, until
from tests.server import HttpServer, answer, http_server_in_thread

pytestmark = [pytest.mark.needs("postgres"), pytest.mark.one_engine("a cluster needs PostgreSQL")]

HOSTS = [f"127.0.0.{n}" for n in range(1, 9)]


@pytest.fixture
def origin() -> Iterator[HttpServer]:
    with http_server_in_thread() as serving:
        for n in range(40):
            names = [f"{n}/{each}" for each in range(2)]
            items = (item(name, f"Release {name}", f"Office {n} tells of {name}.") for name in names)
            serving.answers[f"/{n}"] = answer(body=feed(*items))
        yield serving


@pytest.fixture
def cluster(postgres: Server, tmp_path: Path) -> Cluster:
    return given_a_cluster(tmp_path, postgres.schema(f"cluster_{abs(hash(tmp_path))}"))


def test_nodes_share_polls_and_pages_and_follow_apply(cluster: Cluster, origin: HttpServer) -> None:
    feeds = {f"s{n}": origin.url(f"/{n}") for n in range(40)}
    cluster.sources({name: feeds[name] for name in list(feeds)[:20]})
    assert "version 1 is in force" in cluster.apply()
    with (
        cluster.node("work", "a") as first,
        cluster.node("work", "b") as second,
        cluster.node("web", "c") as web,
    ):
        until(lambda: cluster.count("item") == 40, seconds=90)
        until(lambda: len(web.titles()) == 40, seconds=60)
        cluster.sources(feeds)
        assert "version 2 is in force\n3 of 3 nodes follow it\n" in cluster.apply()
        until(lambda: cluster.count("item") == 80, seconds=90)
        titles = cluster.rows("SELECT title FROM item")
        assert len(set(titles)) == 80
        until(lambda: httpx.get(f"{web.admin}/status").text.count("version 2") == 3)
        assert [each.metric("publicwire_leases_lost_total") for each in (first, second)] == [0, 0]
        first_title = web.titles()[0]
        address = first_title.replace("Release ", "https://harbour.example/")
        sent = httpx.get(f"{web.public}/feed.json").headers
        assert ("etag" in sent, "last-modified" in sent) == (True, False)  # no two nodes date states alike
        done = cluster.run("withdraw", address, "--reason", "wrong")
        assert done.returncode == 0, done.stderr
        assert first_title not in web.titles()
    assert cluster.count("node") == cluster.count("share") == 0
    for name in "abc":
        assert "Traceback" not in (cluster.directory / f"{name}.log").read_text()


def test_a_web_node_says_that_no_node_polls(cluster: Cluster, origin: HttpServer) -> None:
    cluster.sources({"s0": origin.url("/0")})
    cluster.apply()
    with cluster.node("web", "web") as web:
        until(lambda: "no node polls" in httpx.get(f"{web.admin}/status").text)
        with cluster.node("work", "work"):
            until(lambda: "no node polls" not in httpx.get(f"{web.admin}/status").text)


def test_apply_names_the_nodes_that_do_not_follow(cluster: Cluster, origin: HttpServer) -> None:
    cluster.sources({"s0": origin.url("/0")})
    cluster.apply()
    with cluster.node("work", "work"), cluster.node("web", "web"):
        until(lambda: cluster.count("item") > 0, seconds=60)
        cluster.sources({"s0": origin.url("/0")}, ", auth: {bearer: $PRESS_TOKEN}")
        done = cluster.run("apply")
        assert (done.returncode, "0 of 2 nodes follow it" in done.stdout) == (0, True)
        assert done.stderr.count("PRESS_TOKEN") == 2
        cluster.sources({"s0": origin.url("/0")})
        assert "2 of 2 nodes follow it" in cluster.apply()  # though they reported a problem until then


def test_sessions_that_outlast_a_transaction_go_past_a_pooler(cluster: Cluster, origin: HttpServer) -> None:
    """PgBouncer in transaction mode lends a connection for one transaction: no lock, queue or notification of
    a session may depend on it. Here another user's sessions are those past it."""
    cluster.rows("DO $$ BEGIN CREATE ROLE past SUPERUSER LOGIN; EXCEPTION WHEN duplicate_object THEN END $$")
    past = ("--direct", cluster.database.replace("publicwire@", "past@"))
    cluster.sources({"s0": origin.url("/0")})
    cluster.apply()
    with cluster.node("work", "work", *past) as work, cluster.node("web", "web", *past) as web:
        until(lambda: len(web.titles()) == 2, seconds=60)

        def users(which: str) -> set[tuple[object, ...]]:
            of = " OR ".join(f"application_name LIKE '%process {each.process.pid}'" for each in (work, web))
            return set(cluster.rows(f"SELECT usename FROM pg_stat_activity WHERE ({of}) AND {which}"))

        assert users("application_name LIKE 'queue%'") == {("past",)}
        assert users("application_name LIKE 'notices%'") == {("past",)}
        holds = "pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory')"
        assert users(f"state = 'idle' AND {holds}") == {("past",)}
        assert ("publicwire",) in users("application_name LIKE 'process%'")
