"""What the page of a release at the desk shows of it, with times in the zone of the publication."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.model.amendment import Amendment
from aggregator.model.decision import State
from aggregator.model.item import Enclosure
from aggregator.policy.amendments import amended
from aggregator.policy.lifecycle import amend
from tests.given import HOUR
from tests.web.newsroom import NOON, OBSERVATORY, Newsroom, item, newsroom
from tests.web.test_desk import address, decides
from tests.web.test_login import ANA, JO, logged_in

pytestmark = pytest.mark.usefixtures("engine")
FILE = Enclosure("https://observatory.example/files/report.pdf?v=2", "application/pdf", 2_000_000)


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    made = newsroom(tmp_path, replace(OBSERVATORY, licence="CC-BY-4.0", attribution="Credit: Observatory"))
    zoned = replace(made.config.publication, timezone="Asia/Kathmandu")
    made.reconfigures(publication=zoned, users=(ANA, JO))
    return made


def test_the_preview_has_topics_rights_files_and_the_label_of_the_note(room: Newsroom) -> None:
    room.publishes(item("Storm", enclosures=(FILE,)), state=State.HELD)
    stored = room.stored("Storm")
    made = amended(stored, Amendment(note="Ours."))
    room.storage.acts.apply_transitions([amend(stored, made, reason="", actor="Ana", at=room.now)])
    page = logged_in(room).get(address(room, "Storm")).text
    assert "Topics: Climate, Open data" in page
    assert '<a href="https://creativecommons.org/licenses/by/4.0/" rel="license external noreferrer">' in page
    assert "Credit: Observatory" in page
    assert ">report.pdf</a> <small>PDF, 2 MB</small>" in page
    assert "<p>Note by Example Public Releases:</p>" in page


def test_a_live_release_is_shown_as_it_is_published(room: Newsroom) -> None:
    room.publishes(item("Storm"))
    room.publishes(item("Calm"), state=State.HELD)
    reader = logged_in(room)
    assert "Version 1, as it is published" in reader.get(address(room, "Storm")).text
    assert "Preview of version 1, as it would be published" in reader.get(address(room, "Calm")).text
    room.corrects("Storm", item("Storm", fingerprint=b"new"), waits=True)
    assert "Preview of version 2, as it would be published" in reader.get(address(room, "Storm")).text


def test_times_are_in_the_zone_of_the_publication(room: Newsroom) -> None:
    room.publishes(item("Storm"))
    reader = logged_in(room)
    page = reader.get(address(room, "Storm")).text
    assert "2 March 2026, 15:45 +0545" in page  # 10:00 UTC
    assert "Hold until (Asia/Kathmandu); empty: until you release it" in page
    assert decides(reader, room, "Storm", "hold", until="2026-03-03T09:00") == 303
    assert room.stored("Storm").release == NOON + 15.25 * HOUR
    assert "3 March 2026, 09:00 +0545" in reader.get(address(room, "Storm")).text
    for path in ("/status", "/sources/observatory"):
        assert "2 March 2026, 17:4" in reader.get(path).text


def test_a_held_release_says_why_without_an_empty_trail(room: Newsroom) -> None:
    room.publishes(item("Storm"))
    reader = logged_in(room)
    assert "Decisions</h2>" not in reader.get(address(room, "Storm")).text
    assert decides(reader, room, "Storm", "hold", reason="ask org") == 303
    page = reader.get(address(room, "Storm")).text
    assert ("<span>held: ask org</span>" in page, "Decisions</h2>" in page) == (True, True)


def test_an_unknown_address_is_a_page_of_the_admin_side(room: Newsroom) -> None:
    for path in ("/nothing", "/desk/nothing", "/static/nothing.css"):
        answer = logged_in(room).get(path)
        assert (answer.status_code, "There is no such page." in answer.text) == (404, True)
        assert '<a href="/sources"' in answer.text
        assert answer.headers["cache-control"] == "no-store"
