"""Directories of organisations and topics, and what the page of an organisation tells."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.model.document import Document, ReadResult
from aggregator.model.rights import Terms
from aggregator.publish.overview import DAYS
from tests.given import succeeded
from tests.web.newsroom import MINISTRY, NOON, OBSERVATORY, Newsroom, item, newsroom

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    made = newsroom(
        tmp_path,
        replace(
            OBSERVATORY,
            domains=("observatory.example",),
            licence="CC-BY-4.0",
            description="Measures the sea & the coast.",
        ),
        MINISTRY,
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
    assert '<p class="place" dir="auto">Measures the sea &amp; the coast.</p>' in page
    assert (
        '<a href="https://creativecommons.org/licenses/by/4.0/" rel="license external">CC-BY-4.0</a>' in page
    )
    assert '<a href="https://observatory.example/press.xml" rel="external" dir="ltr">' in page
    assert page.count("<rect ") == DAYS
    assert "Releases in the last 30 days: 4. Most on one day: 2. Days with a release: 3." in page
    assert "<rect " not in room.client.get("/topics/climate").text


def described(room: Newsroom, document: Document) -> None:
    """Record a poll of the observatory whose document has no new entry."""
    room.now += timedelta(minutes=1)
    source, read = room.config.sources[0], ReadResult(document, ())
    (claim,) = room.storage.polls.claim(room.now, limit=1, lease=timedelta(minutes=5), ids=(source.id,))
    known = room.storage.polls.knowledge(claim, read, room.now, frozenset())
    room.storage.polls.record(succeeded(claim, source, room.now, read=(read, known)))


def profile(room: Newsroom) -> dict[str, str]:
    """Return the rows of the profile on the page of the observatory: names and what stands beside them."""
    page = room.client.get("/sources/observatory").text.partition('<section class="profile"')[2]
    return dict(re.findall(r"<div><dt>(.*?)</dt><dd[^>]*>(.*?)</dd></div>", page, re.DOTALL))


def test_the_profile_of_an_organisation_has_its_website_and_its_rights(room: Newsroom) -> None:
    room.reconfigures(sources=(replace(OBSERVATORY, attribution="Source: <Observatory>"),))
    assert profile(room)["Rights"] == "Source: &lt;Observatory&gt;"
    described(room, Document("rss20", link="https://www.observatory.example/", rights="© Observatory"))
    rows = profile(room)
    website = '<a href="https://www.observatory.example/" rel="external" dir="ltr">observatory.example</a>'
    assert (rows["Website"], rows["Rights"]) == (website, "Source: &lt;Observatory&gt; · © Observatory")
    room.reconfigures(sources=(OBSERVATORY,))
    assert profile(room)["Rights"] == "© Observatory"
    described(room, Document("rss20", link="javascript:alert(1)"))
    assert profile(room).keys() & {"Website", "Rights"} == set()


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
