"""Every real document through the whole pipeline, into valid documents of three formats with its content."""

import json
import re
import unicodedata
from calendar import timegm
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from urllib.parse import urljoin, urlsplit, urlunsplit

import pytest
from feedparser.datetimes import _parse_date

from aggregator.errors import ParseError
from aggregator.model.item import Item
from tests.corpus import REAL
from tests.line.line import Line, plain
from tests.line.valid import atom_mistakes, json_mistakes, rss_mistakes
from tests.pristine import feedparser

pytestmark = pytest.mark.usefixtures("engine")

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ORIGIN = plain()
CHANNEL = f"sources/{ORIGIN.id}"  # the merged one holds no item older than a week at a first import

# Documents from which we keep fewer items than feedparser finds entries, and why that is right.
FEWER = {
    "Olshansk-feed_paulgraham-c164d079.xml": (3, "listed twice: same guid, link, title"),
    "Olshansk-feed_windsurf_changelog-1c0eb803.xml": (3, "same guid and link: the latest date counts"),
    "Ranchero-Software-scriptingNews-ed3be360.xml": (2, "same guid and link: the latest date counts"),
    "arminreiter-Rss20LeFigaro-b2bae081.xml": (1, "listed twice: same guid, link, title"),
    "danmactough-illegally-nested-9d532e32.xml": (10, "items nested in items: the outer ones are empty"),
    "miniflux-no_encoding_ISO-8859-1-d408769b.xml": (1, "cut off inside its last item"),
    "mmcdole-simple_rss092-b3eab4bb.xml": (1, "no guid, link or title: one text is listed twice"),
    "rbren-itunes-missing-image-02cb2502.xml": (1, "same guid and link under two titles"),
}
# Fields in which feedparser's reading is not right, and why.
DIFFERENT = {
    ("Olshansk-feed_windsurf_changelog-1c0eb803.xml", "date"): "of one guid and link the latest counts",
    ("Ranchero-Software-scriptingNews-ed3be360.xml", "date"): "of one guid and link the latest counts",
    ("rbren-itunes-missing-image-02cb2502.xml", "title"): "one guid and link under two titles",
    ("arminreiter-Rss20CityDog-a2123142.xml", "title"): "UTF-8 in spite of its declaration",
    ("arminreiter-AtomAdobe-9d656319.xml", "link"): "feedparser makes a link of an atom:id",
    ("prof18-feed-test-audio-bda984d4.xml", "link"): "feedparser makes a link of a guid",
    ("feed-rs-atom_example_7-d65d8ed5.xml", "link"): "feedparser makes a link of an atom:id",
    ("Ranchero-Software-OneFootTsunami-f4a58efc.xml", "link"): "an empty href is no page of the entry",
    ("Ranchero-Software-livemint-aa473093.xml", "id"): "feedparser makes an address of a guid",
    ("feed-rs-atom_example_reddit-79d3062a.xml", "id"): "feedparser makes an address of a guid",
    ("feed-rs-rss_2.0_reddit-e39c9e1a.xml", "id"): "feedparser makes an address of a guid",
    ("prof18-feed-test-audio-bda984d4.xml", "id"): "feedparser makes an address of a guid",
    ("rbren-itunes-missing-image-02cb2502.xml", "id"): "feedparser makes an address of a guid",
    ("rbren-reddit-home-461f1371.xml", "id"): "feedparser makes an address of a guid",
    ("feed-rs-jsonfeed_elastic_1.1-3355617e.json", "date"): "not a date of RFC 3339",
    ("feed-rs-rss_2.0_ilmessaggero-6db34d01.xml", "date"): "Italian month",
    ("prof18-feed-test-hindi-channel-image-99941aa9.xml", "date"): "12-hour clock",
    ("prof18-feed-test-time-21759531.xml", "date"): "dd/mm/yyyy",
    ("prof18-feed-test-xsl-00ffacee.xml", "date"): "BST is an hour ahead of UTC",
    ("rometools-sunnyvale-d86c92da.xml", "date"): "12-hour clock with a zone name",
}


def given_document_through_the_line(path: Path, directory: Path) -> Line:
    line = Line(directory, ORIGIN, now=NOW)
    line.reads(ORIGIN, path.read_bytes(), NOW)
    return line


