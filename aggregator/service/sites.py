"""Composition of both HTTP sides, public and admin, with the own hub: loaded by the service alone."""

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from aggregator.model.cluster import Node, Role
from aggregator.model.push import PushResult
from aggregator.model.settings import Address
from aggregator.publish.publisher import Publisher
from aggregator.service.live_config import Present
from aggregator.service.metrics import Metrics
from aggregator.service.pipeline import Pipeline
from aggregator.service.push import DISTRIBUTED, PINGED, TOLD, VERIFIED, Push, Pushers
from aggregator.service.webhooks import Webhooks
from aggregator.web.admin import admin_app
from aggregator.web.app import public_app
from aggregator.web.callback import Callback
from aggregator.web.finished import Finished
from aggregator.web.hub import HubEndpoint
from aggregator.web.remembered import Mark, Remembered
from aggregator.web.serving import serving
from aggregator.websub.distribution import Distributor
from aggregator.websub.ping import Pinger
from aggregator.websub.verification import LOOK_EVERY, Verifier


class Ticks(Protocol):
    """What the sites know of the ticks of their process."""

    fault: str

    def is_ready(self) -> bool: ...

    def load(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Nodes:
    """The part of one node: its roles, the kinds of push that are its own at the moment, all nodes."""

    roles: Collection[Role] = tuple(Role)
    is_ours: Callable[[str], bool] = lambda kind: True
    known: Callable[[], Sequence[Node]] = tuple
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


@asynccontextmanager
async def answering(
    pipeline: Pipeline,
    current: Present,
    ticks: Ticks,
    remembered: Remembered,
    metrics: Metrics,
    nodes: Nodes = ALONE,
) -> AsyncIterator[None]:
    """Answer HTTP on both sides, and push, each as the roles of this process have it."""
    publisher = Publisher(pipeline.storage, lambda: current.config)
    async with AsyncExitStack() as stack:
        if Role.WORK in nodes.roles:
            hub = await stack.enter_async_context(
                pushing(pipeline, current, publisher, metrics.pushed, nodes)
            )
        else:
            hub = _hub(pipeline, wake=lambda: None).routes()  # verified on the node that has the share
        sites = _sites(pipeline, current, ticks, publisher, hub, remembered, metrics.text, nodes)
        await stack.enter_async_context(serving(sites))
        yield


def _hub(pipeline: Pipeline, wake: Callable[[], None]) -> HubEndpoint:
    return HubEndpoint(pipeline.storage.push, config=pipeline.config, clock=pipeline.clock, wake=wake)


def _sites(
    pipeline: Pipeline,
    current: Present,
    ticks: Ticks,
    publisher: Publisher,
    hub: Sequence[BaseRoute],
    remembered: Remembered,
    metrics: Callable[[], bytes],
    nodes: Nodes,
) -> list[tuple[Address, Callable[[], ASGIApp]]]:
    storage, reader = pipeline.storage, pipeline.reader
    callback = Callback(storage.tasks, config=lambda: current.config, clock=pipeline.clock)
    newest = storage.engine.newest()

    def mark() -> Mark | None:
        seq = newest()
        return None if seq is None else Mark(seq, current.config)

    def public() -> Finished:
        routes = [*hub, *callback.routes()]
        return Finished(public_app(publisher, storage, routes, remembered=remembered), remembered, mark)

    def problems() -> tuple[str, ...]:
        return tuple(each for each in (*current.error.splitlines(), ticks.fault, ticks.load()) if each)

    def admin() -> ASGIApp:
        return admin_app(
            storage,
            ticks.is_ready,
            problems=problems,
            load=ticks.load,
            metrics=metrics,
            workers=lambda: reader.confinement.words if reader.confinement else "",
            nodes=nodes.known,
        )

    sides = [(current.config.listen, public)] if Role.WEB in nodes.roles else []
    return [*sides, (current.config.admin, admin)]
