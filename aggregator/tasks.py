"""Durable work other than polls: claims due tasks and hands each to the handler of its kind."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol, TypeVar

from aggregator.model.websub import Task, TaskKind
from aggregator.storage.sql.task_store import TaskStore

TASK_LEASE = timedelta(minutes=15)  # longer than any task takes; one cut off is claimed again after it
TASKS_AT_ONCE, PAGES_AT_ONCE, IMAGES_AT_ONCE = 16, 8, 8  # pages that hang keep no other task waiting
_ROOM = {TaskKind.PAGE: PAGES_AT_ONCE, TaskKind.IMAGE: IMAGES_AT_ONCE}  # of these kinds, apart from others

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
    _running: Counter[TaskKind] = field(init=False, default_factory=Counter)

    async def claim(self) -> tuple[Task, ...]:
        """Claim due tasks, no more than may run at once."""
        taken = await self.write(partial(self._claim, self.clock()))
        self._running.update(task.kind for task in taken)
        return taken

    def _claim(self, now: datetime) -> tuple[Task, ...]:
        taken: list[Task] = []
        others = [kind for kind in self.handlers if kind not in _ROOM]
        apart = [([kind], most) for kind, most in _ROOM.items() if kind in self.handlers]
        for kinds, most in ((others, TASKS_AT_ONCE), *apart):
            room = most - sum(self._running[kind] for kind in kinds)
            if kinds and room > 0:
                taken += self.storage.claim_tasks(now, kinds=kinds, limit=room, lease=TASK_LEASE)
        return tuple(taken)

    async def run(self, task: Task) -> None:
        """Run one claimed task."""
        try:
            again = await self.handlers[task.kind](task)
            await self.write(lambda: self.storage.finish_task(task, again))
        finally:
            self._running[task.kind] -= 1
