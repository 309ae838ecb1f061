"""Feed autodiscovery: candidates of a page and their order."""

import pytest

from aggregator.parse.autodiscovery import FEEDS_MAX, TITLE_CHARS_MAX, Candidate, find_feeds, usual_addresses
from aggregator.parse.links import Link

PAGE = "https://www.example.org/press/index.html"


def links(*tags: str) -> str:
    return f"<!doctype html><html><head><title>x</title></head><body>{''.join(tags)}</body></html>"


def declared(href: str, *, title: str = "", kind: str = "application/rss+xml") -> str:
    return f'<link rel="alternate" type="{kind}" title="{title}" href="{href}">'


def urls(html: str) -> list[str]:
    return [found.url for found in find_feeds(html, PAGE)]


def test_a_declared_feed_has_an_absolute_url() -> None:
    assert urls(links(declared("../feed.xml#top"))) == ["https://www.example.org/feed.xml"]


def test_candidates_are_ranked() -> None:
    page = links(
        '<a href="https://other.example/feed">elsewhere</a>',
        '<a href="/all.rss">News and <b>comments</b></a>',
        '<a href="/guessed.rss">guessed</a>',
        declared("https://other.example/declared"),
        declared("/comments/feed", title="Site » Comments Feed"),
        declared("/feed"),
        declared("/feed.atom", kind="application/atom+xml; charset=utf-8"),
    )
    assert urls(page) == [
        "https://www.example.org/feed",
        "https://www.example.org/feed.atom",
        "https://other.example/declared",
        "https://www.example.org/comments/feed",
        "https://www.example.org/guessed.rss",
        "https://other.example/feed",
        "https://www.example.org/all.rss",
    ]


def test_a_feed_named_twice_is_one_candidate_with_its_first_title() -> None:
    twice = declared("/news", title="News"), declared("/news", title="Comments")
    page = links('<a href="/news/feed">Feed</a>', '<a href="/feed">Feed</a>', declared("/feed"), *twice)
    assert urls(page) == [
        "https://www.example.org/feed",
        "https://www.example.org/news",
        "https://www.example.org/news/feed",
    ]


def test_candidates_carry_the_title_of_their_link() -> None:
    page = links('<a href="/rss"> All \n <b>news</b></a>', declared("/feed", title="Press " + "x" * 200))
    assert find_feeds(page, PAGE) == (
        Candidate("https://www.example.org/feed", ("Press " + "x" * 200)[:TITLE_CHARS_MAX]),
        Candidate("https://www.example.org/rss", "All news"),
    )


def test_link_headers_name_feeds_too() -> None:
    headers = (
        Link("../h.xml", ("alternate",), "application/rss+xml", "By header"),
        Link("/comments.xml", ("feed",)),
        Link("/print", ("alternate",), "text/html"),
        Link("/style.xml", ("stylesheet",), "text/xml"),
    )
    page = links('<base href="https://cdn.example/">', declared("https://www.example.org/feed"))
    assert [found.url for found in find_feeds(page, PAGE, headers)] == [
        "https://www.example.org/h.xml",
        "https://www.example.org/feed",
        "https://www.example.org/comments.xml",
    ]


@pytest.mark.parametrize(
    "kind", ["application/feed+json", "application/rdf+xml", "text/xml", "Application/RSS+XML"]
)
def test_every_media_type_of_feeds_is_declared(kind: str) -> None:
    assert urls(links(declared("/x", kind=kind))) == ["https://www.example.org/x"]


@pytest.mark.parametrize(
    "tag",
    [
        declared("/wp-json/", kind="application/json"),
        '<link rel="alternate" hreflang="fr" href="/fr/">',
        '<link rel="stylesheet" type="text/xml" href="/s.xml">',
        '<a href="/feedback">Feedback</a>',
        '<a href="/atomic-energy">Atoms</a>',
        '<a href="/feed-the-hungry">Campaign</a>',
        "<a href>RSS</a>",
        '<a href="javascript:feed/">x</a>',
        '<a href="file:///feed">x</a>',
        '<a href="https://[::1/feed">x</a>',
        f'<a href="/{"x" * 4000}/feed">x</a>',
        declared(""),
        "<link rel type href>",
        "<base href='https://['>",
    ],
)
def test_other_links_are_no_candidates(tag: str) -> None:
    assert urls(links(tag)) == []


@pytest.mark.parametrize(
    "href",
    [
        "/feed",
        "/feed/",
        "/a/rss.xml",
        "news.rss",
        "/x.atom",
        "/?feed=rss2",
        "/index.rdf",
        "/feeds/press",
        "/feed.json#x",
        "/api/rss?language=en",
        "/rss/press.html",
    ],
)
def test_a_link_is_a_candidate_by_its_url(href: str) -> None:
    assert len(urls(links(f'<a href="{href}">x</a>'))) == 1


@pytest.mark.parametrize(
    "href", ["feed://example.org/x", "feed:https://example.org/x", "feed:https://user:secret@example.org/x"]
)
def test_feed_scheme_urls_become_http_urls(href: str) -> None:
    assert urls(links(f'<a href="{href}">x</a>')) == ["https://example.org/x"]


def test_a_base_in_the_page_is_respected() -> None:
    page = '<head><base href="https://cdn.example/b/"><link rel="feed" href="x"></head>'
    assert urls(page) == ["https://cdn.example/b/x"]


def test_bytes_and_broken_pages_are_read_too() -> None:
    assert find_feeds(b"<link rel=alternate type=text/xml href=/f title='\xe9", PAGE) == ()
    assert find_feeds(b"<p><link rel=alternate type=text/xml href=/f>\xff<", PAGE) == (
        Candidate("https://www.example.org/f"),
    )
    assert find_feeds("", PAGE) == ()


def test_of_a_page_too_costly_to_parse_only_the_head_is_read() -> None:
    body = "<body><a href='/guessed.rss'>x</a>" + "<div>" * 50_000
    assert urls(f"<head>{declared('/feed')}</head>{body}") == ["https://www.example.org/feed"]
    assert urls(body) == []


def test_candidates_are_limited() -> None:
    assert len(urls(links(*(declared(f"/{n}") for n in range(1000))))) == FEEDS_MAX


def test_common_paths_are_beside_the_page_and_at_the_root() -> None:
    assert usual_addresses("https://example.org/press/index.html") == (
        "https://example.org/press/feed",
        "https://example.org/press/feed/",
        "https://example.org/press/rss",
        "https://example.org/press/rss.xml",
        "https://example.org/press/feed.xml",
        "https://example.org/press/atom.xml",
        "https://example.org/press/index.xml",
        "https://example.org/press/feed.json",
        "https://example.org/feed",
        "https://example.org/feed/",
        "https://example.org/rss",
        "https://example.org/rss.xml",
        "https://example.org/feed.xml",
        "https://example.org/atom.xml",
        "https://example.org/index.xml",
        "https://example.org/feed.json",
    )
    assert len(usual_addresses("https://example.org")) == 8
