import asyncio

import pytest

from aggregator.fetch.errors import Rejected
from aggregator.fetch.politeness import HOSTS_MAX, HOSTS_REMEMBERED_MAX, LIMITED_FOR, Hosts
from aggregator.model import HostState
from tests.given import NOON


async def turn() -> None:
    """Let every other task run until it waits."""
    for _ in range(10):
        await asyncio.sleep(0)


def running_together(hosts: list[str], *, per_host: int, in_all: int) -> list[str]:
    """Return the hosts whose fetches hold a slot while none ends."""

    async def scenario() -> list[str]:
        slots, held = Hosts(per_host=per_host, in_all=in_all), list[str]()
        for host in hosts:  # all are known to be prompt
            async with slots.slot(host):
                pass

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


def test_fetches_waiting_for_a_slow_host_hold_no_global_slot() -> None:
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


def test_fetches_at_one_host_begin_a_gap_apart_and_those_at_others_do_not_wait() -> None:
    async def scenario() -> list[tuple[str, int]]:
        slots, begun = Hosts(per_host=9, in_all=9, gap=0.05), list[tuple[str, int]]()
        loop = asyncio.get_running_loop()
        start = loop.time()

        async def fetch(host: str) -> None:
            async with slots.slot(host):
                begun.append((host, int((loop.time() - start) / 0.05)))

        await asyncio.gather(*(fetch(host) for host in ("a", "a", "a", "b")))
        async with slots.slot("a", goes_on=True):
            begun.append(("sent on", 0))
        return begun

    order = asyncio.run(scenario())
    assert [host for host, _ in order] == ["a", "b", "a", "a", "sent on"]
    assert [gaps >= least for (_, gaps), least in zip(order, (0, 0, 1, 2, 0), strict=True)] == [True] * 5


def test_fetches_waiting_for_a_rate_limited_host_give_up_and_others_go_on() -> None:
    async def scenario() -> list[str]:
        slots, said = Hosts(per_host=1, in_all=9), list[str]()

        async def fetch(host: str) -> None:
            try:
                async with slots.slot(host):
                    said.append(f"asks {host}")
                    await turn()
                    slots.limit("a")
            except Rejected as error:
                said.append(f"leaves {host} for {int(error.retry_after) > LIMITED_FOR - 5}")

        await asyncio.gather(*(fetch(host) for host in ("a", "a", "b")))
        return said

    assert asyncio.run(scenario()) == ["asks a", "asks b", "leaves a for True"]


def test_a_slow_fetch_gives_its_slot_back_up_to_the_limit_of_slow_fetches() -> None:
    async def scenario() -> list[str]:
        slots, held = Hosts(per_host=1, in_all=1, slow_after=0.01, slow=2), list[str]()
        second, third, both = asyncio.Event(), asyncio.Event(), asyncio.Event()

        async def fetch(host: str, end: asyncio.Event) -> None:
            async with slots.slot(host):
                held.append(host)
                if len(held) == 2:
                    both.set()
                await end.wait()

        async with asyncio.TaskGroup() as group:
            first = group.create_task(fetch("a", second))
            group.create_task(fetch("b", third))
            await both.wait()  # in spite of one slot in all
            second.set()
            await first
            third.set()
        assert slots.slow == 0
        return held

    assert asyncio.run(scenario()) == ["a", "b"]


def test_beyond_those_that_may_be_slow_everybody_waits() -> None:
    async def scenario() -> bool:
        slots = Hosts(per_host=1, in_all=1, slow_after=0.001, slow=0)
        async with slots.slot("a"):
            try:
                async with asyncio.timeout(0.05), slots.slot("b"):
                    return False
            except TimeoutError:
                return True

    assert asyncio.run(scenario())


def test_hosts_that_nobody_is_at_are_forgotten_unless_they_rest() -> None:
    async def scenario() -> int:
        slots = Hosts(per_host=1, in_all=1)
        slots.limit("resting")
        for number in range(3 * HOSTS_MAX):
            async with slots.slot(f"host{number}"):
                pass
        try:
            async with slots.slot("resting"):
                return 0
        except Rejected:
            return len(slots.known)

    assert 1 <= asyncio.run(scenario()) <= HOSTS_MAX


