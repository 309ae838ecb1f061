"""Releases and documents for the tests of editorial and render."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any  # JSON and feedparser return untyped values

from lxml import etree
from msgspec.structs import replace

from aggregator import render
from aggregator.editorial.present import present
from aggregator.editorial.wording import DEFAULT
from aggregator.model.decision import State
from aggregator.model.entry import Origin
from aggregator.model.item import Enclosure, Item
from aggregator.model.release import AlsoReleased, Channel, Release
from aggregator.model.settings import Publication
from aggregator.model.stored import FeedInfo, Stored, StoryMember
from aggregator.render import Format
from aggregator.render.channels import describe
from tests.pristine import feedparser

NOW = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
PUBLISHED = NOW - timedelta(hours=5)
PUBLICATION = Publication(
    "Example Releases", "https://releases.example/", "en", "d@releases.example", DEFAULT
)
AUTHORITY = "releases.example,2026-11-24"
FEED = FeedInfo(
    id="water",
    feed="https://water.example/feed.xml",
    organisation="Water Board",
    title="Water Board news",
    link="https://water.example/",
    rights="(c) Water Board",
    language="en",
    licence="CC-BY-4.0",
)
AGGREGATOR = replace(FEED, from_entry=True)
ITEM = Item(
    keys=(),
    title="Dam & bridge reopened",
    url="https://water.example/dam?a=1&b=2",
    content="<p>The <em>dam</em> is open.</p>",
    summary="<p>It is open.</p>",
    text="The dam is open.",
    language="en-GB",
    authors=("A. Author", "B. Author"),
    categories=("Water & works",),
    enclosures=(
        Enclosure("https://water.example/a.mp3", "audio/mpeg", 5),
        Enclosure("https://water.example/b?c&d"),
    ),
    images=(Enclosure("https://water.example/i.png", "image/png", 7),),
)
ALSO = (StoryMember("Ministry & Co", "mmmmmmmmmmmmm"), StoryMember("Harbour", "hhhhhhhhhhhhh"))
ALSO_RELEASED = (
    AlsoReleased("Ministry & Co", "https://releases.example/items/mmmmmmmmmmmmm"),
    AlsoReleased("Harbour", "https://releases.example/items/hhhhhhhhhhhhh"),
)
ORIGIN = Origin(
    "First feed",
    "tag:first.example,2026:feed",
    "https://first.example/",
    "https://first.example/feed",
    "2026-01-05T08:00:00+00:00",
    "(c) First",
    ("First Press Office",),
)


def stored(item: Item = ITEM, *, also: tuple[StoryMember, ...] = (), corrected: bool = False) -> Stored:
    return Stored(
        number=1,
        id="abcdefghijklm",
        public_id="tag:water.example,2026:1",
        source="water",
        state=State.LIVE,
        item=item,
        shown=PUBLISHED,
        updated=NOW,
        first_seen=NOW,
        seq=1,
        also=also,
        corrected=corrected,
    )


def release(item: Item = ITEM, *, feed: FeedInfo = FEED, also: tuple[StoryMember, ...] = ()) -> Release:
    return present(stored(item, also=also), feed=feed, publication=PUBLICATION)


def channel(name: str = "", publication: Publication = PUBLICATION, feed: FeedInfo = FEED) -> Channel:
    return describe(name, publication, [feed], seq=7, changed=NOW, authority=AUTHORITY)


def document(kind: str, *releases: Release, on: Channel | None = None) -> bytes:
    chosen = Format(kind)
    return render.document(on or channel(), [render.entry(one, chosen) for one in releases], chosen)


def tree(document: bytes) -> etree._Element:
    """Parse strictly, without recovery."""
    return etree.fromstring(document, etree.XMLParser(recover=False, resolve_entities=False))


def read(document: bytes) -> Any:
    """Parse as a feed reader does; the document must not be bozo."""
    found = feedparser.parse(document, sanitize_html=False, resolve_relative_uris=False)
    assert not found.bozo, found.get("bozo_exception")
    return found


def objects(document: bytes) -> Any:
    return json.loads(document)


def time(stated: str) -> datetime:
    """Convert a date as feedparser reads it where the line does not have it parse none."""
    year, month, day, hour, minute, second, *_ = feedparser.datetimes._parse_date(stated)
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
