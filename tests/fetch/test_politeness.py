"""Rate limits per host: slots, gaps, 429, prompt and slow hosts."""

import asyncio
from datetime import timedelta

import pytest

from aggregator.fetch.errors import Rejected
from aggregator.fetch.politeness import HOSTS_MAX, HOSTS_REMEMBERED_MAX, LIMITED_FOR, SLOW_FETCH_AFTER, Hosts
from aggregator.model.schedule import HostState
from tests.given import HOUR, MINUTE, NOON
from tests.virtual_time import advance, run, settled

SECOND = timedelta(seconds=1)


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
        await settled()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return held

    return run(scenario())


def test_a_host_has_no_more_concurrent_fetches_than_per_host() -> None:
    assert running_together(["a", "a", "a", "b"], per_host=2, in_all=9) == ["a", "a", "b"]


def test_no_more_fetches_run_in_all_than_there_are_global_slots() -> None:
    assert running_together(["a", "b", "c", "d"], per_host=2, in_all=3) == ["a", "b", "c"]


def test_fetches_waiting_for_a_slow_host_hold_no_global_slot() -> None:
    assert running_together(["slow"] * 50 + ["b", "c"], per_host=1, in_all=3) == ["slow", "b", "c"]


def test_slots_are_acquired_in_the_order_of_the_requests() -> None:
    async def scenario() -> list[int]:
        slots, order = Hosts(per_host=1, in_all=1), list[int]()

        async def fetch(number: int) -> None:
            async with slots.slot("a"):
                order.append(number)
                await settled()

        await asyncio.gather(*(fetch(number) for number in range(5)))
        return order

    assert run(scenario()) == [0, 1, 2, 3, 4]


def test_fetches_at_one_host_begin_a_gap_apart_and_those_at_others_do_not_wait() -> None:
    async def scenario() -> list[tuple[str, float]]:
        slots, begun = Hosts(per_host=9, in_all=9, gap=5), list[tuple[str, float]]()

        async def fetch(host: str, *, goes_on: bool = False) -> None:
            async with slots.slot(host, goes_on=goes_on):
                begun.append((host, asyncio.get_running_loop().time()))

        await asyncio.gather(*(fetch(host) for host in ("a", "a", "a", "b")))
        await fetch("a", goes_on=True)
        return begun

    assert run(scenario()) == [("a", 0), ("b", 0), ("a", 5), ("a", 10), ("a", 10)]


def test_fetches_waiting_for_a_rate_limited_host_give_up_and_others_go_on() -> None:
    async def scenario() -> list[str]:
        slots, said = Hosts(per_host=1, in_all=9), list[str]()

        async def fetch(host: str) -> None:
            try:
                async with slots.slot(host):
                    said.append(f"asks {host}")
                    await settled()
                    slots.limit("a")
            except Rejected as error:
                said.append(f"leaves {host} for {error.retry_after} s")

        await asyncio.gather(*(fetch(host) for host in ("a", "a", "b")))
        return said

    assert run(scenario()) == ["asks a", "asks b", f"leaves a for {LIMITED_FOR:.0f} s"]


def test_a_slow_fetch_gives_its_slot_back_up_to_the_limit_of_slow_fetches() -> None:
    async def scenario() -> list[str]:
        slots, held = Hosts(per_host=1, in_all=1, slow_max=2), list[str]()
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

    assert run(scenario()) == ["a", "b"]


def test_beyond_the_limit_of_slow_fetches_a_slow_fetch_keeps_its_slot() -> None:
    async def scenario() -> None:
        slots = Hosts(per_host=1, in_all=1, slow_max=0)
        async with slots.slot("a"):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(9 * SLOW_FETCH_AFTER), slots.slot("b"):
                    pass

    run(scenario())


def test_hosts_are_evicted_unless_they_are_in_use_or_rate_limited() -> None:
    async def scenario() -> int:
        slots = Hosts(per_host=1, in_all=9)
        slots.limit("limited")
        async with slots.slot("busy"):
            for number in range(3 * HOSTS_MAX):
                async with slots.slot(f"host{number}"):
                    pass
            with pytest.raises(Rejected):
                async with slots.slot("limited"):
                    pass
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1), slots.slot("busy"):
                    pass
        return len(slots.known)

    assert 2 <= run(scenario()) <= HOSTS_MAX


def test_unproven_hosts_take_at_most_half_of_the_global_slots() -> None:
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
        await settled()
        tasks += [asyncio.create_task(fetch(f"old{n}")) for n in range(9)]
        await settled()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        async with asyncio.timeout(5):  # every slot was given back
            for n in range(5):
                async with slots.slot(f"x{n}"):
                    pass
        return held

    assert run(scenario()) == ["new0", "new1", "old0", "old1"]


