"""Requests to the own hub: verification, denial, leases, limits on what strangers can have it send."""

import asyncio
import dataclasses
import threading
from pathlib import Path

import httpx
import pytest

from aggregator.model.push import HubRequest
from aggregator.model.push_settings import Hub
from aggregator.storage import Storage
from aggregator.storage.sql.push_store import HubLimits, PushStore
from aggregator.web.hub import PER_CLIENT, PER_HOST
from tests.engines import remove
from tests.events import capture_logs
from tests.fetch.given import LOOPBACK
from tests.given import DAY, MINUTE
from tests.server import Request, Script, answer, redirect
from tests.web.newsroom import item
from tests.websub.subscribers import FEED, SECOND, Callbacks, HubHarness, run_hub

pytestmark = pytest.mark.usefixtures("engine")
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"mode": ""}, "hub.mode"),
        ({"mode": "publish"}, "hub.mode"),
        ({"topic": ""}, "hub.topic"),
        ({"topic": "feed.atom"}, "hub.topic"),
        ({"topic": f"https://releases.example/{'x' * 1_000}"}, "hub.topic"),
        ({"callback": "no-url"}, "hub.callback"),
        ({"callback": "ftp://subscriber.example/"}, "hub.callback"),
        ({"callback": "https://user:word@subscriber.example/"}, "hub.callback"),
        ({"callback": "https://subscriber.example/#x"}, "hub.callback"),
        ({"callback": "https://subscriber.example\\@other.example/"}, "hub.callback"),
        ({"callback": "https://subscriber.example/a b"}, "hub.callback"),
        ({"callback": "https://subscriber.example:25/"}, "hub.callback"),
        ({"callback": "https://subscriber.example:x/"}, "hub.callback"),
        ({"callback": f"https://subscriber.example/{'x' * 1_000}"}, "hub.callback"),
        ({"callback": "http:///x"}, "hub.callback"),
        ({"lease_seconds": "-1"}, "hub.lease_seconds"),
        ({"lease_seconds": "0"}, "hub.lease_seconds"),
        ({"secret": "x" * 200}, "hub.secret"),
        ({"secret": "é" * 100}, "hub.secret"),
    ],
)
def test_a_request_with_a_mistake_is_400_and_says_which(
    tmp_path: Path, fields: dict[str, str], sentence: str
) -> None:
    async def scenario(harness: HubHarness) -> None:
        response = await harness.asks(**fields)
        assert (response.status_code, sentence in response.text) == (400, True)
        assert response.headers["Content-Type"].startswith("text/plain")
        await harness.verify()
        assert harness.callbacks.asked == []

    run_hub(tmp_path, scenario)


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"hub.mode=subscribe", {"Content-Type": "text/plain"}, 415),
        (b"hub.mode=subscribe", {}, 415),
        (b"x" * 16_001, FORM, 413),
        (b"hub.mode=%ff&hub.topic=x", FORM, 400),
        (b"\xff=1", FORM, 400),
        (b"a=1&" * 60 + b"b=1", FORM, 400),
        (b"hub.mode=subscribe&hub.mode=unsubscribe", FORM, 400),
    ],
)
def test_a_body_that_is_no_form_is_refused(
    tmp_path: Path, body: bytes, headers: dict[str, str], status: int
) -> None:
    async def scenario(harness: HubHarness) -> int:
        return (await harness.post(body, headers)).status_code

    assert run_hub(tmp_path, scenario) == status


@pytest.mark.parametrize(
    "topic",
    [
        "https://elsewhere.example/feed.atom",
        "https://releases.example/topics/unknown/feed.atom",
        "https://releases.example/search/feed.atom?q=x",
        "https://releases.example/feed.txt",
        "https://releases.example/",
        "https://releases.example/items/x/feed.atom",
        "https://releases.example/withdrawals.rss",
        "https://releases.example/topics/climate/page/feed.atom",
    ],
)
def test_a_foreign_topic_is_denied(tmp_path: Path, topic: str) -> None:
    async def scenario(harness: HubHarness) -> None:
        harness.room.publishes(item("First"))
        await harness.subscribes(topic=topic)
        ((_, asked),) = harness.callbacks.asked
        assert asked == {
            "hub.mode": "denied",
            "hub.topic": topic,
            "hub.reason": "the topic is not a feed of this publication",
        }
        await harness.subscribes(topic=topic, mode="unsubscribe")
        assert len(harness.callbacks.asked) == 1
        assert harness.room.storage.push.hub_requests() == ()
        assert harness.room.storage.push.subscribers() == 0

    run_hub(tmp_path, scenario)


