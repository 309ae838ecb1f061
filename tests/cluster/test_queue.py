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
        await queue.run(poll, places=lambda: 64)
        assert (await queue.stats()).hosts == frozenset()
        await queue.tidy()
        await queue.close()

    asyncio.run(work())
    assert done == ["a.example", "b.example"]


def test_a_queue_that_runs_takes_as_many_jobs_as_places_allow_at_the_moment(postgres: Server) -> None:
    """`poll.concurrency` of a new configuration holds for the jobs after it."""
    queue, places = host_queue(postgres.schema("queue_places")), [3]
    running, most = set[str](), list[int]()

    async def work() -> None:
        may, is_full, ended = asyncio.Event(), asyncio.Event(), list[str]()

        async def poll(delivery: Delivery) -> bool:
            running.add(delivery.host)
            if len(running) == places[0]:
                is_full.set()
            await may.wait()
            most.append(len(running))
            running.discard(delivery.host)
            ended.append(delivery.host)
            if len(ended) == 30:
                queue.stop()
            return True

        await queue.install()
        await queue.offer([f"{n}.example" for n in range(30)])
        run = asyncio.create_task(queue.run(poll, places=lambda: places[0]))
        await is_full.wait()
        is_full.clear()
        assert len(running) == (await queue.stats()).picked == 3
        places[0] = 25
        await is_full.wait()
        assert len(running) == (await queue.stats()).picked == 25
        may.set()
        await run
        await queue.close()

    asyncio.run(work())
    assert max(most) == 25
