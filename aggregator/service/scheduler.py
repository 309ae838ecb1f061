"""The scheduler: one tick over what is due, with fairness among hosts."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import KW_ONLY, dataclass
from datetime import datetime, timedelta

from aggregator.errors import StorageError, StoreUnavailable
from aggregator.log import log
from aggregator.model.poll import Claim
from aggregator.policy import schedule
from aggregator.policy.fairness import HostAdmission
from aggregator.service import outages, systemd
from aggregator.service.acts import Acts
from aggregator.service.alert_webhook import AlertNotifier
from aggregator.service.clock_check import ClockCheck
from aggregator.service.live_config import LiveConfig
from aggregator.service.maintenance import upkeep
from aggregator.service.origin_steps import OriginSteps
from aggregator.service.pipeline import POLLS_PER_FETCH_SLOT, Pipeline
from aggregator.service.pulse import LATE_AFTER, STALE_AFTER, Pulse
from aggregator.service.releases import Releases
from aggregator.service.restyling import Restyling
from aggregator.service.watch import Watch
from aggregator.tasks import Tasks
from aggregator.workers.pool import trim_heap

DUE_CHECK_EVERY = 0.05  # seconds
PULSE_EVERY = 1.0  # seconds
DRAIN_SECONDS = 8.0  # that running polls get to finish after SIGTERM


@dataclass(eq=False)
class Scheduler:
    """Ticks: reload, publish held items, claim due polls and tasks within capacity, alert, notify systemd."""

    pipeline: Pipeline
    tasks: Tasks
    alerts: AlertNotifier
    current: LiveConfig
    _: KW_ONLY
    notify: Callable[[str], None]
    monotonic: Callable[[], float]
    clock_check: ClockCheck | None = None  # None: held items go live unchecked

    def __post_init__(self) -> None:
        self._storage, self._write = self.pipeline.storage, self.pipeline.write
        self._clock = self.pipeline.clock
        self._releases, self._acts = Releases(self._storage), Acts(self._storage)
        self._origins = OriginSteps(self._storage.origins)
        self._store = self.current.config.store
        reader = self.pipeline.reader
        self._restyling = Restyling(self._storage, reader, self._write, clock=self._clock)
        self._watch = Watch(
            self._storage,
            self._store,
            lambda: self.current.error,
            lambda: reader.killed,
            lambda: [each.url for each in self.current.config.webhooks],
            self._doubt,
            lambda: "\n".join(self.current.look()),
            lambda: f"{self.current.config.admin_url}/desk" if self.current.config.users else "",
        )
        self._synced = self.current.config  # last one in the store; a full disk may reject a newer one
        self._expiry = self._synced.next_expiry(self._clock())
        self._ticked: float | None = None
        self._pulse = Pulse(self.monotonic)
        self._claimed: datetime | None = None
        self._claiming = asyncio.Lock()
        self._polls: dict[asyncio.Task[None], str | None] = {}  # each with its host; None for tasks
        self._lost: list[Claim] = []
        self._is_restyling = self._is_reloading = self._is_asked = self._draining = False
        self.each_tick: Callable[[], None] = lambda: None  # in a thread
        self.last_tick: datetime | None = None
        self.fault = ""  # error that stops all polls at the moment
        self.failed = False  # by an error that ends the service
        self.stop = asyncio.Event()

    async def tick(self) -> None:
        """Run one tick. A store that fails ends the service, unless only its disk is full."""
        if self._draining:
            return
        self._pulse.begin(self.pipeline.finished())
        try:
            if not self._is_reloading and (self._is_asked or self.current.changed()):
                self._start(self._reload())
            await self._sync()
            is_steady = await self._write(self._follow_clock)
            for pool in (self.pipeline.reader, self.pipeline.extractor, self.pipeline.drawer):
                await pool.release_if_idle(asyncio.get_running_loop().time())
            await self._release_lost()
            await self._claim()
            await self._write(lambda: self._origins(self._clock(), by_clock=is_steady))
            if is_steady:
                await self._write(self._publish)
            await self._write(lambda: self._watch(self._clock()))
            await self.alerts.log_new()
            await self._claim_tasks()
            if await asyncio.to_thread(self._beside) and not self._is_restyling:
                self._start(self._restyle())
            self._beat()
        except StorageError as error:
            self._fail(error)
        finally:
            self._pulse.end()

    def _publish(self) -> None:
        now, check = self._clock(), self.clock_check
        self._releases(now, releases_held=check is None or check(now))

    def _doubt(self) -> str:
        return "" if self.clock_check is None else self.clock_check.doubt

    def _beside(self) -> bool:
        """Run in a thread what a tick reads of the store and does not decide by; return whether items are to
        be styled anew."""
        self._acts()
        self.each_tick()
        return self._storage.styles.is_behind()

    async def _restyle(self) -> None:
        self._is_restyling = True
        try:
            await self._restyling.run(is_over=lambda: self._draining)
        finally:
            self._is_restyling = False

    def beside(self) -> Sequence[Coroutine[object, object, None]]:
        """Return what goes on beside the ticks."""
        return self.watch(), self.pulse()

    async def pulse(self) -> None:
        """Notify the watchdog while a tick waits behind writes that are carried out; until cancelled."""
        while True:
            await asyncio.sleep(PULSE_EVERY)
            self.look()

    def look(self) -> None:
        """Look once whether the tick under way is busy."""
        if self._pulse.has_moved(self.pipeline.finished()):
            self.notify(systemd.ALIVE)

    def load(self) -> str:
        """Return the step that a late tick waits for, "" while ticks run."""
        waits = self._pulse.waits()
        if waits < LATE_AFTER:
            return ""
        if self._pulse.is_busy():
            return f"busy: a tick has waited for {waits:.0f} s behind writes, which go on"
        return f"stuck: a tick has waited for {waits:.0f} s, and no write has ended for {STALE_AFTER:.0f} s"

    async def _claim(self) -> None:
        """Claim as many due sources as capacity and fairness among hosts allow."""
        poll = self.current.config.poll
        places = poll.concurrency * POLLS_PER_FETCH_SLOT
        async with self._claiming:
            self._claimed = self._clock()
            under_way = [host for host in self._polls.values() if host is not None]
            if not self._draining and (free := places - len(under_way)) > 0:
                hosts = self.pipeline.client().hosts
                admission = HostAdmission(
                    under_way,
                    places=places,
                    per_host=poll.per_host,
                    is_prompt=hosts.is_prompt,
                    end_of=hosts.end_of,
                )
                for claim in await self.pipeline.claim(free, admit=admission.admit):
                    self._start(self.pipeline.poll(claim), of=claim)

    async def _claim_tasks(self) -> None:
        async with self._claiming:
            if not self._draining:
                for task in await self.tasks.claim():
                    self._start(self.tasks.run(task))

    async def watch(self) -> None:
        """Claim sources that fall due between two ticks; until cancelled."""
        while True:
            await asyncio.sleep(DUE_CHECK_EVERY)
            try:
                if await self._fell_due():
                    await self._claim()
            except StorageError:
                continue  # the next tick meets it, too, and logs it
            except Exception:
                log.error("check for due sources failed, ticks continue", exc_info=True)
                await asyncio.sleep(STALE_AFTER)

    async def _fell_due(self) -> bool:
        if self._claimed is None or self._draining or self.fault:
            return False
        due = await asyncio.to_thread(self._storage.polls.next_due)  # a database may be slow to answer
        return due is not None and self._claimed < due <= self._clock()

    def _follow_clock(self) -> bool:
        """Return whether two ticks agree on the time, so that items go live; undo plans of a clock ahead."""
        if self.last_tick is None or self._ticked is None:
            return False
        now, ran = self._clock(), timedelta(seconds=self.monotonic() - self._ticked)
        leap = schedule.leap(now - self.last_tick, ran)
        if not leap:
            return True
        log.warning("the clock was set", by=f"{leap.total_seconds():+.0f} s")
        if leap < timedelta():
            self._storage.polls.set_back(-leap)
            self._storage.push.set_back(-leap)
        return False

    def _beat(self) -> None:
        """Notify the watchdog and /readyz; only a tick that did its work comes here."""
        self.notify(systemd.READY if self._ticked is None else systemd.ALIVE)
        if self.fault:
            log.info("the store is back: polls go on")
        self.last_tick, self._ticked, self.fault = self._clock(), self.monotonic(), ""

    def _start(self, work: Awaitable[object], *, of: Claim | None = None) -> None:
        poll = asyncio.create_task(self._one(work, of))
        self._polls[poll] = of.host if of else None
        poll.add_done_callback(self._polls.pop)

    async def _one(self, work: Awaitable[object], of: Claim | None) -> None:
        try:
            await work
        except StorageError as error:
            if of is not None:
                self._lost.append(of)
            self._fail(error)

    async def _release_lost(self) -> None:
        """Release claims whose polls a full disk kept from being recorded: their lease is long."""
        if lost := tuple(self._lost):
            await self._write(lambda: self._storage.polls.release(lost))
            del self._lost[: len(lost)]

    def _fail(self, error: StorageError) -> None:
        if not isinstance(error, StoreUnavailable):
            log.error("the store failed", error=str(error))
            self.failed = True
            self.stop.set()
            return
        if not self.fault:
            outages.report(error)
        self.fault = str(error)
        self.notify(systemd.ALIVE)  # a restart would make no room, and end what is still served

    def reload(self) -> None:
        """Have the next tick reload the configuration; a later one takes it into the store."""
        self._is_asked = True

    async def _reload(self) -> None:
        """Read the file beside the ticks: one of 100,000 sources takes seconds."""
        self._is_reloading, self._is_asked = True, False
        self.notify(systemd.reloading())
        try:
            await asyncio.to_thread(self.current.reload)
        finally:
            self._is_reloading = False
            self.notify(systemd.READY)

    async def _sync(self) -> None:
        config, now = self.current.config, self._clock()
        if config is self._synced and (self._expiry is None or now < self._expiry):
            return
        for done in await self._write(await asyncio.to_thread(self._storage.admin.planned, config, now)):
            log.info("configuration", change=done)
        self._synced, self._expiry = config, config.next_expiry(now)
        await asyncio.to_thread(trim_heap)  # the former one and what reading took: 200 MB of 130,000 sources

    async def maintain(self) -> None:
        """Run maintenance while polls go on."""
        retention = self.current.config.retention
        try:
            failed = await asyncio.to_thread(upkeep, self._storage, self._store, retention, self._clock())
            self._watch.backup = self._watch.backup if failed is None else failed
            trim_heap()
        except StorageError as error:
            self._fail(error)

    def is_ready(self) -> bool:
        """Return whether ticks run, or one waits behind writes that are carried out, and the store takes
        them."""
        is_ticking = self._ticked is not None and self.monotonic() - self._ticked < STALE_AFTER
        return (is_ticking or (self._ticked is not None and self._pulse.is_busy())) and not self.fault

    def in_flight(self) -> int:
        """Return how many polls and tasks are under way."""
        return len(self._polls)

    async def drain(self) -> None:
        """Let running polls finish for DRAIN_SECONDS, then cancel them: nothing of them was written."""
        self._draining = True
        await asyncio.sleep(0)  # a tick that was ordered just now begins, and ends at once
        async with self._claiming:
            pass  # a claim under way is still begun, and none after it
        if self._polls:
            _, late = await asyncio.wait(self._polls, timeout=DRAIN_SECONDS)
            for poll in late:
                poll.cancel()
            await asyncio.gather(*late, return_exceptions=True)
