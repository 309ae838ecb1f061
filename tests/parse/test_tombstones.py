"""Tombstones of Atom, RSS and JSON documents: all of them, and none from within an entry."""

import json

import pytest

from aggregator.model.deleted import TOMBSTONES_MAX, Deleted
from aggregator.model.document import Document
from aggregator.parse import parse, tombstones

NAMESPACES = (
    'xmlns="http://www.w3.org/2005/Atom" xmlns:at="http://purl.org/atompub/tombstones/1.0" '
    'xmlns:dcterms="http://purl.org/dc/terms/" xmlns:m="http://schemas.ingestion.microsoft.com/common/"'
)
WHEN = "2026-03-01T10:00:00Z"


def tombstone(ref: str, inner: str = "") -> str:
    return f'<at:deleted-entry ref="{ref}" when="{WHEN}">{inner}</at:deleted-entry>'


def entry(name: str, inner: str = "") -> str:
    return f"<entry><id>urn:{name}</id><title>{name}</title><updated>{WHEN}</updated>{inner}</entry>"


def atom(*parts: str) -> str:
    head = "<id>urn:feed</id><title>Feed</title><author><name>Desk</name></author>"
    return f"<feed {NAMESPACES}>{head}{''.join(parts)}</feed>"


def rss(*parts: str) -> str:
    return f'<rss version="2.0" {NAMESPACES.partition(" ")[2]}><channel><title>Feed</title>{"".join(parts)}</channel></rss>'


def read(document: str, seen: frozenset[bytes] = frozenset()) -> Document:
    return parse(document.encode(), content_type="", url="https://ministry.example/feed", seen=seen)


@pytest.mark.parametrize("form", [atom, rss])
def test_all_tombstones_of_a_document_are_read(form: object) -> None:
    assert callable(form)
    by = "<at:by><name>Desk</name><email>desk@ministry.example</email></at:by>"
    comment = '<at:comment type="html">Sent &lt;b&gt;too early&lt;/b&gt;</at:comment>'
    document = form(tombstone("urn:a", by + comment), tombstone("urn:b&amp;c"))
    assert read(document).deleted == (
        Deleted("urn:a", WHEN, "Desk", "Sent <b>too early</b>"),
        Deleted("urn:b&c", WHEN),
    )


def test_a_person_without_a_name_is_named_by_the_e_mail_address() -> None:
    by = "<at:by><email>desk@ministry.example</email></at:by>"
    (deleted,) = read(atom(tombstone("urn:a", by))).deleted
    assert deleted.by == "desk@ministry.example"


def test_a_missing_attribute_is_told_as_absent() -> None:
    assert read(atom("<at:deleted-entry/>")).deleted == (Deleted("", ""),)


def test_a_tombstone_within_an_entry_or_of_another_namespace_is_none() -> None:
    inner = f'<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">{tombstone("urn:a")}</div></content>'
    foreign = f'<x:deleted-entry xmlns:x="urn:x" ref="urn:a" when="{WHEN}"/>'
    assert read(atom(entry("a", inner), foreign)).deleted == ()


def test_tombstones_of_a_document_that_is_not_well_formed_are_read() -> None:
    broken = rss(
        tombstone("urn:a"), "<item><guid>b</guid><title>Tom & Jerry</title></item>", tombstone("urn:c")
    )
    assert [each.ref for each in read(broken).deleted] == ["urn:a", "urn:c"]


def test_whole_tombstones_of_a_truncated_document_are_read() -> None:
    cut = atom(tombstone("urn:a"), entry("b")).partition("</entry>")[0]
    document = read(cut)
    assert (document.truncated, [each.ref for each in document.deleted]) == (True, ["urn:a"])


def test_a_document_without_a_root_has_none() -> None:
    assert tombstones.read(b"deleted-entry", lambda: b"deleted-entry") == ()


def test_no_more_than_the_first_tombstones_are_read() -> None:
    many = atom(*(tombstone(f"urn:{n}") for n in range(TOMBSTONES_MAX + 1)))
    assert len(read(many).deleted) == TOMBSTONES_MAX