def test_hosts_that_nobody_knows_take_half_of_all_at_most_and_wait_among_themselves() -> None:
    async def scenario() -> list[str]:
        slots, held = Hosts(per_host=1, in_all=4), list[str]()
        for n in range(9):
            async with slots.slot(f"old{n}"):
                pass

        async def fetch(host: str) -> None:
            async with slots.slot(host):
                held.append(host)
                await asyncio.Event().wait()

        tasks = [asyncio.create_task(fetch(f"new{n}")) for n in range(9)]
        await turn()
        tasks += [asyncio.create_task(fetch(f"old{n}")) for n in range(9)]
        await turn()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        async with asyncio.timeout(5):  # every slot was given back
            for n in range(5):
                async with slots.slot(f"x{n}"):
                    pass
        return held

    assert asyncio.run(scenario()) == ["new0", "new1", "old0", "old1"]


def test_a_host_is_prompt_or_not_as_its_last_fetch_was() -> None:
    async def scenario() -> list[bool | None]:
        slots = Hosts(per_host=1, in_all=1, slow_after=0.01)
        said = [slots.is_prompt("a")]
        for is_slow in (False, True, False):
            async with slots.slot("a"):
                if is_slow:
                    async with slots.slot("b"):  # there is no room for it before the first is slow
                        pass
                said.append(slots.is_prompt("a"))
            said.append(slots.is_prompt("a"))
        return said

    assert asyncio.run(scenario()) == [None, None, True, False, False, False, True]


def test_as_many_hosts_as_a_service_has_are_known_and_no_more() -> None:
    async def scenario() -> tuple[bool | None, bool | None]:
        slots = Hosts(per_host=1, in_all=1)
        for number in range(HOSTS_REMEMBERED_MAX + 1):
            async with slots.slot(str(number)):
                pass
        return slots.is_prompt("0"), slots.is_prompt("1")

    assert asyncio.run(scenario()) == (None, True)


def test_an_unknown_one_that_is_slow_makes_room_for_the_next() -> None:
    async def scenario() -> list[str]:
        slots, held, both = Hosts(per_host=1, in_all=2, slow_after=0.01), list[str](), asyncio.Event()

        async def fetch(host: str) -> None:
            async with slots.slot(host):
                held.append(host)
                if len(held) == 3:
                    both.set()
                await both.wait()

        await asyncio.gather(*(fetch(host) for host in "abc"))
        assert slots.slow == 0
        return held

    assert asyncio.run(scenario()) == ["a", "b", "c"]


def test_a_host_leads_where_its_last_fetch_ended() -> None:
    hosts = Hosts(per_host=1, in_all=1)
    assert hosts.end_of("old.example") == "old.example"
    hosts.record_redirect("old.example", "new.example")
    assert hosts.end_of("old.example") == "new.example"
    hosts.record_redirect("old.example", "old.example")
    assert hosts.end_of("old.example") == "old.example"


def restored(hosts: Hosts, gap: float) -> Hosts:
    """Slots of a later process, with what was kept of "h"."""
    later = Hosts(per_host=2, in_all=9, gap=gap)
    later.restore(hosts.states("h", NOON), NOON)
    return later


def test_a_gap_outlives_the_process_and_is_no_rate_limit() -> None:
    async def scenario() -> HostState:
        hosts = Hosts(per_host=4, in_all=9, gap=30.0)
        async with hosts.slot("h"):
            (state,) = restored(hosts, 0.0).states("h", NOON)
        return state

    assert asyncio.run(scenario()).refused_until is None


def test_the_first_minute_after_a_429_outlives_the_process() -> None:
    async def scenario() -> None:
        hosts = Hosts(per_host=2, in_all=9)
        hosts.limit("h")
        with pytest.raises(Rejected):
            async with restored(hosts, 0.0).slot("h"):
                pass

    asyncio.run(scenario())
