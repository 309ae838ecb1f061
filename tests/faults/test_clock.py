"""A clock that is set: forward, it releases nothing before its time; back, it leaves nothing waiting."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from aggregator.model.decision import State
from aggregator.policy import schedule
from aggregator.service.app import scheduler_of, utc_now
from aggregator.service.live_config import LiveConfig
from aggregator.service.pipeline import Pipeline
from aggregator.service.scheduler import Scheduler
from aggregator.service.writer import Writer
from aggregator.storage import Storage
from aggregator.storage.sqlite import storage as storage_of
from aggregator.workers.pool import WorkerPool
from tests.engines import open_storage, transaction
from tests.fetch.given import client
from tests.given import DAY, HOUR, MINUTE, SourceDriver, all_items, config, entry, iso, source
from tests.storage.test_short_transactions import CountedEngine

pytestmark = pytest.mark.usefixtures("engine")

SECOND = timedelta(seconds=1)
OFFICE = source("office")


@dataclass
class Time:
    """A clock that can be set, and the seconds that really pass."""

    clock: datetime
    ran: float = 0.0

    def passes(self, seconds: float = 1.0) -> None:
        self.ran += seconds
        self.clock += timedelta(seconds=seconds)

    def is_set(self, by: timedelta) -> None:
        self.clock += by


Scenario = Callable[[Storage, Scheduler, Time], Awaitable[None]]


def ticking(directory: Path, scenario: Scenario, opened: Callable[[Path], Storage] = open_storage) -> None:
    """Run a scenario with the tick of a service whose one source is due in an hour and holds an embargo."""

    async def run() -> None:
        time = Time(utc_now())
        current = LiveConfig(config(OFFICE, store=directory))
        with closing(opened(directory)) as storage:
            storage.admin.sync(current.config, time.clock)
            embargoed = entry("Figures", "figures", published=iso(time.clock + 2 * HOUR))
            SourceDriver(storage, OFFICE).says(embargoed, now=time.clock)
            async with client() as fetcher:
                readers, write = WorkerPool(), Writer()
                pipeline = Pipeline(
                    storage,
                    lambda: fetcher,
                    readers,
                    write,
                    config=lambda: current.config,
                    clock=lambda: time.clock,
                )
                poller = scheduler_of(pipeline, current, monotonic=lambda: time.ran)
                await poller.tick()
                await scenario(storage, poller, time)
                assert not poller.failed
                pipeline.close()
                write.close()

    asyncio.run(run())


def states(storage: Storage) -> list[State]:
    return [stored.state for stored in all_items(storage)]


def test_a_poll_requested_between_ticks_starts_before_the_next_tick(tmp_path: Path) -> None:
    async def scenario(storage: Storage, poller: Scheduler, time: Time) -> None:
        watching = asyncio.create_task(poller.watch())
        time.passes(5)
        storage.polls.poll_soon([OFFICE.id], time.clock)
        async with asyncio.timeout(20):
            while not storage.overview.health()[0].failures:  # the address refuses connections
                await asyncio.to_thread(storage.overview.health)
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)

    ticking(tmp_path, scenario)


def test_sources_being_claimed_at_shutdown_are_polled_first(tmp_path: Path) -> None:
    async def scenario(storage: Storage, poller: Scheduler, time: Time) -> None:
        watching = asyncio.create_task(poller.watch())
        time.passes()
        storage.polls.poll_soon([OFFICE.id], time.clock)
        with transaction(tmp_path) as another:
            another("UPDATE source SET token = token")  # a claim has to wait
            async with asyncio.timeout(20):
                while not poller._claiming.locked():
                    await asyncio.to_thread(storage.overview.health)
            draining = asyncio.create_task(poller.drain())
            await asyncio.to_thread(storage.overview.health)  # so that it has begun
        await draining
        assert poller.in_flight() == 0
        assert storage.overview.health()[0].failures == 1  # the address refuses connections
        watching.cancel()
        await asyncio.wait([watching])
        assert poller.in_flight() == 0

    ticking(tmp_path, scenario)


def test_an_embargo_ends_when_its_time_has_come(tmp_path: Path) -> None:
    async def scenario(storage: Storage, poller: Scheduler, time: Time) -> None:
        assert states(storage) == [State.HELD]
        for _ in range(2):
            time.passes(59 * 60)
            await tick_without_polls(storage, poller, time)
            assert states(storage) == [State.HELD]
        time.passes(3 * 60)
        await tick_without_polls(storage, poller, time)
        assert states(storage) == [State.LIVE]

    ticking(tmp_path, scenario)


def test_a_release_that_fails_keeps_no_poll_from_being_claimed(tmp_path: Path) -> None:
    engine = CountedEngine(open_storage(tmp_path).admin._engine)

    async def scenario(storage: Storage, poller: Scheduler, time: Time) -> None:
        time.passes(2 * 3600 + 60)
        engine.rows_max = 2  # a release writes more
        await poller.tick()
        assert states(storage) == [State.HELD]
        assert "in time" in poller.fault
        assert [host for host in poller._polls.values() if host]  # of polls: tasks have none
        engine.rows_max = 1_000
        time.passes()
        await poller.tick()
        assert states(storage) == [State.LIVE]
        assert poller.fault == ""
        await poller.drain()

    ticking(tmp_path, scenario, lambda _: storage_of(engine))


async def tick_without_polls(storage: Storage, poller: Scheduler, time: Time) -> None:
    """Run a tick while another poller has a lease of the source."""
    storage.polls.claim(time.clock, limit=9, lease=HOUR, ids=[OFFICE.id])
    await poller.tick()


def test_a_clock_that_leaps_ahead_and_back_releases_nothing(tmp_path: Path) -> None:
    async def scenario(storage: Storage, poller: Scheduler, time: Time) -> None:
        for leap in (3 * HOUR, 400 * DAY):
            time.passes()
            time.is_set(leap)
            await tick_without_polls(storage, poller, time)
            assert states(storage) == [State.HELD]
            time.passes()
            time.is_set(-leap)
            await tick_without_polls(storage, poller, time)
            assert states(storage) == [State.HELD]

    ticking(tmp_path, scenario)


def test_a_clock_that_stays_ahead_is_accepted_at_the_second_tick(tmp_path: Path) -> None:
    async def scenario(storage: Storage, poller: Scheduler, time: Time) -> None:
        time.passes()
        time.is_set(3 * HOUR)
        await tick_without_polls(storage, poller, time)
        assert states(storage) == [State.HELD]
        time.passes()
        await tick_without_polls(storage, poller, time)
        assert states(storage) == [State.LIVE]

    ticking(tmp_path, scenario)


@pytest.mark.parametrize("leap", [MINUTE, 3 * HOUR, 4000 * DAY])
def test_a_clock_that_goes_back_leaves_no_source_waiting_longer_than_planned(
    tmp_path: Path, leap: timedelta
) -> None:
    async def scenario(storage: Storage, poller: Scheduler, time: Time) -> None:
        planned = storage.polls.next_due()
        assert planned is not None
        time.passes()
        time.is_set(-leap)
        await poller.tick()
        due = storage.polls.next_due()
        assert due is not None
        assert abs(due - (planned - leap)) < SECOND / 100

    ticking(tmp_path, scenario)


def test_a_lease_from_before_the_clock_went_back_ends_as_planned_too(tmp_path: Path) -> None:
    async def scenario(storage: Storage, poller: Scheduler, time: Time) -> None:
        (lost,) = storage.polls.claim(
            time.clock, limit=1, lease=MINUTE, ids=[OFFICE.id]
        )  # by a poller that died
        time.passes()
        time.is_set(-400 * DAY)
        await poller.tick()
        time.passes(3601)
        (again,) = storage.polls.claim(time.clock, limit=1, lease=MINUTE)
        assert again.token == lost.token + 1

    ticking(tmp_path, scenario)


@pytest.mark.parametrize(
    ("wall", "ran", "leap"),
    [
        (SECOND, SECOND, 0 * SECOND),
        (5 * SECOND, SECOND, 0 * SECOND),
        (HOUR, SECOND, HOUR - SECOND),
        (-HOUR, SECOND, -HOUR - SECOND),
        (HOUR, HOUR, 0 * SECOND),  # a stalled machine is no leap of its clock
    ],
)
def test_a_leap_is_the_wall_time_beyond_the_monotonic_time(
    wall: timedelta, ran: timedelta, leap: timedelta
) -> None:
    assert schedule.leap(wall, ran) == leap
