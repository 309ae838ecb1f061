"""Feeds that a browser opens."""

import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.editorial.words import CATALOGUES
from aggregator.web.app import public_app
from aggregator.web.feed_view import XML, FeedView
from aggregator.web.finished import Finished
from aggregator.web.remembered import Mark, Remembered
from tests.web.newsroom import Client, item, newsroom, publication

pytestmark = pytest.mark.one_engine("channels of both engines are compared elsewhere")
OPENED = {"Sec-Fetch-Dest": "document"}


@pytest.fixture
def client(tmp_path: Path) -> Client:
    """Return a client of the application behind its response cache."""
    room = newsroom(tmp_path)
    room.publishes(item("Storm"), item("Tempête", language="fr"))
    remembered = Remembered(room.storage.items, 1_000_000, monotonic=lambda: 0.0)
    app = public_app(room.publisher, room.storage, remembered=remembered)
    return Client(FeedView(Finished(app, remembered, lambda: Mark.of(1, room.config))))


@pytest.mark.parametrize("path", ["/feed.rss", "/feed.atom", "/withdrawals.atom", "/search/feed.rss?q=storm"])
def test_a_browser_gets_the_same_bytes_as_xml_and_a_reader_the_feed(client: Client, path: str) -> None:
    for _ in range(2):  # rendered, and from memory
        page, feed = client.get(path, OPENED), client.get(path)
        assert page.content == feed.content
        assert page.headers["content-type"] == XML.decode()
        assert re.match("application/(rss|atom)[+]xml", feed.headers["content-type"])
        for each in (page, feed):
            assert each.headers["vary"] == "Accept-Encoding, Sec-Fetch-Dest"
    current = client.get(path, {**OPENED, "If-None-Match": feed.headers["etag"]})
    assert (current.status_code, current.content) == (304, b"")


@pytest.mark.parametrize("path", ["/feed.json", "/", "/sitemap.xml", "/nothing"])
def test_other_responses_stay_as_they_are(client: Client, path: str) -> None:
    page, other = client.get(path, OPENED), client.get(path)
    assert page.headers["content-type"] == other.headers["content-type"]


@pytest.mark.parametrize(("path", "language"), [("/feed.rss", "en"), ("/languages/fr/feed.atom", "fr")])
def test_a_feed_names_the_style_of_its_language(client: Client, path: str, language: str) -> None:
    named = re.search(r'<\?xml-stylesheet type="text/css" href="([^"]*)"\?>', client.get(path).text)
    assert named is not None
    assert named[1] == f"/static/feed-{language}.css"
    style = client.get(named[1])
    assert style.headers["content-type"] == "text/css; charset=utf-8"
    sentence = CATALOGUES[language]["feed_opened"]
    assert f'content: "{sentence}"' in style.text


@pytest.mark.parametrize(
    ("language", "name", "other"), [("fr-CA", "fr", "en"), ("it", "en", "fr"), ("en", "en", "de")]
)
def test_a_feed_says_the_own_words_of_the_publication(
    tmp_path: Path, language: str, name: str, other: str
) -> None:
    room = newsroom(tmp_path)
    own = replace(publication(), language=language, words=(("feed_opened", 'Copy "this"\n\\ {0}'),))
    before = room.client.get(f"/static/feed-{other}.css").text
    room.reconfigures(publication=own)
    style = room.client.get(f"/static/feed-{name}.css").text
    assert r'content: "Copy \22 this\22 \a \5c  {0}";' in style
    assert room.client.get(f"/static/feed-{other}.css").text == before
