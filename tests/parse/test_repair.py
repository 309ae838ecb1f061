"""A document that is not well-formed is repaired and read strictly: a bad spot costs itself at most."""

import json
from xml.parsers import expat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from aggregator.model.document import Document
from aggregator.model.entry import Entry
from aggregator.parse import parse
from aggregator.parse.repair import repaired
from tests.parse.test_parse import PIECES

URL = "https://found.example/dir/feed"
HEAD = b"<title>Office</title><link>https://office.example/</link>"
BEFORE = b"<item><title>Before</title><guid>b</guid><description>Whole.</description></item>"
AFTER = b"<item><title>After</title><guid>a</guid><description>Whole.</description></item>"


def rss(inside: bytes, declared: bytes = b"") -> bytes:
    return b'<rss version="2.0"%s><channel>%s%s%s%s</channel></rss>' % (declared, HEAD, BEFORE, inside, AFTER)


def parsed(body: bytes) -> Document:
    return parse(body, content_type="", url=URL)


def spoilt(inside: bytes) -> Entry:
    """Return the one entry between two whole ones, which must have stayed whole."""
    document = parsed(rss(inside))
    before, entry, after = document.entries
    assert (before.title.value, before.guid, before.summary.value) == ("Before", "b", "Whole.")
    assert (after.title.value, after.guid, after.summary.value) == ("After", "a", "Whole.")
    assert (document.title, document.complete, len(document.listed)) == ("Office", True, 3)
    return entry


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (b"lamp &#55357;&#56911; and", "lamp \U0001f64f and"),
        (b"lamp &#xD83D;&#xDE4F; and", "lamp \U0001f64f and"),
        (b"lamp &#xd83d;&#56911; and", "lamp \U0001f64f and"),
        (b"half &#xD800; and", "half \ufffd and"),
        (b"half &#56911;&#55357; and", "half \ufffd\ufffd and"),
        (b"far &#xFFFFFFFF; and", "far \ufffd and"),
        (b"far &#99999999999; and", "far \ufffd and"),
        (b"none &#0; and &#x1F; too", "none  and  too"),
        (b"non &#xFFFE; and &#xFFFF;", "non \ufffd and \ufffd"),
        (b"bare & and AT&T", "bare & and AT&T"),
        (b"bare & and &#65;", "bare & and A"),
        (b"open &# and &#x; and &#12", "open &# and &#x; and &#12"),
        (b"known &nbsp;&eacute;&hellip; here", "known \xa0é… here"),
        (b"unknown &house; here", "unknown &house; here"),
        (b"five &lt; six &amp; more &#38; all", "five < six & more & all"),
        (b"5 < 6 and <3 and < 7", "5 < 6 and <3 and < 7"),
        (b"end ]]> of none", "end ]]> of none"),
        (b"a <!-- note -- of two --> b", "a  b"),
        (b"a <? php echo 1 ?> b", "a  b"),
        (b"a <!x junk> b", "a  b"),
    ],
)
def test_a_bad_character_or_reference_costs_itself(written: bytes, read: str) -> None:
    entry = spoilt(b"<item><title>%s</title><guid>x</guid></item>" % written)
    assert (entry.title.value.split(), entry.guid) == (read.split(), "x")


@pytest.mark.parametrize("pair", ["&#55357;&#56911;", "&#xD83D;&#xDE4F;", "&#xd83d;&#56911;"])
def test_a_surrogate_pair_in_escaped_html_is_the_character_it_means(pair: str) -> None:
    escaped, cdata = pair.replace("&", "&amp;"), f"<![CDATA[{pair}]]>"
    for text in (escaped, cdata):
        body = rss(f"<item><title>x</title><description>a {text} &amp;#8217;</description></item>".encode())
        assert parsed(body).entries[1].summary.value == "a \U0001f64f &#8217;"
    item = {"id": "1", "content_html": pair}
    feed = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [item]})
    assert parsed(feed.encode()).entries[0].content.value == "\U0001f64f"


@pytest.mark.parametrize(
    "address",
    [
        "https://office.example/view.aspx?id=7&lang=en&section=3",
        "https://office.example/view?a=1&copy=2&reg=3&para=4",
        "https://office.example/view?x&y&&z=&",
        "https://office.example/view?a=1&times=2&order=3&not=4#p&q",
    ],
)
def test_addresses_keep_their_parameters(address: str) -> None:
    raw = address.encode()
    entry = spoilt(
        b"<item><title>x</title><link>%s</link><guid>%s</guid><enclosure url='%s'/></item>" % (raw, raw, raw)
    )
    assert (entry.link, entry.guid, entry.enclosures[0].url) == (address, address, address)


