"""Parsing takes steps linear in the children of an element, whichever element feedparser knows they are."""

import time
from collections.abc import Callable
from contextlib import suppress

import feedparser.api
import feedparser.mixin
import pytest

from aggregator.errors import ParseError
from aggregator.parse import parse
from aggregator.parse.entry import RAW_LABELS_MAX
from tests.steps import steps

GROWTH_MAX = 20  # of the steps from 40 children to 400: 10 is linear, 100 quadratic
NAMESPACES = {
    "admin": "http://webns.net/mvcb/",
    "cc": "http://web.resource.org/cc/",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "creativecommons": "http://backend.userland.com/creativeCommonsRssModule",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
    "itunes": "http://www.itunes.com/DTDs/PodCast-1.0.dtd",
    "media": "http://search.yahoo.com/mrss/",
    "psc": "http://podlove.org/simple-chapters",
    "xhtml": "http://www.w3.org/1999/xhtml",
}
DECLARED = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())


def known_elements() -> list[str]:
    """Return the elements that feedparser has a handler for, with the prefixes of NAMESPACES."""
    handlers = (name.split("_", 2) for name in dir(feedparser.mixin._FeedParserMixin) if name[0] == "_")
    names = {parts[2] for parts in handlers if len(parts) == 3 and parts[1] in ("start", "end")}
    split = (name.partition("_") for name in sorted(names))
    return [f"{head}:{tail}" if head in NAMESPACES else head + mark + tail for head, mark, tail in split]


ELEMENTS = known_elements()
Children = Callable[[int], str]


def each(name: str) -> Children:
    return lambda number: f'<{name} term="" domain="d{number}" url="u{number}">v{number}</{name}>'


CHILDREN = {name: each(name) for name in ELEMENTS} | {
    "unknown": lambda number: f"<e{number}>v</e{number}>",
    "unknown namespace": lambda number: f'<p{number}:e xmlns:p{number}="urn:{number}"/>',
}
LISTS = [name for name in ELEMENTS if name.endswith((":keywords", "tags"))]


def document(children: Callable[[int], str], count: int) -> bytes:
    """Return RSS with so many children in its head, and as many in its item."""
    inner = "".join(map(children, range(count)))
    return f'<rss version="2.0" {DECLARED}><channel>{inner}<item>{inner}</item></channel></rss>'.encode()


def terms(name: str, count: int) -> bytes:
    return document(lambda _: f"<{name}>{','.join(map(str, range(count)))}</{name}>", 1)


def parsed(value: bytes) -> None:
    with suppress(ParseError):  # an element that ends the document costs no more
        parse(value, content_type="text/xml", url="https://example.org/feed")


def seconds(value: bytes) -> float:
    started = time.thread_time()
    parsed(value)
    return time.thread_time() - started


@pytest.mark.parametrize("kind", CHILDREN)
def test_steps_grow_as_the_number_of_children(kind: str) -> None:
    children = CHILDREN[kind]
    few, many = document(children, 40), document(children, 400)
    assert steps(lambda: parsed(many)) <= GROWTH_MAX * steps(lambda: parsed(few))


@pytest.mark.soak
@pytest.mark.parametrize("kind", CHILDREN)
def test_cpu_time_grows_as_the_number_of_children(kind: str) -> None:
    small, large = (min(seconds(document(CHILDREN[kind], count)) for _ in "ab") for count in (1_000, 10_000))
    assert large <= 30 * small or large < 0.1


@pytest.mark.soak
@pytest.mark.parametrize("name", LISTS)
def test_cpu_time_grows_as_the_number_of_terms(name: str) -> None:
    small, large = (min(seconds(terms(name, count)) for _ in "ab") for count in (1_000, 10_000))
    assert large <= 30 * small or large < 0.1


class Counted(str):
    """A term that counts its comparisons."""

    comparisons = 0
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        Counted.comparisons += 1
        return str.__eq__(self, other) is True


def comparisons(terms: list[str]) -> int:
    parser = feedparser.api.StrictFeedParser("", None, "utf-8")
    Counted.comparisons = 0
    for term in terms:
        parser._add_tag(Counted(term), None, None)
    return Counted.comparisons


def test_tags_are_compared_with_a_bounded_number_of_others() -> None:
    assert comparisons([str(number) for number in range(10_000)]) <= RAW_LABELS_MAX**2
    repeated = [str(number % (RAW_LABELS_MAX - 1)) for number in range(10_000)]
    assert comparisons(repeated) <= RAW_LABELS_MAX**2 + 2 * len(repeated)


@pytest.mark.parametrize("name", LISTS)
def test_an_entry_has_a_bounded_number_of_categories(name: str) -> None:
    found = parse(terms(name, 10_000), content_type="", url="https://example.org/feed")
    assert found.entries[0].categories == tuple(map(str, range(RAW_LABELS_MAX)))
