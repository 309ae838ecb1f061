"""The queue of hosts: one job a host, run again when its node is gone."""

import asyncio

import pytest

from aggregator.model.cluster import Delivery
from aggregator.storage import host_queue
from tests.postgres import Server

pytestmark = pytest.mark.needs("postgres")


def test_a_host_has_one_job_and_jobs_are_run_once(postgres: Server) -> None:
    url = postgres.schema("queue_once")
    queue, done = host_queue(url), list[str]()

    async def poll(delivery: Delivery) -> bool:
        done.append(delivery.host)
        if len(done) == 2:
            queue.stop()
        return True

    async def work() -> None:
        await queue.install()
        await queue.install()
        await queue.offer(["a.example", "b.example"])
        await queue.offer(["b.example"])
        waiting = await queue.stats()
        assert (waiting.waiting, waiting.picked) == (2, 0)
        assert waiting.hosts == {"a.example", "b.example"}
        await queue.run(poll, places=64)
        assert (await queue.stats()).hosts == frozenset()
        await queue.tidy()
        await queue.close()

    asyncio.run(work())
    assert done == ["a.example", "b.example"]
