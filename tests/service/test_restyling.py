"""The running service styles items anew after a change of the rules, beside its polls."""

import asyncio
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.model.house_style import RULES_VERSION, HouseStyle, Replacement
from aggregator.model.settings import FOREVER
from aggregator.service.app import scheduler_of, utc_now
from aggregator.service.live_config import LiveConfig
from aggregator.service.pipeline import Pipeline
from aggregator.service.writer import Writer
from tests.engines import open_storage
from tests.fetch.given import client
from tests.given import InProcessReader, SourceDriver, all_items, config, entry, source


@pytest.mark.usefixtures("engine")
def test_a_tick_has_what_waits_styled_anew(tmp_path: Path) -> None:
    rules = HouseStyle(replace=(Replacement("Bridge", "Span"),), version=RULES_VERSION)
    before = source("ministry", paused=FOREVER)

    async def run() -> tuple[bool, bool, bool]:
        async with client() as fetcher:
            with closing(open_storage(tmp_path)) as store:
                store.admin.sync(config(before, store=tmp_path), utc_now())
                SourceDriver(store, before).says(entry("Bridge opens", "g1", "https://ministry.example/1"))
                current = LiveConfig(config(replace(before, house_style=rules), store=tmp_path))
                store.admin.sync(current.config, utc_now())
                write = Writer()
                pipeline = Pipeline(
                    store,
                    lambda: fetcher,
                    InProcessReader(),
                    write,
                    config=lambda: current.config,
                    clock=utc_now,
                )
                poller = scheduler_of(pipeline, current)
                waits = store.styles.is_behind()
                await poller.tick()
                async with asyncio.timeout(60):
                    while poller.in_flight():
                        await asyncio.to_thread(store.overview.health)
                await poller.tick()  # nothing is left to do
                is_idle = poller.in_flight() == 0
                pipeline.close()
                write.close()
                assert not poller.failed
                assert [each.headline for each in all_items(store)] == ["Span opens"]
                return waits, is_idle, store.styles.is_behind()

    assert asyncio.run(run()) == (True, True, False)
