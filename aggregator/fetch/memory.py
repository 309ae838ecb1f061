"""The bytes that all fetches together may hold in memory. Never holds bytes itself.

Who needs more when all is taken waits; only one at a time, the finisher, may go beyond. So the most
that is ever held is the capacity and one body, and somebody can always go on: no deadlock. Who holds much
for long while others wait is cut off: a few origins that drip large bodies must not stop all the others.
"""

import asyncio
from types import TracebackType
from typing import Self

TURN = 128  # pieces of a body, after which others are let go on: one read can hold 100,000 of them
EVICT_AFTER = 2.0  # seconds that one may wait, or take for a body while others wait


class CutOff(Exception):
    """It held memory for too long that others waited for."""

    def __init__(self) -> None:
        super().__init__("it is large and slow, and others wait for its memory")


class Budget:
    """So many bytes, shared."""

    def __init__(self, capacity: int, *, evict_after: float = EVICT_AFTER) -> None:
        self.free = capacity
        self.evict_after = evict_after
        self.finisher: Share | None = None
        self.shares: set[Share] = set()
        self._next_cut = 0.0  # not before
        self._waiting: list[asyncio.Future[None]] = []

    async def change(self) -> None:
        """Wait until somebody has given bytes back."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        await waiter

    async def change_or_cut(self, waiting: "Share", since: float) -> None:
        """Wait for a change; too long, and the one that holds most of those that are slow is cut off, one
        at a time. Never who waits: a task that cancels itself may be past its `with` when that arrives."""
        try:
            async with asyncio.timeout_at(max(since + self.evict_after, self._next_cut)):
                await self.change()
        except TimeoutError:
            now = asyncio.get_running_loop().time()
            if now < self._next_cut:
                return  # another was quicker, and it may do
            self._next_cut = now + self.evict_after
            others = self.shares - {waiting}
            slow = [
                each for each in others if each.began <= now - self.evict_after and each.held >= waiting.held
            ]
            if slow:
                max(slow, key=lambda share: share.held).cut()

    async def room(self) -> None:
        """Wait until anything at all is free."""
        while self.free <= 0:
            await self.change()

    def announce_change(self) -> None:
        """Wake all who wait; each looks for itself, in the order they came."""
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            if not waiter.done():
                waiter.set_result(None)


class Share:
    """What one task holds of the budget, given back at the end of its `with`, which may raise CutOff."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self.held = 0
        self._pieces = 0
        self._is_cut = False

    async def grow(self, size: int) -> None:
        """Take so many bytes more, waiting while there are none."""
        budget, since = self._budget, asyncio.get_running_loop().time()
        self._pieces += 1
        if self._pieces % TURN == 0:
            await asyncio.sleep(0)
        while budget.free < size and budget.finisher not in (None, self):
            await budget.change_or_cut(self, since)
        if budget.free < size:
            budget.finisher = self
        budget.free -= size
        self.held += size

    def take(self, size: int) -> None:
        """Take so many bytes that are there already, even beyond the capacity."""
        self._budget.free -= size
        self.held += size

    def cut(self) -> None:
        """End the task's work within the `with`."""
        if not self._is_cut:
            self._is_cut = True
            self._task.cancel()

    def __enter__(self) -> Self:
        task = asyncio.current_task()
        assert task is not None
        self._task, self._cancelling = task, task.cancelling()
        self.began = asyncio.get_running_loop().time()
        self._budget.shares.add(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._budget.shares.discard(self)
        self._budget.free += self.held
        if self._budget.finisher is self:
            self._budget.finisher = None
        self._budget.announce_change()
        if self._is_cut and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise CutOff from error
