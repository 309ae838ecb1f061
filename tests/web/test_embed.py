"""Pages in frames of other sites."""

from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.model.web_settings import Embedding
from aggregator.policy.token_bucket import Rate
from aggregator.web.app import public_app
from aggregator.web.clients import ClientLimits
from tests.web.newsroom import NOON, Client, Newsroom, item, newsroom

pytestmark = pytest.mark.one_engine("channels of both engines are compared elsewhere")
PARTNER = "https://partner.example"


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    made = newsroom(tmp_path)
    made.publishes(*(item(f"Release <{n}>") for n in range(12)))
    return made


def test_it_has_ten_entries_each_with_its_disclaimer_and_no_script(room: Newsroom) -> None:
    for path in ("/embed/all", "/embed/topics/climate", "/embed/sources/observatory", "/embed/languages/en"):
        answer = room.client.get(path)
        assert answer.status_code == 200
        assert answer.text.count("<article>") == 10
        assert answer.text.count("Released by Coastal Observatory, not by Example Public Releases.") == 10
        assert answer.text.count('class="pw-disclaimer"') == 10
        assert '<base target="_blank">' in answer.text
        assert "Release &lt;11&gt;" in answer.text
        assert "<script" not in answer.text
        assert 'target="_blank" rel="noopener"' in answer.text
    assert room.client.get("/static/embed.css").status_code == 200


def test_without_origins_it_can_be_opened_and_not_framed(room: Newsroom) -> None:
    headers = room.client.get("/embed/all").headers
    assert headers["content-security-policy"].endswith("; frame-ancestors 'none'")
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-robots-tag"] == "noindex"


def test_the_origins_of_a_channel_may_frame_it_and_no_other_page(room: Newsroom) -> None:
    other = "https://*.clinic.example"
    room.reconfigures(embed=Embedding((PARTNER,), (("topics/climate", (other, PARTNER)),)))
    allowed = {path: room.client.get(path).headers for path in ("/embed/all", "/embed/topics/climate", "/")}
    ancestors = {
        path: each["content-security-policy"].partition("frame-ancestors ")[2]
        for path, each in allowed.items()
    }
    assert ancestors == {
        "/embed/all": PARTNER,
        "/embed/topics/climate": f"{PARTNER} {other}",
        "/": "'none'",
    }
    assert ["x-frame-options" in each for each in allowed.values()] == [False, False, True]


@pytest.mark.parametrize(("theme", "found"), [("dark", 'class="dark"'), ("light", 'class="light"')])
def test_a_site_may_fix_the_colours(room: Newsroom, theme: str, found: str) -> None:
    assert found in room.client.get(f"/embed/all?theme={theme}").text
    assert found not in room.client.get("/embed/all").text


@pytest.mark.parametrize(
    "path", ["/embed", "/embed/topics", "/embed/topics/nothing", "/embed/all?theme=blue", "/embed/all/page/2"]
)
def test_other_addresses_are_not_found(room: Newsroom, path: str) -> None:
    assert room.client.get(path).status_code == 404


def test_a_withdrawn_release_leaves_it(room: Newsroom) -> None:
    room.withdraws("Release <11>")
    assert "Release &lt;11&gt;" not in room.client.get("/embed/all").text


def test_requests_of_one_client_are_limited(room: Newsroom) -> None:
    limits = ClientLimits(Rate(burst=2, every=timedelta(seconds=1)), now=lambda: NOON)
    client = Client(public_app(room.publisher, room.storage, limits=limits))
    assert [client.get("/embed/all").status_code for _ in range(3)] == [200, 200, 429]
