"""JSON Feed 1.1: documents are valid and parse back to the stored items."""

import pytest
from hypothesis import given
from msgspec.structs import replace

from aggregator.model.item import Item
from aggregator.model.stored import FeedInfo
from aggregator.render import body
from tests.line.valid import json_mistakes
from tests.render.given import (
    AGGREGATOR,
    ALSO,
    FEED,
    ITEM,
    NOW,
    ORIGIN,
    PUBLISHED,
    channel,
    document,
    objects,
    release,
)
from tests.render.test_xml import feeds, items


def test_an_item_has_every_field_of_the_release() -> None:
    one = release(replace(ITEM, origin=ORIGIN), also=ALSO, feed=AGGREGATOR)
    assert objects(document("json", replace(one, corrected=True, is_language_detected=True)))["items"] == [
        {
            "id": one.public_id,
            "url": one.page,
            "external_url": ITEM.url,
            "title": ITEM.title,
            "content_html": body.html(one),
            "content_text": one.text,
            "summary": "It is open.",
            "image": "https://water.example/i.png",
            "date_published": PUBLISHED.isoformat(),
            "date_modified": NOW.isoformat(),
            "authors": [{"name": "Water Board"}],
            "tags": ["Water & works"],
            "language": "en-GB",
            "attachments": [
                {"url": "https://water.example/a.mp3", "mime_type": "audio/mpeg", "size_in_bytes": 5},
                {"url": "https://water.example/b?c&d", "mime_type": "application/octet-stream"},
            ],
            "_publicwire": {
                "organisation": "Water Board",
                "authors": ["A. Author", "B. Author"],
                "source": {"id": "water", "title": ORIGIN.title, "feed": ORIGIN.self_url, "url": ORIGIN.link},
                "licence": "CC-BY-4.0",
                "ai": {"train": "prohibit"},
                "rights": "(c) Water Board",
                "also": [
                    {"organisation": "Ministry & Co", "url": "https://releases.example/items/mmmmmmmmmmmmm"},
                    {"organisation": "Harbour", "url": "https://releases.example/items/hhhhhhhhhhhhh"},
                ],
                "corrected": True,
                "language_detected": True,
            },
        }
    ]


def test_the_origin_that_a_source_claims_is_provenance_only() -> None:
    (item,) = objects(document("json", release(replace(ITEM, origin=ORIGIN))))["items"]
    assert item["_publicwire"]["source"] == {
        "id": "water",
        "title": FEED.title,
        "feed": FEED.feed,
        "url": FEED.link,
    }
    assert item["_publicwire"]["provenance"] == {
        "id": ORIGIN.id,
        "title": ORIGIN.title,
        "url": ORIGIN.link,
    }


def test_absent_values_are_omitted() -> None:
    bare = Item(keys=(), title="Dam")
    one = release(bare, feed=replace(FEED, licence="", rights="", language="", link=""))
    assert objects(document("json", one))["items"] == [
        {
            "id": one.public_id,
            "url": one.page,
            "title": "Dam",
            "content_html": one.disclaimer,
            "content_text": one.text,
            "date_published": PUBLISHED.isoformat(),
            "date_modified": NOW.isoformat(),
            "authors": [{"name": "Water Board"}],
            "_publicwire": {
                "organisation": "Water Board",
                "source": {"id": "water", "title": "Water Board news", "feed": FEED.feed},
                "ai": {"train": "prohibit"},
            },
        }
    ]


def test_the_text_of_an_item_repeats_neither_headline_nor_organisation() -> None:
    (item,) = objects(document("json", release()))["items"]
    assert item["content_text"].startswith("The dam is open.\n\nPublic release. This item was issued by")


def test_an_undated_item_has_no_date_until_it_is_corrected() -> None:
    one = replace(release(), is_dated=False)
    for corrected in (False, True):
        (item,) = objects(document("json", replace(one, corrected=corrected)))["items"]
        assert ("date_published" in item, "date_modified" in item) == (False, corrected)


def test_the_head_of_a_channel() -> None:
    on = replace(channel("topics/water"), hub="https://releases.example/hub")
    assert objects(document("json", on=on)) == {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Water · Example Releases",
        "home_page_url": "https://releases.example/topics/water",
        "feed_url": "https://releases.example/topics/water/feed.json",
        "description": on.description,
        "authors": [{"name": "Example Releases", "url": "https://releases.example/"}],
        "language": "en",
        "hubs": [{"type": "WebSub", "url": "https://releases.example/hub"}],
        "items": [],
    }


@pytest.mark.needs("corpus")
@given(items, feeds)
def test_any_item_makes_a_valid_feed(item: Item, feed: FeedInfo) -> None:
    one = release(item, feed=feed, also=ALSO)
    whole = document("json", one, one)
    assert json_mistakes(whole) == []
    assert [(each["id"], each["title"], each["content_html"]) for each in objects(whole)["items"]] == [
        (one.public_id, one.title, body.html(one))
    ] * 2
