"""Durable work other than polls: claims due tasks and hands each to the handler of its kind."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from aggregator.model.websub import Task, TaskKind
from aggregator.storage import TaskStore

TASK_LEASE = timedelta(minutes=15)  # longer than any task takes; one cut off is claimed again after it
TASKS_AT_ONCE = 16

T = TypeVar("T")
Handler = Callable[[Task], Awaitable[datetime | None]]


class Writes(Protocol):
    """Runs short writes to the store, one after the other."""

    def __call__(self, call: Callable[[], T], /) -> Awaitable[T]: ...


@dataclass(slots=True)
class Tasks:
    """The tasks of one service. A handler returns when its task is due again, None for never."""

    storage: TaskStore
    write: Writes
    handlers: Mapping[TaskKind, Handler]
    _: KW_ONLY
    clock: Callable[[], datetime]
    _running: int = field(init=False, default=0)

    async def claim(self) -> tuple[Task, ...]:
        """Claim due tasks, no more than may run at once."""
        now, kinds, room = self.clock(), tuple(self.handlers), TASKS_AT_ONCE - self._running
        if room <= 0:
            return ()
        taken = await self.write(
            lambda: self.storage.claim_tasks(now, kinds=kinds, limit=room, lease=TASK_LEASE)
        )
        self._running += len(taken)
        return taken

    async def run(self, task: Task) -> None:
        """Run one claimed task."""
        try:
            again = await self.handlers[task.kind](task)
            await self.write(lambda: self.storage.finish_task(task, again))
        finally:
            self._running -= 1