def test_a_host_is_prompt_or_not_as_its_last_fetch_was() -> None:
    async def scenario() -> list[bool | None]:
        slots = Hosts(per_host=1, in_all=1)
        said = [slots.is_prompt("a")]
        for is_slow in (False, True, False):
            async with slots.slot("a"):
                if is_slow:
                    async with slots.slot("b"):  # there is no room for it before the first is slow
                        pass
                said.append(slots.is_prompt("a"))
            said.append(slots.is_prompt("a"))
        return said

    assert run(scenario()) == [None, None, True, False, False, False, True]


def test_the_oldest_standing_is_evicted_beyond_the_maximum() -> None:
    async def scenario() -> tuple[bool | None, bool | None]:
        slots = Hosts(per_host=1, in_all=1)
        kept = [HostState(str(number), NOON, prompt=True) for number in range(HOSTS_REMEMBERED_MAX)]
        slots.restore(reversed(kept), NOON)  # the latest first
        async with slots.slot("new"):
            pass
        return slots.is_prompt("0"), slots.is_prompt("1")

    assert run(scenario()) == (None, True)


def test_a_slow_fetch_at_an_unproven_host_makes_room_for_the_next() -> None:
    async def scenario() -> list[str]:
        slots, held, both = Hosts(per_host=1, in_all=2), list[str](), asyncio.Event()

        async def fetch(host: str) -> None:
            async with slots.slot(host):
                held.append(host)
                if len(held) == 3:
                    both.set()
                await both.wait()

        await asyncio.gather(*(fetch(host) for host in "abc"))
        assert slots.slow == 0
        return held

    assert run(scenario()) == ["a", "b", "c"]


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

    assert run(scenario()).refused_until is None


def test_the_first_minute_after_a_429_outlives_the_process() -> None:
    async def scenario() -> None:
        hosts = Hosts(per_host=2, in_all=9)
        hosts.limit("h")
        with pytest.raises(Rejected):
            async with restored(hosts, 0.0).slot("h"):
                pass

    run(scenario())


def test_after_a_429_the_responsiveness_of_the_host_is_unknown_so_that_one_source_asks_for_all() -> None:
    async def scenario() -> bool | None:
        hosts = Hosts(per_host=2, in_all=9)
        async with hosts.slot("h"):
            pass
        async with hosts.slot("h"):
            hosts.limit("h")
        return hosts.is_prompt("h")

    assert run(scenario()) is None


def test_a_429_each_minute_does_not_keep_the_fetches_of_others_from_their_turn() -> None:
    async def scenario() -> list[str]:
        hosts, said = Hosts(per_host=1, in_all=9), list[str]()

        async def fetch(name: str) -> None:
            try:
                async with hosts.slot("h"):
                    said.append(f"{name} asks")
                    if name == "busy":
                        hosts.limit("h")
            except Rejected:
                said.append(f"{name} is rejected")

        for name in ("busy", "honest"):
            await fetch(name)
        advance(LIMITED_FOR)
        for name in ("busy", "honest"):
            await fetch(name)
        return said

    assert run(scenario()) == ["busy asks", "honest is rejected", "busy asks", "honest asks"]


def test_a_wait_that_another_process_stored_is_kept_and_shortens_none() -> None:
    async def scenario() -> tuple[HostState, ...]:
        hosts = Hosts(per_host=2, in_all=9, gap=30.0)
        hosts.limit("a")
        others = (
            HostState("a", NOON + 20 * SECOND, refused_until=NOON + SECOND),
            HostState("b", None, NOON + MINUTE),
        )
        hosts.heed(others, NOON)
        with pytest.raises(Rejected):
            async with hosts.slot("b"):
                pass
        return hosts.states("a", NOON) + hosts.states("b", NOON)

    a, b = run(scenario())
    assert a.next_at is not None and a.refused_until is not None and b.refused_until is not None
    assert a.next_at - NOON > 19 * SECOND
    assert min(a.refused_until, b.refused_until) - NOON > 59 * SECOND


def test_a_wait_of_a_clock_that_was_set_back_is_not_kept() -> None:
    async def scenario() -> tuple[HostState, ...]:
        hosts = Hosts(per_host=2, in_all=9, gap=30.0)
        hosts.heed([HostState("h", NOON + HOUR, refused_until=NOON + HOUR)], NOON)
        return hosts.states("h", NOON)

    assert run(scenario()) == (HostState("h", NOON),)