@pytest.mark.needs("corpus")
@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
def test_a_real_document_becomes_valid_channels_with_its_content(path: Path, tmp_path: Path) -> None:
    with given_document_through_the_line(path, tmp_path) as line:
        items = [stored.item for stored in line.items()]
        atom, rss, feed = (line.document(CHANNEL, kind).body for kind in ("atom", "rss", "json"))
        shown = len(line.publisher.releases(CHANNEL))
    assert (atom_mistakes(atom), rss_mistakes(rss), json_mistakes(feed)) == ([], [], [])
    published = [atom.count(b"<entry"), rss.count(b"<item"), len(json.loads(feed)["items"])]
    assert min(published) == max(published) == shown >= min(len(items), 60)
    readings = list(json_entries(path) if path.suffix == ".json" else feedparser_entries(path))
    assert len(readings) - len(items) == FEWER.get(path.name, (0, ""))[0]
    assert differences(readings, items) == {field for name, field in DIFFERENT if name == path.name}


# ---- readings by other parsers


@dataclass(frozen=True, slots=True)
class Reading:
    """One entry read by another parser; None for a field it lacks."""

    title: str
    link: str
    id: str
    date: datetime | None


def feedparser_entries(path: Path) -> Iterator[Reading]:
    headers = {"content-location": ORIGIN.feed}
    parsed = feedparser.parse(
        path.read_bytes(), sanitize_html=False, resolve_relative_uris=False, response_headers=headers
    )
    for entry in parsed.entries:
        # Past its own `get`, which warns that it takes one date for the other, and past our patch of its dates.
        dates = (dict.get(entry, name) for name in ("published", "updated", "created"))
        said = next((read for date in dates if date and (read := _parse_date(date))), None)
        yield Reading(
            title=letters(entry.get("title", "")),
            link=(entry.get("feedburner_origlink") or entry.get("link", "")).strip(),
            id=entry.get("id", "").strip(),
            date=datetime.fromtimestamp(timegm(said), UTC) if said else None,
        )


def json_entries(path: Path) -> Iterator[Reading]:
    for entry in json.loads(path.read_text("utf-8-sig"))["items"]:
        said = entry.get("date_published") or entry.get("date_modified")
        yield Reading(
            title=letters(entry.get("title") or ""),
            link=entry.get("url") or entry.get("external_url") or "",
            id=str(entry.get("id") or ""),
            date=_iso(said) if said else None,
        )


def _iso(said: str) -> datetime | None:
    try:
        return datetime.fromisoformat(said).astimezone(UTC).replace(microsecond=0)
    except ValueError:
        return None


def letters(text: str) -> str:
    """Return the letters of a title, which markup, exponents, white space and punctuation do not change."""
    plain_text = re.sub(r"<[^>]*>", " ", unescape(text))
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", unescape(plain_text))).casefold()


def differences(readings: list[Reading], items: list[Item]) -> set[str]:
    """Return the fields in which a reading differs from its nearest item."""
    named: dict[str, list[Item]] = {}
    for item in items:
        for name in {item.guid, item.raw_url, letters(item.title)}:
            named.setdefault(name, []).append(item)
    found: set[str] = set()
    for reading in readings:
        name = reading.id or reading.link or reading.title
        near = named.get(name) or named.get(reading.title, [])
        if name:
            found |= min((set(_differing(reading, item)) for item in near), key=len, default={"lost"})
    return found


def _absolute(link: str) -> str:
    """Return the address as a browser has it, with a slash after a bare host."""
    whole = urlsplit(urljoin(ORIGIN.feed, link))
    return urlunsplit(whole._replace(path=whole.path or "/")) if whole.netloc else whole.geturl()


def _differing(reading: Reading, item: Item) -> Iterator[str]:
    if reading.title and reading.title != letters(item.title):
        yield "title"  # one without a title gets a made one
    if reading.id != item.guid:
        yield "id"
    if reading.link and _absolute(reading.link) not in (item.raw_url, item.url):
        yield "link"
    if (item.claimed and item.claimed.replace(microsecond=0)) != reading.date:
        yield "date"


# ---- documents that are no feed


NO_FEEDS: Mapping[str, bytes] = {
    "nothing": b"",
    "blanks": b" \n\n ",
    "page": b"<!DOCTYPE html><html><head><title>404</title></head><body><h1>Not found</h1></body></html>",
    "challenge": b"<html><body><script>wait()</script><noscript>Enable JavaScript</noscript></body></html>",
    "json": b'{"error": "no such feed"}',
    "words": b"Service unavailable",
    "xml": b"<?xml version='1.0'?><urlset><url><loc>https://ministry.example/</loc></url></urlset>",
    "image": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
}


@pytest.mark.parametrize("name", NO_FEEDS)
def test_a_file_that_is_no_feed_is_refused_and_changes_nothing(name: str, tmp_path: Path) -> None:
    with Line(tmp_path, ORIGIN, now=NOW) as line:
        with pytest.raises(ParseError) as caught:
            line.reads(ORIGIN, NO_FEEDS[name], NOW + timedelta(hours=1))
        assert (caught.value.cause, line.items()) == ("not-a-feed", ())
