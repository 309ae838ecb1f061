"""Verification of intent and denial: case 205 of websub.rocks, forged and repeated requests."""

from pathlib import Path

import pytest

from aggregator.model.websub import SubscriptionState
from tests.given import DAY, NOON
from tests.websub.given import SubscriberHarness, atom_with_hub, given_an_active_subscription, run_scenario
from tests.websub.hub import CHALLENGE, Form

pytestmark = pytest.mark.usefixtures("engine")


def test_205_a_verification_of_another_topic_is_refused(tmp_path: Path) -> None:
    async def scenario(harness: SubscriberHarness) -> None:
        harness.hub.verifies = False
        atom_with_hub(harness, "one")
        form = await harness.subscribes()
        refused = await harness.called(lambda: harness.hub.verify(form, topic=form["hub.topic"] + "?x"))
        assert (refused.status_code, refused.content) == (404, b"")
        assert harness.state() is SubscriptionState.ASKED

    run_scenario(tmp_path, scenario)


def test_a_challenge_is_repeated_as_a_type_that_no_browser_runs(tmp_path: Path) -> None:
    async def scenario(harness: SubscriberHarness) -> None:
        await given_an_active_subscription(harness)
        (response,) = harness.hub.verifications
        assert (response.status_code, response.text) == (200, CHALLENGE)
        assert response.headers["Content-Type"] == "application/octet-stream"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Cache-Control"] == "no-store"

    run_scenario(tmp_path, scenario)


@pytest.mark.parametrize(
    "changes",
    [
        {"mode": "unsubscribe"},
        {"mode": "publish"},
        {"mode": ""},
        {"topic": ""},
        {"challenge": ""},
        {"challenge": "x" * 1_001},
        {"challenge": "two words"},
        {"challenge": "\x00\x01"},
        {"mode": "denied", "topic": "https://other.example/"},
    ],
)
def test_a_verification_that_does_not_match_the_request_is_404(tmp_path: Path, changes: Form) -> None:
    async def scenario(harness: SubscriberHarness) -> None:
        form = await given_an_active_subscription(harness)
        before = harness.subscription()
        assert (await harness.called(lambda: harness.hub.verify(form, **changes))).status_code == 404
        assert harness.subscription() == before

    run_scenario(tmp_path, scenario)


def test_a_lease_that_is_no_number_counts_as_unsaid(tmp_path: Path) -> None:
    async def scenario(harness: SubscriberHarness) -> None:
        form = await given_an_active_subscription(harness)
        assert (await harness.called(lambda: harness.hub.verify(form, lease_seconds="-1"))).status_code == 200
        found = harness.subscription()
        assert found is not None
        assert found.lease_until == NOON + DAY

    run_scenario(tmp_path, scenario)


def test_no_subscription_is_confirmed_before_its_request(tmp_path: Path) -> None:
    async def scenario(harness: SubscriberHarness) -> None:
        atom_with_hub(harness, "one")
        await harness.poll()
        found = harness.storage.tasks.update_subscription(1, lambda present: present)
        assert found is not None
        form = {
            "hub.mode": "subscribe",
            "hub.topic": found.topic,
            "hub.callback": f"{harness.config.publication.url}websub/{found.token}",
        }
        assert (await harness.called(lambda: harness.hub.verify(form))).status_code == 404
        assert (await harness.called(lambda: harness.hub.deliver(form, signature=""))).status_code == 410

    run_scenario(tmp_path, scenario)


@pytest.mark.parametrize("token", ["x", "A" * 43, "A" * 5_000, "%00", "é"])
def test_a_guessed_token_finds_nothing(tmp_path: Path, token: str) -> None:
    async def scenario(harness: SubscriberHarness) -> None:
        form = await given_an_active_subscription(harness)
        guess = {**form, "hub.callback": f"{harness.config.publication.url}websub/{token}"}
        assert (await harness.called(lambda: harness.hub.verify(guess))).status_code == 404
        assert (await harness.called(lambda: harness.hub.deliver(guess))).status_code == 404

    run_scenario(tmp_path, scenario)


def test_a_denial_is_remembered_with_its_reason_and_deliveries_are_no_longer_taken(tmp_path: Path) -> None:
    async def scenario(harness: SubscriberHarness) -> None:
        form = await given_an_active_subscription(harness)
        response = await harness.called(lambda: harness.hub.deny(form, "not\r\nhere \x1b[31m" + "x" * 999))
        assert (response.status_code, response.content) == (200, b"")
        found = harness.subscription()
        assert found is not None
        assert (found.state, found.reason[:14], len(found.reason)) == (
            SubscriptionState.DENIED,
            "not  here [31m",
            300,
        )
        assert (await harness.called(lambda: harness.hub.deliver(form))).status_code == 410
        assert (await harness.called(lambda: harness.hub.verify(form))).status_code == 404
        assert await harness.steps(after=29 * DAY) == 0
        assert await harness.steps(after=DAY) == 1

    run_scenario(tmp_path, scenario)
