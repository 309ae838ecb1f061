"""The subscriber with real storage, client, pipeline and callback server, beside a scripted hub."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from datetime import datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import TypeVar

from msgspec.structs import replace

from aggregator.fetch.client import Client
from aggregator.model.poll import Health, Outcome
from aggregator.model.settings import Address, Config, PollSettings
from aggregator.model.websub import Subscription, SubscriptionState, TaskKind
from aggregator.policy import reasons
from aggregator.publish.publisher import Publisher
from aggregator.service.pipeline import Pipeline
from aggregator.storage import Storage
from aggregator.tasks import Tasks
from aggregator.web.app import public_app
from aggregator.web.callback import Callback
from aggregator.web.serving import serving
from aggregator.websub.subscriber import Subscriber
from tests.engines import open_storage
from tests.given import HOUR, NOON, InProcessReader, at_once, config, source
from tests.running import free_port
from tests.server import http_server_in_thread
from tests.websub.hub import Form, HubServer

T = TypeVar("T")
SECOND = timedelta(seconds=1)


class SubscriberHarness:
    """All that subscribes, receives and polls for one source, with a clock that only the test advances."""

    def __init__(self, storage: Storage, config: Config, client: Client, hub: HubServer) -> None:
        self.storage = storage
        self.config = config
        self.client = client
        self.hub = hub
        self.now = NOON
        self.pipeline = Pipeline(
            storage, lambda: self.client, InProcessReader(), at_once, config=self._config, clock=self._clock
        )
        subscriber = Subscriber(
            storage.tasks, lambda: self.client, at_once, config=self._config, clock=self._clock
        )
        self.tasks = Tasks(storage.tasks, at_once, {TaskKind.WEBSUB: subscriber.run}, clock=self._clock)
        self.callback = Callback(storage.tasks, config=self._config, clock=self._clock)

    def _config(self) -> Config:
        return self.config

    def _clock(self) -> datetime:
        return self.now

    async def poll(self, after: timedelta = timedelta(0)) -> Outcome:
        """Poll the source, due or not."""
        self.now += after
        (outcome,) = await self.pipeline.run(["ministry"])
        return outcome

    async def steps(self, after: timedelta = timedelta(0)) -> int:
        """Run the due tasks and return their number."""
        self.now += after
        claimed = await self.tasks.claim()
        for task in claimed:
            await self.tasks.run(task)
        return len(claimed)

    async def subscribes(self) -> Form:
        """Poll, subscribe to the hub that was discovered, and return the subscription request."""
        assert (await self.poll()).kind != "failed"
        assert await self.steps() == 1
        return self.hub.forms[-1]

    async def called(self, call: Callable[[], T]) -> T:
        """Make a blocking request of the hub in a thread and return its result."""
        return await asyncio.to_thread(call)

    def health(self) -> Health:
        (health,) = self.storage.overview.health()
        return health

    def due_in(self) -> timedelta:
        return self.health().due.at - self.now

    def why(self) -> str:
        """Return the words for why the source is due."""
        return reasons.words(self.health().due)

    def subscription(self, form: Form | None = None) -> Subscription | None:
        """Return the stored subscription of a request, the last one unless given."""
        token = (form or self.hub.forms[-1])["hub.callback"].rpartition("/")[2]
        return self.storage.tasks.subscription(token)

    def state(self) -> SubscriptionState | None:
        found = self.subscription()
        return None if found is None else found.state


LOOPBACK = (ip_network("127.0.0.0/8"),)


def run_scenario(
    directory: Path, scenario: Callable[[SubscriberHarness], Awaitable[T]], *, path: str = "/feed"
) -> T:
    """Run one scenario and return its result; the feed is at `path` of the hub's server."""

    async def run(beside: HubServer) -> T:
        settings = PollSettings(
            every=HOUR,
            timeout=timedelta(seconds=5),
            max_bytes=100_000,
        )
        address = Address("127.0.0.1", free_port())
        plain = config(
            source("ministry", feed=beside.url(path), every=HOUR, allow_networks=LOOPBACK), store=directory
        )
        publication = replace(plain.publication, url=f"http://{address}/")
        configured = replace(
            plain, publication=publication, poll=settings, listen=address, hub_networks=LOOPBACK
        )
        storage = open_storage(directory)
        storage.admin.sync(configured, NOON)
        client = Client(settings, contact="desk@releases.example", publication_url=publication.url)
        harness = SubscriberHarness(storage, configured, client, beside)
        app = public_app(Publisher(storage, harness._config), storage, harness.callback.routes())
        try:
            async with aclosing(client), serving([(address, lambda: app)]):
                return await scenario(harness)
        finally:
            harness.pipeline.close()
            storage.close()

    with http_server_in_thread() as server:
        return asyncio.run(run(HubServer(server)))


def atom(*titles: str, hub: str = "", topic: str = "") -> bytes:
    """Return an Atom document of these titles."""
    links = "".join(
        f'<link rel="{rel}" href="{url}"/>' for rel, url in (("hub", hub), ("self", topic)) if url
    )
    entries = "".join(
        f"<entry><id>urn:{title}</id><title>{title}</title><updated>2026-03-02T11:00:00Z</updated>"
        f'<link href="https://ministry.example/{title}"/><content>All of {title}.</content></entry>'
        for title in titles
    )
    head = (
        '<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><id>urn:f</id><title>Ministry</title>'
    )
    return f"{head}<updated>2026-03-02T11:00:00Z</updated>{links}{entries}</feed>".encode()


def atom_with_hub(harness: SubscriberHarness, *titles: str) -> bytes:
    """Publish an Atom document that names the hub, and return it."""
    body = atom(*titles, hub=harness.hub.url("/hub"), topic=harness.hub.url("/feed"))
    harness.hub.publish(body)
    return body


async def given_an_active_subscription(harness: SubscriberHarness) -> Form:
    """Subscribe to a hub that verifies at once, and return the subscription request."""
    atom_with_hub(harness, "one")
    form = await harness.subscribes()
    assert harness.state() is SubscriptionState.ACTIVE
    return form
