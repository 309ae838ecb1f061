"""The writer: threads that run the short writes of polls and tasks. One of them runs writes in turn."""

import asyncio
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from aggregator.errors import StoreContended

T = TypeVar("T")

ATTEMPTS_MAX = 5  # of a write that the database rolled back because another one waited for it


class Writer:
    """Runs writes off the event loop, one after the other unless it has several threads."""

    def __init__(self, threads: int = 1) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="writer")
        self.finished = 0  # writes, failed ones included

    async def __call__(self, call: Callable[[], T]) -> T:
        """Return the result of the call, or raise its error."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, _carried_out, call)
        finally:
            self.finished += 1

    def close(self) -> None:
        """Let the writes under way finish."""
        self._threads.shutdown()


def _carried_out(call: Callable[[], T]) -> T:
    for attempt in range(1, ATTEMPTS_MAX):
        try:
            return call()
        except StoreContended:
            time.sleep(random.uniform(0, 0.01 * 2**attempt))  # noqa: S311 - two that met do not meet again
    return call()
