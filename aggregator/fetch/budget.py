"""The bytes that all fetches together may hold in memory. Never holds bytes itself.

Who needs more when all is taken waits; only one at a time, the finisher, may go beyond. So the most
that is ever held is the capacity and one body, and somebody can always go on: no deadlock.
"""

import asyncio
from types import TracebackType
from typing import Self


class Budget:
    """So many bytes, shared."""

    def __init__(self, capacity: int) -> None:
        self.free = capacity
        self.finisher: Share | None = None
        self._waiting: list[asyncio.Future[None]] = []

    async def change(self) -> None:
        """Wait until somebody has given bytes back."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        await waiter

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
    """What one fetch holds of the budget, given back at the end of its `with`."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._held = 0

    async def grow(self, size: int) -> None:
        """Take so many bytes more, waiting while there are none."""
        budget = self._budget
        while budget.free < size and budget.finisher not in (None, self):
            await budget.change()
        if budget.free < size:
            budget.finisher = self
        budget.free -= size
        self._held += size

    def take(self, size: int) -> None:
        """Take so many bytes that are there already, even beyond the capacity."""
        self._budget.free -= size
        self._held += size

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._budget.free += self._held
        if self._budget.finisher is self:
            self._budget.finisher = None
        self._budget.announce_change()
