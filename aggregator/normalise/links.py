"""Links of a normalised item, and those that lead away from the domains of its source."""

import re
from collections.abc import Iterable, Iterator
from html import unescape

from aggregator.model.domains import is_within
from aggregator.model.item import Item

# Sanitised HTML has angle brackets and quotes of attribute values escaped.
_ANCHOR = re.compile(r'<a (?:[^<>]*? )?href="([^"]*)"')


def of_item(item: Item) -> tuple[str, ...]:
    """Return the web addresses that an item publishes, each once: its own, its files', those in its body."""
    files = (file.url for file in item.enclosures)
    return _web((item.url, *files, *_anchors(item.content), *_anchors(item.summary)))


def of_body(html: str) -> tuple[str, ...]:
    """Return the web addresses to which sanitised HTML links, each once."""
    return _web(_anchors(html))


def _anchors(html: str) -> Iterator[str]:
    return (unescape(each[1]) for each in _ANCHOR.finditer(html))


def _web(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(each for each in dict.fromkeys(found) if each.startswith(("http:", "https:")))


def foreign(links: Iterable[str], domains: Iterable[str]) -> tuple[str, ...]:
    """Return the links whose host is in none of these domains."""
    home = tuple(domains)
    return tuple(link for link in links if not is_within(link, home))