@pytest.mark.parametrize(
    "response",
    [
        answer(status="404 Not Found"),
        answer(status="500 Internal Server Error"),
        redirect("/echo"),
        answer(body=b"another challenge"),
        answer(),
    ],
)
def test_an_unverified_request_leaves_the_subscription_as_it_was(tmp_path: Path, response: bytes) -> None:
    async def scenario(harness: HubHarness) -> None:
        harness.room.publishes(item("First"))
        await harness.subscribes("/kept")
        harness.server.answers = {}  # exact targets: none is known
        for mode in ("subscribe", "unsubscribe"):
            harness.server.answers = Fixed(response)
            await harness.subscribes("/kept", mode=mode)
            await harness.subscribes("/new", mode=mode)
        harness.server.answers = harness.callbacks
        harness.room.publishes(item("Second"))
        assert await harness.distributes() == ["/kept"]

    run_hub(tmp_path, scenario)


class Fixed(dict[str, bytes | Script]):
    """One response to every request."""

    def __init__(self, response: bytes) -> None:
        super().__init__()
        self.response = response

    def get(self, target: str, default: object = None) -> bytes:
        return self.response


def test_a_lease_is_bounded_and_ends(tmp_path: Path) -> None:
    async def scenario(harness: HubHarness) -> list[str]:
        harness.room.publishes(item("First"))
        for seconds in ("1", "3600", "9" * 19):
            await harness.subscribes(f"/{seconds[:4]}", lease_seconds=seconds)
        harness.room.publishes(item("Second"))
        assert await harness.distributes(3 * MINUTE) == ["/1", "/3600", "/9999"]
        harness.room.publishes(item("Third"))
        assert await harness.distributes(10 * MINUTE) == ["/3600", "/9999"]
        harness.room.publishes(item("Fourth"))
        assert await harness.distributes(30 * DAY) == []
        harness.room.storage.push.expire(harness.room.now)
        assert harness.room.storage.push.subscribers() == 0
        return [asked["hub.lease_seconds"] for _, asked in harness.callbacks.asked]

    assert run_hub(tmp_path, scenario) == ["300", "3600", "2592000"]


def test_the_query_of_a_callback_is_kept_and_appended_to(tmp_path: Path) -> None:
    async def scenario(harness: HubHarness) -> None:
        harness.room.publishes(item("First"))
        await harness.subscribes("/cb?hub.mode=mine&red=fish")
        ((path, _),) = harness.callbacks.asked
        assert path.startswith("/cb?hub.mode=mine&red=fish&hub.mode=subscribe&hub.topic=https%3A%2F%2F")
        harness.room.publishes(item("Second"))
        assert await harness.distributes() == ["/cb?hub.mode=mine&red=fish"]

    run_hub(tmp_path, scenario)


def test_the_newest_of_two_unverified_requests_counts(tmp_path: Path) -> None:
    async def scenario(harness: HubHarness) -> None:
        harness.room.publishes(item("First"))
        await harness.asks(lease_seconds="3600")
        harness.room.now += SECOND
        await harness.subscribes(lease_seconds="7200")
        assert [asked["hub.lease_seconds"] for _, asked in harness.callbacks.asked] == ["7200"]

    run_hub(tmp_path, scenario)


def test_a_request_outlives_a_kill_before_its_verification(tmp_path: Path) -> None:
    async def scenario(harness: HubHarness) -> None:
        harness.room.publishes(item("First"))
        await harness.asks()
        again = dataclasses.replace(harness.verifier)  # a new process knows nothing of the request
        await again.step()
        await again.running.idle()
        assert harness.room.storage.push.subscribers() == 1

    run_hub(tmp_path, scenario)


