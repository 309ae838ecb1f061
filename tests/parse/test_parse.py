"""Formats and pitfalls as files in cases/: NAME.* beside NAME.json with the expected Document; then limits."""

import json
import re
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import NODEFAULT, Struct
from msgspec.structs import fields

from aggregator.errors import ParseError
from aggregator.model.document import Document
from aggregator.parse import parse

CASES = Path(__file__).parent / "cases"
DOCUMENTS = sorted(path for path in CASES.iterdir() if path.suffix != ".json")
URL = "https://found.example/dir/feed"
DIGESTS = {"digest", "listed", "salt"}


def parsed(body: bytes, content_type: str = "") -> Document:
    return parse(body, content_type=content_type, url=URL)


def plain(value: object) -> object:
    """Return a value as JSON, without fields that hold their default and without digests."""
    if isinstance(value, Struct):
        kept = {}
        for field in fields(value):
            held = getattr(value, field.name)
            if field.name not in DIGESTS and (field.default is NODEFAULT or held != field.default):
                kept[field.name] = plain(held)
        return kept
    if isinstance(value, tuple):
        return [plain(each) for each in value]
    return value.total_seconds() if isinstance(value, timedelta) else value


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_a_case_is_parsed_into_the_expected_document(path: Path) -> None:
    expected = json.loads(path.with_name(path.name.partition(".")[0] + ".json").read_text("utf-8"))
    assert plain(parsed(path.read_bytes())) == expected


@pytest.mark.parametrize("url", [URL, "file:///srv/feeds/a.xml"])
@pytest.mark.parametrize(
    ("opening", "link"),
    [
        ("", "/news/1"),
        (" xml:base='https://base.example/b/'", "https://base.example/news/1"),
    ],
)
@pytest.mark.parametrize("title", ["well-formed", "ill & formed"])
def test_a_relative_link_is_resolved_by_a_stated_base_or_kept_as_written(
    url: str, opening: str, link: str, title: str
) -> None:
    """feedparser must not resolve it against the document's URL: `normalise` prefers the feed's own link."""
    item = f"<item><title>{title}</title><link>/news/1</link></item>"
    body = f"<rss version='2.0'{opening}><channel>{item}</channel></rss>".encode()
    assert [entry.link for entry in parse(body, content_type="", url=url).entries] == [link]


@pytest.mark.parametrize(
    ("inside", "link"),
    [
        ("<link href='https://a.example/2'/><guid>https://a.example/1</guid>", "https://a.example/1"),
        ("<guid>https://a.example/1</guid><link url='https://a.example/2'/>", "https://a.example/1"),
        ("<link href='/2'/><guid isPermaLink='false'>https://a.example/1</guid>", "/2"),
        ("<link href='/2'/><guid>1</guid>", "/2"),
        ("<link href='/2'/><dc:identifier>https://a.example/1</dc:identifier>", "https://a.example/1"),
        ("<link href='/2' rel='alternate'/><link>https://a.example/3</link>", "https://a.example/3"),
        (
            "<link href='/de' hreflang='de'/><link href='/en' hreflang='en'/><dc:language>en</dc:language>",
            "/en",
        ),
        ("<atom:link href='/2'/><guid>https://a.example/1</guid>", "/2"),
        ("<link rel='self' href='/2'/><guid>https://a.example/1</guid>", "https://a.example/1"),
    ],
)
@pytest.mark.parametrize("title", ["well-formed", "ill & formed"])
def test_an_attribute_of_an_rss_link_is_the_last_resort(inside: str, link: str, title: str) -> None:
    spaces = "xmlns:atom='http://www.w3.org/2005/Atom' xmlns:dc='http://purl.org/dc/elements/1.1/'"
    item = f"<item><title>{title}</title>{inside}</item>"
    (entry,) = parsed(f"<rss version='2.0' {spaces}><channel>{item}</channel></rss>".encode()).entries
    assert entry.link == link


