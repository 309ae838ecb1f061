"""Quiet polls that end together are committed together; one that is rejected takes no other with it."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TypeVar

import pytest

from aggregator.errors import LeaseLost
from aggregator.service.cluster.commits import Commits
from aggregator.storage import Storage
from tests.engines import open_storage
from tests.given import HOUR, NOON, at_once, config, source, succeeded

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
