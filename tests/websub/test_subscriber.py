"""The subscriber's cases of websub.rocks by their numbers, and what lies around them, against a real hub."""

import asyncio
import json
import socket
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request
from starlette.types import Message
from structlog.testing import capture_logs

from aggregator.fetch.client import Client
from aggregator.model import SubscriptionState
from aggregator.websub.signature import METHODS
from aggregator.websub.subscriber import over_https
from tests.given import DAY, HOUR, MINUTE, NOON
from tests.server import GONE, answer, redirect
from tests.websub.given import SubscriberHarness, atom, rss, run_scenario
from tests.websub.hub import ACCEPTED, CHALLENGE, Form

SECOND = timedelta(seconds=1)


def atom_with_hub(harness: SubscriberHarness, *titles: str) -> bytes:
    """Publish an Atom document that names the hub, and return it."""
    body = atom(*titles, hub=harness.hub.url("/hub"), topic=harness.hub.url("/feed"))
    harness.hub.publish(body)
    return body


async def given_an_active_subscription(harness: SubscriberHarness) -> Form:
    atom_with_hub(harness, "one")
    form = await harness.subscribes()
    assert harness.state() is SubscriptionState.ACTIVE
    return form


# discovery


def test_100_headers_are_enough(tmp_path: Path) -> None:
    async def scenario(harness: SubscriberHarness) -> None:
        harness.hub.publish(atom("one"), ("hub", harness.hub.url("/hub")), ("self", harness.hub.url("/feed")))
        form = await harness.subscribes()
        token = form["hub.callback"].removeprefix(f"{harness.config.publication.url}websub/")
        assert (len(token), len(form.pop("hub.secret"))) == (43, 43)
        assert form == {
            "hub.mode": "subscribe",
            "hub.topic": harness.hub.url("/feed"),
            "hub.callback": f"{harness.config.publication.url}websub/{token}",
            "hub.lease_seconds": "864000",
        }
        assert harness.state() is SubscriptionState.ACTIVE

    run_scenario(tmp_path, scenario)


def test_101_a_page_is_no_feed_and_its_hub_is_not_asked(tmp_path: Path) -> None:
    async def scenario(harness: SubscriberHarness) -> None:
        page = (
            f'<!doctype html><link rel="hub" href="{harness.hub.url("/hub")}"><link rel="self" href="/feed">'
        )
        harness.hub.publish(page.encode())
        assert (await harness.poll()).cause == "not-a-feed"
        assert await harness.steps() == 0

    run_scenario(tmp_path, scenario)


@pytest.mark.parametrize("kind", ["102 Atom", "103 RSS", "JSON Feed"])
def test_102_103_a_feed_names_its_hub_itself(tmp_path: Path, kind: str) -> None:
    async def scenario(harness: SubscriberHarness) -> None:
        hub, topic = harness.hub.url("/hub"), harness.hub.url("/feed")
        said = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": "Ministry",
            "feed_url": topic,
            "hubs": [{"type": "WebSub", "url": hub}],
            "items": [],
        }
        harness.hub.publish(
            {
                "102 Atom": atom("one", hub=hub, topic=topic),
                "103 RSS": rss("one", hub=hub, topic=topic),
                "JSON Feed": json.dumps(said).encode(),
            }[kind]
        )
        assert (await harness.subscribes())["hub.topic"] == topic
        assert harness.state() is SubscriptionState.ACTIVE

    run_scenario(tmp_path, scenario)


def test_104_headers_go_before_the_document(tmp_path: Path) -> None:
    async def scenario(harness: SubscriberHarness) -> None:
        harness.hub.publish(
            atom("one", hub=harness.hub.url("/wrong"), topic=harness.hub.url("/wrong")),
            ("hub", harness.hub.url("/hub")),
            ("self", harness.hub.url("/feed")),
        )
        harness.hub.server.answers["/wrong"] = GONE
        assert (await harness.subscribes())["hub.topic"] == harness.hub.url("/feed")

    run_scenario(tmp_path, scenario)


# subscribing


