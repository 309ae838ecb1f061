"""The line put together for whoever runs it: the store opened, the pipeline over it, the clock.

For one command as for the service; loads neither the web nor the scheduler.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime

from aggregator.clients import Clients
from aggregator.lifecycle import Trigger, step
from aggregator.log import log
from aggregator.model import Claim, Outcome
from aggregator.pipeline import Pipeline
from aggregator.reload import Current
from aggregator.settings import Config
from aggregator.storage import Storage, open_storage
from aggregator.workers import Workers


def utc_now() -> datetime:
    """The one clock."""
    return datetime.now(UTC)


@contextmanager
def opened(config: Config) -> Iterator[Storage]:
    """The store of a configuration, closed at the end."""
    storage = open_storage(config.store)
    try:
        yield storage
    finally:
        storage.close()


@asynccontextmanager
async def polling(
    storage: Storage,
    current: Current,
    workers: Workers | None = None,
    *,
    observe: Callable[[Claim, Outcome], None] = lambda claim, outcome: None,
) -> AsyncIterator[Pipeline]:
    """A pipeline over a store whose poller we are; clients and workers are let go at the end."""
    workers, clients = workers or Workers(), Clients(current)
    pipeline = Pipeline(
        storage, clients.client, workers, config=lambda: current.config, clock=utc_now, observe=observe
    )
    try:
        yield pipeline
    finally:
        await workers.close()
        await clients.close()
        pipeline.close()


def release(storage: Storage, now: datetime) -> None:
    """Let held items go live whose time has come."""
    due = storage.release_due(now)
    steps = [step(item, Trigger.TIME, reason="its time has come", actor="publicwire", at=now) for item in due]
    if steps:
        storage.apply(steps)
        log.info("released", items=[item.id for item in due])