@pytest.mark.parametrize("text", ["content", "summary"])
@pytest.mark.parametrize("base", ["", " xml:base='/top/'"])
def test_an_xml_base_in_xhtml_counts_for_what_stands_in_its_element(text: str, base: str) -> None:
    body = f"""<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title><entry><id>1</id><title>A</title>
        <{text} type="xhtml"{base}><div xmlns="http://www.w3.org/1999/xhtml"><a href="0">0</a>
        <p xml:base="https://b.example/x/y"><a href="1">1</a><img src="/i" srcset="j 1x, /k 2x"/>
        <b xml:base="z/"><a href="2" xml:base="w/">2</a><q cite="3">3</q></b><a href="4">4</a></p>
        <a href="5" title="a/b">5</a></div></{text}></entry>
        <entry><id>2</id><title>B</title><{text} type="xhtml">
        <div xmlns="http://www.w3.org/1999/xhtml" xml:base="https://c.example/"><a href="6">6</a></div></{text}>
        <link href="/7"/></entry></feed>""".encode()
    first, second = parsed(body).entries
    found = [each.content.value or each.summary.value for each in (first, second)]
    assert re.findall(r'(?:href|src|cite)="([^"]*)"', found[0]) == [
        "0",
        *("https://b.example/x/1", "https://b.example/i", "https://b.example/x/z/w/2"),
        *("https://b.example/x/z/3", "https://b.example/x/4", "5"),
    ]
    assert 'srcset="https://b.example/x/j 1x, https://b.example/k 2x"' in found[0]
    assert 'title="a/b"' in found[0]
    assert 'href="https://c.example/6"' in found[1]
    assert second.link == "/7"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "the document is empty"),
        (b" \r\n\xef\xbb\xbf\n", "the document is empty"),
        (b"<!doctype html><p>Not found", "this is an HTML page, not a feed"),
        (b"<HTML><body>Not found</body></HTML>", "this is an HTML page, not a feed"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "its root element is <svg>"),
        (b"just words", "neither XML with a root element nor a JSON object"),
        (b"<!-- only a comment -->", "neither XML with a root element"),
        (b"<!-- never closed", "neither XML with a root element"),
        (b"<!DOCTYPE rss [", "neither XML with a root element"),
        (b"<" + b" " * 40_000 + b"rss>", "neither XML with a root element"),
        (b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>', "of no known format"),
        (b'{"version": "https://jsonfeed.org/version/1"}', "not a JSON Feed"),
        (b'{"items": []}', "not a JSON Feed"),
        (b'{"items": ', "not valid JSON"),
        (b"[1]", "neither XML with a root element nor a JSON object"),
    ],
)
def test_the_error_for_a_body_that_is_no_feed_names_its_kind(body: bytes, message: str) -> None:
    with pytest.raises(ParseError, match=message) as caught:
        parsed(body)
    assert caught.value.cause == "not-a-feed"


def rss(inside: str) -> bytes:
    return f'<rss version="2.0"><channel><title>T</title>{inside}</channel></rss>'.encode()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (rss("<item " + " ".join(f'a{n}="1"' for n in range(50_000)) + "/>"), "over 256 attributes"),
        (rss("<i>" * 50_000 + "</i>" * 50_000), "nested over 256 deep"),
        (b'{"items": ' + b"[" * 100_000, "nested too deep"),
    ],
    ids=["attributes", "depth", "json depth"],
)
def test_a_document_beyond_a_limit_is_rejected(body: bytes, message: str) -> None:
    with pytest.raises(ParseError, match=message) as caught:
        parsed(body)
    assert caught.value.cause == "limit"


def test_a_document_is_bounded_by_its_text_with_entities_expanded() -> None:
    document = rss("<item><title>&a;&a;&a;</title></item>")
    declared = b"<!DOCTYPE rss [<!ENTITY a '%s'>]>" % (b"a" * 60)
    for body, size in ((document, len(document)), (declared + document, len(document) + 3 * 57)):
        parse(body, content_type="text/xml", url="", text_bytes_max=len(declared) + size)
        with pytest.raises(ParseError, match="bytes of text, over") as caught:
            parse(body, content_type="text/xml", url="", text_bytes_max=size - 1)
        assert caught.value.cause == "limit"


def test_only_the_first_entries_of_a_huge_document_are_read_and_it_is_incomplete() -> None:
    document = parsed(rss("".join(f"<item><guid>{n}</guid></item>" for n in range(2_100))))
    assert [entry.guid for entry in document.entries] == [str(n) for n in range(2_000)]
    assert (len(document.listed), document.complete) == (2_000, False)


def test_titles_and_bodies_are_cut_to_their_limits() -> None:
    body = rss(f"<item><title>{'t' * 9_000_000}</title><description>{'d' * 2_000_000}</description></item>")
    (entry,) = parsed(body).entries
    assert (len(entry.title.value), len(entry.summary.value)) == (4_000, 1_000_000)


