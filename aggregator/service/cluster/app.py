"""Composition of one node of a cluster, of the parts that `service.app` composes for a service alone."""

import asyncio
import gc
import os
import secrets
import signal
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing, suppress
from datetime import timedelta

from aggregator import storage as stores
from aggregator.errors import StoreUnavailable, UsageError
from aggregator.log import log
from aggregator.model.alert import Alert
from aggregator.model.cluster import Role
from aggregator.model.settings import Config
from aggregator.service import systemd
from aggregator.service.alert_webhook import AlertNotifier
from aggregator.service.app import (
    GARBAGE_THRESHOLDS,
    REMEMBERED_BYTES_MAX,
    both,
    polling,
    ticking,
    utc_now,
)
from aggregator.service.clock_check import ClockCheck
from aggregator.service.cluster.applying import TextInForce
from aggregator.service.cluster.node import Node
from aggregator.service.cluster.periodic_tasks import PeriodicTasks
from aggregator.service.cluster.stored_config import NodeSettings, StoredConfig
from aggregator.service.handlers import handlers
from aggregator.service.metrics import Gauges, Metrics, NodeGauges
from aggregator.service.pipeline import Pipeline
from aggregator.service.sites import Nodes, sides, sites_of
from aggregator.service.tallies import Tallies
from aggregator.service.veto_links import VetoLinks
from aggregator.storage import Storage
from aggregator.storage.postgres.queue import HostQueue
from aggregator.tasks import Tasks
from aggregator.web.remembered import Remembered
from aggregator.web.serving import serving

WRITERS = 4  # threads: a write waits for the database most of its time
VERIFIED_EVERY = timedelta(seconds=1)  # requests to the hub that a web node has stored
NOT_MIGRATED = "the database holds no store of this version: `publicwire migrate` makes or migrates it"


async def serve(
    settings: NodeSettings, role: Role, *, environment: Mapping[str, str], started: Callable[[Config], None]
) -> int:
    """Run one node until SIGTERM or SIGINT; returns the exit code. UsageError for a database that is not
    migrated or has no configuration."""
    storage = stores.present(settings.store, settings.database)
    if storage is None:
        raise UsageError(NOT_MIGRATED)
    with closing(storage), ExitStack() as held:
        if role.polls:
            held.enter_context(storage.admin.node(settings.direct))
        current = StoredConfig(storage, settings, environment, utc_now)
        queue = stores.host_queue(settings.direct or settings.database)
        if role.polls:
            await queue.install()
        try:
            return await _run(storage, current, queue, role, started, settings)
        finally:
            await queue.close()


async def _run(
    storage: Storage,
    current: StoredConfig,
    queue: HostQueue,
    role: Role,
    started: Callable[[Config], None],
    settings: NodeSettings,
) -> int:
    metrics = Metrics(lambda: _gauges(node))
    check = ClockCheck(storage, lambda: current.config)
    tallies = Tallies(utc_now)
    remembered = Remembered(storage.items, REMEMBERED_BYTES_MAX, monotonic=time.monotonic)
    async with polling(
        storage,
        current,
        writers=WRITERS,
        observe=both(metrics.observe, tallies.observe),
        heard=check.hear,
    ) as pipeline:
        node = node_of(pipeline, current, queue, role, check, settings)
        node.each_tick = remembered.forget_removed
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, node.stop.set)
        loop.add_signal_handler(signal.SIGHUP, current.reload)
        nodes = Nodes(
            role,
            node.shares.holds,
            storage.cluster.nodes,
            TextInForce(storage, utc_now),
            node.notices.newest,
            VERIFIED_EVERY,
        )
        async with (
            sides(pipeline, current, node, remembered, metrics, tallies, nodes=nodes) as made,
            serving(sites_of([made], current.config.admin, public=role.answers)),
        ):
            gc.freeze()  # loaded modules stay: the garbage collector need not scan them again
            gc.set_threshold(*GARBAGE_THRESHOLDS)
            started(current.config)
            consuming = asyncio.create_task(node.consume()) if role.polls else None
            with ticking(node) as pause:
                await node.stop.wait()
                pause()
                systemd.notify(systemd.STOPPING)
                log.info("stopping: running polls may finish")
                await node.drain(consuming)
    return 1 if node.failed else 0


def node_of(
    pipeline: Pipeline,
    current: StoredConfig,
    queue: HostQueue,
    role: Role,
    check: ClockCheck,
    settings: NodeSettings,
) -> Node:
    """Compose a node over a pipeline, with durable tasks and alerts."""
    store, write, clock = pipeline.storage.tasks, pipeline.write, pipeline.clock
    vetoes = VetoLinks(pipeline.storage.desk, config=pipeline.config, clock=clock)
    alerts = AlertNotifier(store, pipeline.client, write, config=pipeline.config, clock=clock, vetoes=vetoes)
    return Node(
        pipeline,
        current,
        queue,
        name=f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(2)}",
        role=role,
        tasks=Tasks(store, write, handlers(pipeline, alerts), clock=clock),
        periodic=PeriodicTasks(pipeline, alerts, current, current.config.store, check),
        notices=stores.notices(settings.direct or settings.database),
        heartbeat=settings.heartbeat,
    )


def _gauges(node: Node) -> Gauges:
    storage, totals, subscribers = node.pipeline.storage, None, 0
    alerts: tuple[Alert, ...] = ()
    with suppress(StoreUnavailable):
        totals, alerts = storage.admin.totals(utc_now()), storage.tasks.alerts()
        subscribers = storage.push.subscribers()
    return Gauges(
        totals,
        node.in_flight(),
        node.pipeline.reader.killed,
        node.last_tick,
        alerts,
        subscribers,
        NodeGauges(node.offers.stats, node.passes.leases_lost, node.away, bool(node.fault), node.offset),
    )
