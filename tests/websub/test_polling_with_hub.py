"""Polling beside a hub: interval, missed announcements, alerts."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.model.schedule import DueReason
from aggregator.model.websub import SubscriptionState
from tests.events import capture_logs
from tests.given import DAY, HOUR, MINUTE
from tests.websub.given import SubscriberHarness, atom_with_hub, given_an_active_subscription, run_scenario

pytestmark = pytest.mark.usefixtures("engine")


def test_a_source_with_a_hub_is_polled_four_times_as_rarely(tmp_path: Path) -> None:
    async def scenario(harness: SubscriberHarness) -> None:
        await given_an_active_subscription(harness)
        outcome = await harness.poll(after=HOUR)
        assert harness.due_in() == 4 * HOUR
        assert outcome.due is not None and outcome.due.reason is DueReason.HUB
        harness.config = replace(harness.config, poll=replace(harness.config.poll, websub=False))
        await harness.poll(after=4 * HOUR)
        assert harness.due_in() < 2 * HOUR

    run_scenario(tmp_path, scenario)


def test_a_hub_that_kept_silent_is_broken_polled_beside_and_tried_a_day_later(tmp_path: Path) -> None:
    async def scenario(harness: SubscriberHarness) -> None:
        form = await given_an_active_subscription(harness)
        await harness.poll(after=HOUR)
        atom_with_hub(harness, "two", "one")
        assert (await harness.poll(after=4 * HOUR)).new == 1
        assert (harness.due_in(), harness.why()) == (HOUR, "its hub did not announce a release")
        with capture_logs() as logs:
            assert await harness.steps(after=5 * MINUTE) == 1
        assert harness.state() is SubscriptionState.BROKEN
        assert [(each["event"], each["source"]) for each in logs] == [("subscription broken", "ministry")]
        await harness.poll(after=HOUR)
        assert harness.due_in() < 2 * HOUR
        assert await harness.steps(after=22 * HOUR) == 0
        assert await harness.steps(after=2 * HOUR) == 1
        assert (harness.hub.forms, harness.state()) == ([form, form], SubscriptionState.ACTIVE)

    run_scenario(tmp_path, scenario)


def test_a_broken_hub_is_an_alert_until_it_announces_again(tmp_path: Path) -> None:
    async def scenario(harness: SubscriberHarness) -> None:
        async def alerts() -> list[str]:
            await harness.poll()
            return [each.kind for each in harness.storage.tasks.alerts()]

        form = await given_an_active_subscription(harness)
        await harness.poll(after=HOUR)
        atom_with_hub(harness, "two", "one")
        await harness.poll(after=4 * HOUR)
        assert await alerts() == []
        await harness.steps(after=5 * MINUTE)
        assert await alerts() == ["hub"]
        await harness.steps(after=DAY)
        assert (harness.state(), await alerts()) == (SubscriptionState.ACTIVE, ["hub"])
        await harness.called(lambda: harness.hub.deliver(form))
        assert await alerts() == []

    run_scenario(tmp_path, scenario)


def test_a_delivery_a_little_late_does_not_make_a_hub_broken(tmp_path: Path) -> None:
    async def scenario(harness: SubscriberHarness) -> None:
        form = await given_an_active_subscription(harness)
        await harness.poll(after=HOUR)
        atom_with_hub(harness, "two", "one")
        await harness.poll(after=4 * HOUR)
        harness.now += 2 * MINUTE
        await harness.called(lambda: harness.hub.deliver(form))
        await harness.steps(after=3 * MINUTE)
        assert harness.state() is SubscriptionState.ACTIVE

    run_scenario(tmp_path, scenario)
