"""One node in this process: it refuses work while its clock is off, and gives back what it holds."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator import config as configuration
from aggregator import storage as stores
from aggregator.config import Addition
from aggregator.errors import Outdated, UsageError
from aggregator.model.cluster import Role
from aggregator.model.schedule import HostState
from aggregator.service.app import utc_now
from aggregator.service.clients import Clients
from aggregator.service.clock_check import ClockCheck
from aggregator.service.cluster import shares
from aggregator.service.cluster.app import node_of
from aggregator.service.cluster.applying import TextInForce
from aggregator.service.cluster.node import Node
from aggregator.service.cluster.stored_config import NodeSettings, StoredConfig
from aggregator.service.editing import Editor
from aggregator.service.pipeline import Pipeline
from aggregator.service.writer import Writer
from aggregator.storage import Storage
from aggregator.workers.pool import WorkerPool
from tests.postgres import Server

pytestmark = [pytest.mark.needs("postgres"), pytest.mark.one_engine("a cluster needs PostgreSQL")]

SOURCES = """
publication: {name: Example Releases, url: "http://127.0.0.1:8000/", language: en, contact: desk@releases.test}
sources:
  - {id: harbour, organisation: Harbour Office, feed: "http://127.0.0.1:9/feed", allow_networks: [127.0.0.0/8]}
