"""Directories of organisations and topics, and what the page of an organisation tells."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.model.rights import Terms
from aggregator.publish.overview import DAYS
from tests.web.newsroom import MINISTRY, NOON, OBSERVATORY, Newsroom, item, newsroom

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    made = newsroom(
        tmp_path, replace(OBSERVATORY, domains=("observatory.example",), licence="CC-BY-4.0"), MINISTRY
    )
    made.publishes(*(item(f"Day {ago}", claimed=NOON - timedelta(days=ago)) for ago in (0, 0.1, 3, 29, 40)))
    return made


def test_directories_list_organisations_and_topics_with_their_releases_of_30_days(room: Newsroom) -> None:
    found = room.publisher.overview.organisations()
    assert [(each.organisation, each.count, each.licence) for each in found] == [
        ("Coastal Observatory", "4", "CC-BY-4.0"),
        ("Ministère de l’Exemple", "0", ""),
    ]
    assert room.publisher.overview.organisations() is found
    page = room.client.get("/organisations").text
    assert '<a href="/sources/ministere"><bdi>Ministère de l’Exemple</bdi></a>' in page
    assert 'href="https://releases.example/sources/observatory/feed.rss"' in page
    topics = [(each.channel, each.count) for each in room.publisher.overview.topics()]
    assert topics == [("topics/climate", "4"), ("topics/open-data", "4")]
    assert '<a href="/topics/open-data"><bdi>Open data</bdi></a>' in room.client.get("/topics").text


def test_a_directory_follows_the_store(room: Newsroom) -> None:
    room.withdraws("Day 3")
    assert room.publisher.overview.organisations()[0].releases == 3


def test_the_page_of_an_organisation_tells_of_its_links_rights_and_rhythm(room: Newsroom) -> None:
    profile = room.publisher.overview.profile("observatory")
    assert profile is not None
    assert len(profile.rhythm) == DAYS
    assert (profile.rhythm[0], profile.rhythm[-4], profile.rhythm[-1], sum(profile.rhythm)) == (1, 1, 2, 4)
    assert room.publisher.overview.profile("observatory") is profile
    assert room.publisher.overview.profile("none") is None
    page = room.client.get("/sources/observatory").text
    assert '<dd dir="ltr">observatory.example</dd>' in page
    assert (
        '<a href="https://creativecommons.org/licenses/by/4.0/" rel="license external">CC-BY-4.0</a>' in page
    )
    assert '<a href="https://observatory.example/press.xml" rel="external" dir="ltr">' in page
    assert page.count("<rect ") == DAYS
    assert "Releases in the last 30 days: 4. Most on one day: 2. Days with a release: 3." in page
    assert "<rect " not in room.client.get("/topics/climate").text


def test_the_page_of_an_organisation_without_releases_has_no_rhythm(room: Newsroom) -> None:
    page = room.client.get("/sources/ministere").text
    assert "Releases in the last 30 days: 0. Most on one day: 0. Days with a release: 0." in page
    assert 'height="1"' in page


def test_licences_are_listed_with_their_organisations(room: Newsroom) -> None:
    page = room.client.get("/licences").text
    terms = (
        '<h2><a href="https://creativecommons.org/licenses/by/4.0/" rel="license external">CC-BY-4.0</a></h2>'
    )
    assert (
        page.index(terms) < page.index("Coastal Observatory</bdi>") < page.index("<h2>No licence named</h2>")
    )
    assert page.index("<h2>No licence named</h2>") < page.index("Ministère de l’Exemple</bdi>")
    assert page.count("Releases under this licence") == 1
    assert 'href="/search?q=licence%3A%22CC-BY-4.0%22"' in page
    room.reconfigures(sources=())
    assert "Nothing has been published here yet." in room.client.get("/licences").text


def test_a_search_finds_releases_by_their_licence_but_those_with_one_of_their_own(room: Newsroom) -> None:
    room.publishes(item("Closed", terms=Terms(licence="https://observatory.example/terms")))
    page = room.client.get("/search?q=license:https://creativecommons.org/licenses/by/4.0/").text
    assert ("Day 3" in page, "Closed" in page) == (True, False)
    assert "Day 3" in room.client.get("/search/feed.rss?q=licence:cc-by-4.0 day").text
    assert "Day" not in room.client.get("/search/feed.rss?q=licence:cc-by-nc-4.0").text
