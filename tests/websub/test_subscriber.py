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

from aggregator.fetch.client import Client
from aggregator.model import SubscriptionState
from aggregator.websub.signature import METHODS
from aggregator.websub.subscriber import over_https
from tests.events import capture_logs
from tests.given import DAY, HOUR, MINUTE, NOON
from tests.websub.desk import Desk, at_a_desk, atom, rss
from tests.websub.hub import CHALLENGE, Form

SECOND = timedelta(seconds=1)


def atom_with_hub(desk: Desk, *titles: str) -> None:
    desk.publish(atom(*titles, hub=desk.hub.url("/hub"), topic=desk.hub.url("/feed")))


async def given_an_active_subscription(desk: Desk) -> Form:
    atom_with_hub(desk, "one")
    form = await desk.subscribes()
    assert desk.state() is SubscriptionState.ACTIVE
    return form


# discovery


def test_100_headers_are_enough(tmp_path: Path) -> None:
    async def scenario(desk: Desk) -> None:
        desk.publish(atom("one"), ("hub", desk.hub.url("/hub")), ("self", desk.hub.url("/feed")))
        form = await desk.subscribes()
        token = form["hub.callback"].removeprefix(f"{desk.config.publication.url}websub/")
        assert (len(token), len(form.pop("hub.secret"))) == (43, 43)
        assert form == {
            "hub.mode": "subscribe",
            "hub.topic": desk.hub.url("/feed"),
            "hub.callback": f"{desk.config.publication.url}websub/{token}",
            "hub.lease_seconds": "864000",
        }
        assert desk.state() is SubscriptionState.ACTIVE

    at_a_desk(tmp_path, scenario)


def test_101_a_page_is_no_feed_and_its_hub_is_not_asked(tmp_path: Path) -> None:
    async def scenario(desk: Desk) -> None:
        page = f'<!doctype html><link rel="hub" href="{desk.hub.url("/hub")}"><link rel="self" href="/feed">'
        desk.publish(page.encode())
        assert (await desk.poll()).cause == "not-a-feed"
        assert await desk.steps() == 0

    at_a_desk(tmp_path, scenario)


@pytest.mark.parametrize("kind", ["102 Atom", "103 RSS", "JSON Feed"])
def test_102_103_a_feed_names_its_hub_itself(tmp_path: Path, kind: str) -> None:
    async def scenario(desk: Desk) -> None:
        hub, topic = desk.hub.url("/hub"), desk.hub.url("/feed")
        said = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": "Ministry",
            "feed_url": topic,
            "hubs": [{"type": "WebSub", "url": hub}],
            "items": [],
        }
        desk.publish(
            {
                "102 Atom": atom("one", hub=hub, topic=topic),
                "103 RSS": rss("one", hub=hub, topic=topic),
                "JSON Feed": json.dumps(said).encode(),
            }[kind]
        )
        assert (await desk.subscribes())["hub.topic"] == topic
        assert desk.state() is SubscriptionState.ACTIVE

    at_a_desk(tmp_path, scenario)


def test_104_headers_go_before_the_document(tmp_path: Path) -> None:
    async def scenario(desk: Desk) -> None:
        desk.publish(
            atom("one", hub=desk.hub.url("/wrong"), topic=desk.hub.url("/wrong")),
            ("hub", desk.hub.url("/hub")),
            ("self", desk.hub.url("/feed")),
        )
        desk.hub.redirects["/wrong"] = (410, "")
        assert (await desk.subscribes())["hub.topic"] == desk.hub.url("/feed")

    at_a_desk(tmp_path, scenario)


# subscribing


def test_200_the_topic_is_what_the_feed_calls_itself(tmp_path: Path) -> None:
    async def scenario(desk: Desk) -> None:
        desk.publish(atom("one", hub=desk.hub.url("/hub"), topic=desk.hub.url("/canonical")))
        assert (await desk.subscribes())["hub.topic"] == desk.hub.url("/canonical")
        assert desk.state() is SubscriptionState.ACTIVE

    at_a_desk(tmp_path, scenario)


