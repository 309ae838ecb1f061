"""A running service beside a hub: subscription, deliveries, and a callback that stays secret."""

import dataclasses
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from aggregator.model.websub import TaskKind
from aggregator.service.app import utc_now
from tests.engines import open_storage
from tests.given import DAY, HOUR
from tests.running import LOOPBACK, Service, Site, given_a_site, until
from tests.server import HttpServer, http_server_in_thread
from tests.websub.given import atom
from tests.websub.hub import HubServer
from tests.websub.subscribers import Callbacks

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture
def beside() -> Iterator[HubServer]:
    """A hub and the feed that names it."""
    with http_server_in_thread() as server:
        hub = HubServer(server)
        hub.publish(atom("one", hub=hub.url("/hub"), topic=hub.url("/feed")))
        yield hub


def test_a_running_service_subscribes_and_hears_its_hub(tmp_path: Path, beside: HubServer) -> None:
    here = given_a_site(tmp_path, {"ministry": beside.url("/feed")})
    with here.serving() as service:
        (confirmed,) = until(lambda: beside.verifications)
        (form,) = beside.forms
        assert (confirmed.status_code, form["hub.callback"][: len(service.public)]) == (
            200,
            service.public,
        )
        assert beside.deliver(form, signature="").status_code == 202
        assert beside.deliver(form).status_code == 202
        until(lambda: 'event="delivery accepted" source=ministry' in service.log.read_text())
        assert httpx.get(form["hub.callback"]).status_code == 404
        token = form["hub.callback"].rpartition("/")[2]
        shown = [service.status(), service.get("/").text, here.run("sources", "--json").stdout]
        assert service.stop() == 0
    told = "".join([service.log.read_text(), *shown])
    assert "its signature is missing or wrong" in told
    assert token not in told
    assert form["hub.secret"] not in told


def test_with_websub_switched_off_no_subscription_is_requested(tmp_path: Path, beside: HubServer) -> None:
    here = given_a_site(tmp_path, {"ministry": beside.url("/feed")}, poll=", websub: false")
    with here.serving() as service:
        until(lambda: "one" in service.get("/").text)
        assert service.stop() == 0
    assert beside.forms == []
    with closing(open_storage(here.store)) as storage:
        assert storage.tasks.claim_tasks(utc_now() + DAY, kinds=(TaskKind.WEBSUB,), limit=9, lease=HOUR) == ()


def test_a_running_service_is_a_hub_and_delivers_what_a_poll_brings(
    tmp_path: Path, beside: HubServer
) -> None:
    here = given_a_site(tmp_path, {"ministry": beside.url("/feed")}, poll=", websub: false")
    here = dataclasses.replace(here, environment={"HOOK_SECRET": "a-secret"})
    callbacks = Callbacks()
    with http_server_in_thread() as subscriber:
        subscriber.answers = callbacks
        hook = f"{{url: '{subscriber.url('/a-capability-of-the-desk')}', secret: $HOOK_SECRET, {LOOPBACK}}}"
        push = f"hub: {{{LOOPBACK}}}\nwebhooks: [{hook}]\n"
        here.config.write_text(here.config.read_text().replace("sources:\n", f"{push}sources:\n"))
        delivers(here, beside, callbacks, subscriber)


def delivers(here: Site, beside: HubServer, callbacks: Callbacks, subscriber: HttpServer) -> None:
    """Run the service with a subscriber and a webhook."""
    with here.serving() as service:
        until(lambda: "one" in service.get("/").text)
        asked = {
            "hub.mode": "subscribe",
            "hub.topic": f"{service.public}/feed.json",
            "hub.callback": subscriber.url("/a-capability"),
            "hub.secret": "a-secret",
        }
        assert httpx.post(f"{service.public}/hub", data=asked, timeout=10).status_code == 202
        until(lambda: "hub: subscription verified" in service.log.read_text())
        beside.publish(atom("two", "one"))
        assert here.run("poll", "ministry").returncode == 0
        until(lambda: "two" in titles(callbacks, "/a-capability"))
        until(lambda: titles(callbacks, "/a-capability-of-the-desk") == ["created two"])
        until(lambda: 'publicwire_pushes_total{kind="hub",outcome="delivered"}' in metrics(service))
        until(lambda: 'publicwire_pushes_total{kind="webhook",outcome="delivered"} 1.0' in metrics(service))
        assert "publicwire_hub_subscribers 1.0" in metrics(service)
        assert service.stop() == 0
    assert "a-capability" not in service.log.read_text()
    assert "a-secret" not in service.log.read_text()


def titles(callbacks: Callbacks, path: str) -> list[str]:
    """Return the titles of what was delivered to a path, those of a webhook with their events."""
    bodies = [json.loads(each.body) for each in callbacks.delivered if each.path == path]
    return [
        f"{body['event']} {body['item']['title']}" if "event" in body else item["title"]
        for body in bodies
        for item in body.get("items", [None])
    ]


def metrics(service: Service) -> str:
    return httpx.get(f"{service.admin}/metrics", timeout=10).text