def test_200_the_topic_is_what_the_feed_calls_itself(tmp_path: Path) -> None:
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
def test_203_204_a_hub_that_redirects_is_asked_where_it_leads(tmp_path: Path, status: str) -> None:
    async def scenario(harness: SubscriberHarness) -> None:
        harness.hub.server.answers["/hub"] = redirect("/other-hub", status)
        await given_an_active_subscription(harness)

    run_scenario(tmp_path, scenario)


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
def test_only_what_was_asked_for_is_confirmed(tmp_path: Path, changes: Form) -> None:
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


def test_nothing_is_confirmed_before_it_was_asked_for(tmp_path: Path) -> None:
    async def scenario(harness: SubscriberHarness) -> None:
        atom_with_hub(harness, "one")
        await harness.poll()
        found = harness.storage.update_subscription(1, lambda present: present)
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


def test_a_hub_that_fails_is_asked_again_when_it_wishes_and_an_active_lease_goes_on(tmp_path: Path) -> None:
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


def test_a_denial_is_remembered_with_its_reason_and_deliveries_are_no_longer_taken(tmp_path: Path) -> None:
    async def scenario(harness: SubscriberHarness) -> None:
        form = await given_an_active_subscription(harness)
        response = await harness.called(lambda: harness.hub.deny(form, "not\r\nhere \x1b[31m" + "x" * 999))
        assert (response.status_code, response.content) == (200, b"")
        found = harness.subscription()
        assert found is not None
        assert (found.state, found.reason[:12], len(found.reason)) == (
            SubscriptionState.DENIED,
            "nothere [31m",
            300,
        )
        assert (await harness.called(lambda: harness.hub.deliver(form))).status_code == 410
        assert (await harness.called(lambda: harness.hub.verify(form))).status_code == 404
        assert await harness.steps(after=29 * DAY) == 0
        assert await harness.steps(after=DAY) == 1

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
def test_a_hub_no_longer_wanted_is_told_so(tmp_path: Path, how: str) -> None:
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
            harness.storage.sync(harness.config, harness.now)
            assert (await harness.called(lambda: harness.hub.deliver(form))).status_code == 410
            await harness.steps(after=8 * DAY)
        assert (await harness.called(lambda: harness.hub.deliver(form))).status_code == 410
        assert await harness.steps() == 1
        assert harness.hub.forms[-1]["hub.mode"] == "unsubscribe"
        assert harness.subscription(form) is None

    run_scenario(tmp_path, scenario)


def test_a_hub_that_does_not_let_us_go_is_asked_three_times(tmp_path: Path) -> None:
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
        (event,) = (each for each in logs if each["event"] == "hub failed")
        assert event["reason"] == "http://10.0.0.1:1/hub is refused: its host is at 10.0.0.1 (private)"

    run_scenario(tmp_path, scenario)


def test_a_hub_that_could_not_reach_us_is_not_asked(tmp_path: Path) -> None:
    async def scenario(harness: SubscriberHarness) -> None:
        harness.hub.publish(atom("one", hub="https://hub.example/", topic=harness.hub.url("/feed")))
        await harness.poll()
        assert await harness.steps() == 0

    run_scenario(tmp_path, scenario)


# distribution


@pytest.mark.parametrize("method", METHODS)
def test_300_a_signed_delivery_is_taken_and_its_source_polled_at_once(tmp_path: Path, method: str) -> None:
    async def scenario(harness: SubscriberHarness) -> None:
        form = await given_an_active_subscription(harness)
        body = atom_with_hub(harness, "two", "one")
        harness.now += 10 * MINUTE
        response = await harness.called(lambda: harness.hub.deliver(form, body, method=method))
        assert (response.status_code, response.content) == (202, b"")
        assert (harness.due_in(), harness.health().why) == (timedelta(0), "its hub announced something")
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
        assert "delivery refused" in [each["event"] for each in logs]

    run_scenario(tmp_path, scenario)


