"""Content distribution: cases 300 to 302 of websub.rocks, rate limit, limits of a delivery, secrets in logs."""

import asyncio
import socket
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace
from starlette.requests import Request
from starlette.types import Message

from aggregator.model.websub import SubscriptionState
from aggregator.websub.signature import METHODS
from tests.engines import remove
from tests.events import capture_logs
from tests.given import HOUR, MINUTE
from tests.websub.given import (
    SECOND,
    SubscriberHarness,
    atom_with_hub,
    given_an_active_subscription,
    run_scenario,
)
from tests.websub.hub import Form

pytestmark = pytest.mark.usefixtures("engine")


@pytest.mark.parametrize("method", METHODS)
def test_300_a_signed_delivery_is_taken_and_its_source_polled_at_once(tmp_path: Path, method: str) -> None:
    async def scenario(harness: SubscriberHarness) -> None:
        form = await given_an_active_subscription(harness)
        body = atom_with_hub(harness, "two", "one")
        harness.now += 10 * MINUTE
        response = await harness.called(lambda: harness.hub.deliver(form, body, method=method))
        assert (response.status_code, response.content) == (202, b"")
        assert (harness.due_in(), harness.why()) == (timedelta(0), "its hub announced something")
        outcome = await harness.poll(after=SECOND)
        assert (outcome.kind, outcome.new) == ("changed", 1)
        assert harness.due_in() < 2 * HOUR  # once more at its own pace: a cache may have lagged
        await harness.steps(after=10 * MINUTE)
        assert harness.state() is SubscriptionState.ACTIVE

    run_scenario(tmp_path, scenario)


@pytest.mark.parametrize("signature", ["", "sha256=" + "0" * 64, "sha256=zz", "md5=" + "0" * 40])
def test_301_302_a_wrong_or_missing_signature_changes_nothing(tmp_path: Path, signature: str) -> None:
    async def scenario(harness: SubscriberHarness) -> None:
        form = await given_an_active_subscription(harness)
        before = harness.subscription(), harness.health()
        with capture_logs() as logs:
            response = await harness.called(lambda: harness.hub.deliver(form, signature=signature))
        assert (response.status_code, response.content) == (202, b"")  # tells a guesser nothing
        assert (harness.subscription(), harness.health()) == before
        assert "delivery rejected" in [each["event"] for each in logs]

    run_scenario(tmp_path, scenario)


def test_deliveries_are_rate_limited_to_one_poll_a_minute(tmp_path: Path) -> None:
    async def scenario(harness: SubscriberHarness) -> None:
        form = await given_an_active_subscription(harness)
        await harness.poll(after=10 * MINUTE)
        harness.now += 20 * SECOND
        for _ in range(3):
            await harness.called(lambda: harness.hub.deliver(form))
        assert harness.due_in() == 40 * SECOND

    run_scenario(tmp_path, scenario)


def test_a_delivery_larger_than_any_document_is_cut_off(tmp_path: Path) -> None:
    async def scenario(harness: SubscriberHarness) -> None:
        form = await given_an_active_subscription(harness)
        before = harness.subscription()
        too_large = b"x" * (harness.config.poll.max_bytes + 1)
        assert (await harness.called(lambda: harness.hub.deliver(form, too_large))).status_code == 413
        assert harness.subscription() == before
        fits = b"x" * harness.config.poll.max_bytes
        assert (await harness.called(lambda: harness.hub.deliver(form, fits))).status_code == 202

    run_scenario(tmp_path, scenario)


def test_a_delivery_that_does_not_end_is_given_up(tmp_path: Path) -> None:
    async def scenario(harness: SubscriberHarness) -> None:
        form = await given_an_active_subscription(harness)
        harness.config = replace(
            harness.config, poll=replace(harness.config.poll, timeout=timedelta(seconds=0.2))
        )
        before = harness.subscription()
        assert (await harness.called(lambda: begun(harness, form)))[:12] == b"HTTP/1.1 408"
        assert harness.subscription() == before

    run_scenario(tmp_path, scenario)


def test_a_delivery_that_breaks_off_changes_nothing(tmp_path: Path) -> None:
    async def scenario(harness: SubscriberHarness) -> None:
        form = await given_an_active_subscription(harness)
        before = harness.subscription()
        assert await broken_off(harness, form) == 400
        assert harness.subscription() == before

    run_scenario(tmp_path, scenario)


def begun(harness: SubscriberHarness, form: Form) -> bytes:
    """Send the beginning of a delivery and return the response."""
    path = form["hub.callback"].removeprefix(harness.config.publication.url)
    with socket.create_connection(
        (harness.config.listen.host, harness.config.listen.port), timeout=5
    ) as sent:
        sent.sendall(f"POST /{path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n<feed".encode())
        return sent.recv(1_000)


async def broken_off(harness: SubscriberHarness, form: Form) -> int:
    """Return the status of a delivery whose sender disconnects in the middle."""
    token = form["hub.callback"].rpartition("/")[2]
    heard: asyncio.Queue[Message] = asyncio.Queue()
    heard.put_nowait({"type": "http.request", "body": b"<feed", "more_body": True})
    heard.put_nowait({"type": "http.disconnect"})
    scope = {"type": "http", "method": "POST", "headers": [], "path_params": {"token": token}}
    return (await harness.callback.deliver(Request(scope, heard.get))).status_code


def test_neither_token_nor_secret_reaches_a_log(tmp_path: Path) -> None:
    async def scenario(harness: SubscriberHarness) -> None:
        with capture_logs() as logs:
            form = await given_an_active_subscription(harness)
            await harness.called(lambda: harness.hub.deliver(form, signature=""))
            await harness.called(lambda: harness.hub.deliver(form))
            await harness.called(lambda: harness.hub.verify(form, topic="x"))
            await harness.called(lambda: harness.hub.deny(form, "no"))
            harness.storage.close()
            remove(tmp_path)  # and nothing can be read any more
            for call in (harness.hub.verify, harness.hub.deliver):
                response = await harness.called(lambda call=call: call(form))  # type: ignore[misc]
                assert (response.status_code, response.content) == (503, b"")
        told = repr(logs)
        assert "storage unreadable" in told
        assert form["hub.secret"] not in told
        assert form["hub.callback"].rpartition("/")[2] not in told

    run_scenario(tmp_path, scenario)