@pytest.mark.parametrize(
    ("written", "url", "type_"),
    [
        (b"<enclosure url='https://o.example/a.pdf' url='b' type='x/y'/>", "https://o.example/a.pdf", "x/y"),
        (b"<enclosure url=https://o.example/a.pdf type=x/y />", "https://o.example/a.pdf", "x/y"),
        (b"<enclosure url=https://o.example/a.pdf/>", "https://o.example/a.pdf", ""),
        (b'<enclosure url="https://o.example/a.pdf/>', "https://o.example/a.pdf", ""),
        (b'<enclosure url="https://o.example/a.pdf type="x/y"/>', "https://o.example/a.pdf", "x/y"),
        (b"<enclosure url=\"https://o.example/a.pdf\"type='x/y'/>", "https://o.example/a.pdf", "x/y"),
        (b"<enclosure hidden url='https://o.example/a.pdf' type='x/y'/>", "https://o.example/a.pdf", "x/y"),
        (
            b"<enclosure url='https://o.example/a.pdf' type='x/y' alt='a < b'/>",
            "https://o.example/a.pdf",
            "x/y",
        ),
        (b"<enclosure url='https://o.example/a.pdf' type='x/y' 7='7' \"/>", "https://o.example/a.pdf", "x/y"),
        (
            b"<enclosure type='x/y' xmlns:m='' url='https://o.example/a.pdf'/>",
            "https://o.example/a.pdf",
            "x/y",
        ),
        (
            b"<enclosure un:known='1' url='https://o.example/a.pdf' type='x/y'/>",
            "https://o.example/a.pdf",
            "x/y",
        ),
    ],
)
def test_a_bad_attribute_costs_itself(written: bytes, url: str, type_: str) -> None:
    entry = spoilt(b"<item><title>x & y</title>%s<guid>x</guid></item>" % written)
    assert [(file.url, file.type) for file in entry.enclosures] == [(url, type_)]
    assert (entry.title.value, entry.guid) == ("x & y", "x")


@pytest.mark.parametrize(
    "inside",
    [
        b"<item><title>T</tilte><guid>x</guid><description>D</description></item>",
        b"<item><title>T</Title><guid>x</GUID><description>D</descripton></item>",
        b"<item><title>T<title><guid>x<guid><description>D<description></item>",
        b"<item><title>T<guid>x</guid><description>D</description></item>",
        b"<item><title>T</title><guid>x</guid><description>D</item>",
        b"<item><title>T</title><guid>x</guid><description>D</description>",
        b"<item><title>T</title><guid>x</guid><description>D</description></itm>",
        b"<item><title>T</title></p></channel_><guid>x</guid><description>D</description></item>",
        b"<item><title>T</title><description>D</desc><guid>x</guid></item>",
        b"<Item><Title>T</title><guid>x</guid><description>D</description></item>",
        b"<item><dc:title>T</dc:title><guid>x</guid><content:encoded>D</content:encoded></item>",
        b"<item><title>T</title><guid>x</guid><description><![CDATA[D</description></item>",
        b"<item><title>T</tilte><guid>x</guid><description><![CDATA[D]]></description></item>",
    ],
)
def test_a_bad_tag_costs_itself(inside: bytes) -> None:
    entry = spoilt(inside)
    assert (entry.title.value, entry.guid) == ("T", "x")
    assert (entry.summary.value or entry.content.value) == "D"


def test_markup_that_is_not_escaped_stays_markup() -> None:
    entry = spoilt(b"<item><title>x</title><description>a<br>b <p>c <b>d & e</p> f</description></item>")
    assert entry.summary.value == "a<br></br>b <p>c <b>d &amp; e</b></p> f"


@pytest.mark.parametrize(
    ("prefix", "field"),
    [("dc:creator", "authors"), ("itunes:author", "authors"), ("dc:subject", "categories")],
)
def test_an_undeclared_well_known_prefix_is_declared(prefix: str, field: str) -> None:
    tag = prefix.encode()
    entry = spoilt(b"<item><title>x</title><%s>Ada Marsh</%s></item>" % (tag, tag))
    assert getattr(entry, field) == ("Ada Marsh",)


@pytest.mark.parametrize(
    "body",
    [
        rss(b"")[:-6],
        rss(b"")[: -len(b"</channel></rss>")],
        rss(b"")[: -len(b"</item></channel></rss>")],
        rss(b"<item><title>Half")[: -len(AFTER + b"</channel></rss>")],
        rss(b"<item><description><![CDATA[half </rss>")[: -len(AFTER + b"</channel></rss>")],
        rss(b"<item><title>Half & half</title><li")[: -len(AFTER + b"</channel></rss>")],
        rss(b"")[:60],
        rss(b"")[:20],
    ],
)
def test_a_document_without_the_end_tag_of_its_root_is_incomplete(body: bytes) -> None:
    document = parsed(body)
    assert (document.complete, document.truncated, document.listed) == (False, True, ())
    assert [entry.title.value for entry in document.entries] in ([], ["Before"], ["Before", "After"])
    assert all(entry.summary.value == "Whole." for entry in document.entries)


