"""Translations from the documents of their sources to everything that is published."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from lxml import etree
from msgspec.structs import replace

from aggregator.model.release import Release
from aggregator.model.settings import Source
from aggregator.web.app import public_app
from aggregator.web.export import export
from tests.given import source
from tests.line.line import Line
from tests.line.valid import ATOM, atom_mistakes, json_mistakes, rss_mistakes
from tests.pristine import feedparser
from tests.web.newsroom import Client

pytestmark = pytest.mark.usefixtures("engine")

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
ENGLISH = source("un-en", organisation="UN", domains=("un.example",), language="en", indexed=True)
FRENCH = source("un-fr", organisation="UN", domains=("un.example",), language="fr", indexed=True)
HOSTILE = source("hostile", language="es")
FEED = """<feed xmlns="http://www.w3.org/2005/Atom"><id>{0}</id><title>Press</title><updated>{1}</updated>{2}</feed>"""
ENTRY = """<entry xml:lang="{0}"><id>{1}</id><title>{2}</title><updated>2026-11-29T11:00:00Z</updated>
<link rel="alternate" type="text/html" href="{1}"/>{3}<content>{2}, said in {0}.</content></entry>"""


def feed(language: str, address: str, title: str, *named: tuple[str, str]) -> bytes:
    links = "".join(f'<link rel="alternate" hreflang="{tag}" href="{page}"/>' for tag, page in named)
    return FEED.format(address, NOW.isoformat(), ENTRY.format(language, address, title, links)).encode()


PAGE, FRENCH_PAGE = "https://un.example/en/press/1", "https://un.example/fr/press/1"
ATTACK = [
    feed("es", "https://un.example/es/press/1", "Ataque", ("en", PAGE), ("fr", FRENCH_PAGE)),
    feed("es", "https://hostile.example/es/press/1", "Ataque", ("en", PAGE), ("fr", FRENCH_PAGE)),
    feed("fr", FRENCH_PAGE, "Ataque", ("en", PAGE)),
]


def polled(line: Line, of: Source, body: bytes) -> None:
    line.reads(of, FEED.format("tag:empty", NOW.isoformat(), "").encode(), NOW)
    line.reads(of, body, NOW)


@pytest.mark.parametrize("attack", ATTACK)
@pytest.mark.parametrize("is_named", [True, False])
def test_translations_are_linked_in_every_output_and_a_stranger_in_none(
    tmp_path: Path, attack: bytes, is_named: bool
) -> None:
    named = [("fr", FRENCH_PAGE), ("x-default", "https://un.example/")] if is_named else []
    with Line(tmp_path, ENGLISH, FRENCH, HOSTILE, now=NOW) as line:
        polled(line, HOSTILE, attack)
        polled(line, ENGLISH, feed("en", PAGE, "Bridge open", *named))
        polled(line, FRENCH, feed("fr", FRENCH_PAGE, "Pont ouvert"))
        ids = {each.source: each.id for each in line.items()}
        public = {each.source: each.public_id for each in line.items()}
        french = f"https://releases.example/items/{ids['un-fr']}/pont-ouvert"
        page = line.publisher.release(ids["un-en"])
        stranger = line.publisher.release(ids["hostile"])
        assert isinstance(page, Release)
        assert isinstance(stranger, Release)
        assert [(each.language, each.page, each.public_id) for each in page.translations] == [
            ("fr", french, public["un-fr"])
        ]
        assert stranger.translations == ()

        (item,) = json.loads(line.document("sources/un-en", "json").body)["items"]
        assert item["_publicwire"]["translations"] == [
            {"language": "fr", "url": french, "id": public["un-fr"]}
        ]
        (entry,) = etree.fromstring(line.document("sources/un-en").body).iterfind("a:entry", ATOM)
        links = [dict(link.attrib) for link in entry.iterfind("a:link[@rel='alternate']", ATOM)]
        html = {"rel": "alternate", "type": "text/html"}
        assert links == [
            html | {"href": page.page},
            html | {"hreflang": "fr", "href": french},
            html | {"hreflang": "en", "href": page.page},
        ]
        for kind in ("rss", "atom"):
            (read,) = feedparser.parse(line.document("sources/un-en", kind).body).entries
            assert read.link == page.page
            assert [link.href for link in read.links if link.get("hreflang") == "fr"] == [french]
        for name in ("", "sources/un-en", "sources/hostile"):
            assert atom_mistakes(line.document(name).body) == []
            assert rss_mistakes(line.document(name, "rss").body) == []
            assert json_mistakes(line.document(name, "json").body) == []

        client = Client(public_app(line.publisher, line.storage))
        shown = client.get(f"/items/{ids['un-en']}/x").text
        assert f'<link rel="alternate" hreflang="fr" href="{french}">' in shown
        assert f'<link rel="alternate" hreflang="en" href="{page.page}">' in shown
        assert (
            f'<a href="/items/{ids["un-fr"]}/pont-ouvert" hreflang="fr" lang="fr" dir="ltr">Français</a>'
            in shown
        )
        assert "hreflang" not in client.get(f"/items/{ids['hostile']}/x").text.partition("</head>")[0]

        found = etree.fromstring(client.get("/sitemap.xml").content)
        names = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "x": "http://www.w3.org/1999/xhtml"}
        groups = [
            [(link.get("hreflang"), link.get("href")) for link in url.iterfind("x:link", names)]
            for url in found.iterfind("s:url", names)
        ]
        pages = [("en", page.page), ("fr", french)]
        assert [group for group in groups if group] == [pages, pages]
        export(tmp_path / "site", line.publisher, line.storage)
        for file in ("index.html", "pont-ouvert/index.html"):
            assert page.page in (tmp_path / "site" / "items" / ids["un-fr"] / file).read_text()


def test_a_source_that_collects_us_reads_our_page_as_the_link(tmp_path: Path) -> None:
    with Line(tmp_path, ENGLISH, FRENCH, now=NOW) as line:
        polled(line, ENGLISH, feed("en", PAGE, "Bridge open"))
        polled(line, FRENCH, feed("fr", FRENCH_PAGE, "Pont ouvert"))
        bodies = {kind: line.document("", kind).body for kind in ("rss", "atom")}
        pages = {page.page for page in line.publisher.releases("")}
    for kind, body in bodies.items():
        reader = replace(source("reader"), language="")
        with Line(tmp_path / kind, reader, now=NOW) as line:
            line.reads(reader, body, NOW)
            assert {each.item.url for each in line.items()} == pages
            assert [len(each.translations) for each in line.items()] == [1, 1]
