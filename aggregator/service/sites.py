"""Composition of both HTTP sides, public and admin, with the own hub: loaded by the service alone."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Protocol

from msgspec import Struct
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from aggregator.model.cluster import Node, Role
from aggregator.model.push import PushResult
from aggregator.model.settings import Address
from aggregator.publish.publisher import Publisher
from aggregator.service.editing import Editor, FileText, Text
from aggregator.service.live_config import Present
from aggregator.service.metrics import Metrics
from aggregator.service.pipeline import Pipeline
from aggregator.service.push import DISTRIBUTED, PINGED, TOLD, VERIFIED, Push, Pushers
from aggregator.service.tallies import Tallies, write, write_often
from aggregator.service.webhooks import Webhooks
from aggregator.storage import stored_feeds
from aggregator.web.access import Access
from aggregator.web.admin import admin_app, admin_index
from aggregator.web.app import public_app
from aggregator.web.audience import Audience, Counted
from aggregator.web.callback import Callback
from aggregator.web.clients import TrustedProxies
from aggregator.web.feed_view import FeedView
from aggregator.web.finished import Finished
from aggregator.web.hub import HubEndpoint
from aggregator.web.look import Looks
from aggregator.web.overview import Live
from aggregator.web.prefix import Prefixed
from aggregator.web.remembered import Mark, Remembered
from aggregator.websub.distribution import Distributor
from aggregator.websub.ping import Pinger
from aggregator.websub.verification import LOOK_EVERY, Verifier


class Ticks(Protocol):
    """State of the ticks of the process, for its sites."""

    fault: str

    def is_ready(self) -> bool: ...

    def load(self) -> str: ...


class Nodes(Struct, frozen=True):
    """The part of one node: its role, the kinds of push that are its own at the moment, all nodes."""

    role: Role = Role.SERVE
    is_ours: Callable[[str], bool] = lambda kind: True
    known: Callable[[], Sequence[Node]] = tuple
    text: Text | None = None  # that edits of sources go to; None: the file of the configuration
    newest: Callable[[], int | None] | None = None  # `seq` by the notices of the store; None: read it
    verified_every: timedelta = LOOK_EVERY  # requests to the hub of another process


ALONE = Nodes()


@asynccontextmanager
async def pushing(
    pipeline: Pipeline,
    current: Present,
    publisher: Publisher,
    observe: Callable[[PushResult], None],
    nodes: Nodes,
) -> AsyncIterator[Sequence[BaseRoute]]:
    """Run the own WebSub hub, pings of another, and webhooks; yields the routes of the hub. Drained at the
    end."""
    pushers, storage, write = Pushers(current), pipeline.storage, pipeline.write
    client, now, config = pushers.pusher, pipeline.clock, pipeline.config
    verifier = Verifier(
        storage.push, publisher, client, write, config=config, clock=now, look_every=nodes.verified_every
    )
    distributor = Distributor(storage, publisher, client, write, config=config, clock=now, observe=observe)
    pinger = Pinger(storage, client, write, config=config, clock=now, observe=observe)
    endpoint = _hub(pipeline, verifier.wake)
    webhooks = Webhooks(storage, publisher, client, write, config=config, clock=now, observe=observe)
    push = Push({VERIFIED: verifier, DISTRIBUTED: distributor, PINGED: pinger, TOLD: webhooks}, nodes.is_ours)
    loops = push.loops()
    try:
        yield endpoint.routes()
    finally:
        for loop in loops:
            loop.cancel()
        await push.drain()
        await distributor.record()
        await pushers.close()


class Sides(Struct, frozen=True):
    """The public side of one publication, at `listen`, and its admin side, at `path` among several. Each call
    makes an application."""

    name: str
    path: str
    listen: Address
    public: Callable[[], ASGIApp]
    admin: Callable[[], ASGIApp]
    admin_url: Callable[[], str]
    is_ready: Callable[[], bool]


@asynccontextmanager
async def sides(
    pipeline: Pipeline,
    current: Present,
    ticks: Ticks,
    remembered: Remembered,
    metrics: Metrics,
    tallies: Tallies,
    path: str = "",
    nodes: Nodes = ALONE,
) -> AsyncIterator[Sides]:
    """Compose both sides of a publication, push, and write what is counted. `path` is that of its admin side
    among several, "" for the only one."""
    publisher = Publisher(pipeline.storage, lambda: current.config)
    audience = Audience()
    async with AsyncExitStack() as stack:
        if nodes.role.polls:
            hub = await stack.enter_async_context(
                pushing(pipeline, current, publisher, metrics.pushed, nodes)
            )
        else:
            hub = _hub(pipeline, wake=lambda: None).routes()  # verified on the node that has the share
        await stack.enter_async_context(counting(pipeline, tallies))
        newest = nodes.newest or pipeline.storage.engine.newest()
        public = _public(pipeline, current, publisher, hub, remembered, newest)
        live = Live(tallies.slowest, audience.subscribers)
        yield Sides(
            current.config.publication.name,
            path,
            current.config.listen,
            lambda: Counted(public(), tallies.request, audience),
            _admin(pipeline, current, ticks, metrics.text, live, nodes),
            lambda: current.config.admin_url,
            ticks.is_ready,
        )


def sites_of(
    publications: Sequence[Sides], admin: Address, *, public: bool = True
) -> list[tuple[Address, Callable[[], ASGIApp]]]:
    """Return each address with what makes its application: of all publications the admin side, and their
    public sides if this process answers the public."""
    listening = [(each.listen, each.public) for each in publications if public]
    return [*listening, (admin, lambda: _admin_side(publications))]


def _admin_side(publications: Sequence[Sides]) -> ASGIApp:
    """Return the admin application of one publication, or that of several with a path for each, under the
    path of `admin_url`."""
    first = publications[0]
    if len(publications) == 1:
        return Prefixed(first.admin(), first.admin_url)

    def address() -> str:
        return first.admin_url().removesuffix(f"/{first.path}")

    named = [(each.name, each.path, each.admin()) for each in publications]
    index = admin_index(named, lambda: all(each.is_ready() for each in publications), address=address)
    return Prefixed(index, address)


@asynccontextmanager
async def counting(pipeline: Pipeline, tallies: Tallies) -> AsyncIterator[None]:
    """Write counts once a minute, and those that are left at the end."""
    of = tallies, pipeline.storage, pipeline.write, pipeline.clock
    writing = asyncio.create_task(write_often(*of))
    try:
        yield
    finally:
        writing.cancel()
        await write(*of)


def _hub(pipeline: Pipeline, wake: Callable[[], None]) -> HubEndpoint:
    return HubEndpoint(pipeline.storage.push, config=pipeline.config, clock=pipeline.clock, wake=wake)


def _public(
    pipeline: Pipeline,
    current: Present,
    publisher: Publisher,
    hub: Sequence[BaseRoute],
    remembered: Remembered,
    newest: Callable[[], int | None],
) -> Callable[[], ASGIApp]:
    storage = pipeline.storage
    callback = Callback(storage.tasks, config=lambda: current.config, clock=pipeline.clock)
    looks = Looks(lambda: current.config)
    current.look = lambda: looks.current().problems()

    def mark() -> Mark | None:
        seq = newest()
        return None if seq is None else Mark.of(seq, current.config)

    def public() -> TrustedProxies:
        routes = [*hub, *callback.routes()]
        app = public_app(publisher, storage, routes, remembered=remembered, looks=looks)
        finished = Finished(app, remembered, mark)
        return TrustedProxies(FeedView(finished), lambda: current.config.trusted_proxies)

    return public


def _admin(
    pipeline: Pipeline,
    current: Present,
    ticks: Ticks,
    metrics: Callable[[], bytes],
    live: Live,
    nodes: Nodes,
) -> Callable[[], ASGIApp]:
    reader = pipeline.reader

    def problems() -> tuple[str, ...]:
        return tuple(
            each for each in (*current.error.splitlines(), *current.look(), ticks.fault, ticks.load()) if each
        )

    access = Access(pipeline.storage.sessions, config=pipeline.config, clock=pipeline.clock)

    def admin() -> ASGIApp:
        app = admin_app(
            pipeline.storage,
            access,
            ticks.is_ready,
            problems=problems,
            load=ticks.load,
            metrics=metrics,
            live=live,
            edits=_editor(pipeline, current, nodes.text),
            workers=lambda: reader.confinement.words if reader.confinement else "",
            nodes=nodes.known,
        )
        return TrustedProxies(app, lambda: current.config.trusted_proxies)

    return admin


def _editor(pipeline: Pipeline, current: Present, text: Text | None) -> Editor:
    """Return what edits sources.yaml for pages of the admin side."""
    return Editor(
        text or FileText(current.config.path),
        lambda: current.config,
        pipeline.client,
        pipeline.reader,
        lambda: stored_feeds(current.config.store, current.config.database),
        pipeline.clock,
    )
