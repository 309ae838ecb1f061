"""Links of a normalised item, and those that lead away from the domains of its source."""

import re
from collections.abc import Iterable
from html import unescape

from aggregator.model.domains import is_within
from aggregator.model.item import Item

# Sanitised HTML has angle brackets and quotes of attribute values escaped.
_ANCHOR = re.compile(r'<a (?:[^<>]*? )?href="([^"]*)"')


def of_item(item: Item) -> tuple[str, ...]:
    """Return the web addresses of an item, each once: its own, its files', and those in its body."""
    in_body = (unescape(each[1]) for body in (item.content, item.summary) for each in _ANCHOR.finditer(body))
    files = (file.url for file in item.enclosures)
    found = dict.fromkeys((item.url, item.raw_url, *files, *in_body))
    return tuple(each for each in found if each.startswith(("http:", "https:")))


def foreign(links: Iterable[str], domains: Iterable[str]) -> tuple[str, ...]:
    """Return the links whose host is in none of these domains."""
    home = tuple(domains)
    return tuple(link for link in links if not is_within(link, home))
