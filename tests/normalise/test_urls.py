"""Resolving URLs as browsers do, removing trackers, canonical forms."""

import ada_url
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.normalise import urls


@pytest.mark.parametrize(
    ("iri", "host"),
    [
        ("https://authority.example/1", "authority.example"),
        ("HTTPS://AUTHORITY.example.:443/1", "authority.example"),
        ("http://b%2Eexample/1", "b.example"),
        ("https://bücher.example/7", "xn--bcher-kva.example"),
        ("https://xn--bcher-kva.example/7", "xn--bcher-kva.example"),
        ("http://b\uff0eexample/1", "b.example"),
        ("https://example.org:8443/a", "example.org"),
        ("https://example.org:99999/a", None),
        ("http://127.1/a", "127.0.0.1"),
        ("http://0x7f.1/a?b", "127.0.0.1"),
        ("https://example.org\\@other.example/", "example.org"),
        ("https://example.org@other.example/a", "other.example"),
        ("https://exam\tple.org/", "example.org"),
        ("https://bücher.example/", "xn--bcher-kva.example"),
        (f"https://example.org/{'a' * urls.URL_CHARS_MAX}", None),
        (f"https://example.org/{'é' * (urls.URL_CHARS_MAX // 4)}", None),
        ("tag:b.example,2026:7", "b.example"),
        ("TAG:Desk@B.example,2026-01:7", "b.example"),
        ("tag:bücher.example,2026:7", "xn--bcher-kva.example"),
        ("urn:x:b.example", ""),
        ("7", ""),
        ("https://[/", None),
        ("http://%00/", None),
        ("tag:,2026:7", None),
    ],
)
def test_an_iri_speaks_for_the_host_that_a_browser_reads_in_it(iri: str, host: str | None) -> None:
    assert urls.authority(iri) == host


BASE = "https://example.org/press/index.html"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("https://example.org/a", "https://example.org/a"),
        ("  HTTP://Example.ORG:80/a b\n", "http://example.org/a%20b"),
        ("a/b?c#d", "https://example.org/press/a/b?c#d"),
        ("/a", "https://example.org/a"),
        ("//cdn.example.org/a", "https://cdn.example.org/a"),
        ("#fn1", "https://example.org/press/index.html#fn1"),
        ("https://münchen.example/ü", "https://xn--mnchen-3ya.example/%C3%BC"),
        ("https://user:secret@example.org/a@b", "https://example.org/a@b"),
        ("https://example.org/?a=1&amp;b=2&#038;c=3&#38;d=4", "https://example.org/?a=1&b=2&c=3&d=4"),
        ("https://example.org/?a=1&amp;amp;b=2&amp;#38;c=3", "https://example.org/?a=1&b=2&c=3"),
        ("www.example.com/a", "http://www.example.com/a"),
        ("http:\\\\example.org\\a", "http://example.org/a"),
        ("java\nscript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("file:///etc/passwd", ""),
        ("ftp://example.org/a", ""),
        ("mailto:jane@example.org", ""),
        ("http://", ""),
        ("http://a b/", ""),
        ("\ud800", ""),
        ("", ""),
        ("https://example.org/" + "a" * 5_000, ""),
        ("https://example.org/" + "ü" * 1_000, ""),
    ],
)
def test_a_url_resolves_as_in_a_browser(raw: str, expected: str) -> None:
    assert urls.absolute(raw, BASE) == expected


def test_a_fragment_of_a_document_that_is_no_page_leads_nowhere() -> None:
    assert urls.absolute("#a", "https://found.example/feed#") == ""


def test_a_relative_url_without_a_base_is_empty() -> None:
    assert urls.absolute("a/b") == ""


@pytest.mark.parametrize(
    ("url", "rest"),
    [
        ("https://e.org/a?utm_source=rss&id=3&UTM_Medium=x", "https://e.org/a?id=3"),
        ("https://e.org/a?fbclid=1", "https://e.org/a"),
        ("https://e.org/a?id=3&amp;utm_source=rss", "https://e.org/a?id=3"),
        ("https://e.org/a?id=3&&x=%20+", "https://e.org/a?id=3&&x=%20+"),
        ("https://e.org/a?ref=home&source=x", "https://e.org/a?ref=home&source=x"),
        ("https://e.org/a#utm_source=rss", "https://e.org/a"),
        ("https://e.org/a?mc_cid=1#part", "https://e.org/a#part"),
        ("https://e.org/a#:~:text=council", "https://e.org/a"),
        ("https://e.org/#/news/1", "https://e.org/#/news/1"),
        ("https://e.org/a", "https://e.org/a"),
    ],
)
def test_only_tracking_parameters_are_removed(url: str, rest: str) -> None:
    assert urls.untracked(url) == rest


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://www.example.org/a/", "https://example.org/a"),
        ("https://example.org/a?", "https://example.org/a"),
        ("https://example.org/a#", "https://example.org/a"),
        ("https://example.org/%c3%bc", "https://example.org/%C3%BC"),
        ("https://example.org/a?utm_source=x#comments", "https://example.org/a"),
        ("https://example.org/", "http://example.org"),
    ],
)
def test_spellings_of_one_url_have_one_canonical_form(one: str, other: str) -> None:
    assert urls.canonical(one) == urls.canonical(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.org/news#item-1", "https://example.org/news#item-2"),
        ("https://example.org/#!/1", "https://example.org/#!/2"),
        ("https://example.org/a?id=1", "https://example.org/a?id=2"),
        ("https://example.org/A", "https://example.org/a"),
        ("https://news.example.org/a", "https://example.org/a"),
        ("https://example.org:8443/a", "https://example.org/a"),
    ],
)
def test_urls_that_may_be_two_releases_have_two_canonical_forms(one: str, other: str) -> None:
    assert urls.canonical(one) != urls.canonical(other)


@given(st.text(), st.text())
def test_no_text_raises_and_resolving_is_idempotent(raw: str, base: str) -> None:
    url = urls.untracked(urls.absolute(raw, urls.absolute(base, BASE)))

    assert url == "" or url.startswith(("http://", "https://"))
    assert urls.untracked(urls.absolute(url)) == url
    urls.canonical(url)


LABELS = st.sampled_from(["a", "www", "b1", "1", "0x7f", "a-b", "-a", "xn--a", "com", "org", "A"])
PIECES = st.sampled_from(
    ["/", "/", "a", "Z9", ".", "..", "-", "_~", "(x)", "&", "=", "?", "%41", "é", "@", "#x"]
)
ADDRESSES = st.builds(
    lambda host, end, rest: f"https://{'.'.join(host)}.{end}/{''.join(rest)}",
    st.lists(LABELS, min_size=1, max_size=2),
    st.sampled_from(["org", "com", "1", "org:80", "Org"]),
    st.lists(PIECES, max_size=6),
)


@given(ADDRESSES)
def test_ada_url_leaves_a_settled_url_unchanged(raw: str) -> None:
    if urls.is_settled(raw):
        assert ada_url.join_url(BASE, raw) == raw


@pytest.mark.parametrize(
    ("raw", "settled"),
    [
        ("https://www.example.org/news/2024/a_b-c.html", True),
        ("https://example.org/?p=12", True),
        ("https://example.org", False),
        ("https://example.org/a/../b", False),
        ("https://example.org/.", False),
        ("https://EXAMPLE.org/a", False),
        ("https://xn--a.example/", False),
        ("https://127.1/", False),
        ("https://example.org:443/", False),
        ("https://example.org/a b", False),
    ],
)
def test_plain_urls_are_settled(raw: str, settled: bool) -> None:
    assert urls.is_settled(raw) is settled