@pytest.mark.parametrize(
    "place",
    [
        "<gml:posList>1 2 3 4</gml:posList>",
        "<gml:pos>somewhere</gml:pos>",
        "<georss:where><gml:Polygon><gml:posList>a b</gml:posList></gml:Polygon></georss:where>",
        '<georss:where><gml:Point srsName="EPSG:none"><gml:pos>1 2</gml:pos></gml:Point></georss:where>',
        "<georss:point>48.2 16.4</georss:point>",
    ],
)
def test_malformed_coordinates_do_not_end_the_document(place: str) -> None:
    spaces = 'xmlns:gml="http://www.opengis.net/gml" xmlns:georss="http://www.georss.org/georss"'
    document = parsed(rss(f"<item {spaces}><title>Storm</title>{place}<guid>1</guid></item>"))
    (entry,) = document.entries
    assert (entry.title.value, entry.guid) == ("Storm", "1")


def test_out_of_line_content_is_the_link_of_an_entry_without_one() -> None:
    feed = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title><entry><id>urn:x:1</id><title>Report</title>'
        '<content type="application/pdf" src="https://office.example/report.pdf"/>{}</entry></feed>'
    )
    alone, linked = (
        parsed(feed.format(more).encode()) for more in ("", '<link href="https://office.example/1"/>')
    )
    assert alone.entries[0].link == "https://office.example/report.pdf"
    assert linked.entries[0].link == "https://office.example/1"


def test_a_giant_comment_is_parsed_in_linear_time() -> None:
    assert parsed(rss("<!--" + "-a" * 4_000_000 + "--><item><guid>1</guid></item>")).entries[0].guid == "1"


@contextmanager
def given_little_memory(spare: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + spare, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def test_a_document_that_needs_too_much_memory_is_rejected() -> None:
    body = b'{"items": [' + b"[]," * 4_000_000
    with given_little_memory(80 << 20), pytest.raises(ParseError, match="more memory") as caught:
        parsed(body)
    assert caught.value.cause == "limit"


def test_the_charset_of_the_header_decodes_a_body_that_is_not_utf_8() -> None:
    body = rss("<item><title>Новости</title></item>").decode().encode("koi8-r")
    (entry,) = parsed(body, "text/xml; charset=KOI8-R").entries
    assert entry.title.value == "Новости"


def test_a_lone_surrogate_is_replaced() -> None:
    half = r'"\ud800"'
    body = (
        f'{{"version": "https://jsonfeed.org/version/1.1", "title": {half}, "language": {half}, "feed_url": {half},'
        f' "home_page_url": {half}, "description": {half}, "hubs": [{{"url": {half}}}], "authors": [{{"name": {half}}}],'
        f' "items": [{{"id": {half}, "url": {half}, "title": {half}, "content_html": {half}, "tags": [{half}],'
        f' "date_published": {half}, "attachments": [{{"url": {half}, "mime_type": {half}}}], "image": {half}}}]}}'
    )
    document = parsed(body.encode())
    assert document.title == "?"
    repr(document).encode()
    assert "\\ud800" not in repr(document)


@pytest.mark.parametrize(
    "label", ["punycode", "PunyCode:", "idna", "rot13", "zlib", "undefined", "nobody-knows"]
)
def test_an_unsuitable_charset_is_ignored(label: str) -> None:
    body = rss("<item><title>Gr\xfc\xdfe-bcd</title></item>").decode().encode("cp1252")
    assert parsed(body, f"text/xml; charset={label}") == parsed(body)


def test_a_wrong_content_type_changes_nothing() -> None:
    assert parsed(rss(""), "application/json").format == parsed(rss(""), "text/html").format == "rss20"


def test_a_file_named_by_the_body_is_not_opened() -> None:
    with pytest.raises(ParseError):
        parsed(str(DOCUMENTS[0]).encode())


PIECES = st.sampled_from(
    [
        b"<rss version='2.0'>", b"</rss>", b"<channel>", b"</channel>", b"<item>", b"</item>", b"<item/>",
        b"<feed xmlns='http://www.w3.org/2005/Atom'>", b"</feed>", b"<entry>", b"</entry>", b"<rdf:RDF>",
        b"<title>", b"</title>", b"<title type='xhtml'>", b"<div>", b"</div>", b"<source>", b"</source>",
        b"<link href='a'/>", b"<link>", b"</link>", b"<guid>", b"</guid>", b"<content type='x'>", b"</content>",
        b"<![CDATA[", b"]]>", b"<!--", b"-->", b"&#x110000;", b"&#0;", b"&#xq;", b"&amp;", b"&nbsp;", b"&",
        b"<image>", b"</image>", b"<media:rating>", b"</media:rating>", b"<!DOCTYPE rss [", b"]>", b"<?x", b"?>",
        b"<!ENTITY a 'b'>", b"<skipHours><hour>", b"xml:base='http://[x'", b"{", b'"items":[', b"]", b"}",
    ]
)  # fmt: skip


@given(st.lists(PIECES | st.binary(max_size=8), max_size=30).map(b"".join), st.text(max_size=30))
@settings(max_examples=300, deadline=None)
def test_parse_raises_only_parse_error_for_any_bytes(body: bytes, content_type: str) -> None:
    for start in (b"", b"<rss version='2.0'>", b"<feed xmlns='http://www.w3.org/2005/Atom'>"):
        try:
            document = parsed(start + body, content_type)
        except ParseError as error:
            assert error.cause in ("not-a-feed", "limit")
        else:
            assert document.format


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ),
    st.sampled_from(["id", "url", "title", "tags", "authors", "attachments", "language"]),
)
@settings(max_examples=200, deadline=None)
def test_json_of_any_shape_is_read(value: object, key: str) -> None:
    feed = {"version": "https://jsonfeed.org/version/1.1", "items": [{key: value}], "authors": value}
    document = parsed(json.dumps(feed).encode())
    assert len(document.listed) == len(document.entries) == 1