@pytest.mark.parametrize("status", [302, 301])
def test_201_202_a_topic_that_redirects_is_subscribed_to_where_it_leads(tmp_path: Path, status: int) -> None:
    async def scenario(desk: Desk) -> None:
        desk.hub.redirects["/old"] = (status, "/feed")
        desk.publish(atom("one", hub="hub", topic="feed"))
        assert (await desk.subscribes())["hub.topic"] == desk.hub.url("/feed")
        assert desk.state() is SubscriptionState.ACTIVE

    at_a_desk(tmp_path, scenario, path="/old")


@pytest.mark.parametrize("status", [307, 308])
def test_203_204_a_hub_that_redirects_is_asked_where_it_leads(tmp_path: Path, status: int) -> None:
    async def scenario(desk: Desk) -> None:
        desk.hub.redirects["/hub"] = (status, "/other-hub")
        await given_an_active_subscription(desk)

    at_a_desk(tmp_path, scenario)


def test_205_a_verification_of_another_topic_is_refused(tmp_path: Path) -> None:
    async def scenario(desk: Desk) -> None:
        desk.hub.verifies = False
        atom_with_hub(desk, "one")
        form = await desk.subscribes()
        refused = await desk.called(lambda: desk.hub.verify(form, topic=form["hub.topic"] + "?x"))
        assert (refused.status_code, refused.content) == (404, b"")
        assert desk.state() is SubscriptionState.ASKED

    at_a_desk(tmp_path, scenario)


def test_a_challenge_is_repeated_as_a_type_that_no_browser_runs(tmp_path: Path) -> None:
    async def scenario(desk: Desk) -> None:
        await given_an_active_subscription(desk)
        (answer,) = desk.hub.verifications
        assert (answer.status_code, answer.text) == (200, CHALLENGE)
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"

    at_a_desk(tmp_path, scenario)


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
    async def scenario(desk: Desk) -> None:
        form = await given_an_active_subscription(desk)
        before = desk.subscription()
        assert (await desk.called(lambda: desk.hub.verify(form, **changes))).status_code == 404
        assert desk.subscription() == before

    at_a_desk(tmp_path, scenario)


def test_a_lease_that_is_no_number_counts_as_unsaid(tmp_path: Path) -> None:
    async def scenario(desk: Desk) -> None:
        form = await given_an_active_subscription(desk)
        assert (await desk.called(lambda: desk.hub.verify(form, lease_seconds="-1"))).status_code == 200
        found = desk.subscription()
        assert found is not None
        assert found.lease_until == NOON + DAY

    at_a_desk(tmp_path, scenario)


def test_nothing_is_confirmed_before_it_was_asked_for(tmp_path: Path) -> None:
    async def scenario(desk: Desk) -> None:
        atom_with_hub(desk, "one")
        await desk.poll()
        found = desk.storage.update_subscription(1, lambda present: present)
        assert found is not None
        form = {
            "hub.mode": "subscribe",
            "hub.topic": found.topic,
            "hub.callback": f"{desk.config.publication.url}websub/{found.token}",
        }
        assert (await desk.called(lambda: desk.hub.verify(form))).status_code == 404
        assert (await desk.called(lambda: desk.hub.deliver(form, signature=""))).status_code == 410

    at_a_desk(tmp_path, scenario)


@pytest.mark.parametrize("token", ["x", "A" * 43, "A" * 5_000, "%00", "é"])
def test_a_guessed_token_finds_nothing(tmp_path: Path, token: str) -> None:
    async def scenario(desk: Desk) -> None:
        form = await given_an_active_subscription(desk)
        guess = {**form, "hub.callback": f"{desk.config.publication.url}websub/{token}"}
        assert (await desk.called(lambda: desk.hub.verify(guess))).status_code == 404
        assert (await desk.called(lambda: desk.hub.deliver(guess))).status_code == 404

    at_a_desk(tmp_path, scenario)


