"""The address of a feed, whose query may hold a key, is in no output: whatever the feed makes of it."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from html import escape
from pathlib import Path
from urllib.parse import quote

import pytest
from msgspec.structs import replace

from aggregator.model.document import ReadJob
from aggregator.model.entry import Origin
from aggregator.model.item import Enclosure
from aggregator.model.release import Release
from aggregator.web.access import Access
from aggregator.web.admin import admin_app
from aggregator.web.app import public_app
from aggregator.web.export import export
from aggregator.workers.job import work
from tests.events import capture_logs
from tests.given import NOON, all_items
from tests.hostile.documents import document
from tests.line.line import Line, plain
from tests.web.newsroom import OBSERVATORY, Client, Newsroom, item, newsroom

pytestmark = pytest.mark.usefixtures("engine")

KEY = "marker-Zx91"
FEED = f"https://origin.example/feed?key={KEY}&lang=en"
MOVED = f"https://cdn.example/signed/feed?sig={KEY}"
ORIGIN = replace(plain(), feed=FEED)
ITEMS = 6
RSS_EMPTY = f"<rss><channel><title>t</title><item><guid>{escape(FEED)}</guid></item></channel></rss>"
ATOM_EMPTY = f"<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>{escape(FEED)}</id></entry></feed>"
JSON_EMPTY = json.dumps(
    {"version": "https://jsonfeed.org/version/1.1", "title": "t", "items": [{"id": FEED, "url": "#"}]}
)

Form = Callable[[str], bytes]


def rss(own: str) -> bytes:
    address = escape(own)
    body = escape(
        f'<p>Read <a href="#fn1">a note</a>, <a href="{address}">us</a>, {address}, &lt;{address}&gt; or'
        f' <a href="https://share.example/?u={quote(own, safe="")}">share</a>.</p>'
        f'<img src="{address}#i" alt="x">'
    )
    return f"""<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"
        xmlns:media="http://search.yahoo.com/mrss/"><channel>
        <title>News of {address}</title><link>{address}</link><copyright>{address}</copyright>
        <item><title>Note</title><description>{body}</description></item>
        <item><title>Anchor</title><link>#n1</link></item>
        <item><title>Guid</title><guid>{address}#3</guid><description>Words.</description></item>
        <item><title>File</title><enclosure url="#" type="audio/mpeg" length="1"/>
            <media:content url="{address}" medium="image"/><description>Words.</description></item>
        <item><link>{address}#6</link><enclosure url="https://origin.example/a.mp3" type="audio/mpeg"/></item>
        <item><title>Said by</title><source url="{address}">{address}</source><author>{address}</author>
            <category>{address}</category><description>Words, too.</description></item>
        </channel></rss>""".encode()


def atom(own: str) -> bytes:
    address = escape(own)
    entries = (
        f"<title>Note</title><id>{address}</id><content type='html'>&lt;a href='#fn1'>a note&lt;/a></content>",
        f"<title>Anchor</title><id>{address}#2</id><link href='#n1'/><summary>Words.</summary>",
        f"<title>Guid</title><id>{address}#3</id><content type='html'>Words.</content>",
        "<title>File</title><id>tag:o,2026:4</id><link rel='enclosure' href='#'/><summary>Words.</summary>",
        f"<title>{address}</title><id>tag:o,2026:5</id><link href='{address}'/><rights>{address}</rights>"
        "<summary>Words.</summary>",
        f"<title>Said by</title><id>tag:o,2026:6</id><source><id>{address}</id><title>{address}</title>"
        f"<link rel='self' href='{address}'/></source><summary>Words.</summary>",
    )
    return f"""<feed xmlns="http://www.w3.org/2005/Atom"><title>News</title><id>{address}</id>
        <link href="{address}"/><rights>{address}</rights><updated>2026-03-01T00:00:00Z</updated>
        {"".join(f"<entry>{entry}</entry>" for entry in entries)}</feed>""".encode()


def json_feed(own: str) -> bytes:
    entries = [
        {"id": f"{own}#1", "title": "Note", "content_html": "<a href='#fn1'>a note</a>"},
        {"id": "2", "title": "Anchor", "url": "#1", "content_text": own},
        {"id": own, "title": "Guid", "content_text": f"See {own}."},
        {
            "id": "4",
            "title": "File",
            "content_text": "Words.",
            "attachments": [{"url": "#", "mime_type": "a/b"}],
        },
        {"id": "5", "url": own, "image": "#", "content_html": f'<img src="{escape(own)}">Words.'},
        {
            "id": "6",
            "title": own,
            "external_url": own,
            "tags": [own],
            "authors": [{"name": own}],
            "summary": "W.",
        },
    ]
    head = {"version": "https://jsonfeed.org/version/1.1", "title": "News", "home_page_url": own}
    return json.dumps({**head, "feed_url": own, "items": entries}).encode()


def outputs(room: Line | Newsroom, directory: Path) -> dict[str, str]:
    """Return every public output and the status page, by address."""
    client, site = Client(public_app(room.publisher, room.storage)), directory / "site"
    export(site, room.publisher, room.storage)
    found = {str(path.relative_to(site)): path.read_text() for path in site.rglob("*") if path.is_file()}
    for one in all_items(room.storage):
        for path in (f"/items/{one.id}", f"/items/{one.id}/history"):
            found[path] = client.get(path).text
    access = Access(room.storage.sessions, config=lambda: room.config, clock=lambda: NOON)
    status = Client(admin_app(room.storage, access, lambda: True)).get("/status")
    return {**found, "/status": status.text}


def job(body: bytes, url: str) -> ReadJob:
    return ReadJob(body, "", url, replace(ORIGIN, feed=url), frozenset(), b"", NOON)


def leaks(found: dict[str, str]) -> dict[str, str]:
    """Return what is said around the key, by address."""
    said = {path: re.search(f".{{0,80}}{KEY}.{{0,20}}", text) for path, text in found.items()}
    return {path: match[0] for path, match in said.items() if match}


@pytest.mark.parametrize("own", [FEED, MOVED], ids=["configured", "redirected"])
@pytest.mark.parametrize("form", [rss, atom, json_feed])
def test_the_address_of_a_feed_is_in_no_output(form: Form, own: str, tmp_path: Path) -> None:
    with Line(tmp_path / "store", ORIGIN, now=NOON) as line, capture_logs() as events:
        line.reads(ORIGIN, document("rss", (), ["x"], first=10**6), NOON, url=own)
        line.reads(ORIGIN, form(own), NOON + timedelta(minutes=1), url=own)
        found = outputs(line, tmp_path)
        assert len(line.items()) == 1 + ITEMS
    assert {"index.html", "feed.atom", "feed.rss", "feed.json", "sources/origin/feed.json"} <= set(found)
    assert leaks({**found, "log": repr(events)}) == {}


@pytest.mark.parametrize("empty", [RSS_EMPTY, ATOM_EMPTY, JSON_EMPTY])
def test_an_entry_left_out_is_reported_without_the_address(empty: str) -> None:
    result = work(job(empty.encode(), FEED))
    assert len(result.invalid) == 1
    assert KEY not in result.invalid[0]


def test_an_address_that_is_public_stays(tmp_path: Path) -> None:
    public = replace(ORIGIN, feed_public=True)
    with Line(tmp_path / "store", public, now=NOON) as line:
        line.reads(public, atom(FEED), NOON)
        assert set(leaks(outputs(line, tmp_path))) > {"sources/origin/feed.rss", "sources/origin/feed.json"}


def test_what_was_stored_before_is_published_without_the_address(tmp_path: Path) -> None:
    """Items and the feed's link as versions before stored them, with the address in every field."""
    feed = escape(FEED)
    room = newsroom(tmp_path / "store", replace(OBSERVATORY, feed=FEED, from_entry=True))
    said = item(
        "Anchor",
        url=f"{FEED}#n1",
        guid=FEED,
        raw_url=f"{FEED}#n1",
        content=f'<p><a href="{feed}#fn1">note</a> {feed}</p>',
        text=f"note {FEED}",
        authors=(FEED,),
        categories=(FEED,),
        rights=FEED,
        organisation=FEED,
        enclosures=(Enclosure(f"{FEED}#"),),
        images=(Enclosure(FEED),),
        origin=Origin(FEED, FEED, FEED),
    )
    room.publishes(said)
    room.corrects("Anchor", replace(said, fingerprint=b"new"))
    found = outputs(room, tmp_path)
    assert f"/items/{room.ids['Anchor']}/history" in found
    assert leaks(found) == {}
    release = room.publisher.release(room.ids["Anchor"])
    assert isinstance(release, Release)
    assert (release.public_id, release.url) == (f"https://releases.example/items/{release.id}", "")
    assert release.content == "<p><a>note</a> </p>"


def test_links_to_a_feed_itself_are_dropped_and_relative_ones_resolved() -> None:
    body = (
        b"<rss><channel><title>t</title><item><title>A</title><link>#n1</link><description>"
        b"&lt;a href='#fn1'>note&lt;/a> &lt;a href='b'>b&lt;/a> &lt;a href='?c=1'>c&lt;/a></description></item>"
        b"</channel></rss>"
    )
    (found,) = work(job(body, "https://origin.example/news/feed.xml")).items
    assert (found.url, found.raw_url) == ("", "")
    assert found.text == "note b c"
    assert re.findall('href="([^"]*)"', found.content) == [
        "https://origin.example/news/b",
        "https://origin.example/news/feed.xml?c=1",
    ]
