"""Work of push under way."""

from aggregator.errors import StorageError
from aggregator.websub.in_flight import FAILED_PAUSE, InFlight
from tests import virtual_time
from tests.events import capture_logs
from tests.virtual_time import advance, settled


async def nothing() -> None:
    pass


async def failing(error: Exception) -> None:
    raise error


def test_a_subject_is_busy_until_it_is_freed() -> None:
    async def scenario() -> None:
        running = InFlight()
        running.begin({1}, nothing())
        await running.idle()
        assert 1 in running
        running.free({1})
        assert 1 not in running

    virtual_time.run(scenario())


def test_an_error_is_logged_and_its_subject_pauses() -> None:
    async def scenario() -> list[object]:
        running = InFlight()
        with capture_logs() as logs:
            running.begin({1}, failing(StorageError("away")))
            running.begin({2}, failing(ValueError("a bug")))
            await settled()
            assert 1 in running
            assert 2 in running
            advance(FAILED_PAUSE)
            await running.idle()
        assert 1 not in running
        assert 2 not in running
        return [each["event"] for each in logs]

    assert virtual_time.run(scenario()) == ["push waits for the store", "push met an unexpected error"]


def test_a_drain_ends_in_time_and_the_rest_is_cancelled() -> None:
    async def scenario() -> None:
        running = InFlight()
        running.begin({1}, failing(ValueError("a bug")))
        with capture_logs():
            await running.idle(3.0)
        await running.cancel()
        await running.idle()

    virtual_time.run(scenario())
