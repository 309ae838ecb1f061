"""A disk that fills up during polls: their results are lost, and the sources are polled again at once."""

import asyncio
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from aggregator.errors import StoreFull
from aggregator.model import Changes, Outcome, Poll
from aggregator.service.app import utc_now
from aggregator.service.live_config import LiveConfig
from aggregator.service.pipeline import Pipeline
from aggregator.service.scheduler import Scheduler
from aggregator.storage import Reading
from aggregator.storage.sqlite import SqliteStorage
from tests.fetch.given import client
from tests.given import InProcessReader, config, source
from tests.running import feed, item
from tests.server import answer, http_server


class Full(SqliteStorage):
    """Storage that raises StoreFull for every poll until `is_room`."""

    is_room = False

    def record(self, poll: Poll, decide: Callable[[Reading], Changes] | None = None) -> Outcome:
        if not self.is_room:
            raise StoreFull("there is no room on the disk")
        return super().record(poll, decide)


def test_a_poll_lost_to_a_full_disk_is_repeated_once_there_is_room(tmp_path: Path) -> None:
    async def run() -> list[int]:
        storm = answer(body=feed(item("storm", "Storm warning")))
        async with http_server({"/storm": storm}) as origin, client() as fetcher:
            current = LiveConfig(config(source("storm", feed=origin.url("/storm")), store=tmp_path))
            with closing(Full(tmp_path)) as storage:
                storage.sync(current.config, utc_now())
                pipeline = Pipeline(
                    storage, lambda: fetcher, InProcessReader(), config=lambda: current.config, clock=utc_now
                )
                poller, asked = Scheduler(pipeline, storage, current, clock=utc_now), list[int]()
                for storage.is_room in (False, True):
                    await poller.tick()
                    async with asyncio.timeout(20):
                        while poller.in_flight():
                            await asyncio.to_thread(storage.health)
                    asked.append(len(origin.requests))
                pipeline.close()
                assert not poller.failed.is_set()
                return [*asked, storage.totals(utc_now()).live]

    assert asyncio.run(run()) == [1, 2, 1]
