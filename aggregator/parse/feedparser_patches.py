"""Patches to the internals of feedparser, which is pinned exactly for their sake.

Nine save CPU time, two bound it, and what is read of the output of honest feeds is unchanged by them; the
others correct the output. Each is a function of its own and works alone, so that a test can compare its
effect with feedparser unpatched.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache

import feedparser.api
import feedparser.mixin
import feedparser.namespaces._base
import feedparser.namespaces.dc
import feedparser.namespaces.georss
import feedparser.util

from aggregator.parse import expat_driver, places
from aggregator.parse.entry import RAW_LABELS_MAX
from aggregator.parse.feedparser_items import (
    pop_texts_of_entries,
    push_bare_contents,
    start_bare_elements,
)
from aggregator.parse.feedparser_rsl import collect_rsl
from aggregator.parse.feedparser_text import repair_few_texts
from aggregator.parse.reference_patches import (
    keep_relative_links,
    read_links_by_their_text,
    resolve_inner_bases,
)

NAMESPACES_MAX = 100  # of a document; feedparser looks through all for each element of an unknown one
_PARSERS = (feedparser.api.StrictFeedParser, feedparser.api.LooseFeedParser)


def use_expat_driver() -> None:
    """Put a faster SAX driver into feedparser's list, where one that cannot be imported is skipped silently.

    It saves 3 % of the CPU time of a cold import, and the quadratic attribute look-up of the standard driver.
    """
    feedparser.api.PREFERRED_XML_PARSERS[:] = [expat_driver.__name__]


def cache_base_uris() -> None:
    """Cache the base URI, which feedparser resolves again for every element: 5 % of a cold import."""
    feedparser.mixin.make_safe_absolute_uri = lru_cache(16)(feedparser.mixin.make_safe_absolute_uri)


def copy_flat_dicts() -> None:
    """Copy FeedParserDicts without copy.deepcopy's recursion: those copied hold only strings.

    It saves 2 % of a cold import.
    """
    feedparser.util.FeedParserDict.__deepcopy__ = lambda parsed, memo: type(parsed)(parsed)


def look_up_plain_keys() -> None:
    """Look up keys that feedparser neither renames nor derives as a dict does: 4 % of a worker's time."""
    derived = {"category", "enclosures", "license", "updated", "updated_parsed"}
    renamed = derived.union(feedparser.util.FeedParserDict.keymap)
    look_up, contains = feedparser.util.FeedParserDict.get, feedparser.util.FeedParserDict.__contains__

    def get(parsed: feedparser.util.FeedParserDict, key: str, default: object = None) -> object:
        if key in renamed:
            return look_up(parsed, key, default)
        return dict.get(parsed, key, default)

    def has(parsed: feedparser.util.FeedParserDict, key: str) -> bool:
        is_found: bool = contains(parsed, key) if key in renamed else dict.__contains__(parsed, key)
        return is_found

    feedparser.util.FeedParserDict.get = get
    feedparser.util.FeedParserDict.__contains__ = has


def read_no_dates() -> None:
    """Leave dates as text: `normalise.dates` reads them, and feedparser's tuples are not used."""
    for namespace in (feedparser.namespaces._base, feedparser.namespaces.dc):
        namespace._parse_date = lambda text: None


class _Tags(list[feedparser.util.FeedParserDict]):
    """Tags of an entry or a feed, and those of them that have a term: it never changes."""

    def __init__(self) -> None:
        super().__init__()
        self.known: set[tuple[str, str | None, str | None]] = set()


def bound_tags() -> None:
    """Keep at most RAW_LABELS_MAX tags: feedparser compares each with all before, quadratic in keywords."""

    def add_tag(
        parser: feedparser.mixin._FeedParserMixin, term: str | None, scheme: str | None, label: str | None
    ) -> None:
        tags = parser._get_context().setdefault("tags", _Tags())
        key = (term, scheme, label)
        if not any(key) or len(tags) >= RAW_LABELS_MAX or key in tags.known:
            return
        value = feedparser.util.FeedParserDict(term=term, scheme=scheme, label=label)
        if value not in tags:
            tags.append(value)
        if term:
            tags.known.add(key)

    for parser in _PARSERS:
        parser._add_tag = add_tag


def bound_namespaces() -> None:
    """Track at most NAMESPACES_MAX namespaces; feedparser knows its own by their URIs in any case."""
    track = feedparser.mixin._FeedParserMixin.track_namespace

    def track_namespace(parser: feedparser.mixin._FeedParserMixin, prefix: str | None, uri: str) -> None:
        if len(parser.namespaces_in_use) < NAMESPACES_MAX:
            track(parser, prefix, uri)

    for parser in _PARSERS:
        parser.track_namespace = track_namespace


