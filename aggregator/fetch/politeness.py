"""Politeness: rate limits per host. Concurrent fetches at one host and in all, the gap between two fetches,
hosts that answered 429, and which hosts answer promptly.

A fetch is never dropped, unless its host has just answered 429. The state of a host outlives the process:
it is written with each poll and restored at the start.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from aggregator.model import HostState

SLOW_FETCH_AFTER = 2.0  # seconds until a fetch gives its global slot back: it must not delay others
SLOW_FETCHES_MAX = 1_000  # such fetches at a time, each little more than a socket
LIMITED_FOR = 60.0  # seconds without a fetch at a host after a 429; then the due times of its sources hold
HOSTS_MAX = 1_000  # hosts without a fetch under way
STANDINGS_MAX = 100_000  # hosts of which it is known whether they are prompt


class HostLimited(Exception):
    """The host has just answered 429; for `seconds` more no fetch is begun there."""

    def __init__(self, seconds: float) -> None:
        super().__init__("its host is rate-limited: it has just answered 429")
        self.seconds = seconds


@dataclass(slots=True)
class _Host:
    """One host; times are the event loop's."""

    slots: asyncio.Semaphore
    users: int = 0
    next: float = 0.0  # when the next fetch may begin
    limited: float = 0.0  # until when none may


