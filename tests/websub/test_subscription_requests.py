"""Subscription requests: cases 200 to 204 of websub.rocks, renewal, retry, unsubscribing, HTTPS."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace

from aggregator.fetch.client import Client
from aggregator.fetch.transport import ALLOWED
from aggregator.model.websub import SubscriptionState
from aggregator.websub.subscriber import over_https
from tests.events import capture_logs
from tests.given import DAY, HOUR, NOON
from tests.server import answer, redirect
from tests.websub.given import LOOPBACK, SubscriberHarness, atom, given_an_active_subscription, run_scenario
from tests.websub.hub import ACCEPTED

pytestmark = pytest.mark.usefixtures("engine")


def test_200_the_topic_is_the_self_link_of_the_feed(tmp_path: Path) -> None:
    async def scenario(harness: SubscriberHarness) -> None:
        harness.hub.publish(atom("one", hub=harness.hub.url("/hub"), topic=harness.hub.url("/canonical")))
        assert (await harness.subscribes())["hub.topic"] == harness.hub.url("/canonical")
        assert harness.state() is SubscriptionState.ACTIVE

    run_scenario(tmp_path, scenario)


@pytest.mark.parametrize("status", ["302 Found", "301 Moved Permanently"])
def test_201_202_a_topic_that_redirects_is_subscribed_to_where_it_leads(tmp_path: Path, status: str) -> None:
    async def scenario(harness: SubscriberHarness) -> None:
        harness.hub.server.answers["/old"] = redirect("/feed", status)
        harness.hub.publish(atom("one", hub="hub", topic="feed"))
        assert (await harness.subscribes())["hub.topic"] == harness.hub.url("/feed")
        assert harness.state() is SubscriptionState.ACTIVE

    run_scenario(tmp_path, scenario, path="/old")


@pytest.mark.parametrize("status", ["307 Temporary Redirect", "308 Permanent Redirect"])
def test_203_204_a_redirected_subscription_request_goes_to_its_target(tmp_path: Path, status: str) -> None:
    async def scenario(harness: SubscriberHarness) -> None:
        harness.hub.server.answers["/hub"] = redirect("/other-hub", status)
        await given_an_active_subscription(harness)

    run_scenario(tmp_path, scenario)


def test_a_lease_is_renewed_with_the_same_callback_before_it_ends(tmp_path: Path) -> None:
    async def scenario(harness: SubscriberHarness) -> None:
        form = await given_an_active_subscription(harness)
        assert await harness.steps(after=7 * DAY) == 0
        assert await harness.steps(after=DAY) == 1
        assert harness.hub.forms == [form, form]
        found = harness.subscription()
        assert found is not None
        assert (found.state, found.lease_until) == (SubscriptionState.ACTIVE, NOON + 18 * DAY)
        assert await harness.steps(after=7 * DAY) == 0

    run_scenario(tmp_path, scenario)


def test_a_failed_renewal_is_retried_after_retry_after_and_the_lease_goes_on(tmp_path: Path) -> None:
    async def scenario(harness: SubscriberHarness) -> None:
        await given_an_active_subscription(harness)
        harness.hub.response = answer("Retry-After: 7200", status="503 Service Unavailable")
        assert await harness.steps(after=8 * DAY) == 1
        found = harness.subscription()
        assert found is not None
        assert (found.state, found.due) == (SubscriptionState.ACTIVE, harness.now + 2 * HOUR)
        assert found.reason == f"{harness.hub.url('/hub')} answered 503 Service Unavailable"
        harness.hub.response = ACCEPTED
        assert await harness.steps(after=2 * HOUR) == 1
        found = harness.subscription()
        assert found is not None
        assert (found.reason, found.lease_until) == ("", harness.now + 10 * DAY)

    run_scenario(tmp_path, scenario)


def test_another_hub_or_topic_is_subscribed_to_anew_and_the_old_one_left(tmp_path: Path) -> None:
    async def scenario(harness: SubscriberHarness) -> None:
        old = await given_an_active_subscription(harness)
        harness.hub.publish(atom("two", hub=harness.hub.url("/hub"), topic=harness.hub.url("/moved")))
        await harness.poll(after=2 * HOUR)
        assert await harness.steps() == 2
        leaving, new = harness.hub.forms[1:]
        if leaving["hub.mode"] != "unsubscribe":
            leaving, new = new, leaving
        assert leaving == {
            "hub.mode": "unsubscribe",
            "hub.topic": old["hub.topic"],
            "hub.callback": old["hub.callback"],
        }
        assert new["hub.topic"] == harness.hub.url("/moved")
        assert new["hub.callback"] != old["hub.callback"]
        assert [response.status_code for response in harness.hub.verifications] == [200, 200, 200]
        assert harness.subscription(old) is None
        assert (await harness.called(lambda: harness.hub.deliver(old))).status_code == 404
        found = harness.subscription(new)
        assert found is not None
        assert found.state is SubscriptionState.ACTIVE

    run_scenario(tmp_path, scenario)


@pytest.mark.parametrize("how", ["the feed names none", "it is switched off", "the source is gone"])
def test_a_subscription_no_longer_wanted_is_unsubscribed(tmp_path: Path, how: str) -> None:
    async def scenario(harness: SubscriberHarness) -> None:
        form = await given_an_active_subscription(harness)
        if how == "the feed names none":
            harness.hub.publish(atom("two"))
            await harness.poll(after=2 * HOUR)
        elif how == "it is switched off":
            harness.config = replace(harness.config, poll=replace(harness.config.poll, websub=False))
            await harness.steps(after=8 * DAY)
        else:
            harness.config = replace(harness.config, sources=())
            harness.storage.admin.sync(harness.config, harness.now)
            assert (await harness.called(lambda: harness.hub.deliver(form))).status_code == 410
            await harness.steps(after=8 * DAY)
        assert (await harness.called(lambda: harness.hub.deliver(form))).status_code == 410
        assert await harness.steps() == 1
        assert harness.hub.forms[-1]["hub.mode"] == "unsubscribe"
        assert harness.subscription(form) is None

    run_scenario(tmp_path, scenario)


def test_an_unverified_unsubscription_is_requested_three_times(tmp_path: Path) -> None:
    async def scenario(harness: SubscriberHarness) -> None:
        await given_an_active_subscription(harness)
        harness.hub.publish(atom("two"))
        harness.hub.verifies = False
        await harness.poll(after=2 * HOUR)
        for _ in range(5):
            await harness.steps(after=DAY)
        assert [form["hub.mode"] for form in harness.hub.forms] == ["subscribe", *["unsubscribe"] * 3]
        assert harness.subscription() is None

    run_scenario(tmp_path, scenario)


def test_a_hub_at_a_guarded_address_is_refused(tmp_path: Path) -> None:
    async def scenario(harness: SubscriberHarness) -> None:
        public = replace(harness.config.publication, url="https://releases.example/")
        harness.config = replace(harness.config, publication=public)
        harness.hub.publish(atom("one", hub="http://10.0.0.1:1/hub", topic=harness.hub.url("/feed")))
        await harness.poll()
        with capture_logs() as logs:
            assert await harness.steps() == 1
        (event,) = (each for each in logs if each["event"] == "subscription request failed")
        assert str(event["reason"]).startswith(
            "http://10.0.0.1:1/hub is refused: its host is at 10.0.0.1 (private);"
        )

    run_scenario(tmp_path, scenario)


def test_no_subscription_is_requested_for_a_callback_on_loopback(tmp_path: Path) -> None:
    async def scenario(harness: SubscriberHarness) -> None:
        harness.hub.publish(atom("one", hub="https://hub.example/", topic=harness.hub.url("/feed")))
        await harness.poll()
        assert await harness.steps() == 0

    run_scenario(tmp_path, scenario)


def asked_over(directory: Path, responding: Callable[[httpx.Request], httpx.Response]) -> list[str]:
    """Return the addresses requested for a hub named with http and no port."""
    asked = []

    def answered(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        assert request.extensions[ALLOWED] == LOOPBACK
        return responding(request)

    async def scenario(harness: SubscriberHarness) -> None:
        harness.config = replace(
            harness.config, publication=replace(harness.config.publication, url="https://releases.example/")
        )
        harness.hub.publish(atom("one", hub="http://hub.example/", topic=harness.hub.url("/feed")))
        await harness.poll()
        transport = httpx.MockTransport(answered)
        harness.client = Client(harness.config.poll, contact="", publication_url="", transport=transport)
        await harness.steps()
        await harness.client.aclose()

    run_scenario(directory, scenario)
    return asked


def no_tls(request: httpx.Request) -> httpx.Response:
    if request.url.scheme == "https":
        raise httpx.ConnectError("no TLS here")
    return httpx.Response(202)


def test_a_subscription_is_requested_over_https_and_over_http_only_if_tls_fails(tmp_path: Path) -> None:
    assert asked_over(tmp_path / "1", lambda request: httpx.Response(202)) == ["https://hub.example/"]
    assert asked_over(tmp_path / "2", lambda request: httpx.Response(400)) == ["https://hub.example/"]
    assert asked_over(tmp_path / "3", no_tls) == ["https://hub.example/", "http://hub.example/"]


def test_a_hub_without_a_port_is_requested_over_https() -> None:
    assert over_https("http://hub.example/a?b=http://c") == "https://hub.example/a?b=http://c"
    assert over_https("http://hub.example:80/") == "http://hub.example:80/"
    assert over_https("https://hub.example/") == "https://hub.example/"
