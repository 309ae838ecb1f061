"""A running service beside a hub: subscription, deliveries, and a callback that stays secret."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from aggregator.model import TaskKind
from aggregator.service.app import utc_now
from tests.engines import open_storage
from tests.given import DAY, HOUR
from tests.running import given_a_site, until
from tests.server import http_server_in_thread
from tests.websub.given import atom
from tests.websub.hub import HubServer

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
