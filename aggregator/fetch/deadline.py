"""The deadline of one fetch, suspended while the fetch waits for a slot: a busy host fails no fetch."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Deadline:
    """Seconds left to a fetch over all of its hops."""

    def __init__(self, seconds: float) -> None:
        self._left = seconds

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Count the time within the block; TimeoutError when none is left."""
        loop = asyncio.get_running_loop()
        end = loop.time() + self._left
        async with asyncio.timeout_at(end):
            yield
        self._left = end - loop.time()