def test_an_unforeseen_error_of_a_parser_is_a_parse_error() -> None:
    unusable: Any = None
    with pytest.raises(ParseError, match="cannot be read as a feed") as caught:
        parse(DOCUMENTS[0].read_bytes(), content_type="", url=URL, seen=unusable, pipeline_version=unusable)
    assert caught.value.cause == "not-a-feed"


def test_of_two_bodies_of_an_item_the_longer_one_is_the_content() -> None:
    (entry,) = parsed(
        b"<rss version='2.0' xmlns:content='http://purl.org/rss/1.0/modules/content/'><channel><item>"
        b"<content:encoded>Short.</content:encoded><description>The longer one.</description>"
        b"</item></channel></rss>"
    ).entries
    assert (entry.content.value, entry.summary.value) == ("The longer one.", "Short.")


def test_an_attribute_named_base_is_no_base() -> None:
    (entry,) = parsed(
        b"<feed xmlns='http://www.w3.org/2005/Atom' base='https://evil.example/'><entry>"
        b"<link href='a'/></entry></feed>"
    ).entries
    assert (entry.base, entry.link) == (URL, "a")


def test_a_document_of_many_namespaces_is_read() -> None:
    declared = b"".join(b" xmlns:n%d='urn:n%d'" % (n, n) for n in range(200))
    document = parsed(b"<rss version='2.0'%s><channel><title>T</title></channel></rss>" % declared)
    assert document.title == "T"


def test_tags_without_a_term_are_kept_once() -> None:
    (entry,) = parsed(
        b"<feed xmlns='http://www.w3.org/2005/Atom'><entry><title>T</title>"
        b"<category label='A'/><category label='A'/><category label='B'/></entry></feed>"
    ).entries
    assert entry.categories == ("A", "B")


def test_renamed_keys_are_looked_up_as_feedparser_does() -> None:
    parsed(DOCUMENTS[0].read_bytes())
    found = feedparser.util.FeedParserDict(href="a", title="t")
    assert (found.get("url"), found.get("title"), found.get("none", 1)) == ("a", "t", 1)


def test_an_endless_integer_costs_no_json_feed() -> None:
    digits = "9" * 5_000
    items = ",".join(f'{{"id": {sign}{digits}, "size": {digits}, "title": "T"}}' for sign in ("", "-"))
    feed = f'{{"version": "https://jsonfeed.org/version/1.1", "size": {digits}, "items": [{items}, {{"id": 7}}]}}'
    guids = [entry.guid for entry in parsed(feed.encode()).entries]
    assert [guid[:3] for guid in guids] == ["999", "-99", "7"]
