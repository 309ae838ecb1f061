"""The end of the jobs that APScheduler runs."""

import asyncio

from aggregator.service.app import _cancellable


def test_work_cut_off_by_the_end_of_the_service_is_no_error() -> None:
    async def waits() -> None:
        await asyncio.Event().wait()

    async def runs() -> None:
        await _cancellable(waits)()

    async def cut_off() -> bool:
        work = asyncio.create_task(runs())
        await asyncio.sleep(0)
        work.cancel()
        await asyncio.wait([work])
        return work.cancelled()

    assert not asyncio.run(cut_off())
