"""Sitemaps and OPML."""

from datetime import timedelta

import pytest
from lxml import etree
from msgspec.structs import replace

from aggregator.editorial.present import published_feed
from aggregator.model.indexed import Indexed
from aggregator.model.settings import Source, Text, Topic
from aggregator.render import opml, sitemap
from tests.render.given import FEED, NOW, PUBLICATION

PAGE = "https://releases.example/items/abc/dam"
ITEM = Indexed(1, "abc", "Dam & bridge", NOW, NOW + timedelta(hours=1), "en-GB")
NAMES = {"s": sitemap.SITEMAP, "news": sitemap.NEWS}


def test_a_sitemap_has_pages_and_items_with_their_last_changes() -> None:
    root = etree.fromstring(sitemap.pages(["https://releases.example/"], [(PAGE, ITEM)]))
    assert [each.text for each in root.iterfind("s:url/s:loc", NAMES)] == ["https://releases.example/", PAGE]
    assert [each.text for each in root.iterfind("s:url/s:lastmod", NAMES)] == ["2026-11-24T13:30:00+00:00"]


def test_a_sitemap_links_translations_with_each_other_and_with_themselves() -> None:
    group = (("en-GB", "abc"), ("fr", "def"))
    english = replace(ITEM, translations=group)
    french = replace(ITEM, number=2, id="def", language="fr", translations=group)
    there = "https://releases.example/items/def/barrage"
    plain = replace(ITEM, number=3, id="ghi")
    items = [(PAGE, english), (there, french), ("https://releases.example/items/ghi/x", plain)]
    root = etree.fromstring(sitemap.pages([], items))
    links = [
        [dict(link.attrib) for link in url.iterfind("x:link", {"x": sitemap.XHTML})]
        for url in root.iterfind("s:url", NAMES)
    ]
    both = [
        {"rel": "alternate", "hreflang": "en-GB", "href": PAGE},
        {"rel": "alternate", "hreflang": "fr", "href": there},
    ]
    assert links == [both, both, []]


@pytest.mark.parametrize(
    ("language", "name"), [("en-GB", "en"), ("", "en"), ("zh-Hant-TW", "zh-tw"), ("zh-CN", "zh-cn")]
)
def test_a_news_sitemap_describes_each_item(language: str, name: str) -> None:
    root = etree.fromstring(sitemap.news("Example", [(PAGE, replace(ITEM, language=language))]))
    (news,) = root.iterfind("s:url/news:news", NAMES)
    assert [each.text for each in news.iter() if len(each) == 0] == [
        "Example",
        name,
        "2026-11-24T12:30:00+00:00",
        "Dam & bridge",
    ]


def test_opml_lists_sources_and_in_place_of_a_private_address_the_feed_here() -> None:
    private = replace(FEED, id="other", feed="https://water.example/?key=secret", link="", language="")
    feeds = [published_feed(each, PUBLICATION) for each in (FEED, private)]
    first, second = etree.fromstring(opml.sources(PUBLICATION, feeds)).iterfind("body/outline")
    assert (first.get("xmlUrl"), first.get("htmlUrl"), first.get("language")) == (FEED.feed, FEED.link, "en")
    assert second.get("xmlUrl") == "https://releases.example/sources/other/feed.rss"
    assert (second.get("htmlUrl"), second.get("language")) == (None, None)


def test_opml_names_the_topics_of_a_source_as_categories() -> None:
    publication = replace(PUBLICATION, topics=(Topic("sea", Text((("", "Sea, ice/land"),))),))
    feeds = [replace(FEED, topics=("sea", "human-rights"))]
    (outline,) = etree.fromstring(opml.sources(publication, feeds)).iterfind("body/outline")
    assert outline.get("category") == "/Sea  ice land,/Human rights"


def test_subscriptions_are_in_folders_of_their_first_topics() -> None:
    sources = [
        Source(
            "a", "https://a.example/feed?key=1", organisation="A & B", topics=("sea", "law"), language="en"
        ),
        Source("b", "https://b.example/feed", topics=("sea",)),
        Source("c", "https://c.example/feed"),
        Source("d", "file:///srv/d.xml"),
    ]
    root = etree.fromstring(opml.subscriptions(PUBLICATION, sources))
    (folder,) = root.iterfind("body/outline[@text='sea']")
    assert [dict(each.attrib) for each in folder] == [
        {
            "type": "rss",
            "text": "A & B",
            "title": "A & B",
            "xmlUrl": "https://a.example/feed?key=1",
            "category": "/sea,/law",
            "language": "en",
        },
        {"type": "rss", "text": "b", "title": "b", "xmlUrl": "https://b.example/feed", "category": "/sea"},
    ]
    assert [each.get("text") for each in root.iterfind("body/outline")] == ["sea", "c"]
