"""The search of the desk: releases in every state by words, address and id, page by page."""

import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.model.decision import State
from tests.web.newsroom import Newsroom, item, newsroom
from tests.web.test_login import ANA, JO, browser, logged_in

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    made = newsroom(tmp_path)
    made.config = replace(made.config, users=(ANA, JO))
    made.publishes(item("Storm"), item("Calm"))
    made.publishes(item("Flood warning"), state=State.HELD)
    made.publishes(item("Fièvre"), source="ministere")
    made.withdraws("Calm")
    return made


def found(page: str) -> list[str]:
    return re.findall(r'<li><a href="/desk/items/\w+" dir="auto">([^<]*)</a>', page)


def test_releases_in_every_state_are_found_by_words_of_title_and_text(room: Newsroom) -> None:
    reader = logged_in(room)
    assert found(reader.get("/desk/find?q=storm").text) == ["Storm"]
    assert found(reader.get("/desk/find?q=whole").text) == ["Fièvre", "Flood warning", "Calm", "Storm"]
    page = reader.get("/desk/find?q=warning").text
    assert '<strong>Held</strong> <span dir="auto">Coastal Observatory</span>' in page
    assert "No release is found." in reader.get("/desk/find?q=earthquake").text
    assert "No release is found." in reader.get("/desk/find?q=%22%28*").text


def test_a_release_is_found_by_its_id_and_by_its_addresses(room: Newsroom) -> None:
    reader = logged_in(room)
    for asked in (
        room.ids["Calm"],
        f"https://releases.example/items/{room.ids['Calm']}/calm",
        f"http://127.0.0.1:8000/items/{room.ids['Calm']}",
        "https://observatory.example/press/calm",
    ):
        assert found(reader.get(f"/desk/find?q={asked}").text) == ["Calm"], asked


def test_the_newest_releases_of_a_source_are_listed_page_by_page(room: Newsroom) -> None:
    room.publishes(*(item(f"No {number}") for number in range(60)))
    reader = logged_in(room)
    assert '<a href="/desk/find?source=observatory">' in reader.get("/sources/observatory").text
    first = reader.get("/desk/find?source=observatory").text
    older = first.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    second = reader.get(older).text
    assert (len(found(first)), len(found(second)), 'rel="next"' in second) == (50, 13, False)
    assert "Fièvre" not in first + second
    assert found(reader.get("/desk/find?source=nothing").text) == []


def test_the_search_stands_on_the_desk_and_is_for_its_users(room: Newsroom) -> None:
    assert 'action="/desk/find" role="search"' in logged_in(room).get("/desk").text
    assert browser(room).get("/desk/find?q=storm").headers["location"] == "/login"


def test_what_is_sought_is_escaped(room: Newsroom) -> None:
    assert "<script>" not in logged_in(room).get('/desk/find?q="><script>').text
