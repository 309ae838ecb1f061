"""Finds the feeds a web page names: declared ones first, then links that look like feeds.

Pure: it reads a page that somebody fetched and never fetches anything itself, so every address it returns
is unproven until it has been fetched and parsed.
"""

import re
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from aggregator.normalise import bounds

MOST = 20  # feeds named to a person
_LONGEST = 2_000  # characters of an address worth following
# The types feeds are declared under; application/json is WordPress' API and not a feed.
_TYPES = frozenset(
    {
        "application/rss+xml",
        "application/atom+xml",
        "application/feed+json",
        "application/rdf+xml",
        "application/xml",
        "text/xml",
    }
)
# A whole word of the address; "/feedback" and "/feed-the-hungry" are none.
_LOOKS_LIKE_A_FEED = re.compile(r"(?:^|[/._=-])(?:feeds?|rss2?|atom|rdf)(?=[/.?&]|$)", re.IGNORECASE)
_COMMENTS = re.compile(r"\b(?:comments?|commentaires|kommentare|comentarios)\b", re.IGNORECASE)
_USUAL = ("feed", "feed/", "rss", "rss.xml", "feed.xml", "atom.xml", "index.xml", "feed.json")


@dataclass(frozen=True, slots=True)
class Feed:
    """An address that may be a feed; `declared` when the page itself says so."""

    url: str
    title: str
    declared: bool


def find_feeds(page: str | bytes, url: str) -> tuple[Feed, ...]:
    """The feeds named in the HTML of `page`, which was found at `url`; the best first.

    Declared before guessed, releases before comments, the same host before others, else in page order.
    """
    tree = LexborHTMLParser(_affordable(page))
    base_tag = tree.css_first("base[href]")
    base = _absolute(base_tag.attributes.get("href"), url) if base_tag else ""
    base = base or url
    found = [_feed(node, base, declared=True) for node in tree.css("link[rel][href]") if _is_declared(node)]
    found += [_feed(node, base, declared=False) for node in tree.css("a[href]") if _looks_like_a_feed(node)]
    firsts: dict[str, Feed] = {}
    for feed in found:
        firsts.setdefault(feed.url, feed)
    host = _site(url)
    ranked = sorted(
        (feed for feed in firsts.values() if feed.url not in ("", url)),
        key=lambda feed: (not feed.declared, _is_comments(feed), _site(feed.url) != host),
    )
    return tuple(ranked[:MOST])


def usual_addresses(url: str) -> tuple[str, ...]:
    """Where feeds usually are on a site that names none: beside the page, then at the root."""
    near = urljoin(url, ".")
    root = urljoin(url, "/")
    return tuple(dict.fromkeys(urljoin(place, name) for place in (near, root) for name in _USUAL))


def _affordable(page: str | bytes) -> str:
    """The page, or its head, or nothing: whatever of it can be parsed in time that its size explains."""
    text = bounds.cut(page.decode(errors="replace") if isinstance(page, bytes) else page)
    head = text.partition("</head>")[0]
    return next((part for part in (text, head) if not bounds.is_costly(part)), "")


def _is_declared(node: LexborNode) -> bool:
    words = (node.attributes.get("rel") or "").lower().split()
    kind = (node.attributes.get("type") or "").partition(";")[0].strip().lower()
    return "feed" in words or ("alternate" in words and kind in _TYPES)


def _looks_like_a_feed(node: LexborNode) -> bool:
    href = (node.attributes.get("href") or "").strip().partition("#")[0]
    return href.startswith("feed:") or bool(_LOOKS_LIKE_A_FEED.search(href))


def _feed(node: LexborNode, base: str, *, declared: bool) -> Feed:
    title = node.attributes.get("title") or node.text()
    return Feed(_absolute(node.attributes.get("href"), base), " ".join(title.split())[:200], declared)


def _absolute(href: str | None, base: str) -> str:
    """The web address, without its fragment; "" when it is none."""
    written = (href or "").strip()
    if written.startswith("feed:"):  # feed://host/ and feed:https://host/ both stand for a web address
        rest = written.removeprefix("feed:")
        written = f"https:{rest}" if rest.startswith("//") else rest
    try:
        absolute = urljoin(base, written).partition("#")[0]
        parts = urlsplit(absolute)
    except ValueError:
        return ""
    fits = parts.scheme in {"http", "https"} and parts.hostname and len(absolute) <= _LONGEST
    return absolute if fits else ""


def _is_comments(feed: Feed) -> bool:
    return bool(_COMMENTS.search(feed.title) or _COMMENTS.search(urlsplit(feed.url).path))


def _site(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")
