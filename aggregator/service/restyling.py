"""Items styled anew after a change of the rules: in the killable workers, a few at once, beside polls."""

import asyncio
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime
from functools import partial

from msgspec.structs import replace

from aggregator.editorial.topics import permitted
from aggregator.errors import Cause, PollError, WorkerError
from aggregator.log import log
from aggregator.model.changes import Unstyled
from aggregator.model.document import StyleJob
from aggregator.model.house_style import UNSTYLED
from aggregator.model.item import Item
from aggregator.model.settings import Source
from aggregator.storage import Storage
from aggregator.tasks import Writes
from aggregator.workers.pool import WorkerPool

STYLED_AT_ONCE = 25  # items of one source in one job and one transaction


@dataclass(slots=True)
class Restyling:
    """The items of one store that are to be styled anew. The sources take turns; what is done is committed
    batch by batch, so that a restart goes on with the rest."""

    storage: Storage
    reader: WorkerPool
    write: Writes
    _: KW_ONLY
    clock: Callable[[], datetime]
    _after: int = field(init=False, default=0)  # number of the source of the last batch
    _single: set[int] = field(init=False, default_factory=set)  # sources with an item that failed a job

    async def run(self, is_over: Callable[[], bool] = lambda: False) -> None:
        """Style all that waits, until it `is_over`. StorageError."""
        while not is_over() and await self.batch():
            pass

    async def batch(self) -> bool:
        """Style one batch; returns whether there was one."""
        store = self.storage.styles
        found = await asyncio.to_thread(store.next, self._after, STYLED_AT_ONCE, self._single)
        if found is None:
            self._single.clear()
            return False
        self._after, now = found.number, self.clock()
        try:
            styled = await self._styled(found)
        except PollError as error:
            await self._failed(found.number, tuple(number for number, _ in found.items), error)
        else:
            await self.write(partial(store.write, styled, found.style, now))
        return True

    async def _styled(self, found: Unstyled) -> tuple[tuple[int, Item], ...]:
        """Return the items in their house style. Raises PollError."""
        if not found.style:
            return tuple((number, replace(item, styled=UNSTYLED)) for number, item in found.items)
        source = Source(found.source, "", organisation=found.organisation, house_style=found.style)
        read = await self.reader.run(StyleJob(source, tuple(item for _, item in found.items)))
        if len(read.items) != len(found.items):
            raise WorkerError("the worker answered with other items", cause=Cause.CRASH)
        pairs = zip(found.items, read.items, strict=True)
        styled = ((number, replace(item, styled=made.styled)) for (number, item), made in pairs)
        return tuple((number, permitted(item, found.style)) for number, item in styled)

    async def _failed(self, source: int, numbers: tuple[int, ...], error: PollError) -> None:
        """Try the items of a failed job one by one; an item that fails alone stays as it is shown."""
        if len({*numbers}) > 1:
            self._single.add(source)
            return
        log.warning("house style not applied", item=numbers[0], error=str(error))
        await self.write(partial(self.storage.styles.leave, numbers))
