"""Work of push under way, each on one subject at a time."""

import asyncio
from collections.abc import Coroutine, Hashable

from aggregator.errors import StorageError
from aggregator.log import log

FAILED_PAUSE = 30.0  # seconds until a subject whose work met an error is due again


class InFlight:
    """Tasks by subject. A subject is busy until `free`, or for a pause after its task has failed: an error
    that recurs must not become a flood of requests."""

    def __init__(self, pause: float = FAILED_PAUSE) -> None:
        self._pause = pause
        self._tasks: set[asyncio.Task[None]] = set()
        self._busy: set[Hashable] = set()

    def __contains__(self, subject: Hashable) -> bool:
        return subject in self._busy

    def busy(self) -> frozenset[Hashable]:
        """Return the subjects that are busy."""
        return frozenset(self._busy)

    def begin(self, subjects: set[Hashable], work: Coroutine[object, object, None]) -> None:
        """Start work; its subjects are busy from now on."""
        self._busy |= subjects
        task = asyncio.create_task(self._run(subjects, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def free(self, subjects: set[Hashable]) -> None:
        """Let further work on these subjects start."""
        self._busy -= subjects

    async def _run(self, subjects: set[Hashable], work: Coroutine[object, object, None]) -> None:
        """Run work to its end; what an error left undone is due again after the pause."""
        try:
            await work
            return
        except StorageError as error:
            log.warning("push waits for the store", error=str(error))
        except Exception:
            log.error("push met an unexpected error", exc_info=True)
        await asyncio.sleep(self._pause)
        self.free(subjects)

    async def idle(self, seconds: float | None = None) -> None:
        """Wait until no work is under way, at most so many seconds."""
        while self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=seconds)
            if seconds is not None and late:
                return

    async def cancel(self) -> None:
        """Cancel all work under way."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