class Slow(PushStore):
    """A store whose answer is read at once and arrives late."""

    def __init__(self, storage: Storage) -> None:
        super().__init__(storage.engine)
        self.was_read, self.arrives = threading.Event(), threading.Event()

    def hub_requests(self) -> tuple[HubRequest, ...]:
        found = super().hub_requests()
        self.was_read.set()
        self.arrives.wait()
        return found


class Held(Callbacks):
    """Callbacks that answer once they may."""

    def __init__(self) -> None:
        super().__init__()
        self.may = asyncio.Event()

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> None:
        await self.may.wait()
        await super()._answer(request, writer)


def test_a_request_that_is_answered_while_requests_are_read_is_verified_once(tmp_path: Path) -> None:
    async def scenario(harness: HubHarness) -> None:
        harness.server.answers = callbacks = Held()
        await harness.asks()
        await harness.verifier.step()
        harness.verifier.storage = slow = Slow(harness.room.storage)
        reading = asyncio.create_task(harness.verifier.step())
        await asyncio.to_thread(slow.was_read.wait)
        callbacks.may.set()
        await harness.verifier.running.idle()
        slow.arrives.set()
        await reading
        await harness.verifier.running.idle()
        assert len(callbacks.asked) == 1

    run_hub(tmp_path, scenario)


@pytest.mark.parametrize("callback", ["http://10.0.0.1/cb", "http://[::1]/cb", "http://2130706433/cb"])
def test_a_callback_in_a_private_network_is_not_requested(tmp_path: Path, callback: str) -> None:
    async def scenario(harness: HubHarness) -> None:
        harness.room.publishes(item("First"))
        with capture_logs() as logs:
            await harness.subscribes(callback)
        assert "hub: callback not reached" in [each["event"] for each in logs]
        assert "/cb" not in repr(logs)
        assert harness.room.storage.push.subscribers() == 0

    run_hub(tmp_path, scenario, hub=Hub())


def test_requests_of_one_client_are_rate_limited(tmp_path: Path) -> None:
    async def scenario(harness: HubHarness) -> None:
        for _ in range(PER_CLIENT.burst):
            await harness.asks(mode="x")
        busy = await harness.asks()
        assert (busy.status_code, busy.headers["Retry-After"]) == (429, "2")
        assert (await harness.asks(client="203.0.113.6")).status_code == 202
        harness.room.now += PER_CLIENT.every
        assert (await harness.asks("/other")).status_code == 202

    run_hub(tmp_path, scenario)


def test_one_client_has_all_addresses_of_its_ipv6_network(tmp_path: Path) -> None:
    async def scenario(harness: HubHarness) -> None:
        for number in range(PER_CLIENT.burst):
            await harness.asks(mode="x", client=f"2001:db8::{number:x}")
        assert (await harness.asks(client="2001:db8::ffff:1")).status_code == 429
        assert (await harness.asks(client="2001:db8:1::1")).status_code == 202
        assert (await harness.asks("/v4", client="::ffff:203.0.113.5")).status_code == 202
        assert (await harness.asks("/unix", client="unix")).status_code == 202

    run_hub(tmp_path, scenario)


def test_verifications_at_one_host_are_rate_limited_and_renewals_are_not(tmp_path: Path) -> None:
    async def scenario(harness: HubHarness) -> None:
        harness.room.publishes(item("First"))
        await harness.subscribes("/kept")
        statuses = [
            (await harness.asks(f"/{number}", client=f"203.0.113.{number}")).status_code
            for number in range(PER_HOST.burst)
        ]
        assert statuses == [202] * (PER_HOST.burst - 1) + [429]
        assert (await harness.asks("/kept")).status_code == 202
        assert (await harness.asks("https://other.example/cb")).status_code == 202

    run_hub(tmp_path, scenario)