class Hosts:
    """Slots for fetches, first come, first served. `gap` is seconds from start to start at one host.

    A fetch slower than `slow_after` seconds gives its global slot back early, while fewer than `slow` have
    done so. Fetches at hosts that are not known to be prompt never take more than half of the global slots.
    """

    def __init__(
        self,
        *,
        per_host: int,
        in_all: int,
        gap: float = 0.0,
        slow_after: float = SLOW_FETCH_AFTER,
        slow: int = SLOW_FETCHES_MAX,
    ) -> None:
        self._per_host = per_host
        self._gap = gap
        self._slow_after = slow_after
        self._slow_max = slow
        self._global = asyncio.Semaphore(in_all)
        self._unproven = asyncio.Semaphore((in_all + 1) // 2)
        self.slow = 0  # fetches that gave their global slot back
        self.known: dict[str, _Host] = {}
        self._prompt: dict[str, bool] = {}
        self._leads: dict[str, str] = {}

    def leads(self, host: str, to: str) -> None:
        """Record that fetches at a host are redirected to another one, or answered by itself."""
        self._leads.pop(host, None)
        if host != to:
            self._leads[host] = to
        _bound(self._leads)

    def end_of(self, host: str) -> str:
        """Return the host where the last fetch that began at `host` was redirected: such fetches wait
        there."""
        return self._leads.get(host, host)

    def is_prompt(self, host: str) -> bool | None:
        """Return whether the last fetch there ended in good time, well or not; None when there was none."""
        return self._prompt.get(host)

    def states(self, host: str, now: datetime) -> tuple[HostState, ...]:
        """Return what is to be kept of a host, and of the host it redirects to."""
        return tuple(self._state(each, now) for each in dict.fromkeys((host, self.end_of(host))) if each)

    def _state(self, host: str, now: datetime) -> HostState:
        here = self.known.get(host, _Host(asyncio.Semaphore()))
        return HostState(
            host,
            next_at=now + timedelta(seconds=max(here.next - _now(), 0)),
            refused_until=now + timedelta(seconds=here.limited - _now()) if here.limited > _now() else None,
            prompt=self._prompt.get(host),
            leads_to=self._leads.get(host, ""),
        )

    def restore(self, states: Iterable[HostState], now: datetime) -> None:
        """Take up the states of a former process, the latest first."""
        for state in reversed(tuple(states)):
            if state.prompt is not None:
                self._prompt[state.host] = state.prompt
            if state.leads_to:
                self._leads[state.host] = state.leads_to
            if (wait := _seconds(state.next_at, now)) > 0:
                self._host(state.host).next = _now() + min(wait, self._gap)
            if (wait := _seconds(state.refused_until, now)) > 0:
                self._host(state.host).limited = _now() + min(wait, LIMITED_FOR)

    def take_over(self, former: "Hosts") -> None:
        """Take up the states of slots that other settings replace."""
        self._prompt, self._leads = former._prompt, former._leads
        for name, there in former.known.items():
            if max(there.next, there.limited) > _now():
                here = self._host(name)
                here.next, here.limited = there.next, there.limited

    @asynccontextmanager
    async def slot(self, host: str, *, goes_on: bool = False) -> AsyncIterator[None]:
        """Acquire a slot of the host and then a global one. HostLimited when the host allows no fetch now.

        In this order, because a fetch that waits for a slow host must not keep a slot from other hosts.
        `goes_on`: the host itself has just redirected the fetch here, so there is no gap to keep.
        """
        here = self._host(host)
        here.users += 1
        try:
            async with here.slots:
                if not goes_on:
                    await self._keep_gap(here)
                if (left := here.limited - _now()) > 0:
                    raise HostLimited(left)
                async with self._global_slot(host):
                    yield
        finally:
            here.users -= 1

    def limit(self, host: str) -> None:
        """Record a 429: every fetch that waits for a slot there gives up."""
        self._host(host).limited = _now() + LIMITED_FOR

    def _host(self, name: str) -> _Host:
        if name not in self.known:
            if len(self.known) >= HOSTS_MAX:
                self._evict()
            self.known[name] = _Host(asyncio.Semaphore(self._per_host))
        return self.known[name]

    def _evict(self) -> None:
        now = _now()
        self.known = {
            name: here
            for name, here in self.known.items()
            if here.users or max(here.next, here.limited) > now
        }

    async def _keep_gap(self, here: _Host) -> None:
        begin = max(_now(), here.next)
        here.next = begin + self._gap
        if begin > _now():
            await asyncio.sleep(begin - _now())

    @asynccontextmanager
    async def _global_slot(self, host: str) -> AsyncIterator[None]:
        """Acquire a global fetch slot. A fetch slower than `slow_after` gives its slot back early."""
        place = _Place(host, [self._global] if self.is_prompt(host) else [self._unproven, self._global])
        async with AsyncExitStack() as held:
            for slots in place.slots:
                await slots.acquire()
                held.callback(place.leave, slots)
            place.timer = asyncio.get_running_loop().call_later(self._slow_after, self._make_room, place)
            held.callback(self._end, place)
            yield

    def _make_room(self, place: "_Place") -> None:
        self._judge(place.host, is_prompt=False)
        place.is_prompt = False
        if self.slow < self._slow_max:
            self.slow += 1
            place.give_back()
        else:
            place.timer = asyncio.get_running_loop().call_later(self._slow_after, self._make_room, place)

    def _end(self, place: "_Place") -> None:
        place.timer.cancel()
        self.slow -= not place.slots
        if place.is_prompt:
            self._judge(place.host, is_prompt=True)

    def _judge(self, host: str, *, is_prompt: bool) -> None:
        self._prompt[host] = is_prompt
        _bound(self._prompt)


class _Place:
    """The global slots one fetch holds: none once it is slow."""

    timer: asyncio.TimerHandle
    is_prompt = True

    def __init__(self, host: str, slots: list[asyncio.Semaphore]) -> None:
        self.host = host
        self.slots = slots

    def leave(self, slots: asyncio.Semaphore) -> None:
        """Release one slot, unless all were given back."""
        if self.slots:
            slots.release()

    def give_back(self) -> None:
        """Release all slots early."""
        for slots in self.slots:
            slots.release()
        self.slots = []


def _bound(standings: dict[str, bool] | dict[str, str]) -> None:
    """Evict the oldest of too many."""
    if len(standings) > STANDINGS_MAX:
        del standings[next(iter(standings))]


def _seconds(until: datetime | None, now: datetime) -> float:
    return 0.0 if until is None else (until - now).total_seconds()


def _now() -> float:
    return asyncio.get_running_loop().time()
