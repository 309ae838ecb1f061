"""The writer: one thread that runs the short writes of polls and tasks, in turn."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class Writer:
    """Runs writes one after the other, off the event loop."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="writer")
        self.finished = 0  # writes, failed ones included

    async def __call__(self, call: Callable[[], T]) -> T:
        """Return the result of the call, or raise its error."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, call)
        finally:
            self.finished += 1

    def close(self) -> None:
        """Let the writes under way finish."""
        self._thread.shutdown()
