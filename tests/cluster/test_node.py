"""One node in this process: it refuses work while its clock is off, and gives back what it holds."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator import config as configuration
from aggregator import storage as stores
from aggregator.config import Addition
from aggregator.errors import Outdated, UsageError
from aggregator.model.cluster import Delivery, Role
from aggregator.model.schedule import HostState
from aggregator.service.app import utc_now
from aggregator.service.clients import Clients
from aggregator.service.clock_check import ClockCheck
from aggregator.service.cluster import shares
from aggregator.service.cluster.app import node_of
from aggregator.service.cluster.applying import TextInForce
from aggregator.service.cluster.node import Node
from aggregator.service.cluster.passes import CLAIMED_MAX
from aggregator.service.cluster.stored_config import NodeSettings, StoredConfig
from aggregator.service.editing import Editor
from aggregator.service.pipeline import Pipeline
from aggregator.service.writer import Writer
from aggregator.storage import Storage
from aggregator.workers.pool import WorkerPool
from tests.postgres import Server
from tests.server import NOT_FOUND, http_server

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


@asynccontextmanager
async def running(
    storage: Storage, settings: NodeSettings, ahead: timedelta = timedelta()
) -> AsyncIterator[Node]:
    """Compose a node whose clock is so far ahead; it is drained at the end."""
    current = StoredConfig(storage, settings, {}, utc_now)
    write, clock = Writer(2), lambda: utc_now() + ahead
    clients = Clients(current, (), clock=clock)
    pipeline = Pipeline(
        storage, clients.client, WorkerPool(), write, config=lambda: current.config, clock=clock
    )
    queue = stores.host_queue(settings.database)
    await queue.install()
    node = node_of(pipeline, current, queue, Role.WORK, ClockCheck(storage, lambda: current.config), settings)
    yield node
    await node.drain(None)
    await queue.close()
    await clients.close()
    write.close()


async def ticks(
    storage: Storage,
    settings: NodeSettings,
    ahead: timedelta,
    count: int,
    before: Callable[[], None] = lambda: None,
) -> Node:
    """Return a node whose clock is so far ahead, after so many ticks and its drain; `before` runs once it has
    read its configuration."""
    async with running(storage, settings, ahead) as node:
        before()
        for _ in range(count):
            await node.tick()
        node.offers.stats = await node.queue.stats()
        assert (not held(node)) is bool(node.refusal)
        return node


def held(node: Node) -> frozenset[str]:
    return frozenset(each for each in shares.ALL if node.shares.holds(each))


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
    assert re.fullmatch(
        r"version 2 of the configuration \(applied [-\d]+ [:\d]+ UTC\):\d+:\d+: .*TOKEN.*", current.error
    )
    given_applied(storage, settings, SOURCES + "# again\n")
    current.follow()
    assert (current.number, current.error) == (3, "")
    assert replace(current.config, path=before.path, version=before.version) == before


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
    assert [held.holds(shares.OFFERS), held.holds(shares.PERIODIC)] == [True, False]
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


def test_a_node_whose_ticks_fail_unexpectedly_leaves_its_shares_to_others(
    storage: Storage, settings: NodeSettings
) -> None:
    given_applied(storage, settings)

    def fails() -> None:
        raise ValueError("unexpected")

    async def run() -> None:
        async with AsyncExitStack() as stack:
            broken, sound = [await stack.enter_async_context(running(storage, settings)) for _ in range(2)]
            for _ in shares.ALL:
                await broken.tick()
            await sound.tick()
            assert (held(broken), held(sound)) == (frozenset(shares.ALL), frozenset())
            broken.each_tick = fails
            for _ in shares.ALL:
                with pytest.raises(ValueError, match="unexpected"):
                    await broken.tick()
                assert held(broken) == frozenset()
                await sound.tick()
            assert held(sound) == frozenset(shares.ALL)

    asyncio.run(run())


def test_a_node_alone_whose_ticks_fail_keeps_its_shares(storage: Storage, settings: NodeSettings) -> None:
    given_applied(storage, settings)

    def fails() -> None:
        raise ValueError("unexpected")

    async def run() -> None:
        async with running(storage, settings) as node:
            node.each_tick = fails
            for _ in shares.ALL:
                with pytest.raises(ValueError, match="unexpected"):
                    await node.tick()
            assert held(node) == frozenset(shares.ALL)

    asyncio.run(run())


def test_a_share_is_leased_for_four_seconds_from_the_last_report(
    storage: Storage, settings: NodeSettings
) -> None:
    """By the database's clock: so long others pause when the node of a share is killed."""
    given_applied(storage, settings)

    async def run() -> None:
        async with running(storage, settings) as node:
            for _ in range(2):
                await node.tick()
            with storage.engine.reading() as db:
                found = db.execute(
                    "SELECT until - beat AS lease FROM share JOIN node ON node.name = share.node"
                )
                assert [row["lease"] for row in found] == [4_000, 4_000]

    asyncio.run(run())


def test_between_ticks_hosts_are_offered_that_came_due(storage: Storage, settings: NodeSettings) -> None:
    given_applied(storage, settings)
    more = "  - {id: port, organisation: Port Office, feed: 'http://port.test/feed'}\n"

    async def run() -> None:
        async with running(storage, settings) as node:
            await node.tick()
            assert (await node.queue.stats()).hosts == {"127.0.0.1"}
            given_applied(storage, settings, SOURCES + more)
            offering = asyncio.create_task(node.offer_on())
            while (await node.queue.stats()).hosts != {"127.0.0.1", "port.test"}:
                assert not offering.done()
            offering.cancel()

    asyncio.run(asyncio.wait_for(run(), 60))


def test_a_pass_over_a_large_host_ends_before_its_last_source(
    storage: Storage, settings: NodeSettings
) -> None:
    """The host is offered again behind those that wait: one whose sources were always due would keep its
    place for ever."""
    count = CLAIMED_MAX + 50
    text, _, _ = SOURCES.partition("sources:")

    async def run() -> None:
        async with http_server(dict.fromkeys((f"/{n}" for n in range(count)), NOT_FOUND)) as origin:
            feeds = (
                f"  - {{id: s{n}, organisation: O, feed: '{origin.url(f'/{n}')}', allow_networks: [127.0.0.0/8]}}\n"
                for n in range(count)
            )
            given_applied(storage, settings, f"{text}poll: {{host_gap: 0s}}\nsources:\n{''.join(feeds)}")
            async with running(storage, settings) as node:
                assert await node.passes.run(Delivery(1, "127.0.0.1"))
                assert CLAIMED_MAX <= len(origin.requests) < count
                assert await node.passes.run(Delivery(2, "127.0.0.1"))
                assert len(set(origin.paths)) == len(origin.requests) == count

    asyncio.run(run())
