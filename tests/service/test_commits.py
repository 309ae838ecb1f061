"""Quiet polls that end together are committed together; one that is rejected takes no other with it."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TypeVar

import pytest

from aggregator.errors import Cause, FetchError, LeaseLost, StoreFull
from aggregator.model.poll import PollResult
from aggregator.service.app import polling, utc_now
from aggregator.service.commits import AT_ONCE, Commits
from aggregator.service.live_config import LiveConfig
from aggregator.storage import Storage
from aggregator.storage.sql.polls import PollStore
from tests.engines import open_storage
from tests.given import HOUR, NOON, at_once, config, source, succeeded
from tests.roles import altered

T = TypeVar("T")
POLLS = 40


@pytest.fixture
def storage(engine: str, tmp_path: Path) -> Iterator[Storage]:
    with closing(open_storage(tmp_path / "store")) as opened:
        yield opened


def test_polls_share_transactions_and_a_lost_one_is_alone(storage: Storage) -> None:
    sources = [source(f"s{n}") for n in range(POLLS)]
    storage.admin.sync(config(*sources), NOON)
    claims = storage.polls.claim(NOON, limit=POLLS, lease=HOUR)
    storage.polls.release(claims[:1])
    writes = list[object]()

    async def write(call: Callable[[], T]) -> T:
        writes.append(call)
        return await at_once(call)

    async def record() -> list[BaseException | None]:
        commits = Commits(storage.polls, write)
        results = [succeeded(claim, source(claim.id)) for claim in claims]
        return await asyncio.gather(*map(commits.record, results), return_exceptions=True)

    lost, *others = asyncio.run(record())
    assert isinstance(lost, LeaseLost)
    assert others == [None] * (POLLS - 1)
    assert len(writes) == 2
    polled = [health.feed.id for health in storage.overview.health() if health.last]
    assert len(polled) == POLLS - 1


class CountedPolls(PollStore):
    """A store that notes how many polls each of its transactions holds."""

    transactions: tuple[int, ...] = ()

    def record(self, result: PollResult) -> None:
        self.transactions += (1,)
        super().record(result)

    def record_all(self, results: Sequence[PollResult]) -> None:
        self.transactions += (len(results),)
        super().record_all(results)


def test_the_service_commits_polls_that_end_together_in_one_transaction(storage: Storage) -> None:
    settings = config(*(source(f"s{n}") for n in range(POLLS)))
    storage.admin.sync(settings, utc_now())
    polls = CountedPolls(storage.polls._engine)

    async def run() -> None:
        async with polling(altered(storage, polls=polls), LiveConfig(settings)) as pipeline:
            away = FetchError("no route", cause=Cause.NETWORK)
            claims = await pipeline.claim(POLLS)
            await asyncio.gather(*(pipeline.fail(claim, away) for claim in claims))

    asyncio.run(run())
    assert polls.transactions == (AT_ONCE, POLLS - AT_ONCE)
    assert [health.failures for health in storage.overview.health()] == [1] * POLLS


class FilledPolls(PollStore):
    """A store that takes no group, and one poll alone."""

    taken = 0

    def record(self, result: PollResult) -> None:
        if self.taken:
            raise StoreFull("full")
        self.taken += 1
        super().record(result)

    def record_all(self, results: Sequence[PollResult]) -> None:
        raise LeaseLost("one of them")


def test_polls_committed_before_the_store_was_full_are_no_failures(storage: Storage) -> None:
    sources = [source(f"s{n}") for n in range(3)]
    storage.admin.sync(config(*sources), NOON)
    results = [succeeded(each, source(each.id)) for each in storage.polls.claim(NOON, limit=3, lease=HOUR)]

    async def record() -> list[BaseException | None]:
        commits = Commits(FilledPolls(storage.polls._engine), at_once)
        return await asyncio.gather(*map(commits.record, results), return_exceptions=True)

    first, *others = asyncio.run(record())
    assert first is None
    assert [type(each) for each in others] == [StoreFull, StoreFull]
