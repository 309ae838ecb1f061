"""Push with two nodes that poll: a web node hears hubs and subscribers, and each piece of work is done once."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest

from aggregator.service.cluster.shares import ALL
from tests.cluster.given import Cluster, NodeProcess, given_a_cluster, given_a_copy
from tests.postgres import Server
from tests.running import LOOPBACK, until
from tests.server import GONE, HttpServer, Request, http_server_in_thread
from tests.websub.given import atom
from tests.websub.hub import HubServer
from tests.websub.subscribers import Callbacks

pytestmark = [pytest.mark.needs("postgres"), pytest.mark.one_engine("a cluster needs PostgreSQL")]

GONE_SOURCES, SUBSCRIBERS, HOOKS = 5, 12, 3
POLLS = "publicwire_poll_seconds_count"


@dataclass(frozen=True, slots=True)
class Nodes:
    """Two nodes that poll and one that answers, whose address is the public one."""

    cluster: Cluster
    works: Sequence[NodeProcess]
    web: NodeProcess


def ticks(nodes: Sequence[NodeProcess], count: int = 3) -> None:
    """Wait until each node has ticked so many times more: what it would do twice, it has done."""
    last = "publicwire_last_tick_timestamp_seconds"
    until_then = [(node, node.metric(last) + count) for node in nodes]
    until(lambda: all(node.metric(last) >= moment for node, moment in until_then))


def logged(nodes: Sequence[NodeProcess], text: str) -> int:
    """Return how often these nodes together have logged a text."""
    return sum(node.log.read_text().count(text) for node in nodes)


def polls(nodes: Sequence[NodeProcess]) -> int:
    return int(sum(node.metric(POLLS) for node in nodes))


def share_out(nodes: Nodes) -> None:
    """Give each node that polls some of the shares: the one that was first may have taken all."""
    nodes.cluster.rows("DELETE FROM share")
    until(lambda: nodes.cluster.count("share") == len(ALL))
    nodes.cluster.rows(
        """UPDATE share SET node = (SELECT name FROM node WHERE role = 'work' AND name <> share.node)
        WHERE name IN ('offers', 'told', 'upkeep') AND (SELECT count(DISTINCT node) FROM share) = 1"""
    )
    ticks(nodes.works)
    assert nodes.cluster.count("(SELECT DISTINCT node FROM share) AS nodes") == len(nodes.works)


@pytest.fixture
def cluster(postgres: Server, tmp_path: Path) -> Cluster:
    made = given_a_cluster(tmp_path, postgres.schema(f"push_{abs(hash(tmp_path))}"))
    made = replace(made, environment={"HOOK_SECRET": "a-secret"})
    made.sources({})
    made.apply()
    return made


@pytest.fixture
def nodes(cluster: Cluster) -> Iterator[Nodes]:
    with ExitStack() as stack:
        web = stack.enter_context(cluster.node("web", "web"))
        works = [stack.enter_context(cluster.node("work", name)) for name in ("one", "two")]
        made = Nodes(cluster, works, web)
        share_out(made)
        yield made


@pytest.fixture
def beside() -> Iterator[HubServer]:
    """A hub and the feed that names it."""
    with http_server_in_thread() as server:
        hub = HubServer(server)
        publish(hub, "one")
        yield hub


def publish(hub: HubServer, *titles: str) -> None:
    hub.publish(atom(*titles, hub=hub.url("/hub"), topic=hub.url("/feed")))


def test_a_web_node_hears_a_hub_and_a_work_node_subscribes_and_polls_once(
    nodes: Nodes, beside: HubServer
) -> None:
    cluster, web = nodes.cluster, nodes.web
    cluster.sources({"ministry": beside.url("/feed")}, url=f"{web.public}/")
    cluster.apply()
    (confirmed,) = until(lambda: beside.verifications)
    until(lambda: cluster.count("subscription WHERE state = 'active'") == 1)
    ticks(nodes.works)
    (form,) = beside.forms
    assert (confirmed.status_code, form["hub.callback"].startswith(web.public)) == (200, True)
    assert (cluster.count("subscription"), cluster.count("poll"), polls(nodes.works)) == (1, 1, 1)
    publish(beside, "two", "one")
    assert beside.deliver(form, signature="").status_code == 202
    ticks(nodes.works)
    assert cluster.count("poll") == 1
    cluster.rows("UPDATE poll SET started = started - 60000")  # a delivery hastens one poll a minute
    assert beside.deliver(form).status_code == 202
    assert beside.deliver(form).status_code == 202  # as hubs do that lost the first answer
    until(lambda: set(web.titles()) == {"one", "two"})
    ticks(nodes.works)
    assert (cluster.count("item"), cluster.count("poll"), polls(nodes.works)) == (2, 2, 2)
    assert beside.server.paths.count("/feed") == 2
    assert web.metric(POLLS) == 0
    log = web.log.read_text()
    assert (log.count("subscription confirmed"), "delivery accepted" in log) == (1, True)
    assert "subscription requested" not in log


def given_receivers(cluster: Cluster, at: HttpServer, feeds: dict[str, str], web: NodeProcess) -> None:
    """Apply a configuration with webhooks and a receiver of alerts."""
    hooks = ", ".join(
        f"{{url: '{at.url(f'/hook{n}')}', secret: $HOOK_SECRET, {LOOPBACK}}}" for n in range(HOOKS)
    )
    alerts = f"alerts: {{url: '{at.url('/alerts')}', {LOOPBACK}}}"
    more = f"hub: {{{LOOPBACK}}}\nwebhooks: [{hooks}]\n{alerts}"
    cluster.sources(feeds, poll=", websub: false", more=more, url=f"{web.public}/")
    cluster.apply()


def subscribe(web: NodeProcess, at: HttpServer) -> None:
    """Have all subscribers ask the hub at a web node."""
    for n in range(SUBSCRIBERS):
        asked = {
            "hub.mode": "subscribe",
            "hub.topic": f"{web.public}/feed.json",
            "hub.callback": at.url(f"/subscriber{n}"),
        }
        assert httpx.post(f"{web.public}/hub", data=asked, timeout=10).status_code == 202


def received(callbacks: Callbacks, prefix: str) -> Counter[tuple[str, str]]:
    """Return how often each path with a prefix got each release."""
    return Counter(
        (each.path, item["title"])
        for each in callbacks.delivered
        if each.path.startswith(prefix)
        for item in _items(each.request)
    )


def _items(request: Request) -> list[dict[str, str]]:
    body = json.loads(request.body)
    return [body["item"]] if "event" in body else list(body["items"])


def alerts(callbacks: Callbacks) -> Counter[str]:
    """Return how often each state of an alert was posted."""
    posts = [json.loads(each.body) for each in callbacks.delivered if each.path == "/alerts"]
    return Counter(alert["id"] for post in posts for alert in post["alerts"])


def test_deliveries_webhooks_and_alerts_are_shared_out_and_made_once(nodes: Nodes, beside: HubServer) -> None:
    cluster, web = nodes.cluster, nodes.web
    callbacks = Callbacks()
    feeds = {f"s{n}": beside.url(f"/gone{n}") for n in range(GONE_SOURCES)}
    beside.server.answers |= dict.fromkeys((f"/gone{n}" for n in range(GONE_SOURCES)), GONE)
    with http_server_in_thread() as receiver:
        receiver.answers = callbacks
        given_receivers(cluster, receiver, {"ministry": beside.url("/feed"), **feeds}, web)
        until(lambda: web.titles() == ["one"])
        subscribe(web, receiver)
        until(lambda: cluster.count("hub_subscriber") == SUBSCRIBERS)
        until(lambda: cluster.count("webhook") == HOOKS)
        ticks(nodes.works)
        assert Counter(path.partition("?")[0] for path, _ in callbacks.asked) == {
            f"/subscriber{n}": 1 for n in range(SUBSCRIBERS)
        }
        publish(beside, "two", "one")
        cluster.rows("UPDATE source SET due = 0 WHERE id = 'ministry'")
        paths = [f"/subscriber{n}" for n in range(SUBSCRIBERS)]
        until(lambda: all(received(callbacks, "/s")[path, "two"] for path in paths))
        until(lambda: sum(received(callbacks, "/hook").values()) >= HOOKS)
        until(lambda: alerts(callbacks))
        ticks(nodes.works)
        assert received(callbacks, "/s") == {(path, title): 1 for path in paths for title in ("one", "two")}
        assert received(callbacks, "/hook") == {(f"/hook{n}", "two"): 1 for n in range(HOOKS)}
        assert set(alerts(callbacks).values()) == {1}
        assert logged(nodes.works, "kind=gone") == cluster.count("alert WHERE kind = 'gone'") == GONE_SOURCES
        made = 'publicwire_pushes_total{kind="hub",outcome="delivered"}'
        assert sum(int(node.metric(made)) for node in nodes.works if made in metrics(node)) == SUBSCRIBERS
        assert web.metric(POLLS) == 0


def metrics(node: NodeProcess) -> str:
    return httpx.get(f"{node.admin}/metrics", timeout=10).text


def test_of_two_nodes_one_makes_the_backup_and_cleans_up(cluster: Cluster, beside: HubServer) -> None:
    """Each has a store of its own, so that a second one would make a second backup."""
    copy = given_a_copy(cluster.directory / "often")
    app = copy / "aggregator" / "service" / "app.py"
    text, hourly = app.read_text(), '"cron", minute=0, next_run_time=now + FIRST_MAINTENANCE_AFTER'
    assert text.count(hourly) == 1
    app.write_text(text.replace(hourly, '"interval", seconds=2'))
    often = replace(cluster, environment={"PYTHONPATH": str(copy)})
    cluster.sources({"ministry": beside.url("/feed")}, poll=", websub: false")
    cluster.apply()
    with cluster.node("work", "first"):
        until(lambda: cluster.count("poll") == 1)
    cluster.rows(
        """INSERT INTO poll (source, started, seconds, kind, cause, message, received, new, edited)
        SELECT source, started - 86400000::bigint * 40, seconds, kind, cause, message, received, new, edited
        FROM poll"""
    )
    with ExitStack() as stack:
        works = [stack.enter_context(often.node("work", name)) for name in ("one", "two")]
        until(lambda: logged(works, "event=backup"), seconds=60)
        ticks(works, 5)
        assert cluster.count("poll") == 1
        assert logged(works, "event=backup") == 1
    assert len(list(cluster.directory.glob("*/backups/*.db"))) == 1
