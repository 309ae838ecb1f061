"""Politeness: rate limits per host. Concurrent fetches at one host and in all, the gap between two fetches,
hosts that answered 429, and which hosts are prompt: their last fetch took less than SLOW_FETCH_AFTER.

A fetch always gets its slot in the end, unless its host has just answered 429. The state of a host outlives
the process and counts in all: it is stored with each poll, restored at the start and read with each claim.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from aggregator.errors import Cause
from aggregator.fetch.errors import Rejected
from aggregator.model.schedule import HostState

SLOW_FETCH_AFTER = 2.0  # seconds until a fetch releases its global slot early: it must not delay others
SLOW_FETCHES_MAX = 1_000  # such fetches at a time, each little more than a socket
LIMITED_FOR = 60.0  # seconds without a fetch at a host after a 429; then the due times of its sources hold
HOSTS_MAX = 1_000  # hosts without a fetch under way
HOSTS_REMEMBERED_MAX = 100_000  # hosts known to be prompt or slow; hosts known to redirect


@dataclass(slots=True)
class _Host:
    """One host; times are the event loop's."""

    slots: asyncio.Semaphore
    users: int = 0
    next: float = 0.0  # when the next fetch may begin
    limited: float = 0.0  # until when none may
    has_rejected: bool = False  # a fetch, since the last 429


@dataclass(kw_only=True, eq=False)
class Hosts:
    """Slots for fetches, first come, first served. `gap` is seconds from start to start at one host.

    A fetch slower than SLOW_FETCH_AFTER releases its global slot early, while fewer than `slow_max` have
    done so. Fetches at hosts that are not known to be prompt never take more than half of the global slots.
    """

    per_host: int
    in_all: int
    gap: float = 0.0
    slow_max: int = SLOW_FETCHES_MAX

    def __post_init__(self) -> None:
        self._global = asyncio.Semaphore(self.in_all)
        self._unproven = asyncio.Semaphore((self.in_all + 1) // 2)
        self.slow = 0  # fetches that released their global slot early
        self.known: dict[str, _Host] = {}
        self._prompt: dict[str, bool] = {}
        self._leads: dict[str, str] = {}

    def record_redirect(self, host: str, to: str) -> None:
        """Record where a fetch that began at `host` has been redirected; `host` itself for no redirect."""
        self._leads.pop(host, None)
        if host != to:
            self._leads[host] = to
        _bound(self._leads)

    def end_of(self, host: str) -> str:
        """Return the host where the last fetch that began at `host` was redirected and waited for a slot."""
        return self._leads.get(host, host)

    def is_prompt(self, host: str) -> bool | None:
        """Return whether the last fetch there was not slow, failed or not; None before any."""
        return self._prompt.get(host)

    def states(self, host: str, now: datetime) -> tuple[HostState, ...]:
        """Return the states to store of a host and of the host it redirects to."""
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
        """Adopt the stored states of a former process, given newest first."""
        states = tuple(states)
        for state in reversed(states):
            if state.prompt is not None:
                self._prompt[state.host] = state.prompt
            if state.leads_to:
                self._leads[state.host] = state.leads_to
        self.heed(states, now)

    def heed(self, states: Iterable[HostState], now: datetime) -> None:
        """Keep the waits that other processes have stored. Longer ones than a process sets are those of a
        clock that was set back."""
        for state in states:
            if 0 < (wait := _seconds(state.next_at, now)) <= self.gap:
                here = self._host(state.host)
                here.next = max(here.next, _now() + wait)
            if 0 < (wait := _seconds(state.refused_until, now)) <= LIMITED_FOR:
                here = self._host(state.host)
                here.limited = max(here.limited, _now() + wait)

    def take_over(self, former: "Hosts") -> None:
        """Adopt the states of the instance that this one, with other settings, replaces."""
        self._prompt, self._leads = former._prompt, former._leads
        for name, there in former.known.items():
            if max(there.next, there.limited) > _now():
                here = self._host(name)
                here.next, here.limited = there.next, there.limited

    @asynccontextmanager
    async def slot(self, host: str, *, goes_on: bool = False) -> AsyncIterator[None]:
        """Acquire a slot of the host and then a global one. Rejected when the host allows no fetch now.

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
                    here.has_rejected = True
                    raise Rejected(
                        "was not fetched: its host is rate-limited (429 less than a minute ago)",
                        cause=Cause.RATE_LIMITED,
                        retry_after=str(ceil(left)),
                    )
                async with self._global_slot(host):
                    yield
        finally:
            here.users -= 1

    def limit(self, host: str) -> None:
        """Record a 429: every fetch that waits for a slot there is rejected.

        A 429 that follows such a rejection is not counted: the rejected fetch is to have its turn, or one
        source that is polled each minute would keep all others at its host from any.
        """
        here = self._host(host)
        if not here.has_rejected:
            here.limited = _now() + LIMITED_FOR
        here.has_rejected = False

    def _host(self, name: str) -> _Host:
        if name not in self.known:
            if len(self.known) >= HOSTS_MAX:
                self._evict()
            self.known[name] = _Host(asyncio.Semaphore(self.per_host))
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
        here.next = begin + self.gap
        if begin > _now():
            await asyncio.sleep(begin - _now())

    @asynccontextmanager
    async def _global_slot(self, host: str) -> AsyncIterator[None]:
        """Acquire a global fetch slot. A fetch slower than SLOW_FETCH_AFTER releases its slot early."""
        with _Slots() as held:
            for slots in [self._global] if self.is_prompt(host) else [self._unproven, self._global]:
                await slots.acquire()
                held.callback(slots.release)
            self._watch(host, held)
            try:
                yield
            finally:
                held.timer.cancel()
                self.slow -= held.has_left
                if self._host(host).limited > _now():
                    self._prompt.pop(host, None)  # unknown: one source asks again before the others
                elif held.is_prompt:
                    self._note(host, is_prompt=True)

    def _watch(self, host: str, held: "_Slots") -> None:
        loop = asyncio.get_running_loop()
        held.timer = loop.call_later(SLOW_FETCH_AFTER, self._make_room, host, held)

    def _make_room(self, host: str, held: "_Slots") -> None:
        held.is_prompt = False
        self._note(host, is_prompt=False)
        if self.slow < self.slow_max:
            self.slow += 1
            held.has_left = True
            held.close()
        else:
            self._watch(host, held)

    def _note(self, host: str, *, is_prompt: bool) -> None:
        self._prompt[host] = is_prompt
        _bound(self._prompt)


class _Slots(ExitStack):
    """The global slots of one fetch, released at its end or, once it is slow, by `close`."""

    timer: asyncio.TimerHandle
    is_prompt = True  # the fetch, until it is slow
    has_left = False  # the slots were released early


def _bound(remembered: dict[str, bool] | dict[str, str]) -> None:
    """Evict the oldest of too many."""
    if len(remembered) > HOSTS_REMEMBERED_MAX:
        del remembered[next(iter(remembered))]


def _seconds(until: datetime | None, now: datetime) -> float:
    return 0.0 if until is None else (until - now).total_seconds()


def _now() -> float:
    return asyncio.get_running_loop().time()
