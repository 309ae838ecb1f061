"""The deadline of one fetch, suspended while the fetch waits for a slot: a busy host fails no fetch."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class Deadline:
    """Seconds left to a fetch over all of its hops, enforced by its `asyncio.timeout(None)`."""

    def __init__(self, timeout: asyncio.Timeout, seconds: float) -> None:
        self._timeout = timeout
        self._left = seconds

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count the time within the block."""
        loop = asyncio.get_running_loop()
        end = loop.time() + self._left
        self._timeout.reschedule(end)
        try:
            yield
        finally:
            if not self._timeout.expired():
                self._left = end - loop.time()
                self._timeout.reschedule(None)
