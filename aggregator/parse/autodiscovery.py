"""Feed autodiscovery: find the feeds that a web page declares, and links in it that look like feeds.

Never fetches: each URL is a candidate until it has been fetched and parsed.
"""

import re
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from aggregator.normalise import bounds, urls

FEEDS_MAX = 20  # candidates returned
# Media types of declared feeds; application/json is left out: it is the WordPress API.
_FEED_TYPES = frozenset(
    {
        "application/rss+xml",
        "application/atom+xml",
        "application/feed+json",
        "application/rdf+xml",
        "application/xml",
        "text/xml",
    }
)
# A whole word of the URL: "/feedback" and "/feed-the-hungry" do not match.
_FEED_WORD = re.compile(r"(?:^|[/._=-])(?:feeds?|rss2?|atom|rdf)(?=[/.?&]|$)", re.IGNORECASE)
_COMMENTS_WORD = re.compile(r"\b(?:comments?|commentaires|kommentare|comentarios)\b", re.IGNORECASE)
_COMMON_PATHS = ("feed", "feed/", "rss", "rss.xml", "feed.xml", "atom.xml", "index.xml", "feed.json")


@dataclass(frozen=True, slots=True)
class Feed:
    """A candidate URL; `declared` if the page has it in a <link>, not only in an <a>."""

    url: str
    title: str
    declared: bool


def find_feeds(page: str | bytes, url: str) -> tuple[Feed, ...]:
    """Return the feeds named in the HTML `page` found at `url`, distinct by URL, at most FEEDS_MAX.

    Declared ones come before guessed ones, releases before comments, the same host before others; then page
    order counts.
    """
    tree = LexborHTMLParser(_bounded(page))
    base_tag = tree.css_first("base[href]")
    base = (_absolute(base_tag.attributes.get("href"), url) if base_tag else "") or url
    candidates = [
        _feed(node, base, declared=True) for node in tree.css("link[rel][href]") if _is_declared(node)
    ]
    candidates += [
        _feed(node, base, declared=False) for node in tree.css("a[href]") if _looks_like_a_feed(node)
    ]
    by_url: dict[str, Feed] = {}
    for feed in candidates:
        by_url.setdefault(feed.url, feed)
    host = _site(url)
    ranked = sorted(
        (feed for feed in by_url.values() if feed.url not in ("", url)),
        key=lambda feed: (not feed.declared, _is_comments(feed), _site(feed.url) != host),
    )
    return tuple(ranked[:FEEDS_MAX])


def usual_addresses(url: str) -> tuple[str, ...]:
    """Return common feed URLs to try on a site that names none: beside the page, then at the root."""
    folder, root = urljoin(url, "."), urljoin(url, "/")
    return tuple(dict.fromkeys(urljoin(base, path) for base in (folder, root) for path in _COMMON_PATHS))


def _bounded(page: str | bytes) -> str:
    """Return the page, else its head, else "": the first that is not too costly to parse."""
    text = bounds.cut(page.decode(errors="replace") if isinstance(page, bytes) else page)
    head = text.partition("</head>")[0]
    return next((part for part in (text, head) if not bounds.is_costly(part)), "")


def _is_declared(node: LexborNode) -> bool:
    relations = (node.attributes.get("rel") or "").lower().split()
    kind = (node.attributes.get("type") or "").partition(";")[0].strip().lower()
    return "feed" in relations or ("alternate" in relations and kind in _FEED_TYPES)


def _looks_like_a_feed(node: LexborNode) -> bool:
    href = (node.attributes.get("href") or "").strip().partition("#")[0]
    return href.startswith("feed:") or bool(_FEED_WORD.search(href))


def _feed(node: LexborNode, base: str, *, declared: bool) -> Feed:
    title = node.attributes.get("title") or node.text()
    return Feed(_absolute(node.attributes.get("href"), base), " ".join(title.split())[:200], declared)


def _absolute(href: str | None, base: str) -> str:
    """Return the absolute http(s) URL without its fragment, or ""."""
    reference = (href or "").strip()
    if reference.startswith("feed:"):  # feed://host/ and feed:https://host/ both mean an http(s) URL
        rest = reference.removeprefix("feed:")
        reference = f"https:{rest}" if rest.startswith("//") else rest
    return urls.absolute(reference, base).partition("#")[0]


def _is_comments(feed: Feed) -> bool:
    return bool(_COMMENTS_WORD.search(feed.title) or _COMMENTS_WORD.search(urlsplit(feed.url).path))


def _site(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")
