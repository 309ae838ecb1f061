"""A reload leaves nothing of the former configuration in memory: that of 130,000 sources takes 190 MB."""

import asyncio
import gc
import os
import signal
import weakref
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from aggregator.config import load
from aggregator.model.settings import Config
from aggregator.service.app import serve
from tests.running import Site, given_a_site, until


@pytest.fixture
def collector() -> Iterator[None]:
    """The garbage collector, which a service sets for its process."""
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


@pytest.mark.usefixtures("engine", "collector")
@pytest.mark.one_engine("the store has no part in it")
def test_the_former_configuration_is_garbage_after_a_reload(tmp_path: Path) -> None:
    here = given_a_site(tmp_path, {"storm": "file:storm.xml"})
    configs = [load(here.config)]
    former = weakref.ref(configs[0])
    assert asyncio.run(_reloaded(here, configs, former)) == 0
    assert configs == []


async def _reloaded(here: Site, configs: list[Config], former: "weakref.ref[Config]") -> int:
    """Serve until a reload has freed the former configuration; returns the exit code."""
    begun = asyncio.Event()
    serving = asyncio.create_task(serve(configs, started=begun.set))
    await begun.wait()
    try:
        await asyncio.to_thread(_edit, here, former)
    finally:
        os.kill(os.getpid(), signal.SIGTERM)
        code = await serving
    return code


def _edit(here: Site, former: "weakref.ref[Config]") -> None:
    for _ in range(2):  # rendered, and kept in memory
        assert httpx.get(f"http://127.0.0.1:{here.public}/").status_code == 200
    assert httpx.get(f"http://127.0.0.1:{here.admin}/status").status_code == 200
    here.sources({"storm": "file:storm.xml", "pilot": "file:pilot.xml"})
    os.kill(os.getpid(), signal.SIGHUP)
    until(lambda: former() is None, seconds=10)
