"""One source polled through the real pipeline and store, at an origin whose answers are scripted."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

from aggregator.model.decision import State
from aggregator.model.poll import Outcome
from aggregator.service.pipeline import Pipeline
from aggregator.storage import Storage
from tests.engines import open_storage
from tests.fetch.given import client
from tests.given import HOUR, NOON, all_items, config, pipeline
from tests.line.line import plain
from tests.running import feed, item
from tests.server import HttpServer, answer, http_server

STORM, PILOT = item("storm", "Storm warning"), item("pilot", "New pilot boat")
OFFICE = plain("office")


def says(*items: str, headers: tuple[str, ...] = ('ETag: "1"',)) -> bytes:
    """Return a response whose body is an RSS document of these items."""
    return answer(*headers, body=feed(*items))


@dataclass
class PollHarness:
    """Storage, pipeline and origin of one source, with a clock that only polls advance."""

    storage: Storage
    origin: HttpServer
    now: datetime = NOON

    async def poll(self, pipeline: Pipeline, after: timedelta = HOUR) -> Outcome:
        self.now += after
        (outcome,) = await pipeline.run([OFFICE.id])
        return outcome

    def titles(self) -> list[str]:
        """Return the sorted titles of all items, each of which must be live."""
        stored = all_items(self.storage)
        assert {each.state for each in stored} <= {State.LIVE}
        return sorted(each.item.title for each in stored)


def run_scenario(directory: Path, scenario: Callable[[PollHarness, Pipeline], Awaitable[None]]) -> None:
    """Run one scenario."""

    async def run() -> None:
        async with http_server() as origin, client() as fetcher:
            with closing(open_storage(directory)) as storage:
                settings = config(replace(OFFICE, feed=origin.url("/feed")), store=directory)
                storage.admin.sync(settings, NOON)
                harness = PollHarness(storage, origin)
                polls = pipeline(storage, fetcher, lambda: settings, lambda: harness.now)
                await scenario(harness, polls)
                polls.close()

    asyncio.run(run())