def test_further_topics_of_a_callback_are_new_subscriptions(tmp_path: Path) -> None:
    """One verified callback could otherwise take all the room of the hub."""

    async def scenario(harness: HubHarness) -> None:
        harness.endpoint = dataclasses.replace(harness.endpoint, limits=HubLimits(2, 9, 9))
        harness.app.router.routes[0] = harness.endpoint.routes()[0]
        harness.room.publishes(item("First"))
        await harness.subscribes("/one")
        await harness.subscribes("/one", topic=FEED.replace("atom", "rss"))
        for topic in (
            FEED.replace("atom", "json"),
            FEED.replace("feed", "%66eed"),
            "https://releases.example/",
        ):
            assert (await harness.asks("/one", topic=topic)).status_code == 503
        assert (await harness.asks("/one")).status_code == 202
        assert (await harness.asks("/one", mode="unsubscribe")).status_code == 202

    run_hub(tmp_path, scenario)


def test_further_topics_of_a_callback_are_rate_limited(tmp_path: Path) -> None:
    async def scenario(harness: HubHarness) -> list[int]:
        harness.room.publishes(item("First"))
        await harness.subscribes("/one")
        topics = [f"https://releases.example/topics/t{number}/feed.atom" for number in range(PER_HOST.burst)]
        return [(await harness.asks("/one", topic=topic)).status_code for topic in topics]

    assert run_hub(tmp_path, scenario) == [202] * (PER_HOST.burst - 1) + [429]


@pytest.mark.parametrize("limits", [HubLimits(1, 9, 9), HubLimits(9, 1, 9), HubLimits(9, 9, 1)])
def test_there_are_no_more_subscriptions_than_the_limits(tmp_path: Path, limits: HubLimits) -> None:
    async def scenario(harness: HubHarness) -> None:
        harness.endpoint = dataclasses.replace(harness.endpoint, limits=limits)
        harness.room.publishes(item("First"))
        harness.app.router.routes[0] = harness.endpoint.routes()[0]
        await harness.subscribes("/first")
        full = await harness.asks("/second")
        assert (full.status_code, full.headers["Retry-After"]) == (503, "3600")
        assert (await harness.asks("/first")).status_code == 202

    run_hub(tmp_path, scenario)


@pytest.mark.parametrize("hub", [Hub(is_own=False), Hub(is_own=False, url="https://hub.example/")])
def test_without_an_own_hub_requests_are_404(tmp_path: Path, hub: Hub) -> None:
    async def scenario(harness: HubHarness) -> httpx.Response:
        return await harness.asks()

    assert run_hub(tmp_path, scenario, hub=hub).status_code == 404


def test_a_store_that_is_closed_is_503_and_neither_callback_nor_secret_is_logged(tmp_path: Path) -> None:
    async def scenario(harness: HubHarness) -> None:
        with capture_logs() as logs:
            harness.room.publishes(item("First"))
            await harness.subscribes("/a-capability", secret="a-secret")
            harness.callbacks.responses["/a-capability"] = answer(status="500 Internal Server Error")
            harness.room.publishes(item("Second"))
            await harness.distributes()
            harness.room.storage.close()
            remove(tmp_path)  # and nothing can be read any more
            assert (await harness.asks("/a-capability", secret="a-secret")).status_code == 503
        assert "storage unreadable" in repr(logs)
        assert "a-capability" not in repr(logs)
        assert "a-secret" not in repr(logs)

    run_hub(tmp_path, scenario)


def test_the_hub_is_named_by_every_document_and_its_headers(tmp_path: Path) -> None:
    async def scenario(harness: HubHarness) -> None:
        harness.room.publishes(item("First"))
        transport = httpx.ASGITransport(harness.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://hub.test") as reader:
            for kind in ("rss", "atom", "json"):
                for path in ("", "topics/climate/", "sources/observatory/", "languages/en/"):
                    response = await reader.get(f"/{path}feed.{kind}")
                    assert '<https://releases.example/hub>; rel="hub"' in response.headers["Link"]
                    assert "https://releases.example/hub" in response.text
            for kind in ("atom", "json"):
                response = await reader.get(f"/withdrawals.{kind}")
                assert response.headers["Link"] == (
                    f'<https://releases.example/withdrawals.{kind}>; rel="self", '
                    '<https://releases.example/hub>; rel="hub"'
                )
                assert "https://releases.example/hub" in response.text
        assert harness.room.config.hub.allow_networks == LOOPBACK
        assert FEED.startswith(harness.room.config.publication.url)

    run_hub(tmp_path, scenario)
