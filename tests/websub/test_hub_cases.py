"""The own hub: cases 100 to 104 of websub.rocks for hubs, in every format."""

import hashlib
import hmac
from pathlib import Path

import pytest

from aggregator.model.format import Format
from aggregator.model.push_settings import HmacMethod, Hub
from tests.fetch.given import LOOPBACK
from tests.given import DAY
from tests.web.newsroom import item
from tests.websub.subscribers import HubHarness, run_hub

pytestmark = pytest.mark.usefixtures("engine")
SECRET = "a-secret-of-the-subscriber"


@pytest.mark.parametrize("kind", Format)
@pytest.mark.parametrize("channel", ["", "sources/observatory/", "topics/climate/", "languages/en/"])
def test_100_a_subscriber_gets_the_document_of_its_topic(tmp_path: Path, kind: Format, channel: str) -> None:
    async def scenario(harness: HubHarness) -> None:
        topic = f"https://releases.example/{channel}feed.{kind}"
        harness.room.publishes(item("First"))
        await harness.subscribes("/cb", topic=topic)
        ((path, asked),) = harness.callbacks.asked
        assert path.startswith("/cb?hub.mode=subscribe&hub.topic=")
        assert len(asked.pop("hub.challenge")) == 32
        assert asked == {"hub.mode": "subscribe", "hub.topic": topic, "hub.lease_seconds": "864000"}
        assert await harness.distributes() == []  # nothing has changed since
        harness.room.publishes(item("Second"))
        harness.room.now += DAY * 9
        await harness.distributor.step()
        await harness.distributor.running.idle()
        (delivery,) = harness.callbacks.delivered
        document = harness.room.publisher.document(channel.rstrip("/"), kind)
        assert document is not None
        assert delivery.body == document.body
        assert b"Second" in delivery.body
        assert delivery.request.header("Content-Type") == document.media_type
        assert delivery.request.header("Link") == (
            f'<https://releases.example/hub>; rel="hub", <{topic}>; rel="self"'
        )
        assert delivery.request.header("X-Hub-Signature") is None

    run_hub(tmp_path, scenario)


@pytest.mark.parametrize("method", HmacMethod)
def test_101_a_subscriber_with_a_secret_gets_signed_documents(tmp_path: Path, method: HmacMethod) -> None:
    async def scenario(harness: HubHarness) -> None:
        await harness.subscribes(secret=SECRET)
        harness.room.publishes(item("First"))
        await harness.distributor.step()
        await harness.distributor.running.idle()
        (delivery,) = harness.callbacks.delivered
        digest = hmac.new(SECRET.encode(), delivery.body, getattr(hashlib, method)).hexdigest()
        assert delivery.request.header("X-Hub-Signature") == f"{method}={digest}"

    async def prepared(harness: HubHarness) -> None:
        harness.room.publishes(item("Zeroth"))
        await scenario(harness)

    run_hub(tmp_path, prepared, hub=Hub(allow_networks=LOOPBACK, signature=method))


def test_102_parameters_that_the_hub_does_not_know_are_ignored(tmp_path: Path) -> None:
    async def scenario(harness: HubHarness) -> None:
        harness.room.publishes(item("First"))
        await harness.subscribes(foo="hub.bar", verify="async")
        harness.room.publishes(item("Second"))
        assert await harness.distributes() == ["/cb"]

    run_hub(tmp_path, scenario)


def test_103_a_renewal_updates_the_subscription_before_it_expires(tmp_path: Path) -> None:
    async def scenario(harness: HubHarness) -> None:
        harness.room.publishes(item("First"))
        await harness.subscribes(secret=SECRET)
        harness.room.now += 9 * DAY
        await harness.subscribes(lease_seconds=str(20 * 86_400))
        harness.room.now += 19 * DAY
        harness.room.publishes(item("Second"))
        await harness.distributor.step()
        await harness.distributor.running.idle()
        (delivery,) = harness.callbacks.delivered  # one subscription, not two
        assert delivery.request.header("X-Hub-Signature") is None  # the newer request has no secret
        assert harness.room.storage.push.subscribers() == 1

    run_hub(tmp_path, scenario)


def test_104_after_unsubscribing_nothing_is_delivered(tmp_path: Path) -> None:
    async def scenario(harness: HubHarness) -> None:
        harness.room.publishes(item("First"))
        await harness.subscribes()
        await harness.subscribes("/other")
        await harness.subscribes(mode="unsubscribe")
        _, asked = harness.callbacks.asked[-1]
        assert (asked["hub.mode"], "hub.lease_seconds" in asked) == ("unsubscribe", False)
        harness.room.publishes(item("Second"))
        assert await harness.distributes() == ["/other"]

    run_hub(tmp_path, scenario)
