"""Group commit of polls that are under way together."""

import asyncio
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TypeVar

import pytest

from aggregator.errors import LeaseLost, StoreFull
from aggregator.service.commits import GROUP_POLLS_MAX, Commits
from aggregator.storage import Storage
from tests.engines import open_storage
from tests.given import HOUR, MINUTE, NOON, config, failed, source
from tests.storage.given import claimed

pytestmark = pytest.mark.one_engine("groups are made before the store is asked")

T = TypeVar("T")
NAMES = [f"office-{n}" for n in range(GROUP_POLLS_MAX + 1)]


def given_store(directory: Path) -> Storage:
    """A store of sources that were never polled."""
    storage = open_storage(directory)
    storage.admin.sync(config(*map(source, NAMES), store=directory), NOON - HOUR)
    return storage


class Counted:
    """Writes at once, and counts; from the first on with an error, if there is one."""

    def __init__(self, error: Exception | None = None) -> None:
        self.writes = 0
        self.error = error

    async def __call__(self, call: Callable[[], T]) -> T:
        self.writes += 1
        if self.error is not None:
            raise self.error
        return call()


def committed(
    storage: Storage, names: list[str], write: Counted, *, late: str = "", others: int = 0
) -> list[BaseException | None]:
    """Commit a failed poll of each of these sources; returns the error of each. The lease of `late` has ended
    meanwhile, `others` are polls that stay under way."""
    results = [failed(claimed(storage, name), NOON) for name in names]
    if late:
        storage.polls.release([result.claim for result in results if result.claim.id == late])

    async def run() -> list[BaseException | None]:
        commits = Commits(storage.polls, write)
        with ExitStack() as under_way:
            for _ in range(len(names) + others):
                under_way.enter_context(commits.under_way())
            return await asyncio.gather(
                *(commits.record(result) for result in results), return_exceptions=True
            )

    return asyncio.run(run())


def failures(storage: Storage) -> int:
    return sum(health.failures for health in storage.admin.health())


def test_polls_under_way_together_are_committed_together(tmp_path: Path) -> None:
    with closing(given_store(tmp_path)) as storage:
        write = Counted()
        assert committed(storage, NAMES[:3], write) == [None] * 3
        assert (write.writes, failures(storage)) == (1, 3)


def test_a_full_group_waits_for_no_other_poll(tmp_path: Path) -> None:
    with closing(given_store(tmp_path)) as storage:
        write = Counted()
        assert committed(storage, NAMES[:GROUP_POLLS_MAX], write, others=9) == [None] * GROUP_POLLS_MAX
        assert (write.writes, failures(storage)) == (1, GROUP_POLLS_MAX)


def test_polls_beyond_a_group_are_committed_after_their_time(tmp_path: Path) -> None:
    with closing(given_store(tmp_path)) as storage:
        write = Counted()
        assert committed(storage, NAMES, write, others=9) == [None] * len(NAMES)
        assert (write.writes, failures(storage)) == (2, len(NAMES))


def test_a_poll_whose_lease_was_lost_fails_alone(tmp_path: Path) -> None:
    with closing(given_store(tmp_path)) as storage:
        first, second, third = committed(storage, NAMES[:3], Counted(), late=NAMES[1])
        assert (first, third, failures(storage)) == (None, None, 2)
        assert isinstance(second, LeaseLost)


def test_every_poll_of_a_group_learns_that_the_store_failed(tmp_path: Path) -> None:
    with closing(given_store(tmp_path)) as storage:
        errors = committed(storage, NAMES[:2], Counted(StoreFull("there is no room")))
        assert [type(error) for error in errors] == [StoreFull, StoreFull]


def test_a_cancelled_poll_is_committed_with_its_group(tmp_path: Path) -> None:
    with closing(given_store(tmp_path)) as storage:

        async def run() -> None:
            commits = Commits(storage.polls, Counted())
            with commits.under_way(), commits.under_way():
                first, second = (
                    asyncio.create_task(commits.record(failed(claimed(storage, name), NOON + MINUTE)))
                    for name in NAMES[:2]
                )
                await asyncio.sleep(0)
                first.cancel()
                await asyncio.gather(first, second, return_exceptions=True)

        asyncio.run(run())
        assert failures(storage) == 2