def test_a_lease_is_renewed_with_the_same_callback_before_it_ends(tmp_path: Path) -> None:
    async def scenario(desk: Desk) -> None:
        form = await given_an_active_subscription(desk)
        assert await desk.steps(after=7 * DAY) == 0
        assert await desk.steps(after=DAY) == 1
        assert desk.hub.forms == [form, form]
        found = desk.subscription()
        assert found is not None
        assert (found.state, found.lease_until) == (SubscriptionState.ACTIVE, NOON + 18 * DAY)
        assert await desk.steps(after=7 * DAY) == 0

    at_a_desk(tmp_path, scenario)


def test_a_hub_that_fails_is_asked_again_when_it_wishes_and_an_active_lease_goes_on(tmp_path: Path) -> None:
    async def scenario(desk: Desk) -> None:
        await given_an_active_subscription(desk)
        desk.hub.answers = (503, (("Retry-After", "7200"),))
        assert await desk.steps(after=8 * DAY) == 1
        found = desk.subscription()
        assert found is not None
        assert (found.state, found.due) == (SubscriptionState.ACTIVE, desk.now + 2 * HOUR)
        assert found.reason == f"{desk.hub.url('/hub')} answered 503 Service Unavailable"
        desk.hub.answers = (202, ())
        assert await desk.steps(after=2 * HOUR) == 1
        found = desk.subscription()
        assert found is not None
        assert (found.reason, found.lease_until) == ("", desk.now + 10 * DAY)

    at_a_desk(tmp_path, scenario)


def test_a_denial_is_remembered_with_its_reason_and_deliveries_are_no_longer_taken(tmp_path: Path) -> None:
    async def scenario(desk: Desk) -> None:
        form = await given_an_active_subscription(desk)
        answer = await desk.called(lambda: desk.hub.deny(form, "not\r\nhere \x1b[31m" + "x" * 999))
        assert (answer.status_code, answer.content) == (200, b"")
        found = desk.subscription()
        assert found is not None
        assert (found.state, found.reason[:12], len(found.reason)) == (
            SubscriptionState.DENIED,
            "nothere [31m",
            300,
        )
        assert (await desk.called(lambda: desk.hub.deliver(form))).status_code == 410
        assert (await desk.called(lambda: desk.hub.verify(form))).status_code == 404
        assert await desk.steps(after=29 * DAY) == 0
        assert await desk.steps(after=DAY) == 1

    at_a_desk(tmp_path, scenario)


def test_another_hub_or_topic_is_subscribed_to_anew_and_the_old_one_left(tmp_path: Path) -> None:
    async def scenario(desk: Desk) -> None:
        old = await given_an_active_subscription(desk)
        desk.publish(atom("two", hub=desk.hub.url("/hub"), topic=desk.hub.url("/moved")))
        await desk.poll(after=2 * HOUR)
        assert await desk.steps() == 2
        leaving, new = desk.hub.forms[1:]
        if leaving["hub.mode"] != "unsubscribe":
            leaving, new = new, leaving
        assert leaving == {
            "hub.mode": "unsubscribe",
            "hub.topic": old["hub.topic"],
            "hub.callback": old["hub.callback"],
        }
        assert new["hub.topic"] == desk.hub.url("/moved")
        assert new["hub.callback"] != old["hub.callback"]
        assert [answer.status_code for answer in desk.hub.verifications] == [200, 200, 200]
        assert desk.subscription(old) is None
        assert (await desk.called(lambda: desk.hub.deliver(old))).status_code == 404
        found = desk.subscription(new)
        assert found is not None
        assert found.state is SubscriptionState.ACTIVE

    at_a_desk(tmp_path, scenario)


