"""Tombstone entries: valid in each format, newer than the entry, older than their withdrawal, and expired."""

import json
from datetime import timedelta

import pytest
from lxml import etree
from msgspec.structs import replace

from aggregator import render
from aggregator.editorial.tombstone import tombstone
from aggregator.model.public_change import Gone
from aggregator.model.release import Tombstone
from aggregator.render import Format
from tests.line.valid import ATOM, atom_mistakes, json_mistakes, rss_mistakes
from tests.render.given import FEED, NOW, PUBLICATION, channel

GONE = Gone("tag:water.example,2026:1", "abcdefghijklm", "water", NOW - timedelta(hours=2), NOW)
NAMES = {
    **ATOM,
    "at": "http://purl.org/atompub/tombstones/1.0",
    "dcterms": "http://purl.org/dc/terms/",
    "mi": "http://schemas.ingestion.microsoft.com/common/",
}


def made(gone: Gone = GONE, language: str = "en") -> Tombstone:
    return tombstone(gone, replace(PUBLICATION, language=language), FEED)


def document(kind: Format, *of: Tombstone) -> bytes:
    return render.document(channel(), [render.tombstone(each, kind) for each in of], kind)


@pytest.mark.needs("corpus")
def test_tombstones_are_valid_in_every_format() -> None:
    each = made()
    assert atom_mistakes(document(Format.ATOM, each)) == []
    assert json_mistakes(document(Format.JSON, each)) == []
    assert rss_mistakes(document(Format.RSS, each)) == []


def test_atom_has_the_deleted_entry_and_an_expired_stub_under_the_same_id() -> None:
    feed = etree.fromstring(document(Format.ATOM, made()))
    (deleted,) = feed.findall("at:deleted-entry", NAMES)
    assert (deleted.get("ref"), deleted.get("when")) == (GONE.public_id, "2026-11-24T12:30:00+00:00")
    (stub,) = feed.findall("a:entry", NAMES)
    assert stub.findtext("a:id", namespaces=NAMES) == GONE.public_id
    assert stub.findtext("a:updated", namespaces=NAMES) == "2026-11-24T12:29:59+00:00"
    assert stub.findtext("a:title", namespaces=NAMES) == "Withdrawn"
    assert stub.findtext("dcterms:valid", namespaces=NAMES) == "end=2026-11-24T12:29:59+00:00; scheme=W3C-DTF"
    assert stub.findtext("mi:expirationDate", namespaces=NAMES) == "2026-11-24T12:29:59+00:00"
    (link,) = stub.findall("a:link", NAMES)
    assert link.get("href") == "https://releases.example/items/abcdefghijklm"


def test_rss_has_the_expired_stub_under_the_same_guid() -> None:
    (item,) = etree.fromstring(document(Format.RSS, made())).iter("item")
    assert (item.findtext("guid"), item.findtext("title")) == (GONE.public_id, "Withdrawn")
    assert item.findtext("mi:expirationDate", namespaces=NAMES) == "2026-11-24T12:29:59+00:00"
    assert item.findtext("dcterms:modified", namespaces=NAMES) == "2026-11-24T12:29:59+00:00"


def test_json_says_when_it_was_withdrawn() -> None:
    (item,) = json.loads(document(Format.JSON, made()))["items"]
    assert item["id"] == GONE.public_id
    assert item["_withdrawn"] == {
        "when": "2026-11-24T12:30:00+00:00",
        "comment": "This release is no longer published here.",
    }
    assert item["_publicwire"] == {"expires": "2026-11-24T12:29:59+00:00"}


@pytest.mark.parametrize("after", [timedelta(days=3), timedelta(seconds=1), timedelta(0), timedelta(days=-1)])
def test_the_stub_is_newer_than_the_entry_and_older_than_the_withdrawal(after: timedelta) -> None:
    updated = NOW - timedelta(milliseconds=1)
    each = made(replace(GONE, updated=updated, at=updated + after))
    assert updated < each.updated < each.when
    assert each.when <= max(updated, updated + after) + timedelta(seconds=3)


@pytest.mark.parametrize(
    ("language", "title"), [("de-AT", "Zurückgezogen"), ("fr", "Retiré"), ("fi", "Withdrawn")]
)
def test_the_stub_is_in_the_language_of_the_publication(language: str, title: str) -> None:
    assert made(language=language).title == title


def test_of_a_removed_item_the_id_is_left() -> None:
    each = tombstone(replace(GONE, id="", source=""), PUBLICATION, None)
    assert (each.public_id, each.page) == (GONE.public_id, "https://releases.example/")


@pytest.mark.parametrize("language", ["en", "fr", "de", "es", "it", "pt", "fi"])
def test_an_entry_that_gave_way_names_the_one_in_its_place(language: str) -> None:
    page = "https://releases.example/items/nnnnnnnnnnnnn"
    each = made(replace(GONE, instead="nnnnnnnnnnnnn"), language)
    assert (each.page, each.instead, each.comment.endswith(page)) == (page, page, True)
    assert each.title != made(language=language).title
    feed = etree.fromstring(document(Format.ATOM, each))
    for path in ("at:deleted-entry", "a:entry"):
        (related,) = feed.findall(f"{path}/a:link[@rel='related']", NAMES)
        assert related.get("href") == page
    (item,) = etree.fromstring(document(Format.RSS, each)).iter("item")
    (related,) = item.findall("a:link", NAMES)
    assert (related.get("rel"), related.get("href"), item.findtext("link")) == ("related", page, page)
    (told,) = json.loads(document(Format.JSON, each))["items"]
    assert (told["url"], told["_withdrawn"]["instead"]) == (page, page)


def test_an_id_that_is_the_private_address_of_its_feed_is_the_page_here_too() -> None:
    private = replace(FEED, feed="https://water.example/feed?key=secret", addresses=())
    each = tombstone(replace(GONE, public_id=private.feed), PUBLICATION, private)
    assert each.public_id == "https://releases.example/items/abcdefghijklm"


def test_an_id_that_is_illegal_in_xml_raises() -> None:
    with pytest.raises(ValueError, match="XML"):
        render.tombstone(replace(made(), public_id="tag:\x00"), Format.ATOM)
