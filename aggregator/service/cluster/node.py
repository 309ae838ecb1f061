"""One node of a cluster: its tick reports it, adopts a newer configuration, offers due hosts to the queue and
does its share of the rest. Jobs of the queue poll."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import KW_ONLY, dataclass
from datetime import datetime, timedelta
from functools import partial

from aggregator import __version__
from aggregator.errors import StorageError, StoreAway, StoreUnavailable
from aggregator.log import log
from aggregator.model.cluster import Beat, QueueStats, Role
from aggregator.service import outages, systemd
from aggregator.service.cluster import shares
from aggregator.service.cluster.offers import JOBS_PER_FETCH_SLOT, Offers
from aggregator.service.cluster.passes import Passes
from aggregator.service.cluster.periodic_tasks import PeriodicTasks
from aggregator.service.cluster.queue import Notices, Queue
from aggregator.service.cluster.shares import Shares
from aggregator.service.cluster.stored_config import StoredConfig
from aggregator.service.pipeline import Pipeline
from aggregator.service.pulse import LATE_AFTER, STALE_AFTER, Pulse
from aggregator.tasks import Tasks
from aggregator.workers.pool import trim_heap

CLOCK_OFF_MAX = timedelta(seconds=5)  # from the database's clock; beyond it a node refuses work
OFFERED_AGAIN = 0.2  # seconds after hosts were offered: those that end meanwhile leave room for others
OFFERING_SHARE = 9  # times what an offer took is the least pause after it
RETRY_EVERY = 0.5  # seconds between attempts to run jobs while the store is away
PULSE_EVERY = 1.0  # seconds
DRAIN_SECONDS = 8.0  # that polls under way get to finish after SIGTERM


@dataclass(eq=False)
class Node:
    """A node of a role that `polls`; another one only reports itself and follows the configuration."""

    pipeline: Pipeline
    current: StoredConfig
    queue: Queue
    _: KW_ONLY
    name: str
    role: Role
    tasks: Tasks
    periodic: PeriodicTasks
    notices: Notices
    heartbeat: timedelta
    notify: Callable[[str], None] = systemd.notify
    monotonic: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        self._storage, self._write = self.pipeline.storage, self.pipeline.write
        self._clock = self.pipeline.clock
        self._started = self._clock()
        self.shares = Shares(self.monotonic)
        self.passes = Passes(self.pipeline, self.name, self.fail)
        self.each_tick: Callable[[], None] = lambda: None  # in a thread
        self.stop = asyncio.Event()
        self.failed = False  # by an error that ends the node
        self.fault = ""  # why the store takes nothing at the moment
        self.refusal = ""  # why this node refuses work
        self.away = 0  # times that the store was
        self.last_tick: datetime | None = None
        self.offers = Offers(self._storage, self.queue, self.pipeline.config, self._clock)
        self.offset = self._off = timedelta()
        self._pulse = Pulse(self.monotonic)
        self._ticked: float | None = None
        self._running: set[asyncio.Task[None]] = set()
        self._is_restyling = self._draining = self._runs_periodic = self._is_alone = False
        self._has_offered = asyncio.Event()

    async def tick(self) -> None:
        """Run one tick. A store that fails ends the node, unless it is only away or full."""
        if self._draining:
            return
        self._pulse.begin(self.pipeline.finished())
        try:
            await self._report()
            await asyncio.to_thread(self.current.follow)
            self._judge()
            for pool in (self.pipeline.reader, self.pipeline.extractor, self.pipeline.drawer):
                await pool.release_if_idle(asyncio.get_running_loop().time())
            await asyncio.to_thread(self.each_tick)
            if self.role.polls:
                await self._work()
            else:
                self._is_alone = not await self.offers.workers()
            self._beat()
        except StorageError as error:
            self.fail(error)
        except Exception:
            await self._give_back()
            raise  # to be logged
        finally:
            self._pulse.end()

    async def _give_back(self) -> None:
        """Leave all shares to other nodes, if any polls, after an unexpected error in a tick."""
        with suppress(StorageError):
            if await self.offers.workers() > 1:
                self.shares.renewed(frozenset(), self.monotonic())
                await self._write(partial(self._storage.cluster.give_back, self.name))

    async def _report(self) -> None:
        """Report this node to the others, and learn its shares and how far its clock is off."""
        beat = Beat(
            self.name,
            self.role,
            __version__,
            self.current.number,
            self.offset,
            self.in_flight(),
            self.passes.leases_lost,
            self.away,
            self._started,
            "\n".join(filter(None, (self.refusal, self.current.error))),
        )
        wanted = shares.ALL if self.role.polls and not self.refusal else ()
        since, before = self.monotonic(), self._clock()
        report = partial(self._storage.cluster.report, beat, wanted, shares.LEASE)
        told, held = await self._write(report)
        took = self.monotonic() - since
        self.offset = before - told + timedelta(seconds=took / 2)
        self._off = abs(self.offset) - timedelta(seconds=took / 2)
        self._judge()  # before a share is used
        self.shares.renewed(frozenset() if self.refusal else held, since)

    def _judge(self) -> None:
        before, self.refusal = self.refusal, ""
        if self._off > CLOCK_OFF_MAX:
            seconds = self.offset.total_seconds()
            self.refusal = f"the clock of this node is {seconds:+.0f} s off the database's: it takes no work"
        elif self.role.polls and self.current.lacks:
            # By its former version it would publish what the newest one holds for review.
            self.refusal = f"this node cannot read version {self.current.lacks}: it takes no work"
        if self.refusal and not before:
            log.error("node refuses work", reason=self.refusal)
            self.queue.stop()
        elif before and not self.refusal:
            log.info("node takes work again")

    async def _work(self) -> None:
        await self.passes.release()
        if self.refusal:
            return
        if self.shares.holds(shares.OFFERS):
            await self._offer()
        else:
            self.offers.stats = QueueStats(0, 0)  # what it saw last is no longer so
        had, self._runs_periodic = self._runs_periodic, self.shares.holds(shares.PERIODIC)
        if self._runs_periodic and not had:
            self.periodic.begin()
        if self._runs_periodic and await self.periodic.run() and not self._is_restyling:
            self._start(self._restyle())
        for task in await self.tasks.claim():
            self._start(self.tasks.run(task))

    async def _offer(self) -> None:
        if await self.offers.make():
            self._has_offered.set()

    async def offer_on(self) -> None:
        """Offer more hosts between ticks while some came due or were left out, until cancelled."""
        took = 0.0
        while True:
            await self._has_offered.wait()
            self._has_offered.clear()
            await asyncio.sleep(max(OFFERED_AGAIN, OFFERING_SHARE * took))
            since = self.monotonic()
            if self.shares.holds(shares.OFFERS) and not (self._draining or self.fault or self.refusal):
                try:
                    await self._offer()
                except StorageError as error:
                    self.fail(error)
                except Exception:
                    log.error("hosts not offered, the next tick tries", exc_info=True)
            took = self.monotonic() - since

    async def consume(self) -> None:
        """Run the jobs of the queue until the node drains; after an error again."""
        while not self._draining:
            if self.refusal or self.fault or self._ticked is None:
                await asyncio.sleep(RETRY_EVERY)
                continue
            try:
                await self.queue.run(self.passes.run, places=self._places, heartbeat=self.heartbeat)
            except StorageError as error:
                self.fail(error)
            except Exception:
                log.error("the queue failed, it is begun anew", exc_info=True)
                await asyncio.sleep(RETRY_EVERY)

    def _places(self) -> int:
        return self.current.config.poll.concurrency * JOBS_PER_FETCH_SLOT

    async def _restyle(self) -> None:
        self._is_restyling = True
        try:
            await self.periodic.restyle(lambda: self._draining or not self.shares.holds(shares.PERIODIC))
        finally:
            self._is_restyling = False

    def _start(self, work: Awaitable[None]) -> None:
        task = asyncio.create_task(self._one(work))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _one(self, work: Awaitable[None]) -> None:
        try:
            await work
        except StorageError as error:
            self.fail(error)

    async def maintain(self) -> None:
        """Run maintenance while polls go on."""
        if not self.shares.holds(shares.MAINTENANCE):
            return
        try:
            await self.periodic.maintain()
            await self.queue.tidy()
            trim_heap()
        except StorageError as error:
            self.fail(error)

    def beside(self) -> Sequence[Coroutine[object, object, None]]:
        """Return what goes on beside the ticks."""
        return self.pulse(), self.notices.listen(), self.follow(), self.offer_on()

    async def follow(self) -> None:
        """Adopt each new configuration once it is notified, until cancelled; ticks adopt what this misses."""
        while True:
            await self.notices.configured.wait()
            self.notices.configured.clear()
            try:
                await asyncio.to_thread(self.current.follow)
            except StorageError:
                continue  # the next tick meets it, too, and logs it
            except Exception:
                log.error("configuration not followed, the next tick tries", exc_info=True)

    async def pulse(self) -> None:
        """Notify the watchdog while a tick waits behind writes that are carried out; until cancelled."""
        while True:
            await asyncio.sleep(PULSE_EVERY)
            if self._pulse.has_moved(self.pipeline.finished()):
                self.notify(systemd.ALIVE)

    def _beat(self) -> None:
        self.notify(systemd.READY if self._ticked is None else systemd.ALIVE)
        if self.fault:
            log.info("the store is back: the node goes on")
        self.last_tick, self._ticked, self.fault = self._clock(), self.monotonic(), ""

    def fail(self, error: StorageError) -> None:
        """Take no work while the store is away; any other error of it ends the node."""
        if not isinstance(error, StoreUnavailable):
            log.error("the store failed", error=str(error))
            self.failed = True
            self.stop.set()
            return
        if not self.fault:
            self.away += isinstance(error, StoreAway)
            outages.report(error)
        self.fault = str(error)
        self.notify(systemd.ALIVE)  # a restart would bring no database back, and end what is still served

    def is_ready(self) -> bool:
        """Return whether ticks run and the store takes writes."""
        is_ticking = self._ticked is not None and self.monotonic() - self._ticked < STALE_AFTER
        return is_ticking and not (self.fault or self.refusal)

    def load(self) -> str:
        """Return what is wrong beside the store: a late tick, or that no node polls; "" for nothing."""
        waits = self._pulse.waits()
        if self._is_alone:
            return "no node polls: start `publicwire work`, or see why each takes no work"
        return "" if waits < LATE_AFTER else f"busy: a tick has waited for {waits:.0f} s behind writes"

    def in_flight(self) -> int:
        """Return how many polls and tasks are under way."""
        return self.passes.running + len(self._running)

    async def drain(self, consuming: "asyncio.Task[None] | None") -> None:
        """Let polls under way finish for DRAIN_SECONDS, then cancel them; give back all that is held."""
        self._draining = True
        self.queue.stop()
        waited = {*self._running, *([consuming] if consuming is not None else [])}
        if waited:
            _, late = await asyncio.wait(waited, timeout=DRAIN_SECONDS)
            for each in late:
                each.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        with suppress(StorageError):
            await self.passes.release()
            await self._write(lambda: self._storage.cluster.leave(self.name))
