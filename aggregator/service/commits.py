"""Group commit: polls that end at about the same time are committed in one transaction.

A commit writes each page of the database that its poll has changed, most of which the next poll changes
again: of 600 pages of a first import of 30 items, 500 are of indexes by digest. A lone poll never waits.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

from aggregator.model.poll import PollResult
from aggregator.storage import PollStore
from aggregator.tasks import Writes

GROUP_POLLS_MAX = 8
GROUP_ITEMS_MAX = 500  # new and edited ones: the writer lock is held for some 0.1 s
GROUP_SECONDS = 0.2  # a decided poll waits so long for others that are under way


class _Waiting(NamedTuple):
    """A decided poll, and the future of its commit."""

    result: PollResult
    committed: asyncio.Future[None]


class Commits:
    """Commits polls in groups. Belongs to one event loop."""

    def __init__(self, polls: PollStore, write: Writes) -> None:
        self._polls, self._write = polls, write
        self._waiting: list[_Waiting] = []
        self._items = 0  # of the polls that wait
        self._under_way = 0
        self._timer: asyncio.TimerHandle | None = None
        self._groups: set[asyncio.Task[None]] = set()

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """Count a poll as under way until its commit: others wait for it, GROUP_SECONDS at most."""
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1
            self._commit_if_complete()

    async def record(self, result: PollResult) -> None:
        """Commit one poll; raises as `PollStore.record` does."""
        loop = asyncio.get_running_loop()
        committed: asyncio.Future[None] = loop.create_future()
        self._waiting.append(_Waiting(result, committed))
        self._items += _items(result)
        if not self._commit_if_complete() and self._timer is None:
            self._timer = loop.call_later(GROUP_SECONDS, self._commit)
        await committed

    def _commit_if_complete(self) -> bool:
        """Commit the polls that wait if there are enough, or if no other one is under way."""
        many = len(self._waiting)
        if not many or (many < min(self._under_way, GROUP_POLLS_MAX) and self._items < GROUP_ITEMS_MAX):
            return False
        self._commit()
        return True

    def _commit(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        group, self._waiting, self._items, self._timer = self._waiting, [], 0, None
        task = asyncio.get_running_loop().create_task(self._record(group))
        self._groups.add(task)
        task.add_done_callback(self._groups.discard)

    async def _record(self, group: Sequence[_Waiting]) -> None:
        results = [each.result for each in group]
        try:
            errors = await self._write(partial(self._polls.record_all, results))
        except Exception as error:  # of the store: each of these polls reports it
            errors = (error,) * len(group)
        for (_, committed), failure in zip(group, errors, strict=True):
            if committed.done():  # its poll was cancelled meanwhile
                continue
            if failure is None:
                committed.set_result(None)
            else:
                committed.set_exception(failure)


def _items(result: PollResult) -> int:
    return len(result.changes.new) + len(result.changes.edits) if result.changes else 0