@pytest.mark.parametrize("how", ["the feed names none", "it is switched off", "the source is gone"])
def test_a_hub_no_longer_wanted_is_told_so(tmp_path: Path, how: str) -> None:
    async def scenario(desk: Desk) -> None:
        form = await given_an_active_subscription(desk)
        if how == "the feed names none":
            desk.publish(atom("two"))
            await desk.poll(after=2 * HOUR)
        elif how == "it is switched off":
            desk.config = replace(desk.config, poll=replace(desk.config.poll, websub=False))
            await desk.steps(after=8 * DAY)
        else:
            desk.config = replace(desk.config, sources=())
            desk.storage.sync(desk.config, desk.now)
            assert (await desk.called(lambda: desk.hub.deliver(form))).status_code == 410
            await desk.steps(after=8 * DAY)
        assert (await desk.called(lambda: desk.hub.deliver(form))).status_code == 410
        assert await desk.steps() == 1
        assert desk.hub.forms[-1]["hub.mode"] == "unsubscribe"
        assert desk.subscription(form) is None

    at_a_desk(tmp_path, scenario)


def test_a_hub_that_does_not_let_us_go_is_asked_three_times(tmp_path: Path) -> None:
    async def scenario(desk: Desk) -> None:
        await given_an_active_subscription(desk)
        desk.publish(atom("two"))
        desk.hub.verifies = False
        await desk.poll(after=2 * HOUR)
        for _ in range(5):
            await desk.steps(after=DAY)
        assert [form["hub.mode"] for form in desk.hub.forms] == ["subscribe", *["unsubscribe"] * 3]
        assert desk.subscription() is None

    at_a_desk(tmp_path, scenario)


def test_a_hub_at_a_guarded_address_is_refused(tmp_path: Path) -> None:
    async def scenario(desk: Desk) -> None:
        public = replace(desk.config.publication, url="https://releases.example/")
        desk.config = replace(desk.config, publication=public)
        desk.publish(atom("one", hub="http://10.0.0.1:1/hub", topic=desk.hub.url("/feed")))
        await desk.poll()
        with capture_logs() as logs:
            assert await desk.steps() == 1
        (event,) = (each for each in logs if each["event"] == "hub failed")
        assert event["reason"] == "http://10.0.0.1:1/hub is refused: its host is at 10.0.0.1 (private)"

    at_a_desk(tmp_path, scenario)


def test_a_hub_that_could_not_reach_us_is_not_asked(tmp_path: Path) -> None:
    async def scenario(desk: Desk) -> None:
        desk.publish(atom("one", hub="https://hub.example/", topic=desk.hub.url("/feed")))
        await desk.poll()
        assert await desk.steps() == 0

    at_a_desk(tmp_path, scenario)


# distribution


@pytest.mark.parametrize("method", METHODS)
def test_300_a_signed_delivery_is_taken_and_its_source_polled_at_once(tmp_path: Path, method: str) -> None:
    async def scenario(desk: Desk) -> None:
        form = await given_an_active_subscription(desk)
        atom_with_hub(desk, "two", "one")
        desk.now += 10 * MINUTE
        body = desk.hub.documents["/feed"][1]
        answer = await desk.called(lambda: desk.hub.deliver(form, body, method=method))
        assert (answer.status_code, answer.content) == (202, b"")
        assert (desk.due_in(), desk.health().why) == (timedelta(0), "its hub announced something")
        outcome = await desk.poll(after=SECOND)
        assert (outcome.kind, outcome.new) == ("changed", 1)
        assert desk.due_in() < 2 * HOUR  # once more at its own pace: a cache may have lagged
        await desk.steps(after=10 * MINUTE)
        assert desk.state() is SubscriptionState.ACTIVE

    at_a_desk(tmp_path, scenario)


@pytest.mark.parametrize("signature", ["", "sha256=" + "0" * 64, "sha256=zz", "md5=" + "0" * 40])
def test_301_302_a_wrong_or_missing_signature_changes_nothing(tmp_path: Path, signature: str) -> None:
    async def scenario(desk: Desk) -> None:
        form = await given_an_active_subscription(desk)
        before = desk.subscription(), desk.health()
        with capture_logs() as logs:
            answer = await desk.called(lambda: desk.hub.deliver(form, signature=signature))
        assert (answer.status_code, answer.content) == (202, b"")  # tells a guesser nothing
        assert (desk.subscription(), desk.health()) == before
        assert "delivery refused" in [each["event"] for each in logs]

    at_a_desk(tmp_path, scenario)