def keep_guids() -> None:
    """Keep guids as written: "1" must not become "https://example.org/1"."""
    for parser in _PARSERS:
        parser.can_be_relative_uri = parser.can_be_relative_uri - {"id"}


def keep_author_names() -> None:
    """Keep the text of an author element without children as the name of that author alone.

    feedparser cuts e-mail addresses after four letters of a top-level domain, and gives an author without a
    name the name of the author before.
    """

    def sync_author_detail(parser: feedparser.mixin._FeedParserMixin, key: str = "author") -> None:
        context = parser._get_context()
        people = dict.get(context, "authors")
        if key == "author" and not parser.inauthor and isinstance(people, list) and people and not people[-1]:
            people[-1]["name"] = dict.get(context, "author")

    for parser in _PARSERS:
        parser._sync_author_detail = sync_author_detail


def ignore_places() -> None:
    """Remove the handlers of GeoRSS and GML, which are not used: malformed coordinates end the document."""
    places = feedparser.namespaces.georss.Namespace
    for name in [name for name in vars(places) if name.startswith(("_start_", "_end_"))]:
        delattr(places, name)


def keep_elements_in_place() -> None:
    """Read an element as the field that its place in the document makes it, by the table in `places`.

    feedparser looks at an element's name alone: the title of an item's image becomes the item's.
    """
    expat_driver.Driver.places = places.HEAD
    for name, content_type in _TEXTS.items():
        _add_handlers(name, *_text_handlers(name, content_type))
    for name in _STRINGS:
        _add_handlers(name, lambda parser, _attributes, name=name: parser.push(name, 1), _popping(name))
    for start_name in ("_start_rss", "_start_feed", "_start_channel", "_start_item"):
        start = getattr(feedparser.namespaces._base.Namespace, start_name)
        _add_handler(start_name, _remember_scope(start))
    _add_handler("_start_entry", _PARSERS[0]._start_item)


# What feedparser reads as title and description of the item, or not at all. Text constructs by default type:
_TEXTS = {
    "dc_title": "text/plain",
    "dc_description": "text/html",
    "itunes_title": "text/plain",
    "itunes_summary": "text/plain",
    "media_title": "text/plain",
    "media_description": "text/plain",
    "media_heading": "text/plain",
    "media_caption": "text/plain",
}
_STRINGS = (
    *("dc_identifier", "feedburner_origlink", "feedburner_origenclosurelink", "pheedo_origlink"),
    *("media_image", "media_imageurl"),
)


def _add_handlers(name: str, start: Callable[..., None], end: Callable[..., None]) -> None:
    _add_handler(f"_start_{name}", start)
    _add_handler(f"_end_{name}", end)


def _add_handler(name: str, handler: Callable[..., None]) -> None:
    for parser in _PARSERS:
        setattr(parser, name, handler)


def _text_handlers(name: str, content_type: str) -> tuple[Callable[..., None], Callable[..., None]]:
    def start(parser: feedparser.mixin._FeedParserMixin, attributes: dict[str, str]) -> None:
        parser.push_content(name, attributes, content_type, 1)

    def end(parser: feedparser.mixin._FeedParserMixin) -> None:
        parser.pop_content(name)

    return start, end


def _popping(name: str) -> Callable[..., None]:
    return lambda parser: parser.pop(name)


def _remember_scope(start: Callable[..., None]) -> Callable[..., None]:
    """Return a start handler that keeps the xml:base and xml:lang of the feed or item itself."""

    def start_and_remember(parser: feedparser.mixin._FeedParserMixin, attributes: dict[str, str]) -> None:
        start(parser, attributes)
        context = parser.entries[-1] if parser.inentry else parser.feeddata
        context["xml_base"], context["xml_lang"] = parser.baseuri, parser.lang

    return start_and_remember


PATCHES = (
    use_expat_driver,
    cache_base_uris,
    copy_flat_dicts,
    look_up_plain_keys,
    repair_few_texts,
    read_no_dates,
    bound_tags,
    bound_namespaces,
    keep_guids,
    keep_author_names,
    keep_relative_links,
    ignore_places,
    keep_elements_in_place,
    read_links_by_their_text,
    collect_rsl,
    resolve_inner_bases,
    start_bare_elements,
    push_bare_contents,
    pop_texts_of_entries,
)


def apply(patches: Iterable[Callable[[], None]] = PATCHES) -> None:
    """Apply patches to the feedparser of this process; once each, before the first parse."""
    for patch in patches:
        patch()
