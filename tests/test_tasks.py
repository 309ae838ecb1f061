"""Durable tasks: claimed when due, up to the concurrency limit, and kept over a crash."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from msgspec.structs import replace

from aggregator.model.websub import Advert, Subscription, Task, TaskKind
from aggregator.storage import Storage
from aggregator.tasks import TASK_LEASE, TASKS_AT_ONCE, Tasks
from tests.engines import open_storage
from tests.given import DAY, HOUR, NOON
from tests.storage.test_subscriptions import given_subscriptions

pytestmark = pytest.mark.usefixtures("engine")

T = TypeVar("T")


async def write(call: Callable[[], T]) -> T:
    return call()


def given_tasks(directory: Path, count: int) -> Storage:
    storage = open_storage(directory)
    given_subscriptions(
        storage, *(Advert("https://hub.example/", f"https://t.example/{n}") for n in range(count))
    )
    return storage


class Doing:
    """A handler that waits until told to go on."""

    def __init__(self, again: datetime | None = None) -> None:
        self.done: list[str] = []
        self.go_on = asyncio.Event()
        self._again = again

    async def run(self, task: Task) -> datetime | None:
        await self.go_on.wait()
        self.done.append(task.subject)
        return self._again


def test_no_more_is_taken_than_can_be_done_at_once(tmp_path: Path) -> None:
    async def scenario() -> None:
        storage, doing = given_tasks(tmp_path, TASKS_AT_ONCE + 1), Doing()
        tasks = Tasks(storage.tasks, write, {TaskKind.WEBSUB: doing.run}, clock=lambda: NOON)
        taken = await tasks.claim()
        assert (len(taken), await tasks.claim()) == (TASKS_AT_ONCE, ())
        doing.go_on.set()
        await asyncio.gather(*(tasks.run(task) for task in taken))
        (last,) = await tasks.claim()
        await tasks.run(last)
        assert len(set(doing.done)) == TASKS_AT_ONCE + 1
        assert await tasks.claim() == ()
        storage.close()

    asyncio.run(scenario())


def test_a_task_is_repeated_at_the_time_its_handler_returns(tmp_path: Path) -> None:
    async def scenario() -> None:
        storage, doing = given_tasks(tmp_path, 1), Doing(again=NOON + HOUR)
        doing.go_on.set()
        now = NOON
        tasks = Tasks(storage.tasks, write, {TaskKind.WEBSUB: doing.run}, clock=lambda: now)
        for after, expected in ((timedelta(0), 1), (HOUR / 2, 0), (HOUR / 2, 1)):
            now += after
            taken = await tasks.claim()
            assert len(taken) == expected
            for task in taken:
                await tasks.run(task)
        storage.close()

    asyncio.run(scenario())


def test_a_task_that_was_cut_off_is_free_for_others_and_taken_again_later(tmp_path: Path) -> None:
    async def scenario() -> None:
        storage = given_tasks(tmp_path, 1)
        now = NOON

        async def dies(task: Task) -> None:
            raise OSError("cut off")

        tasks = Tasks(storage.tasks, write, {TaskKind.WEBSUB: dies}, clock=lambda: now)
        for _ in range(TASKS_AT_ONCE + 1):
            (task,) = await tasks.claim()
            with pytest.raises(OSError, match="cut off"):
                await tasks.run(task)
            assert await tasks.claim() == ()
            now += TASK_LEASE
        storage.close()

    asyncio.run(scenario())


def test_a_task_of_an_unknown_kind_is_not_claimed(tmp_path: Path) -> None:
    async def scenario() -> None:
        storage = given_tasks(tmp_path, 1)
        assert await Tasks(storage.tasks, write, {}, clock=lambda: NOON + DAY).claim() == ()
        storage.close()

    asyncio.run(scenario())


def test_a_time_set_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    async def scenario() -> None:
        storage = given_tasks(tmp_path, 1)

        def later(found: Subscription) -> Subscription:
            return replace(found, due=NOON + DAY)

        async def doing(task: Task) -> datetime | None:
            storage.tasks.update_subscription(int(task.subject), later)
            return NOON + HOUR

        tasks = Tasks(storage.tasks, write, {TaskKind.WEBSUB: doing}, clock=lambda: NOON)
        (task,) = await tasks.claim()
        await tasks.run(task)
        assert (
            storage.tasks.claim_tasks(NOON + 2 * HOUR, kinds=[TaskKind.WEBSUB], limit=9, lease=TASK_LEASE)
            == ()
        )
        assert (
            len(storage.tasks.claim_tasks(NOON + DAY, kinds=[TaskKind.WEBSUB], limit=9, lease=TASK_LEASE))
            == 1
        )
        storage.close()

    asyncio.run(scenario())
