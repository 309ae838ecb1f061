"""Politeness: how many fetches run at once, at one host and in all, how soon one follows another, who rests.

Remembers which hosts answer promptly. Never drops a fetch, unless its host has asked everybody to wait.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

SLOW_FETCH_AFTER = 2.0  # seconds until a fetch gives its global slot back: it must not delay others
SLOW = 1_000  # such fetches at a time, each little more than a socket
REST = 60.0  # seconds no fetch is begun at a host that has enough; after that its sources' due times tell
REMEMBERED = 1_000  # hosts nobody is at
STANDINGS = 100_000  # hosts of which we know whether they are prompt


class HostRests(Exception):
    """The host has asked everybody to wait; for `seconds` more no fetch is begun there."""

    def __init__(self, seconds: float) -> None:
        super().__init__("its host has just asked everybody to wait")
        self.seconds = seconds


@dataclass(slots=True)
class _Host:
    """What is remembered of one host; times are the event loop's."""

    slots: asyncio.Semaphore
    users: int = 0
    next: float = 0.0  # when the next fetch may begin
    rests: float = 0.0  # until when none may


class Hosts:
    """Slots for fetches, first come, first served. `gap` is seconds from start to start at one host.

    Who holds one for `patience` seconds no longer counts among those in all, if not more than `slow` do so.
    Fetches at hosts that are not known to be prompt never take more than half of all.
    """

    def __init__(
        self,
        *,
        per_host: int,
        in_all: int,
        gap: float = 0.0,
        slow_after: float = SLOW_FETCH_AFTER,
        slow: int = SLOW,
    ) -> None:
        self._per_host = per_host
        self._gap = gap
        self._patience = slow_after
        self._most_slow = slow
        self._in_all = asyncio.Semaphore(in_all)
        self._doubtful = asyncio.Semaphore((in_all + 1) // 2)
        self.slow = 0  # fetches that no longer count
        self.known: dict[str, _Host] = {}
        self._prompt: dict[str, bool] = {}
        self._leads: dict[str, str] = {}

    def leads(self, host: str, to: str) -> None:
        """What is asked for at a host is answered by another one, or by itself."""
        self._leads.pop(host, None)
        if host != to:
            self._leads[host] = to
        if len(self._leads) > STANDINGS:
            del self._leads[next(iter(self._leads))]

    def end_of(self, host: str) -> str:
        """Where the last fetch that began at a host was led: there all of its like wait for each other."""
        return self._leads.get(host, host)

    def is_prompt(self, host: str) -> bool | None:
        """Whether the last fetch there ended in good time, well or not; None when there was none."""
        return self._prompt.get(host)

    @asynccontextmanager
    async def slot(self, host: str, *, goes_on: bool = False) -> AsyncIterator[None]:
        """Hold one slot of the host and then one of all. HostRests when the host wants no fetch now.

        In this order: who waits for a slow host must not keep a slot from the other hosts. `goes_on`: the
        host itself has just sent us here, so there is no gap to keep.
        """
        here = self._host(host)
        here.users += 1
        try:
            async with here.slots:
                if not goes_on:
                    await self._turn(here)
                if (left := here.rests - _now()) > 0:
                    raise HostRests(left)
                async with self._one_of_all(host):
                    yield
        finally:
            here.users -= 1

    def rest(self, host: str) -> None:
        """The host has asked everybody to wait: whoever waits for a slot there gives up."""
        self._host(host).rests = _now() + REST

    def _host(self, name: str) -> _Host:
        if name not in self.known:
            if len(self.known) >= REMEMBERED:
                self._forget()
            self.known[name] = _Host(asyncio.Semaphore(self._per_host))
        return self.known[name]

    def _forget(self) -> None:
        now = _now()
        self.known = {
            name: here for name, here in self.known.items() if here.users or max(here.next, here.rests) > now
        }

    async def _turn(self, here: _Host) -> None:
        begin = max(_now(), here.next)
        here.next = begin + self._gap
        if begin > _now():
            await asyncio.sleep(begin - _now())

    @asynccontextmanager
    async def _one_of_all(self, host: str) -> AsyncIterator[None]:
        """One of the slots of all, given back early by who is slow: from then on it counts among the slow."""
        place = _Place(host, [self._in_all] if self.is_prompt(host) else [self._doubtful, self._in_all])
        async with AsyncExitStack() as held:
            for slots in place.slots:
                await slots.acquire()
                held.callback(place.leave, slots)
            place.timer = asyncio.get_running_loop().call_later(self._patience, self._make_room, place)
            held.callback(self._end, place)
            yield

    def _make_room(self, place: "_Place") -> None:
        self._judge(place.host, is_prompt=False)
        place.is_prompt = False
        if self.slow < self._most_slow:
            self.slow += 1
            place.give_back()
        else:
            place.timer = asyncio.get_running_loop().call_later(self._patience, self._make_room, place)

    def _end(self, place: "_Place") -> None:
        place.timer.cancel()
        self.slow -= not place.slots
        if place.is_prompt:
            self._judge(place.host, is_prompt=True)

    def _judge(self, host: str, *, is_prompt: bool) -> None:
        self._prompt[host] = is_prompt
        if len(self._prompt) > STANDINGS:
            del self._prompt[next(iter(self._prompt))]


class _Place:
    """Of one fetch among all: the slots it holds, none once it is slow."""

    timer: asyncio.TimerHandle
    is_prompt = True

    def __init__(self, host: str, slots: list[asyncio.Semaphore]) -> None:
        self.host = host
        self.slots = slots

    def leave(self, slots: asyncio.Semaphore) -> None:
        """Give one back, unless all were."""
        if self.slots:
            slots.release()

    def give_back(self) -> None:
        """All of them."""
        for slots in self.slots:
            slots.release()
        self.slots = []


def _now() -> float:
    return asyncio.get_running_loop().time()
