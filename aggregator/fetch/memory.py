"""Byte budget: a bound on the bytes that all tasks together hold in memory, by backpressure and eviction.

A task that needs more than is free waits. One task at a time, the finisher, may exceed the capacity, so the
total is at most the capacity and one body, and no deadlock can arise. A large, slow task is evicted while
others wait: a few origins that drip large bodies must not stall all other fetches.
"""

import asyncio
from types import TracebackType
from typing import Self

from aggregator.errors import Cause
from aggregator.fetch.errors import Rejected

PIECES_PER_TURN = 128  # of a body before other tasks run: one read can decode to 100,000 pieces
EVICT_AFTER = 2.0  # seconds of waiting until an eviction; age from which a share can be evicted


class Budget:
    """A number of bytes, held in shares."""

    def __init__(self, capacity: int) -> None:
        self.free = capacity
        self.finisher: Share | None = None
        self.shares: set[Share] = set()
        self._next_eviction = 0.0  # time of the event loop
        self._changed = asyncio.Event()

    async def change(self) -> None:
        """Wait until a share has been released."""
        await self._changed.wait()

    async def change_or_evict(self, waiting: "Share", since: float) -> None:
        """Wait for a change. After EVICT_AFTER from `since` evict the largest slow share, one at a time.

        The waiting share is never evicted: a task that cancels itself may have left its `with` by the time
        the cancellation is delivered.
        """
        try:
            async with asyncio.timeout_at(max(since + EVICT_AFTER, self._next_eviction)):
                await self.change()
        except TimeoutError:
            now = asyncio.get_running_loop().time()
            if now < self._next_eviction:
                return  # another waiter has just evicted, which may suffice
            self._next_eviction = now + EVICT_AFTER
            others = self.shares - {waiting}
            slow = [each for each in others if each.began <= now - EVICT_AFTER and each.held >= waiting.held]
            if slow:
                max(slow, key=lambda share: share.held).evict()

    async def room(self) -> None:
        """Wait until any byte is free."""
        while self.free <= 0:
            await self.change()

    def announce_change(self) -> None:
        """Wake all waiters, oldest first; each checks whether its bytes are free."""
        self._changed.set()
        self._changed = asyncio.Event()  # of the next change


class Share:
    """The bytes that one task holds, released at the end of its `with`. Rejected when it was evicted."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self.held = 0
        self._pieces = 0
        self._is_evicted = False

    async def grow(self, size: int) -> None:
        """Acquire `size` more bytes, waiting until they are free (backpressure)."""
        budget, since = self._budget, asyncio.get_running_loop().time()
        self._pieces += 1
        if self._pieces % PIECES_PER_TURN == 0:
            await asyncio.sleep(0)
        while budget.free < size and budget.finisher not in (None, self):
            await budget.change_or_evict(self, since)
        if budget.free < size:
            budget.finisher = self
        budget.free -= size
        self.held += size

    def take(self, size: int) -> None:
        """Count `size` bytes that are in memory already, even beyond the capacity; negative to release."""
        self._budget.free -= size
        self.held += size

    def evict(self) -> None:
        """Cancel the task within its `with`."""
        if not self._is_evicted:
            self._is_evicted = True
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
        if self._is_evicted and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            message = "is given up: it is large and slow, and others wait for its memory"
            raise Rejected(message, cause=Cause.LIMIT) from error
