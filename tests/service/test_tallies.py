"""Counts by hour in memory, and in the store."""

import asyncio
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from msgspec.structs import replace

from aggregator.errors import StoreFull
from aggregator.model.overview import HostTime, Tally, TallyKind
from aggregator.model.poll import Claim, Outcome, OutcomeKind
from aggregator.model.schedule import Due, DueReason
from aggregator.service.tallies import HOSTS_MAX, Tallies, write
from tests.engines import open_storage
from tests.given import HOUR, NOON, at_once

pytestmark = pytest.mark.usefixtures("engine")
of_one_engine = pytest.mark.one_engine("no store is opened")
T = TypeVar("T")


def claim(host: str) -> Claim:
    return Claim(1, "harbour", f"https://{host}/", 1, Due(NOON, DueReason.NEW), host=host)


def outcome(kind: OutcomeKind = OutcomeKind.CHANGED, *, seconds: float = 1.0, new: int = 0) -> Outcome:
    return Outcome("harbour", kind, NOON, seconds, new=new)


@of_one_engine
def test_polls_items_and_requests_are_counted_by_hour() -> None:
    now = NOON
    tallies = Tallies(lambda: now)
    tallies.observe(claim("a.example"), outcome(new=3))
    tallies.observe(claim("a.example"), outcome(OutcomeKind.FAILED))
    tallies.request(200)
    now += timedelta(minutes=61)
    tallies.request(206)
    tallies.request(304)
    hour = NOON + HOUR
    assert tallies.take() == (
        Tally(TallyKind.POLLS, NOON, "changed", 1),
        Tally(TallyKind.ITEMS, NOON, "new", 3),
        Tally(TallyKind.POLLS, NOON, "failed", 1),
        Tally(TallyKind.REQUESTS, NOON, "2xx", 1),
        Tally(TallyKind.REQUESTS, hour, "2xx", 1),
        Tally(TallyKind.REQUESTS, hour, "3xx", 1),
    )
    assert tallies.take() == ()


@of_one_engine
def test_hosts_are_ranked_by_their_mean_and_bounded() -> None:
    tallies = Tallies(lambda: NOON)
    for number in range(HOSTS_MAX + 1):
        tallies.observe(claim(f"h{number}.example"), outcome(seconds=number + 1))
    tallies.observe(claim("h5000.example"), outcome(seconds=1))
    tallies.observe(claim(""), outcome(seconds=9e9))
    slowest = tallies.slowest()
    assert slowest[0] == HostTime("h4999.example", 5000.0, 1)
    assert len(slowest) == 10
    assert len(tallies._hosts) == HOSTS_MAX // 2


def written(directory: Path, *fails: bool) -> tuple[Tally, ...]:
    with closing(open_storage(directory)) as storage:
        tallies = Tallies(lambda: NOON)
        for is_full in fails:
            tallies.request(200)

            async def writing(call: Callable[[], T], /, is_full: bool = is_full) -> T:
                if is_full:
                    raise StoreFull("no room")
                return await at_once(call)

            asyncio.run(write(tallies, storage, writing, lambda: NOON))
        return storage.overview.tallied(TallyKind.REQUESTS, NOON)


def test_counts_that_could_not_be_written_are_written_later(tmp_path: Path) -> None:
    assert written(tmp_path, False, True, True, False) == (Tally(TallyKind.REQUESTS, NOON, "2xx", 4),)


def test_old_counts_are_removed(tmp_path: Path) -> None:
    old = Tally(TallyKind.POLLS, NOON - timedelta(days=33), "failed", 1)
    with closing(open_storage(tmp_path)) as storage:
        storage.overview.add([old], old.hour)
        assert storage.overview.tallied(TallyKind.POLLS, old.hour) == (old,)
        storage.overview.add([replace(old, hour=NOON)], NOON)
        assert storage.overview.tallied(TallyKind.POLLS, old.hour) == (replace(old, hour=NOON),)
