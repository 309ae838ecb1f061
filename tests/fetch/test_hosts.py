import asyncio

from aggregator.fetch.hosts import Hosts


async def turn() -> None:
    """Let every other task go on as far as it can."""
    for _ in range(10):
        await asyncio.sleep(0)


def running_together(hosts: list[str], *, per_host: int, in_all: int) -> list[str]:
    """Which fetches hold a slot at once when none of them ever ends."""

    async def scenario() -> list[str]:
        slots, held = Hosts(per_host=per_host, in_all=in_all), list[str]()

        async def fetch(host: str) -> None:
            async with slots.slot(host):
                held.append(host)
                await asyncio.Event().wait()

        tasks = [asyncio.create_task(fetch(host)) for host in hosts]
        await turn()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return held

    return asyncio.run(scenario())


def test_a_host_is_asked_no_more_often_at_once_than_is_polite() -> None:
    assert running_together(["a", "a", "a", "b"], per_host=2, in_all=9) == ["a", "a", "b"]


def test_no_more_fetches_run_in_all_than_are_allowed() -> None:
    assert running_together(["a", "b", "c", "d"], per_host=2, in_all=3) == ["a", "b", "c"]


def test_who_waits_for_a_slow_host_keeps_no_slot_from_the_others() -> None:
    assert running_together(["slow"] * 50 + ["b", "c"], per_host=1, in_all=3) == ["slow", "b", "c"]


def test_slots_are_given_in_the_order_they_were_asked_for() -> None:
    async def scenario() -> list[int]:
        slots, order = Hosts(per_host=1, in_all=1), list[int]()

        async def fetch(number: int) -> None:
            async with slots.slot("a"):
                order.append(number)
                await asyncio.sleep(0)

        await asyncio.gather(*(fetch(number) for number in range(5)))
        return order

    assert asyncio.run(scenario()) == [0, 1, 2, 3, 4]