def test_deliveries_make_us_poll_no_more_than_once_a_minute(tmp_path: Path) -> None:
    async def scenario(desk: Desk) -> None:
        form = await given_an_active_subscription(desk)
        await desk.poll(after=10 * MINUTE)
        desk.now += 20 * SECOND
        for _ in range(3):
            await desk.called(lambda: desk.hub.deliver(form))
        assert desk.due_in() == 40 * SECOND

    at_a_desk(tmp_path, scenario)


def test_a_delivery_larger_than_any_document_is_cut_off(tmp_path: Path) -> None:
    async def scenario(desk: Desk) -> None:
        form = await given_an_active_subscription(desk)
        before = desk.subscription()
        too_large = b"x" * (desk.config.poll.max_bytes + 1)
        assert (await desk.called(lambda: desk.hub.deliver(form, too_large))).status_code == 413
        assert desk.subscription() == before
        fits = b"x" * desk.config.poll.max_bytes
        assert (await desk.called(lambda: desk.hub.deliver(form, fits))).status_code == 202

    at_a_desk(tmp_path, scenario)


def test_a_delivery_that_does_not_end_is_given_up(tmp_path: Path) -> None:
    async def scenario(desk: Desk) -> None:
        form = await given_an_active_subscription(desk)
        desk.config = replace(desk.config, poll=replace(desk.config.poll, timeout=timedelta(seconds=0.2)))
        before = desk.subscription()
        assert (await desk.called(lambda: begun(desk, form)))[:12] == b"HTTP/1.1 408"
        assert desk.subscription() == before

    at_a_desk(tmp_path, scenario)


def test_a_delivery_that_breaks_off_changes_nothing(tmp_path: Path) -> None:
    async def scenario(desk: Desk) -> None:
        form = await given_an_active_subscription(desk)
        before = desk.subscription()
        assert await broken_off(desk, form) == 400
        assert desk.subscription() == before

    at_a_desk(tmp_path, scenario)


def begun(desk: Desk, form: Form) -> bytes:
    """Send the beginning of a delivery and wait for what is said to that."""
    path = form["hub.callback"].removeprefix(desk.config.publication.url)
    with socket.create_connection((desk.config.listen.host, desk.config.listen.port), timeout=5) as sent:
        sent.sendall(f"POST /{path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n<feed".encode())
        return sent.recv(1_000)


async def broken_off(desk: Desk, form: Form) -> int:
    """The status of a delivery whose sender goes away in the middle."""
    token = form["hub.callback"].rpartition("/")[2]
    heard: asyncio.Queue[Message] = asyncio.Queue()
    heard.put_nowait({"type": "http.request", "body": b"<feed", "more_body": True})
    heard.put_nowait({"type": "http.disconnect"})
    scope = {"type": "http", "method": "POST", "headers": [], "path_params": {"token": token}}
    return (await desk.callback.deliver(Request(scope, heard.get))).status_code


# polling beside a hub


def test_a_source_with_a_hub_is_polled_four_times_as_rarely(tmp_path: Path) -> None:
    async def scenario(desk: Desk) -> None:
        await given_an_active_subscription(desk)
        outcome = await desk.poll(after=HOUR)
        assert desk.due_in() == 4 * HOUR
        assert outcome.why.startswith("its hub announces what is new (else ")
        desk.config = replace(desk.config, poll=replace(desk.config.poll, websub=False))
        await desk.poll(after=4 * HOUR)
        assert desk.due_in() < 2 * HOUR

    at_a_desk(tmp_path, scenario)


