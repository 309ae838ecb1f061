"""Commits of the polls of one process. Quiet ones, which publish nothing, that end during one commit share
the next: most polls are quiet, and a transaction costs more than what one of them writes.

Those that publish follow one another in the whole cluster. One of a node waits for its turn, not all of its
writers: quiet commits and claims go on beside it. A single writer is that turn itself.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from functools import partial

from aggregator.errors import LeaseLost, Outdated, StorageError
from aggregator.model.poll import PollResult
from aggregator.storage.sql.polls import PollStore
from aggregator.tasks import Writes

AT_ONCE = 32  # in one transaction: some 10 ms, for which others wait, or the rows of their sources are locked


class Commits:
    """The commits of one process, whose `writers` are the threads of `write`."""

    def __init__(self, polls: PollStore, write: Writes, writers: int = 1) -> None:
        self._polls, self._write = polls, write
        self._waiting: list[tuple[PollResult, asyncio.Future[None]]] = []
        self._committing: asyncio.Task[None] | None = None
        self._publishing: AbstractAsyncContextManager[None] = asyncio.Lock() if writers > 1 else nullcontext()

    async def record(self, result: PollResult) -> None:
        """Commit one poll as `PollStore.record` does, with its errors."""
        if not result.is_quiet:
            async with self._publishing:
                await self._write(partial(self._polls.record, result))
            return
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((result, done))
        if self._committing is None or self._committing.done():
            self._committing = asyncio.create_task(self._commit())
        await done

    async def _commit(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
            try:
                errors = await self._write(partial(self._recorded, [result for result, _ in batch]))
            except Exception as error:
                errors = [error] * len(batch)
            for (_, done), found in zip(batch, errors, strict=True):
                if done.cancelled():
                    continue
                if found is None:
                    done.set_result(None)
                else:
                    done.set_exception(found)

    def _recorded(self, results: Sequence[PollResult]) -> Sequence[Exception | None]:
        """Commit them together, or, when that fails for one, each alone; returns the error of each."""
        if _error(partial(self._polls.record_all, results)) is None:
            return [None] * len(results)
        errors = list[Exception | None]()
        for each in results:
            try:
                errors.append(_error(partial(self._polls.record, each)))
            except StorageError as error:
                if not errors:
                    raise
                return errors + [error] * (len(results) - len(errors))  # those before are committed
        return errors


def _error(commit: Callable[[], None]) -> Exception | None:
    """Return the error of a commit, unless it is one of the store, which is raised."""
    try:
        commit()
    except (LeaseLost, Outdated) as error:
        return error
    except StorageError:
        raise
    except Exception as error:
        return error
    return None
