"""Alerts of releases in their veto window hold links that stop one; no log and no plain http address has
them."""

from datetime import datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.model.alert import Alert, AlertKind
from aggregator.model.push_settings import Webhook
from aggregator.policy.sessions import digest
from aggregator.service.alert_webhook import as_json, text
from aggregator.service.veto_links import LINKS_MAX, VetoLinks
from aggregator.storage import Storage
from tests.engines import open_storage
from tests.given import DAY, HOUR, NOON, config, entry
from tests.storage.given import given_origin

pytestmark = pytest.mark.usefixtures("engine")

HTTPS = Webhook("https://hooks.example/T0")


def links(storage: Storage, now: datetime = NOON) -> VetoLinks:
    settings = replace(config(), admin_url="https://desk.example")
    return VetoLinks(storage.desk, config=lambda: settings, clock=lambda: now)


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    made = open_storage(tmp_path)
    given_origin(made, veto=2 * HOUR).says(*(entry(f"No. {n}", str(n)) for n in range(LINKS_MAX + 3)))
    return made


def raised(storage: Storage) -> Alert:
    (alert,) = storage.tasks.tell_alerts(NOON)
    assert alert.kind is AlertKind.VETO
    return alert


def test_each_link_holds_its_release_until_it_goes_live(storage: Storage) -> None:
    alert = raised(storage)
    offered = links(storage).offered([alert])[alert.number]
    assert len(offered) == len({each.url for each in offered}) == LINKS_MAX
    for each in offered:
        token = each.url.removeprefix("https://desk.example/veto/")
        linked = storage.desk.linked(digest(token), NOON)
        assert linked is not None
        assert (linked.id, each.until) == (each.item, NOON + 2 * HOUR)
        assert len(token) == 43  # 256 bits in Base64
        assert storage.desk.linked(token.encode(), NOON) is None


def test_the_post_has_the_links_in_its_text_and_apart(storage: Storage) -> None:
    alert = raised(storage)
    first = links(storage).offered([alert])[alert.number][:1]
    said = text(alert, first)
    assert said.splitlines()[1:] == [f"hold {first[0].item} before 2026-03-02 14:00 UTC: {first[0].url}"]
    assert as_json(alert, first)["veto"] == [
        {"item": first[0].item, "until": "2026-03-02T14:00:00+00:00", "url": first[0].url}
    ]
    assert "veto" not in as_json(alert)
    assert "/veto/" not in text(alert)


def test_other_alerts_and_plain_http_get_none(storage: Storage) -> None:
    alert = raised(storage)
    others = [replace(alert, kind=AlertKind.GONE), replace(alert, cleared=NOON)]
    assert links(storage).offered(others) == {}
    assert links(storage, NOON + DAY).offered([alert]) == {alert.number: ()}
