"""The end of the jobs that APScheduler runs."""

import asyncio

from aggregator.service.app import _cancellable


def test_work_cut_off_by_the_end_of_the_service_is_no_error() -> None:
    async def run() -> None:
        work = asyncio.create_task(_cancellable(asyncio.Event().wait)())  # type: ignore[arg-type]
        await asyncio.sleep(0)
        work.cancel()
        assert await work is None

    asyncio.run(run())
