"""A decision is on all web nodes at once; a service that has the database for itself excludes nodes."""

import time
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aggregator import storage as stores
from aggregator.model.decision import Trigger
from aggregator.policy.lifecycle import step
from tests.cluster.given import NodeProcess, given_a_cluster
from tests.postgres import Server
from tests.running import feed, given_a_site, item, until
from tests.server import answer, http_server_in_thread

pytestmark = [pytest.mark.needs("postgres"), pytest.mark.one_engine("a cluster needs PostgreSQL")]

NOWHERE = "postgresql://publicwire@127.0.0.1:1/postgres"  # where no session can be opened


@pytest.mark.parametrize(
    ("way", "verbs"),
    [
        ("notified", 1),
        ("looked", 1),
        *(pytest.param(way, 100, marks=pytest.mark.soak) for way in ("notified", "looked", "cut")),
    ],
)
def test_a_withdrawal_is_seen_on_all_of_four_web_nodes(
    postgres: Server, tmp_path: Path, way: str, verbs: int
) -> None:
    """By notification; without any, by the look once a second; without a session for them, by queries. The
    soak asserts the times of an idle machine."""
    url = postgres.schema(f"cluster_web_{way}_{verbs}")
    cluster = given_a_cluster(tmp_path, url)
    items = (item(str(n), f"Release {n}", f"What release {n} says.") for n in range(verbs))
    with http_server_in_thread({"/feed": answer(body=feed(*items))}) as origin, ExitStack() as stack:
        cluster.sources({"s": origin.url("/feed")}, ", burst: 1000, budget: {items: 1000}")
        cluster.apply()
        with cluster.node("work", "work"):
            until(lambda: cluster.count("item") == verbs, seconds=60)
        direct = ("--direct", NOWHERE) if way == "cut" else ()
        webs = [stack.enter_context(cluster.node("web", f"w{n}", *direct)) for n in range(4)]
        storage = stack.enter_context(closing(stores.open_storage(tmp_path / "desk", url)))
        if way == "looked":
            cluster.rows("DROP FUNCTION notify_nodes CASCADE")

        def lacks(web: NodeProcess, title: str) -> bool:
            return title not in web.titles()

        took = list[float]()
        for n in range(verbs):
            title = f"Release {n}"
            assert not any(lacks(web, title) for web in webs)
            (found,) = storage.items.named(f"https://harbour.example/{n}")
            now = datetime.now(UTC)
            withdrawal = step(found, Trigger.WITHDRAW, reason="wrong", actor="desk", at=now)
            storage.acts.apply_transitions([withdrawal])
            began = time.monotonic()
            until(lambda: all(lacks(web, title) for web in webs))  # noqa: B023
            took.append(time.monotonic() - began)
    took.sort()
    print(
        f"{way}: p50 {took[len(took) // 2]:.3f} s, p99 {took[len(took) * 99 // 100]:.3f} s, max {took[-1]:.3f} s"
    )
    if verbs > 1:
        assert took[-1] < (1.0 if way == "notified" else 1.5)
        assert way != "notified" or took[len(took) * 99 // 100] < 0.5


def test_a_service_alone_and_nodes_exclude_each_other(postgres: Server, tmp_path: Path) -> None:
    url = postgres.schema("cluster_excluded")
    cluster = given_a_cluster(tmp_path, url)
    alone = given_a_site(tmp_path, {}, database=url)
    with alone.serving():
        refused = cluster.run("apply")
        assert refused.returncode == 1
        assert "the nodes of a cluster take its place: stop it first" in refused.stderr
        assert cluster.run("work", "--admin", "127.0.0.1:0").returncode == 1
    assert cluster.count("config_version") == 0


def test_a_service_is_a_node_and_applies_its_file_only_once(postgres: Server, tmp_path: Path) -> None:
    """Its file is applied when it was edited, and not at a restart over a newer version of another file."""
    url = postgres.schema("cluster_serve")
    (tmp_path / "served").mkdir()
    cluster = given_a_cluster(tmp_path, url)
    served = given_a_site(tmp_path / "served", {}, database=url)
    with http_server_in_thread() as origin:
        for n in range(3):
            origin.answers[f"/{n}"] = answer(body=feed(item(str(n), f"Release {n}", f"What {n} says.")))
        cluster.sources({"s0": origin.url("/0")})
        cluster.apply()
        served.sources({"s0": origin.url("/0"), "s1": origin.url("/1")})
        with cluster.node("work", "work"), served.serving() as service:
            until(lambda: set(service.titles()) == {"Release 0", "Release 1"}, seconds=60)
            assert cluster.rows("SELECT role FROM node ORDER BY role") == [("serve",), ("work",)]
            cluster.sources({f"s{n}": origin.url(f"/{n}") for n in range(3)})
            cluster.apply()
        with served.serving() as service:
            until(lambda: cluster.count("item") == 3, seconds=60)
            assert cluster.count("source WHERE configured = 1") == 3
            served.sources({"s0": "file:feed.xml"})
            until(lambda: "whose file is on one machine" in service.status(), seconds=60)
        assert cluster.count("config_version") == 3
        cluster.sources({})
        for command in (["poll", "s1"], ["export", "site"]):
            done = cluster.run(*command)
            assert done.returncode == 0, done.stderr
        assert cluster.count("source WHERE configured = 1") == 3
    refused = served.run("serve")
    assert (refused.returncode, "a cluster polls no `file:` source" in refused.stderr) == (2, True)
