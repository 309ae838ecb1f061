"""Sitemaps hold what search engines may list and nothing else; the sources are an OPML file."""

from datetime import timedelta
from pathlib import Path

import pytest
from lxml import etree
from msgspec.structs import replace

from aggregator.model.amendment import Amendment
from aggregator.model.settings import Republish
from aggregator.policy.lifecycle import amend
from aggregator.publish.publisher import Publisher
from aggregator.web.export import export
from tests.web.newsroom import MINISTRY, NOON, OBSERVATORY, Newsroom, item, newsroom

pytestmark = pytest.mark.usefixtures("engine")

INDEXED = replace(OBSERVATORY, indexed=True, feed="https://observatory.example/press.xml?key=secret")
NAMES = {
    "s": "http://www.sitemaps.org/schemas/sitemap/0.9",
    "news": "http://www.google.com/schemas/sitemap-news/0.9",
}


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    return newsroom(tmp_path / "store", INDEXED, MINISTRY)


def document(room: Newsroom, path: str) -> etree._Element:
    reply = room.client.get(path)
    assert reply.status_code == 200
    return etree.fromstring(reply.content)


def locations(of: etree._Element) -> list[str]:
    return [each.text or "" for each in of.iterfind("s:url/s:loc", NAMES)]


def page(room: Newsroom, title: str) -> str:
    return f"https://releases.example/items/{room.ids[title]}/{title.lower()}"


def test_a_sitemap_has_the_pages_and_the_items_that_may_be_listed(room: Newsroom) -> None:
    room.publishes(item("First"), item("Second"), item("Gone"))
    room.publishes(item("Autre"), source="ministere")
    room.withdraws("Gone")
    found = locations(document(room, "/sitemap.xml"))
    assert found[0] == "https://releases.example/"
    assert "https://releases.example/topics/climate" in found
    assert found[-2:] == [page(room, "Second"), page(room, "First")]
    assert f'<link rel="canonical" href="{found[-1]}">' in room.client.get(room.page("First")).text
    assert "noindex" not in room.client.get(room.page("First")).text
    assert "noindex" in room.client.get(room.page("Autre")).text


def test_sitemaps_have_the_headline_and_the_language_of_the_desk(room: Newsroom) -> None:
    room.publishes(item("First"))
    given = Amendment(headline="Calmer words", language="fr")
    room.storage.acts.apply_transitions(
        [amend(room.stored("First"), given, reason="", actor="desk", at=room.now + timedelta(minutes=1))]
    )
    address = f"https://releases.example/items/{room.ids['First']}/calmer-words"
    news = document(room, "/news-sitemap.xml")
    assert locations(news) == locations(document(room, "/sitemap.xml"))[-1:] == [address]
    assert f'<link rel="canonical" href="{address}">' in room.client.get(room.page("First")).text
    assert news.findtext(".//news:title", namespaces=NAMES) == "Calmer words"
    assert news.findtext(".//news:language", namespaces=NAMES) == "fr"


@pytest.mark.parametrize(
    ("republish", "slug"), [(Republish.FULL, "whole-text"), (Republish.EXCERPT, "release")]
)
def test_no_sitemap_has_words_of_a_text_that_rights_forbid(
    tmp_path: Path, republish: Republish, slug: str
) -> None:
    room = newsroom(tmp_path / "store", replace(INDEXED, republish=republish))
    room.publishes(item("Whole text", untitled=True))
    address = f"https://releases.example/items/{room.ids['Whole text']}/{slug}"
    assert locations(document(room, "/sitemap.xml"))[-1:] == [address]


def test_a_news_sitemap_has_what_was_released_within_48_hours(room: Newsroom) -> None:
    room.publishes(
        item("Old", claimed=NOON - timedelta(hours=49)), item("New", claimed=NOON - timedelta(hours=46))
    )
    found = document(room, "/news-sitemap.xml")
    assert locations(found) == [page(room, "New")]
    (news,) = found.iterfind("s:url/news:news", NAMES)
    assert news.findtext("news:title", namespaces=NAMES) == "New"
    assert news.findtext("news:publication/news:name", namespaces=NAMES) == "Example Public Releases"
    assert news.findtext("news:publication/news:language", namespaces=NAMES) == "en"
    later = Publisher(room.storage, lambda: room.config, now=lambda: NOON + timedelta(hours=2))
    assert locations(etree.fromstring(later.directories.document("news-sitemap.xml").body)) == []


@pytest.mark.parametrize(
    ("language", "name"), [("pt-BR", "pt"), ("zh-Hant", "zh-tw"), ("zh", "zh-cn"), ("", "en")]
)
def test_languages_of_a_news_sitemap_are_those_of_its_format(
    room: Newsroom, language: str, name: str
) -> None:
    room.publishes(item("New", language=language))
    (news,) = document(room, "/news-sitemap.xml").iterfind("s:url/news:news", NAMES)
    assert news.findtext("news:publication/news:language", namespaces=NAMES) == name


def test_the_sources_are_listed_without_secrets(room: Newsroom) -> None:
    outlines = document(room, "/sources.opml").findall("body/outline")
    assert [each.get("xmlUrl") for each in outlines] == [
        "https://ministere.example/rss",
        "https://releases.example/sources/observatory/feed.rss",
    ]
    assert [each.get("text") for each in outlines] == ["Ministère de l’Exemple", "Coastal Observatory"]


def test_a_directory_is_rendered_again_after_a_change_alone(room: Newsroom) -> None:
    first = room.publisher.directories.document("sitemap.xml")
    assert room.publisher.directories.document("sitemap.xml") is first
    room.publishes(item("First"))
    assert room.publisher.directories.document("sitemap.xml").body != first.body


def test_an_export_holds_directories_archives_and_withdrawals(room: Newsroom, tmp_path: Path) -> None:
    room.publishes(*(item(f"Release {n}") for n in range(45)))
    room.withdraws("Release 3")
    site = tmp_path / "site"
    export(site, room.publisher, room.storage)
    paths = (
        "sitemap.xml",
        "news-sitemap.xml",
        "sources.opml",
        "withdrawals.atom",
        "withdrawals.json",
        "archive/1.atom",
        "archive/1.json",
        "sources/observatory/archive/1.atom",
        "topics/climate/archive/1.json",
    )
    for path in paths:
        assert (site / path).read_bytes() == room.client.get(f"/{path}").content


def test_a_page_describes_its_release_for_machines(room: Newsroom) -> None:
    room.publishes(item("First"))
    page = room.client.get(room.page("First")).text
    assert 'itemtype="https://schema.org/NewsArticle"' in page
    assert '<link itemprop="isBasedOn" href="https://observatory.example/press/first">' in page
    assert 'itemprop="sourceOrganization"' in page
    assert 'itemprop="correction"' not in page
    room.corrects("First", item("First", content="<p>New.</p>", text="New.", fingerprint=b"new"))
    assert 'itemprop="correction"' in room.client.get(room.page("First")).text
