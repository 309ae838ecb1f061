"""Feed autodiscovery: find the feeds that a page or its response declares, and links that look like feeds.

Never fetches: each URL is a candidate until it has been fetched and parsed.
"""

import re
from collections.abc import Sequence
from urllib.parse import urljoin, urlsplit

from msgspec import Struct
from selectolax.lexbor import LexborHTMLParser, LexborNode

from aggregator.normalise import bounds, urls
from aggregator.parse.links import Link

FEEDS_MAX = 20  # candidates returned
TITLE_CHARS_MAX = 100
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


class Candidate(Struct, frozen=True):
    """A URL that may be that of a feed, with the title its link has."""

    url: str
    title: str = ""


def find_feeds(page: str | bytes, url: str, links: Sequence[Link] = ()) -> tuple[Candidate, ...]:
    """Return the feeds named in the HTML `page` found at `url` or by the Link headers it came with, at most
    FEEDS_MAX.

    Declared ones come before guessed ones, releases before comments, the same host before others; then page
    order counts, headers first.
    """
    tree = LexborHTMLParser(_bounded(page))
    base_tag = tree.css_first("base[href]")
    base = (_absolute(base_tag.attributes.get("href"), url) if base_tag else "") or url
    nodes = [node for node in tree.css("link[rel][href]") if _is_declared(node)]
    nodes += [node for node in tree.css("a[href]") if _looks_like_a_feed(node)]
    named = [(_absolute(each.target, url), each.title, True) for each in links if _names_a_feed(each)]
    for node in nodes:
        title = node.attributes.get("title") or node.text()
        named.append((_absolute(node.attributes.get("href"), base), title, node.tag == "link"))
    found = dict[str, tuple[tuple[bool, bool, bool], Candidate]]()
    for feed, title, is_declared in named:
        rank = not is_declared, _is_comments(title, feed), _site(feed) != _site(url)
        found.setdefault(feed, (rank, Candidate(feed, " ".join(title.split())[:TITLE_CHARS_MAX])))
    ranked = sorted((found[feed] for feed in found if feed not in ("", url)), key=lambda each: each[0])
    return tuple(candidate for _, candidate in ranked[:FEEDS_MAX])


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
    return _names_a_feed(Link("", tuple(relations), kind))


def _names_a_feed(link: Link) -> bool:
    is_feed = link.media_type in _FEED_TYPES
    return "feed" in link.relations or ("alternate" in link.relations and is_feed)


def _looks_like_a_feed(node: LexborNode) -> bool:
    href = (node.attributes.get("href") or "").strip().partition("#")[0]
    return href.startswith("feed:") or bool(_FEED_WORD.search(href))


def _absolute(href: str | None, base: str) -> str:
    """Return the absolute http(s) URL without its fragment, or ""."""
    reference = (href or "").strip()
    if reference.startswith("feed:"):  # feed://host/ and feed:https://host/ both mean an http(s) URL
        rest = reference.removeprefix("feed:")
        reference = f"https:{rest}" if rest.startswith("//") else rest
    return urls.absolute(reference, base).partition("#")[0]


def _is_comments(title: str, url: str) -> bool:
    return bool(_COMMENTS_WORD.search(title[:200]) or _COMMENTS_WORD.search(urlsplit(url).path))


def _site(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")
