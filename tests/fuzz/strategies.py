"""What documents, dates, addresses and bodies look like when somebody shakes them."""

from hypothesis import strategies as st

SEEDS = (
    b"<?xml version='1.0' encoding='utf-8'?><rss version='2.0' xmlns:content='http://purl.org/rss/1.0/modules/content/'>"
    b"<channel><title>Feed</title><link>https://origin.example/</link><ttl>60</ttl><item><title>One &amp; only</title>"
    b"<guid isPermaLink='false'>1</guid><link>/1</link><pubDate>Mon, 02 Mar 2026 11:00:00 GMT</pubDate>"
    b"<content:encoded><![CDATA[<p>All of <b>it</b>.</p>]]></content:encoded><enclosure url='a.pdf' length='1' type='a/b'/>"
    b"</item><item><title>Two</title></item></channel></rss>",
    b"<feed xmlns='http://www.w3.org/2005/Atom' xml:base='https://origin.example/' xml:lang='en'><title>Feed</title>"
    b"<entry><id>urn:example:1</id><title type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>One</div></title>"
    b"<link href='1'/><updated>2026-03-02T11:00:00+01:00</updated><content type='html'>&lt;p>All&lt;/p></content></entry>"
    b"<at:deleted-entry xmlns:at='http://purl.org/atompub/tombstones/1.0' ref='urn:example:2' when='2026-03-02T11:00:00Z'/></feed>",
    b'{"version":"https://jsonfeed.org/version/1.1","title":"Feed","items":[{"id":1,"url":"/1","title":"One",'
    b'"content_html":"<p>All</p>","date_published":"2026-03-02T11:00:00Z","authors":[{"name":"A"}],"tags":["x"],'
    b'"attachments":[{"url":"a.pdf","mime_type":"a/b","size_in_bytes":1}]}]}',
    b"<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'><channel>"
    b"<items><rdf:Seq><rdf:li resource='1'/></rdf:Seq></items></channel><item rdf:about='1'><title>One</title></item></rdf:RDF>",
)
TOKENS = (
    *(
        b"<item>",
        b"</item>",
        b"<entry/>",
        b"<",
        b">",
        b"&",
        b"&#x0;",
        b"&#xD800;",
        b"<![CDATA[",
        b"]]>",
        b"<!--",
        b"-->",
    ),
    *(
        b"<!DOCTYPE x [",
        b"<!ENTITY a 'b'>",
        b"&a;",
        b"]>",
        b"<?xml",
        b"?>",
        b"\x00",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\xfe\xff",
    ),
    *(
        b"encoding='utf-7'",
        b"encoding='utf-16'",
        b"encoding='hz'",
        b"+ADw-",
        b"\x1b$B",
        b"xml:base='http://['",
    ),
    *(
        b"xmlns=''",
        b"xmlns:a='b'",
        b"a:",
        b"'",
        b'"',
        b"=",
        b"/",
        b"{",
        b"}",
        b"[",
        b"]",
        b":",
        b",",
        b"null",
        b"1e999",
    ),
    *(
        b"-0",
        b"\\ud800",
        b"\\u0000",
        b"9" * 400,
        b"[" * 300,
        b"<a>" * 300,
        b"\xe2\x80\xae",
        b"\xed\xa0\x80",
        b"\x80",
    ),
    *(b"0000-00-00T00:00:00Z", b"9999-12-31T23:59:60+99:99", b"Fri, 31 Feb 99999 99:99:99 XST"),
)
TYPES = st.sampled_from(
    [
        "",
        "text/html",
        "application/json",
        "text/xml; charset=utf-16",
        "a; charset=utf-7",
        "a; charset=hz",
        "x; charset=idna",
        "; charset=unicode_escape",
        "a; charset=rot13",
        "a; charset=undefined",
    ]
)


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    """A feed with pieces cut out, doubled, moved, overwritten and put in."""
    body = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(0, 8))):
        start, length = draw(st.integers(0, len(body))), draw(st.integers(0, 60))
        piece, rest = body[start : start + length], body[start + length :]
        match draw(st.integers(0, 4)):
            case 0:
                body = body[:start] + rest
            case 1:
                body = body[:start] + piece * draw(st.integers(2, 20)) + rest
            case 2:
                body = body[:start] + draw(st.sampled_from(TOKENS)) + piece + rest
            case 3:
                body = body[:start] + draw(st.binary(max_size=12)) + rest
            case _:
                at = draw(st.integers(0, len(rest)))
                body = body[:start] + rest[:at] + piece + rest[at:]
    return body


_PARTS = st.sampled_from(
    [
        *(
            "http://",
            "https:",
            "//",
            "/",
            "\\",
            "..",
            "?",
            "#",
            "@",
            ":",
            "[::1]",
            "[",
            "]",
            "%00",
            "%",
            "xn--",
            "。",
            "１",
        ),
        *(
            "origin.example",
            "localhost",
            "\t",
            "\n",
            " ",
            "\u202e",
            "\ud800",
            "javascript:",
            "&amp;",
            "utm_source=x",
            "&",
            "=",
            "www.a.",
            "ß",
            "\xad",
            "0x7f.1",
            ":99999",
        ),
    ]
)
addresses = st.one_of(
    st.text(max_size=40), st.lists(st.one_of(_PARTS, st.text(max_size=4)), max_size=12).map("".join)
)

_WORDS = st.sampled_from(
    [
        *(
            "2026",
            "26",
            "02",
            "2",
            "31",
            "0",
            "00",
            "99",
            "-",
            "/",
            ".",
            ":",
            ",",
            " ",
            "T",
            "Z",
            "GMT",
            "CEST",
            "+01:00",
            "-9999",
            "+0100",
        ),
        *(
            "Mon",
            "Monday",
            "lundi",
            "2. März",
            "mars",
            "Feb",
            "February",
            "12:00",
            "24:00:00",
            "11:59:60",
            "am",
            "PM",
            "noon",
            "BC",
            "W09",
            "1e9",
            "\u0662",
            "年",
            "月",
        ),
    ]
)
dates = st.one_of(
    st.text(max_size=40), st.lists(st.one_of(_WORDS, st.text(max_size=3)), max_size=14).map("".join)
)

_MARKUP = st.sampled_from(
    [
        *(
            "<p>",
            "</p>",
            "<a href='",
            "'>",
            '">',
            "<img src=x onerror=y ",
            ">",
            "<svg>",
            "<math>",
            "<mi>",
            "<style>",
            "</style>",
            "<title>",
            "<!--",
            "-->",
            "--!>",
            "<![CDATA[",
            "]]>",
            "<table>",
            "<tr>",
            "<td>",
        ),
        *(
            "<pre>\n\n",
            "<select>",
            "<template>",
            "<noscript>",
            "<plaintext>",
            "<div class='pw-disclaimer'>",
            "</div>",
            "<annotation-xml encoding='text/html'>",
            "<foreignObject>",
            "<mglyph>",
            "<br",
            "</br>",
            "&lt;",
            "&#60;",
            "&#0;",
            "&colon;",
            "javascript:",
            "data:",
            "srcset='a 1x, b",
            "style='x'",
            "\x00",
            "\u2028",
            "<form>",
            "<details open ontoggle=x>",
            "<iframe srcdoc='",
        ),
    ]
)
bodies = st.one_of(
    st.text(max_size=80), st.lists(st.one_of(_MARKUP, st.text(max_size=4)), max_size=25).map("".join)
)
