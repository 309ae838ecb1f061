"""Heads of pages: what they say of themselves to machines, in every encoding."""

import pytest

from aggregator.parse.directives import is_closed
from aggregator.parse.page import read, text_of

URL = "https://ministry.example/news/bridge?from=feed"


def page(head: str, body: str = "<p>text</p>") -> bytes:
    return f"<!doctype html><html><head>{head}</head><body>{body}</body></html>".encode()


@pytest.mark.parametrize(
    ("head", "canonical", "base"),
    [
        ("", "", URL),
        ('<link rel="canonical" href="/news/bridge">', "https://ministry.example/news/bridge", URL),
        (
            '<base href="/b/"><link rel="Canonical x" href="c"><link rel="canonical" href="d">',
            "https://ministry.example/b/c",
            "https://ministry.example/b/",
        ),
        ('<link rel="icon" href="/i"><link rel="canonical" href="javascript:1">', "", URL),
        ('<base target="_top"><base href=" ">', "", URL),
    ],
)
def test_canonical_address_and_base_are_absolute(head: str, canonical: str, base: str) -> None:
    found = read(page(head), "text/html; charset=utf-8", URL)
    assert found is not None
    assert (found.canonical, found.base) == (canonical, base)


def test_headlines_are_those_of_title_and_first_heading() -> None:
    found = read(
        page("<title>Bridge | Ministry</title>", "<h1>The <em>bridge</em></h1><h1>Other</h1>"), "", URL
    )
    assert found is not None
    assert found.headline == "Bridge | Ministry The bridge"


@pytest.mark.parametrize("kind", ["application/pdf", "image/png", "text/plain", "application/json"])
def test_anything_but_html_is_no_page(kind: str) -> None:
    assert read(page(""), kind, URL) is None


@pytest.mark.parametrize("body", [b"", b"  ", b"\0", b"<!-- -->"])
def test_an_empty_body_is_no_page(body: bytes) -> None:
    assert read(body, "text/html", URL) is None


@pytest.mark.parametrize(
    ("name", "value", "closed"),
    [
        ("robots", "noindex", True),
        ("ROBOTS", "index, NoArchive", True),
        ("publicwire", "nosnippet", True),
        ("robots", "none", True),
        ("robots", "max-snippet: 0", True),
        ("robots", "max-snippet:-1, max-image-preview:large", False),
        ("robots", "index, follow", False),
        ("googlebot", "noindex", False),
        ("x-robots-tag", "publicwire: noindex", True),
        ("x-robots-tag", "otherbot: noindex", False),
        ("x-robots-tag", "unavailable_after: 25 Jun 2010 15:00:00 PST", False),
        ("tdm-reservation", "1", True),
        ("tdm-reservation", "0", False),
        ("description", "noindex", False),
    ],
)
def test_directives_close_a_page(name: str, value: str, closed: bool) -> None:
    assert is_closed(name, value) == closed
    if name != "x-robots-tag":
        found = read(page(f'<meta name="{name}" content="{value}">'), "", URL)
        assert found is not None
        assert found.is_reserved == closed


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("Brücke €".encode(), "text/html"),
        (b"\xef\xbb\xbf" + "Brücke €".encode(), "text/html; charset=latin-1"),
        (b"\xff\xfe" + "Brücke €".encode("utf-16-le"), "text/html"),
        ("Brücke €".encode("cp1252"), "text/html; charset=ISO-8859-1"),
        ("Brücke €".encode("cp1252"), "text/html"),
        ("Brücke €".encode("cp1252"), "text/html; charset=unknown"),
        (b'<meta charset="windows-1252">' + "Brücke €".encode("cp1252"), "text/html"),
        (b'<meta content="text/html; charset=iso-8859-15">' + "Brücke €".encode("iso-8859-15"), ""),
    ],
)
def test_a_page_is_decoded_by_its_mark_as_utf8_or_by_its_labels(body: bytes, content_type: str) -> None:
    assert text_of(body, content_type).endswith("Brücke €")


def test_a_page_of_endless_depth_is_read_to_a_bound() -> None:
    found = read(b"<div>" * 1_000_000 + b"deep", "text/html", URL)
    assert found is None or found.headline == ""
