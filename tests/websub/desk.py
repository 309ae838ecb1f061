"""A desk that polls one source and answers hubs: real store, client, pipeline and web server, a clock we set."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import TypeVar

from aggregator.fetch.client import Client
from aggregator.model import Health, Outcome, ReadJob, ReadResult, Subscription, SubscriptionState
from aggregator.model.settings import Address, Config, PollSettings
from aggregator.policy import reasons
from aggregator.publish.publisher import Publisher
from aggregator.service.pipeline import Pipeline
from aggregator.storage import Storage, open_storage
from aggregator.tasks import Tasks
from aggregator.web.app import public_app
from aggregator.web.callback import Callback
from aggregator.web.serving import Servers
from aggregator.websub.subscriber import KIND, Subscriber
from aggregator.workers.job import work
from tests.given import HOUR, NOON, at_once, config, source
from tests.websub.hub import Form, Hub, hub

T = TypeVar("T")


class AtOnce:
    """Reads documents where we are."""

    async def run(self, job: ReadJob) -> ReadResult:
        return work(job)

    async def release_if_idle(self, now: float) -> bool:
        return False


class Desk:
    """The subscriber's whole side, and the hub beside it."""

    def __init__(self, storage: Storage, config: Config, client: Client, hub: Hub) -> None:
        self.storage = storage
        self.config = config
        self.client = client
        self.hub = hub
        self.now = NOON
        self.pipeline = Pipeline(
            storage, lambda: self.client, AtOnce(), at_once, config=self._config, clock=self._clock
        )
        subscriber = Subscriber(
            storage.tasks, lambda: self.client, at_once, config=self._config, clock=self._clock
        )
        self.tasks = Tasks(storage.tasks, at_once, {KIND: subscriber.run}, clock=self._clock)
        self.callback = Callback(storage.tasks, config=self._config, clock=self._clock)

    def _config(self) -> Config:
        return self.config

    def _clock(self) -> datetime:
        return self.now

    async def poll(self, after: timedelta = timedelta(0)) -> Outcome:
        """Poll the source, whether it is due or not."""
        self.now += after
        (outcome,) = await self.pipeline.run(["ministry"])
        return outcome

    async def steps(self, after: timedelta = timedelta(0)) -> int:
        """Do what is due besides polls; how much that was."""
        self.now += after
        taken = await self.tasks.claim()
        for task in taken:
            await self.tasks.run(task)
        return len(taken)

    async def subscribes(self) -> Form:
        """A poll finds the hub, and the hub is asked; what it was asked."""
        assert (await self.poll()).kind != "failed"
        assert await self.steps() == 1
        return self.hub.forms[-1]

    async def called(self, call: Callable[[], T]) -> T:
        """What comes of a call that the hub makes, from a thread of its own."""
        return await asyncio.to_thread(call)

    def health(self) -> Health:
        (health,) = self.storage.admin.health()
        return health

    def due_in(self) -> timedelta:
        return self.health().due.at - self.now

    def why(self) -> str:
        return reasons.words(self.health().due)

    def subscription(self, form: Form | None = None) -> Subscription | None:
        """What is kept of what was asked, last or then."""
        token = (form or self.hub.forms[-1])["hub.callback"].rpartition("/")[2]
        return self.storage.tasks.subscription(token)

    def state(self) -> SubscriptionState | None:
        found = self.subscription()
        return None if found is None else found.state

    def publish(self, body: bytes, *links: tuple[str, str], path: str = "/feed") -> None:
        """What the publisher shows at a path, with links in its headers."""
        headers = tuple(("Link", f'<{url}>; rel="{rel}"') for rel, url in links)
        self.hub.documents[path] = (headers, body)


def at_a_desk(directory: Path, scenario: Callable[[Desk], Awaitable[T]], *, path: str = "/feed") -> T:
    """Run one scenario; the source's feed is at `path` of the hub's machine."""

    async def run(beside: Hub) -> T:
        settings = PollSettings(
            every=HOUR,
            timeout=timedelta(seconds=5),
            max_bytes=100_000,
            allow_networks=(ip_network("127.0.0.0/8"),),
        )
        address = Address("127.0.0.1", _free_port())
        plain = config(source("ministry", feed=beside.url(path), every=HOUR), store=directory)
        publication = replace(plain.publication, url=f"http://{address}/")
        configured = replace(plain, publication=publication, poll=settings, listen=address)
        storage = open_storage(directory)
        storage.admin.sync(configured, NOON)
        client = Client(settings, contact="desk@releases.example", publication_url=publication.url)
        desk = Desk(storage, configured, client, beside)
        app = public_app(Publisher(storage, desk._config), storage, desk.callback.routes())
        try:
            async with client, Servers([(address, lambda: app)]):
                return await scenario(desk)
        finally:
            desk.pipeline.close()
            storage.close()

    with hub() as beside:
        return asyncio.run(run(beside))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def atom(*titles: str, hub: str = "", topic: str = "") -> bytes:
    """An Atom feed of these releases."""
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


def rss(*titles: str, hub: str, topic: str) -> bytes:
    """An RSS feed of these releases with Atom's links."""
    items = "".join(
        f"<item><title>{title}</title><link>https://ministry.example/{title}</link></item>"
        for title in titles
    )
    links = f'<a:link rel="hub" href="{hub}"/><a:link rel="self" href="{topic}"/>'
    return (
        f'<rss version="2.0" xmlns:a="http://www.w3.org/2005/Atom"><channel><title>Ministry</title>'
        f"<link>https://ministry.example/</link>{links}{items}</channel></rss>"
    ).encode()