"""


@pytest.fixture
def settings(postgres: Server, tmp_path: Path) -> NodeSettings:
    return NodeSettings(
        tmp_path / "store", postgres.schema(f"node_{abs(hash(tmp_path))}"), heartbeat=timedelta(seconds=6)
    )


@pytest.fixture
def storage(settings: NodeSettings) -> Iterator[Storage]:
    with closing(stores.open_storage(settings.store, settings.database)) as opened:
        yield opened


def given_applied(storage: Storage, settings: NodeSettings, text: str = SOURCES) -> None:
    config = configuration.parse(text, settings.store / "sources.yaml")
    storage.cluster.apply(config, text, utc_now())


async def ticks(
    storage: Storage,
    settings: NodeSettings,
    ahead: timedelta,
    count: int,
    before: Callable[[], None] = lambda: None,
) -> Node:
    """Return a node whose clock is so far ahead, after so many ticks and its drain; `before` runs once it has
    read its configuration."""
    current = StoredConfig(storage, settings, {}, utc_now)
    write, clock = Writer(2), lambda: utc_now() + ahead
    clients = Clients(current, (), clock=clock)
    pipeline = Pipeline(
        storage, clients.client, WorkerPool(), write, config=lambda: current.config, clock=clock
    )
    queue = stores.host_queue(settings.database)
    await queue.install()
    node = node_of(pipeline, current, queue, Role.WORK, ClockCheck(storage, lambda: current.config), settings)
    before()
    for _ in range(count):
        await node.tick()
    node.offers.stats = await queue.stats()
    held = frozenset(each for each in shares.ALL if node.shares.holds(each))
    assert (not held) is bool(node.refusal)
    await node.drain(None)
    await queue.close()
    await clients.close()
    write.close()
    return node


@pytest.mark.parametrize("off", [timedelta(minutes=10), timedelta(minutes=-10)])
def test_a_node_whose_clock_is_off_takes_no_work_and_says_so(
    storage: Storage, settings: NodeSettings, off: timedelta
) -> None:
    given_applied(storage, settings)
    node = asyncio.run(ticks(storage, settings, off, 2))
    assert not node.is_ready()
    seconds = round(off.total_seconds())
    assert node.refusal == f"the clock of this node is {seconds:+d} s off the database's: it takes no work"
    assert node.offers.stats.hosts == frozenset()


def test_a_node_offers_due_hosts_once_and_leaves_nothing_behind(
    storage: Storage, settings: NodeSettings
) -> None:
    given_applied(storage, settings)
    node = asyncio.run(ticks(storage, settings, timedelta(seconds=1), 3))
    assert node.is_ready()
    assert node.offers.stats.hosts == {"127.0.0.1"}
    assert storage.cluster.nodes() == ()


def test_of_hosts_that_redirect_to_one_host_one_is_offered_at_a_time(
    storage: Storage, settings: NodeSettings
) -> None:
    """Two nodes that poll them would together send twice as many requests there as `per_host` allows. The
    job of the host itself waits for none of them: they may be slow to redirect."""
    more = "  - {{id: {0}, organisation: {0} Office, feed: 'http://{0}.test/feed'}}\n"
    given_applied(storage, settings, SOURCES + more.format("port") + more.format("pier"))
    storage.polls.fetched([HostState(f"{name}.test", leads_to="127.0.0.1") for name in ("port", "pier")])
    node = asyncio.run(ticks(storage, settings, timedelta(seconds=1), 3))
    assert "127.0.0.1" in node.offers.stats.hosts
    assert len(node.offers.stats.hosts) <= 2


def test_a_node_needs_a_configuration_in_force(storage: Storage, settings: NodeSettings) -> None:
    with pytest.raises(UsageError, match="`publicwire apply"):
        StoredConfig(storage, settings, {}, utc_now)


def test_a_version_that_a_node_cannot_read_leaves_the_former_in_force(
    storage: Storage, settings: NodeSettings
) -> None:
    given_applied(storage, settings)
    current = StoredConfig(storage, settings, {}, utc_now)
    before = current.config
    text = SOURCES.replace(
        "organisation: Harbour Office", "auth: {bearer: $TOKEN}, organisation: Harbour Office"
    )
    given_applied(storage, settings, text)
    current.follow()
    assert (current.number, current.config) == (1, before)
    assert "TOKEN" in current.error
    given_applied(storage, settings, SOURCES + "# again\n")
    current.follow()
    assert (current.number, current.error) == (3, "")
    assert replace(current.config, path=before.path) == before


def test_a_node_that_cannot_read_the_newest_version_takes_no_work(
    storage: Storage, settings: NodeSettings
) -> None:
    """By its former version it would publish what the newest one holds for review."""
    given_applied(storage, settings)
    needs_a_secret = SOURCES.replace(
        "organisation: H", "auth: {bearer: $TOKEN}, publish: review, organisation: H"
    )

    def apply() -> None:
        given_applied(storage, settings, needs_a_secret)

    node = asyncio.run(ticks(storage, settings, timedelta(seconds=1), 3, apply))
    assert not node.is_ready()
    assert node.refusal == "this node cannot read version 2: it takes no work"
    assert node.offers.stats.hosts == frozenset()


def test_the_way_past_a_pooler_must_lead_to_the_same_schema(
    storage: Storage, settings: NodeSettings, postgres: Server
) -> None:
    with storage.admin.node(settings.database):
        pass
    elsewhere = postgres.schema(f"elsewhere_{abs(hash(settings.store))}")
    with pytest.raises(UsageError, match="PUBLICWIRE_DATABASE_DIRECT"):
        storage.admin.node(elsewhere).__enter__()


def test_a_share_is_not_used_in_the_last_second_of_its_lease() -> None:
    now = 0.0
    held = shares.Shares(lambda: now)
    held.renewed(frozenset({shares.OFFERS}), now)
    assert [held.holds(shares.OFFERS), held.holds(shares.CHORES)] == [True, False]
    now = 4.0
    assert not held.holds(shares.OFFERS)


def test_an_edit_of_sources_is_a_version_unless_another_was_first(
    storage: Storage, settings: NodeSettings
) -> None:
    given_applied(storage, settings)
    current = StoredConfig(storage, settings, {}, utc_now)
    text, other = TextInForce(storage, utc_now), TextInForce(storage, utc_now)
    clients = Clients(current, (), clock=utc_now)
    editor = Editor(text, lambda: current.config, clients.client, WorkerPool(), tuple, utc_now)
    other.read()
    editor.pause("harbour", paused=True)
    current.follow()
    assert (current.number, [each.paused is None for each in current.config.sources]) == (2, [False])
    added = editor.add(Addition("https://office.test/feed", "", "Port Office", ()))
    current.follow()
    assert (current.number, added, len(current.config.sources)) == (3, "office-test-feed", 2)
    with pytest.raises(Outdated, match="version 3"):
        other.write(text.read())
    with pytest.raises(UsageError, match="polls no `file:` source"):
        text.write(text.read().replace("https://office.test/feed", "file:feed.xml"))
