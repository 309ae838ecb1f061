"""How long one fetch may take. Counts only while it asks: waiting for a turn at a busy host fails nobody."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class Deadline:
    """Seconds that are left to a fetch over all its hops, within its `asyncio.timeout(None)`."""

    def __init__(self, timeout: asyncio.Timeout, seconds: float) -> None:
        self._timeout = timeout
        self._left = seconds

    @contextmanager
    def running(self) -> Iterator[None]:
        """Time goes by."""
        loop = asyncio.get_running_loop()
        end = loop.time() + self._left
        self._timeout.reschedule(end)
        try:
            yield
        finally:
            if not self._timeout.expired():
                self._left = end - loop.time()
                self._timeout.reschedule(None)