def test_a_hub_that_kept_silent_is_broken_polled_beside_and_tried_a_day_later(tmp_path: Path) -> None:
    async def scenario(desk: Desk) -> None:
        form = await given_an_active_subscription(desk)
        await desk.poll(after=HOUR)
        atom_with_hub(desk, "two", "one")
        assert (await desk.poll(after=4 * HOUR)).new == 1
        assert (desk.due_in(), desk.health().why) == (HOUR, "its hub did not announce a release")
        with capture_logs() as logs:
            assert await desk.steps(after=5 * MINUTE) == 1
        assert desk.state() is SubscriptionState.BROKEN
        assert [(each["event"], each["source"]) for each in logs] == [("hub broken", "ministry")]
        await desk.poll(after=HOUR)
        assert desk.due_in() < 2 * HOUR
        assert await desk.steps(after=22 * HOUR) == 0
        assert await desk.steps(after=2 * HOUR) == 1
        assert (desk.hub.forms, desk.state()) == ([form, form], SubscriptionState.ACTIVE)

    at_a_desk(tmp_path, scenario)


def test_a_broken_hub_is_an_alert_until_it_announces_again(tmp_path: Path) -> None:
    async def scenario(desk: Desk) -> None:
        async def alerts() -> list[str]:
            await desk.poll()
            return [each.kind for each in desk.storage.alerts()]

        form = await given_an_active_subscription(desk)
        await desk.poll(after=HOUR)
        atom_with_hub(desk, "two", "one")
        await desk.poll(after=4 * HOUR)
        assert await alerts() == []
        await desk.steps(after=5 * MINUTE)
        assert await alerts() == ["hub"]
        await desk.steps(after=DAY)
        assert (desk.state(), await alerts()) == (SubscriptionState.ACTIVE, ["hub"])
        await desk.called(lambda: desk.hub.deliver(form))
        assert await alerts() == []

    at_a_desk(tmp_path, scenario)


def test_a_hub_that_tells_a_little_late_is_not_broken(tmp_path: Path) -> None:
    async def scenario(desk: Desk) -> None:
        form = await given_an_active_subscription(desk)
        await desk.poll(after=HOUR)
        atom_with_hub(desk, "two", "one")
        await desk.poll(after=4 * HOUR)
        desk.now += 2 * MINUTE
        await desk.called(lambda: desk.hub.deliver(form))
        await desk.steps(after=3 * MINUTE)
        assert desk.state() is SubscriptionState.ACTIVE

    at_a_desk(tmp_path, scenario)


# secrets


def test_neither_token_nor_secret_reaches_a_log(tmp_path: Path) -> None:
    async def scenario(desk: Desk) -> None:
        with capture_logs() as logs:
            form = await given_an_active_subscription(desk)
            await desk.called(lambda: desk.hub.deliver(form, signature=""))
            await desk.called(lambda: desk.hub.deliver(form))
            await desk.called(lambda: desk.hub.verify(form, topic="x"))
            await desk.called(lambda: desk.hub.deny(form, "no"))
            desk.storage.close()
            (tmp_path / "publicwire.db").unlink()  # and nothing can be read any more
            for call in (desk.hub.verify, desk.hub.deliver):
                answer = await desk.called(lambda call=call: call(form))  # type: ignore[misc]
                assert (answer.status_code, answer.content) == (503, b"")
        told = repr(logs)
        assert "storage-unreadable" in told
        assert form["hub.secret"] not in told
        assert form["hub.callback"].rpartition("/")[2] not in told

    at_a_desk(tmp_path, scenario)


# over https


def asked_over(directory: Path, answer: Callable[[httpx.Request], httpx.Response]) -> list[str]:
    """The addresses that are asked for a hub named with http and no port."""
    asked = []

    def answered(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return answer(request)

    async def scenario(desk: Desk) -> None:
        desk.config = replace(
            desk.config, publication=replace(desk.config.publication, url="https://releases.example/")
        )
        desk.publish(atom("one", hub="http://hub.example/", topic=desk.hub.url("/feed")))
        await desk.poll()
        transport = httpx.MockTransport(answered)
        desk.client = Client(desk.config.poll, contact="", publication_url="", transport=transport)
        await desk.steps()
        await desk.client.close()

    at_a_desk(directory, scenario)
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
