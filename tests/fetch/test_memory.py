"""The byte budget: backpressure, the one body beyond it, eviction."""

import asyncio

import pytest

from aggregator.fetch.errors import Rejected
from aggregator.fetch.memory import EVICT_AFTER, Budget, Share
from tests.virtual_time import VirtualTimeLoop, run, settled


def test_a_body_that_exceeds_the_free_budget_waits_until_another_ends() -> None:
    async def scenario() -> list[str]:
        budget, done = Budget(100), list[str]()

        async def take(name: str, size: int) -> None:
            with Share(budget) as share:
                await share.grow(size)
                done.append(name)

        with Share(budget) as first, Share(budget) as beyond:
            await first.grow(90)
            await beyond.grow(20)  # the one that may go beyond
            waiting = [asyncio.create_task(take(name, 30)) for name in ("a", "b")]
            await settled()
            done.append("first ends")
        await asyncio.gather(*waiting)
        return [*done, str(budget.free)]

    assert run(scenario()) == ["first ends", "a", "b", "100"]


def test_bodies_that_together_exceed_the_budget_all_end() -> None:
    async def scenario() -> tuple[int, int]:
        budget, lowest = Budget(100), 100

        async def read_body() -> None:
            nonlocal lowest
            with Share(budget) as share:
                for _ in range(10):
                    await share.grow(9)
                    lowest = min(lowest, budget.free)
                    await settled()

        await asyncio.gather(*(read_body() for _ in range(20)))
        return budget.free, lowest

    free, lowest = run(scenario())
    assert free == 100
    assert lowest >= -90  # never beyond the capacity by more than one body


def test_a_cancelled_wait_reserves_no_memory() -> None:
    async def scenario() -> int:
        budget = Budget(10)

        async def take() -> None:
            with Share(budget) as share:
                await share.grow(10)

        with Share(budget) as first, Share(budget) as beyond:
            await first.grow(10)
            await beyond.grow(1)
            waiting = asyncio.create_task(take())
            await settled()
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        return budget.free

    assert run(scenario()) == 10


def test_a_body_in_countless_pieces_lets_other_tasks_run() -> None:
    async def scenario() -> int:
        turns, loop = 0, asyncio.get_running_loop()

        def count() -> None:
            nonlocal turns
            turns += 1
            loop.call_soon(count)

        count()
        with Share(Budget(100)) as share:
            for _ in range(10_000):  # as much as one read of a socket can decode to, or more
                await share.grow(0)
        return turns

    assert run(scenario()) > 50


async def holding(budget: Budget, size: int) -> str:
    """Reserve bytes and wait until evicted."""
    try:
        with Share(budget) as share:
            await share.grow(size)
            await asyncio.Event().wait()
    except Rejected:
        return "evicted"
    return "ended"


def test_the_largest_slow_body_is_evicted_when_others_wait() -> None:
    async def scenario() -> tuple[str, bool, int]:
        budget = Budget(100)
        large, small = (asyncio.create_task(holding(budget, size)) for size in (80, 20))
        await settled()
        with Share(budget) as finisher, Share(budget) as waiting:
            await finisher.grow(5)
            await waiting.grow(10)  # comes back once the large one is gone
        told, is_still_there = await large, not small.done()
        small.cancel()
        await asyncio.gather(small, return_exceptions=True)
        return told, is_still_there, budget.free

    assert run(scenario()) == ("evicted", True, 100)


def test_small_bodies_that_come_and_go_put_off_no_eviction() -> None:
    async def scenario() -> str:
        budget = Budget(100)
        large = asyncio.create_task(holding(budget, 90))
        await settled()

        async def come_and_go() -> None:
            while True:
                with Share(budget) as small:
                    await small.grow(1)
                    await settled()

        with Share(budget) as first, Share(budget) as waiting:
            await first.grow(8)
            finisher = asyncio.create_task(holding(budget, 3))  # beyond what there is
            await settled()
            first.take(-8)
            others = asyncio.create_task(come_and_go())
            async with asyncio.timeout(2 * EVICT_AFTER):
                await waiting.grow(20)
        for task in (others, finisher):
            task.cancel()
        await asyncio.gather(others, finisher, return_exceptions=True)
        return await large

    assert run(scenario()) == "evicted"


def test_the_largest_body_is_not_evicted_once_its_wait_is_over() -> None:
    async def scenario() -> str:
        budget, loop = Budget(100), asyncio.get_running_loop()
        assert isinstance(loop, VirtualTimeLoop)
        ended = asyncio.Event()

        def ends_as_evict_after_does() -> None:
            loop.now += 3 * EVICT_AFTER  # the loop was busy, and then meets both
            ended.set()

        async def finishing() -> None:
            with Share(budget) as share:
                await share.grow(30)
                await ended.wait()

        with Share(budget) as large:
            await large.grow(80)
            large.began -= 2 * EVICT_AFTER
            finisher = asyncio.create_task(finishing())
            await settled()
            loop.call_soon(ends_as_evict_after_does)
            await large.grow(10)
        await settled()
        await finisher
        return "not cancelled"

    assert run(scenario()) == "not cancelled"


def test_an_eviction_together_with_a_cancellation_is_a_cancellation() -> None:
    async def scenario() -> None:
        task = asyncio.create_task(holding(budget := Budget(100), 80))
        await settled()
        task.cancel()
        (share,) = budget.shares
        share.evict()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(scenario())
