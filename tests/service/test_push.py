"""The loops of push: an error ends none of them, and a stop waits a second at most."""

import asyncio
from collections.abc import Sequence
from itertools import pairwise

from msgspec.structs import replace

from aggregator.errors import StoreAway
from aggregator.model.settings import Config
from aggregator.service.live_config import LiveConfig
from aggregator.service.push import (
    DRAIN_SECONDS,
    FAILED_PAUSE,
    STEP_EVERY,
    UNAVAILABLE_PAUSE,
    Push,
    Pushers,
)
from aggregator.websub.in_flight import InFlight
from tests import virtual_time
from tests.events import capture_logs
from tests.given import config


class Scripted:
    """Push work whose steps meet the errors given, in order; `at` are the times of its steps."""

    def __init__(self, *errors: Exception | None) -> None:
        self.running = InFlight()
        self.errors = list(errors)
        self.at: list[float] = []

    async def step(self) -> None:
        self.at.append(asyncio.get_running_loop().time())
        error = self.errors.pop(0) if self.errors else None
        if error is not None:
            raise error


def gaps(at: Sequence[float]) -> list[float]:
    return [round(after - before, 3) for before, after in pairwise(at)]


async def stepping(push: Push, seconds: float) -> None:
    loops = push.loops()
    await asyncio.wait(loops, timeout=seconds)  # of the virtual clock
    for loop in loops:
        loop.cancel()


def test_an_error_pauses_its_own_kind_of_push_alone() -> None:
    failing, fine = Scripted(StoreAway("away"), ValueError("a bug"), None), Scripted()

    async def scenario() -> list[object]:
        with capture_logs() as logs:
            await stepping(Push({"verified": failing, "told": fine}), 40.0)
        return [each["event"] for each in logs]

    assert virtual_time.run(scenario()) == ["push failed, its next step follows"]
    assert gaps(failing.at)[:3] == [STEP_EVERY + UNAVAILABLE_PAUSE, STEP_EVERY + FAILED_PAUSE, STEP_EVERY]
    assert set(gaps(fine.at)) == {STEP_EVERY}


def test_a_stop_lets_requests_end_and_then_cancels_them() -> None:
    ended: list[str] = []

    async def request(name: str, answered: asyncio.Event) -> None:
        await answered.wait()
        ended.append(name)

    async def scenario() -> float:
        kind, loop = Scripted(), asyncio.get_running_loop()
        quick, slow = asyncio.Event(), asyncio.Event()  # the slow one is never answered
        kind.running.begin({"quick"}, request("quick", quick))
        kind.running.begin({"slow"}, request("slow", slow))
        loop.call_later(DRAIN_SECONDS / 2, quick.set)
        begun = loop.time()
        await Push({"told": kind}).drain()
        return loop.time() - begun

    assert virtual_time.run(scenario()) <= DRAIN_SECONDS + 0.1
    assert ended == ["quick"]


def test_the_client_of_push_follows_the_configuration() -> None:
    async def scenario() -> None:
        current = LiveConfig(config())
        pushers = Pushers(current)
        before = pushers.pusher()
        assert pushers.pusher() is before
        current.config = proxied(current.config)
        assert pushers.pusher() is not before
        await pushers.close()

    def proxied(of: Config) -> Config:
        return replace(of, proxy="http://proxy.example:3128")

    asyncio.run(scenario())


def test_a_kind_whose_share_another_node_has_takes_no_step() -> None:
    ours, theirs = Scripted(), Scripted()

    async def scenario() -> None:
        await stepping(Push({"told": ours, "pinged": theirs}, lambda kind: kind == "told"), 1.0)

    virtual_time.run(scenario())
    assert len(ours.at) > 5
    assert theirs.at == []
