"""Durable work other than polls: takes due tasks and hands each to who does its kind. Knows none of them."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from aggregator.model import Task
from aggregator.storage import TaskStore

TASK_LEASE = timedelta(minutes=15)  # far longer than any task may take; one cut off is done again after it
AT_ONCE = 16

T = TypeVar("T")
Handler = Callable[[Task], Awaitable[datetime | None]]


class Writes(Protocol):
    """Who runs short writes to the store in turn with others."""

    def __call__(self, call: Callable[[], T], /) -> Awaitable[T]: ...


class Tasks:
    """The tasks of one service; a handler says when its task is to be done again, None for never."""

    def __init__(
        self,
        storage: TaskStore,
        write: Writes,
        handlers: Mapping[str, Handler],
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._storage = storage
        self._write = write
        self._handlers = handlers
        self._clock = clock
        self._running = 0

    async def claim(self) -> tuple[Task, ...]:
        """Take what is due, and no more than may run at once."""
        now, kinds, room = self._clock(), tuple(self._handlers), AT_ONCE - self._running
        if room <= 0:
            return ()
        taken = await self._write(
            lambda: self._storage.claim_tasks(now, kinds=kinds, limit=room, lease=TASK_LEASE)
        )
        self._running += len(taken)
        return taken

    async def run(self, task: Task) -> None:
        """Do one task that was taken."""
        try:
            again = await self._handlers[task.kind](task)
            await self._write(lambda: self._storage.finish_task(task, again))
        finally:
            self._running -= 1
