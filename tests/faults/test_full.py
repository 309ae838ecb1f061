"""A disk that fills up while polls are under way: their results are lost, and polled for again at once."""

import asyncio
from contextlib import closing
from pathlib import Path

import pytest

from aggregator.errors import StoreFull
from aggregator.model.poll import PollResult
from aggregator.service.app import scheduler_of, utc_now
from aggregator.service.live_config import LiveConfig
from aggregator.service.pipeline import Pipeline
from aggregator.service.writer import Writer
from aggregator.storage.sql.polls import PollStore
from tests.engines import open_storage
from tests.fetch.given import client
from tests.given import InProcessReader, config, source
from tests.roles import altered
from tests.running import feed, item
from tests.server import answer, http_server


class FullPolls(PollStore):
    """A store without room for the result of a poll until there `is_room`."""

    is_room = False

    def record(self, result: PollResult) -> None:
        if not self.is_room:
            raise StoreFull("there is no room on the disk")
        super().record(result)


@pytest.mark.usefixtures("engine")
def test_a_poll_lost_to_a_full_disk_is_repeated_once_there_is_room(tmp_path: Path) -> None:
    async def run() -> list[int]:
        storm = answer(body=feed(item("storm", "Storm warning")))
        async with http_server({"/storm": storm}) as origin, client() as fetcher:
            current = LiveConfig(config(source("storm", feed=origin.url("/storm")), store=tmp_path))
            opened = open_storage(tmp_path)
            polls, write = FullPolls(opened.polls._engine), Writer()
            with closing(altered(opened, polls=polls)) as store:
                store.admin.sync(current.config, utc_now())
                pipeline = Pipeline(
                    store,
                    lambda: fetcher,
                    InProcessReader(),
                    write,
                    config=lambda: current.config,
                    clock=utc_now,
                )
                poller = scheduler_of(pipeline, current)
                asked = list[int]()
                for polls.is_room in (False, True):
                    await poller.tick()
                    async with asyncio.timeout(20):
                        while poller.in_flight():
                            await asyncio.to_thread(store.overview.health)
                    asked.append(len(origin.requests))
                pipeline.close()
                write.close()
                assert not poller.failed
                return [*asked, store.admin.totals(utc_now()).live]

    assert asyncio.run(run()) == [1, 2, 1]