@pytest.mark.parametrize(
    ("declared", "read"),
    [
        (rb'<!ENTITY path "C:\new\1">', r"C:\new\1"),
        (b"<!ENTITY path 'single \"quoted\"'>", 'single "quoted"'),
        (b'<!ENTITY path "L\'Office">', "L'Office"),
        (b'<!ENTITY path "&#233;t&#233;">', "&path;"),  # not of one character: its reference stays as written
        (b'<!ENTITY path "&#233;">', "é"),
        (b'<!ENTITY path "a"><!ENTITY path "b">', "a"),
        (b'<!ENTITY path SYSTEM "file:///etc/hostname">', "&path;"),
    ],
)
def test_an_entity_of_the_document_is_expanded_or_costs_itself(declared: bytes, read: str) -> None:
    body = b"<!DOCTYPE rss [%s]>" % declared + rss(b"<item><title>&path;</title></item>")
    assert [entry.title.value for entry in parsed(body).entries] == ["Before", read, "After"]


def test_an_entity_is_not_expanded_in_cdata() -> None:
    body = b'<!DOCTYPE rss [<!ENTITY a "b">]>' + rss(b"<item><title>&a;<![CDATA[&a;]]>&a;</title></item>")
    assert parsed(body).entries[1].title.value == "b&a;b"


@pytest.mark.parametrize("spot", [b"&", b"&nbsp;", b"<br>", b"</i>", b"<x:y/>", b"&bogus;"])
def test_a_repaired_document_holds_the_texts_that_a_recovering_parser_finds(spot: bytes) -> None:
    body = rss(b"<item><title>One %s two</title><guid>x</guid></item>" % spot)
    ours = etree.fromstring(repaired(body, "rss")[0])
    theirs = etree.fromstring(body, etree.XMLParser(recover=True))
    words = [" ".join("".join(map(str, root.itertext())).split()) for root in (ours, theirs)]
    assert set(words[1].split()) <= set(words[0].split())


@given(st.lists(PIECES | st.binary(max_size=8), max_size=40).map(b"".join))
@settings(max_examples=500, deadline=None)
def test_any_text_becomes_well_formed(text: bytes) -> None:
    text = (
        text.decode("utf-8", "replace")
        .encode()
        .translate(None, bytes(range(9)) + bytes(range(14, 32)) + b"\x0b\x0c")
    )
    value, _ = repaired(b"<rss>" + text + b"</rss>", "rss")
    try:
        expat.ParserCreate().Parse(value, True)
    except expat.ExpatError as error:
        pytest.fail(f"{error}: {value!r}")


@pytest.mark.parametrize(
    "piece",
    [
        b"<!--",
        b"<![CDATA[",
        b"<?",
        b"<!",
        b"</a>",
        b"<a ",
        b"<a b='",
        b"&#",
        b"<item>",
        b"<",
        b"<![CDATA[</a>",
        b"<a>",
    ],
)
def test_a_repair_of_countless_bad_spots_ends(piece: bytes) -> None:
    """It is linear: no mark is searched for to the end of the document again and again."""
    value, _ = repaired(b"<rss>" + piece * 100_000, "rss")
    assert len(value) < 3_000_000


def test_what_stands_around_the_root_costs_itself() -> None:
    document = parsed(b"< 1 & <" + rss(b"<item><title>a & b</title></item>") + b" < 2 </rss>")
    assert [entry.title.value for entry in document.entries] == ["Before", "a & b", "After"]


def test_two_references_that_are_no_pair_stay_two() -> None:
    entry = spoilt(
        b"<item><title>x</title><description>&lt;p&gt;&amp;#55999;&amp;#57344;</description></item>"
    )
    assert entry.summary.value == "<p>&#55999;&#57344;"


def test_a_root_whose_start_tag_never_ends_leaves_nothing() -> None:
    assert repaired(b'<rss version="2.0" <channel', "rss") == (b"", False)


def test_what_stands_before_the_root_is_left_out() -> None:
    assert repaired(b"< 1 & <rss><channel></channel></rss>", "rss") == (
        b"<rss><channel></channel></rss>",
        True,
    )


def test_an_element_of_html_in_a_body_does_not_end_it() -> None:
    body = b"<rss><channel><item><description>D <summary>E</summary> F</description></item></channel></rss>"
    assert repaired(body, "rss") == (body, True)