def test_a_new_tombstone_has_no_entry_read_anew_but_the_one_that_it_names() -> None:
    before = read(atom(entry("a"), entry("b")))
    after = read(atom(tombstone("urn:a"), entry("a"), entry("b")), frozenset(before.listed))
    assert after.listed == before.listed
    assert [each.guid for each in after.entries] == ["urn:a"]


@pytest.mark.parametrize(
    "guid",
    ["<guid>urn:a</guid>", "<guid isPermaLink='false'> urn:a </guid>", "<guid><![CDATA[urn:a]]></guid>"],
)
def test_an_item_that_a_tombstone_names_is_read_however_its_guid_is_written(guid: str) -> None:
    item = f"<item>{guid}<title>A</title></item>"
    before = read(rss(item))
    after = read(rss(item, tombstone("urn:a")), frozenset(before.listed))
    assert [each.guid for each in after.entries] == ["urn:a"]


def test_an_item_of_rss_1_0_is_known_by_its_address() -> None:
    def rdf(*parts: str) -> str:
        names = 'xmlns="http://purl.org/rss/1.0/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
        item = '<item rdf:about="urn:a"><title>A</title></item>'
        channel = f"<channel><title>Feed</title>{''.join(parts)}</channel>"
        at = 'xmlns:at="http://purl.org/atompub/tombstones/1.0"'
        return f"<rdf:RDF {names} {at}>{channel}{item}</rdf:RDF>"

    before = read(rdf())
    after = read(rdf(tombstone("urn:a")), frozenset(before.listed))
    assert ([each.ref for each in after.deleted], len(after.entries)) == (["urn:a"], 1)


def test_a_json_item_that_is_withdrawn_is_a_tombstone_and_no_entry() -> None:
    def feed(*items: object) -> str:
        return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "F", "items": items})

    kept = {"id": "b", "content_text": "B"}
    before = read(feed({"id": "a", "content_text": "A"}, kept))
    withdrawn = {"id": "a", "title": "Withdrawn", "_withdrawn": {"when": WHEN, "comment": "too early"}}
    after = read(feed(withdrawn, kept), frozenset(before.listed))
    assert (after.deleted, after.entries) == ((Deleted("a", WHEN, comment="too early"),), ())
    without_time = read(feed({"id": "a", "title": "Withdrawn", "_withdrawn": True}))
    assert (without_time.deleted, without_time.entries) == ((Deleted("a", ""),), ())
    both = read(feed(withdrawn, {"id": "a", "content_text": "A"}), frozenset(read(feed(kept)).listed))
    assert [each.content.value for each in both.entries] == ["A"]


@pytest.mark.parametrize(
    ("inner", "expires"),
    [
        (
            "<dcterms:valid>start=2026-01-01; end=2026-03-01T12:00:00Z; scheme=W3C-DTF</dcterms:valid>",
            "2026-03-01T12:00:00Z",
        ),
        ("<dcterms:valid> Start=2026-01-01;End=2026-03-01;</dcterms:valid>", "2026-03-01"),
        ("<dcterms:valid>start=2026-01-01</dcterms:valid>", ""),
        ("<dcterms:valid>2026-03-01</dcterms:valid>", "2026-03-01"),
        ("<m:expirationDate>2026-03-01T12:00:00Z</m:expirationDate>", "2026-03-01T12:00:00Z"),
        (
            "<dcterms:valid>end=2026-03-01</dcterms:valid><m:expirationDate>2027-01-01</m:expirationDate>",
            "2026-03-01",
        ),
        ("", ""),
    ],
)
@pytest.mark.parametrize("form", ["atom", "rss"])
def test_the_expiry_of_an_entry_is_read(form: str, inner: str, expires: str) -> None:
    document = atom(entry("a", inner)) if form == "atom" else rss(f"<item><title>A</title>{inner}</item>")
    (found,) = read(document).entries
    assert found.expires == expires
