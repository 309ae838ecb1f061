"""Discovery of hub and topic: cases 100 to 104 of websub.rocks for subscribers."""

import json
from pathlib import Path

import pytest

from aggregator.model.websub import SubscriptionState
from tests.running import feed
from tests.server import GONE
from tests.websub.given import (
    SubscriberHarness,
    atom,
    run_scenario,
)

pytestmark = pytest.mark.usefixtures("engine")

LINK = '<a:link xmlns:a="http://www.w3.org/2005/Atom" rel="{}" href="{}"/>'


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


def test_101_a_page_is_no_feed_and_its_hub_gets_no_request(tmp_path: Path) -> None:
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
                "103 RSS": feed(*(LINK.format(*link) for link in (("hub", hub), ("self", topic)))),
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