def test_deliveries_make_us_poll_no_more_than_once_a_minute(tmp_path: Path) -> None:
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
    """Send the beginning of a delivery and wait for what is said to that."""
    path = form["hub.callback"].removeprefix(harness.config.publication.url)
    with socket.create_connection(
        (harness.config.listen.host, harness.config.listen.port), timeout=5
    ) as sent:
        sent.sendall(f"POST /{path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n<feed".encode())
        return sent.recv(1_000)


async def broken_off(harness: SubscriberHarness, form: Form) -> int:
    """The status of a delivery whose sender goes away in the middle."""
    token = form["hub.callback"].rpartition("/")[2]
    heard: asyncio.Queue[Message] = asyncio.Queue()
    heard.put_nowait({"type": "http.request", "body": b"<feed", "more_body": True})
    heard.put_nowait({"type": "http.disconnect"})
    scope = {"type": "http", "method": "POST", "headers": [], "path_params": {"token": token}}
    return (await harness.callback.deliver(Request(scope, heard.get))).status_code


# polling beside a hub


def test_a_source_with_a_hub_is_polled_four_times_as_rarely(tmp_path: Path) -> None:
    async def scenario(harness: SubscriberHarness) -> None:
        await given_an_active_subscription(harness)
        outcome = await harness.poll(after=HOUR)
        assert harness.due_in() == 4 * HOUR
        assert outcome.why.startswith("its hub announces what is new (else ")
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
        assert (harness.due_in(), harness.health().why) == (HOUR, "its hub did not announce a release")
        with capture_logs() as logs:
            assert await harness.steps(after=5 * MINUTE) == 1
        assert harness.state() is SubscriptionState.BROKEN
        assert [(each["event"], each["source"]) for each in logs] == [("hub broken", "ministry")]
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
            return [each.kind for each in harness.storage.alerts()]

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


def test_a_hub_that_tells_a_little_late_is_not_broken(tmp_path: Path) -> None:
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


# secrets


def test_neither_token_nor_secret_reaches_a_log(tmp_path: Path) -> None:
    async def scenario(harness: SubscriberHarness) -> None:
        with capture_logs() as logs:
            form = await given_an_active_subscription(harness)
            await harness.called(lambda: harness.hub.deliver(form, signature=""))
            await harness.called(lambda: harness.hub.deliver(form))
            await harness.called(lambda: harness.hub.verify(form, topic="x"))
            await harness.called(lambda: harness.hub.deny(form, "no"))
            harness.storage.close()
            (tmp_path / "publicwire.db").unlink()  # and nothing can be read any more
            for call in (harness.hub.verify, harness.hub.deliver):
                response = await harness.called(lambda call=call: call(form))  # type: ignore[misc]
                assert (response.status_code, response.content) == (503, b"")
        told = repr(logs)
        assert "storage-unreadable" in told
        assert form["hub.secret"] not in told
        assert form["hub.callback"].rpartition("/")[2] not in told

    run_scenario(tmp_path, scenario)


# over https


def asked_over(directory: Path, responding: Callable[[httpx.Request], httpx.Response]) -> list[str]:
    """Return the addresses requested for a hub named with http and no port."""
    asked = []

    def answered(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
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
        await harness.client.close()

    run_scenario(directory, scenario)
    return asked


def no_tls(request: httpx.Request) -> httpx.Response:
    if request.url.scheme == "https":
        raise httpx.ConnectError("no TLS here")
    return httpx.Response(202)


def test_a_hub_is_asked_over_https_and_only_if_that_cannot_be_had_over_http(tmp_path: Path) -> None:
    assert asked_over(tmp_path / "1", lambda request: httpx.Response(202)) == ["https://hub.example/"]
    assert asked_over(tmp_path / "2", lambda request: httpx.Response(400)) == ["https://hub.example/"]
    assert asked_over(tmp_path / "3", no_tls) == ["https://hub.example/", "http://hub.example/"]


def test_a_hub_that_names_no_port_is_asked_over_https() -> None:
    assert over_https("http://hub.example/a?b=http://c") == "https://hub.example/a?b=http://c"
    assert over_https("http://hub.example:80/") == "http://hub.example:80/"
    assert over_https("https://hub.example/") == "https://hub.example/"
