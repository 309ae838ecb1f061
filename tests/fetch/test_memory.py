import asyncio

import pytest

from aggregator.fetch.errors import Rejected
from aggregator.fetch.memory import Budget, Share


async def turn() -> None:
    """Let every other task run until it waits."""
    for _ in range(10):
        await asyncio.sleep(0)


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
            await turn()
            done.append("nobody yet")
        await asyncio.gather(*waiting)
        return [*done, str(budget.free)]

    assert asyncio.run(scenario()) == ["nobody yet", "a", "b", "100"]


def test_bodies_that_all_want_more_than_there_is_still_all_come_to_an_end() -> None:
    async def scenario() -> tuple[int, int]:
        budget, lowest = Budget(100), 100

        async def read_body() -> None:
            nonlocal lowest
            with Share(budget) as share:
                for _ in range(10):
                    await share.grow(9)
                    lowest = min(lowest, budget.free)
                    await asyncio.sleep(0)

        await asyncio.gather(*(read_body() for _ in range(20)))
        return budget.free, lowest

    free, lowest = asyncio.run(scenario())
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
            await turn()
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        return budget.free

    assert asyncio.run(scenario()) == 10


def test_a_body_in_countless_pieces_lets_others_go_on() -> None:
    async def scenario() -> int:
        turns = 0

        async def other() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        waiting = asyncio.create_task(other())
        with Share(Budget(100)) as share:
            for _ in range(10_000):  # as much as one read of a socket can decode to, or more
                await share.grow(0)
        waiting.cancel()
        return turns

    assert asyncio.run(scenario()) > 50


async def holding(budget: Budget, size: int) -> str:
    """Reserve bytes and wait until evicted."""
    try:
        with Share(budget) as share:
            await share.grow(size)
            await asyncio.Event().wait()
    except Rejected:
        return "cut off"
    return "ended"


def test_the_largest_slow_body_is_evicted_when_others_wait() -> None:
    async def scenario() -> tuple[str, bool, int]:
        budget = Budget(100, evict_after=0.02)
        large, small = (asyncio.create_task(holding(budget, size)) for size in (80, 20))
        await turn()
        with Share(budget) as finisher, Share(budget) as waiting:
            await finisher.grow(5)
            await waiting.grow(10)  # comes back once the large one is gone
        told, is_still_there = await large, not small.done()
        small.cancel()
        await asyncio.gather(small, return_exceptions=True)
        return told, is_still_there, budget.free

    assert asyncio.run(scenario()) == ("cut off", True, 100)


def test_small_bodies_that_come_and_go_put_off_no_cut() -> None:
    async def scenario() -> str:
        budget = Budget(100, evict_after=0.05)
        large = asyncio.create_task(holding(budget, 90))
        await turn()

        async def come_and_go() -> None:
            while True:
                with Share(budget) as small:
                    await small.grow(1)
                    await turn()

        with Share(budget) as first, Share(budget) as waiting:
            await first.grow(8)
            finisher = asyncio.create_task(holding(budget, 3))  # beyond what there is
            await turn()
            first.take(-8)
            others = asyncio.create_task(come_and_go())
            async with asyncio.timeout(2):
                await waiting.grow(20)
        for task in (others, finisher):
            task.cancel()
        await asyncio.gather(others, finisher, return_exceptions=True)
        return await large

    assert asyncio.run(scenario()) == "cut off"


def test_the_largest_body_is_not_evicted_once_its_wait_is_over() -> None:
    async def scenario() -> str:
        budget, loop = Budget(100, evict_after=0.02), asyncio.get_running_loop()

        ended = asyncio.Event()

        def ends_as_evict_after_does() -> None:
            until = loop.time() + 3 * budget.evict_after
            while loop.time() < until:  # the loop is busy meanwhile, and then meets both
                pass
            ended.set()

        async def finishing() -> None:
            with Share(budget) as share:
                await share.grow(30)
                await ended.wait()

        with Share(budget) as large:
            await large.grow(80)
            large.began -= 2 * budget.evict_after
            finisher = asyncio.create_task(finishing())
            await turn()
            loop.call_soon(ends_as_evict_after_does)
            await large.grow(10)
        await turn()
        await finisher
        return "not cancelled"

    assert asyncio.run(scenario()) == "not cancelled"


def test_a_cut_that_comes_with_a_cancellation_is_a_cancellation() -> None:
    async def scenario() -> None:
        task = asyncio.create_task(holding(budget := Budget(100), 80))
        await turn()
        task.cancel()
        (share,) = budget.shares
        share.evict()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(scenario())
