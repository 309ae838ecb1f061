"""An event loop whose clock stands while any task can run, and else is set to the next timer.

For code that waits for timers and for other tasks alone, without sockets and threads: order and times are exact
on any machine, and no test waits.
"""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import TypeVar

T = TypeVar("T")


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """`now` is its time in seconds; a test may advance it."""

    def __init__(self) -> None:
        self.now = 0.0
        super().__init__(_Selector(self))

    def time(self) -> float:
        return self.now


class _Selector(selectors.DefaultSelector):
    def __init__(self, loop: VirtualTimeLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        assert timeout is not None, "every task waits for another one"
        self._loop.now += timeout
        return super().select(0)


def run(scenario: Coroutine[object, object, T]) -> T:
    """Return the result of a coroutine that runs in virtual time."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(scenario)


def advance(seconds: float) -> None:
    """Advance the time of the running loop."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualTimeLoop)
    loop.now += seconds


async def settled() -> None:
    """Return once every other task waits: a millisecond of virtual time passes only then."""
    loop = asyncio.get_running_loop()
    others_wait = loop.create_future()
    loop.call_later(0.001, others_wait.set_result, None)
    await others_wait
