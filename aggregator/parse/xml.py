"""Parse RSS and Atom of every version with feedparser, and with lxml elements it keeps only the last of.

Incremental: unless the document does not split cleanly, only its unseen items are parsed. Never sanitises,
never resolves links inside texts, and derives neither an identity nor a date.
"""

import html
import re
from collections.abc import Iterable
from datetime import timedelta
from io import BytesIO

import feedparser
from lxml import etree
from msgspec.structs import replace

from aggregator.errors import Cause, ParseError
from aggregator.model.document import ENTRIES_MAX, Document, Hints
from aggregator.model.rights import UNSAID
from aggregator.parse import feedparser_patches, tombstones
from aggregator.parse.entry import (
    Parsed,
    alternate_link,
    author_names,
    child,
    children,
    distinct,
    self_link,
    stated_terms,
    string,
    to_entry,
)
from aggregator.parse.incremental import IllFormed, lay_out
from aggregator.parse.repair import repaired
from aggregator.parse.sniff import Text

FEED_TEXT_CHARS_MAX = 20_000  # of a feed's own title and rights
_PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

feedparser_patches.apply()


def read(text: Text, url: str, seen: frozenset[bytes], *, pipeline_version: bytes) -> Document:
    """Return the document found at `url` with its entries that are not in `seen`.

    Raises ParseError with cause "not-a-feed" for an unknown format, "limit" beyond a limit.
    """
    try:
        return _read_strictly(text, url, seen, pipeline_version=pipeline_version)
    except IllFormed:
        value, is_complete = repaired(text.value, text.root)
    text = replace(text, value=value)
    try:
        if is_complete:
            return _read_strictly(text, url, seen, pipeline_version=pipeline_version)
        return replace(_read_whole(text, url, is_complete=False), truncated=True)
    except IllFormed:
        return _read_whole(text, url, is_complete=False, is_loose=True)


def _read_strictly(text: Text, url: str, seen: frozenset[bytes], *, pipeline_version: bytes) -> Document:
    """Parse the unseen items only, or all where feedparser does not find exactly these."""
    layout = lay_out(text.value, url, pipeline_version)
    deleted = tombstones.read(text.value, lambda: layout.keeping(frozenset()))
    refs = {each.ref for each in deleted}
    kept = [
        index
        for index, digest in enumerate(layout.digests)
        if digest not in seen or (refs and tombstones.names(layout.raw(index), refs))
    ]
    parsed = _parse_with_feedparser(layout.keeping(frozenset(kept)), url)
    entries = list(children(parsed, "entries"))
    if len(entries) != len(kept):
        return _read_whole(text, url)
    document = _document(parsed, text)
    return replace(
        document,
        deleted=deleted,
        entries=tuple(
            to_entry(entry, document.format, layout.digests[index], language=document.language)
            for index, entry in zip(kept, entries, strict=True)
        ),
        listed=layout.digests,
        salt=layout.salt,
        complete=len(layout.ranges) == len(layout.digests),
    )


def _read_whole(text: Text, url: str, *, is_complete: bool = True, is_loose: bool = False) -> Document:
    value = text.value.replace(b"<!ENTITY", b"<!IGNORED") if is_loose else text.value
    parsed = _parse_with_feedparser(value, url, is_loose=is_loose)
    document = _document(parsed, text)
    entries = list(children(parsed, "entries"))
    return replace(
        document,
        deleted=tombstones.read(value, lambda: value),
        entries=tuple(
            to_entry(entry, document.format, language=document.language) for entry in entries[:ENTRIES_MAX]
        ),
        complete=is_complete and len(entries) <= ENTRIES_MAX,
    )


def _parse_with_feedparser(value: bytes, url: str, *, is_loose: bool = False) -> Parsed:
    """Return feedparser's result; raises IllFormed unless its loose parser may read the document."""
    headers = {"content-type": "application/xml; charset=utf-8", "content-location": url}
    # Always a stream: feedparser takes bytes and strings for a file name or URL first.
    parsed: Parsed = feedparser.parse(
        BytesIO(value), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
    )
    if not is_loose and isinstance(dict.get(parsed, "bozo_exception"), Exception):
        raise IllFormed
    if not string(parsed, "version"):
        raise ParseError("the document looks like a feed but is of no known format", cause=Cause.NOT_A_FEED)
    return parsed


def _document(parsed: Parsed, text: Text) -> Document:
    feed = child(parsed, "feed")
    language = string(feed, "language")
    links = list(children(feed, "links"))
    has_skips = dict.__contains__(feed, "skiphours") or dict.__contains__(feed, "skipdays")
    hours, days = _skip_hours_and_days(text.value) if has_skips else ((), ())
    return Document(
        format=string(parsed, "version"),
        title=_plain_text(feed, "title") or _plain_text(feed, "dc_title"),
        link=alternate_link(feed, language),
        language=language,
        base=string(feed, "xml_base"),
        rights=_plain_text(feed, "rights"),
        terms=stated_terms(feed) or UNSAID,
        authors=author_names(feed),
        hubs=distinct(string(link, "href") for link in links if "hub" in string(link, "rel").split()),
        self_url=self_link(feed),
        previous=_link(links, "prev-archive") or _link(links, "next"),
        hints=Hints(_number(string(feed, "ttl")), _update_period(feed), hours, days),
    )


def _link(links: Iterable[Parsed], relation: str) -> str:
    found = (string(link, "href") for link in links if relation in string(link, "rel").lower().split())
    return next(found, "")


def _plain_text(feed: Parsed, key: str) -> str:
    """Return a feed-level text construct as plain text on one line: Document does not say which were HTML."""
    value = string(feed, key, FEED_TEXT_CHARS_MAX)
    if string(child(feed, key + "_detail"), "type") not in ("text/plain", ""):
        value = html.unescape(re.sub(r"<[^<>]*>", " ", value))
    return " ".join(value.split())


def _number(value: str) -> int | None:
    return int(value) if re.fullmatch(r"[0-9]{1,6}", value) else None


def _update_period(feed: Parsed) -> timedelta | None:
    """Return updatePeriod / updateFrequency (RSS 1.0 syndication module); their defaults are daily and 1."""
    period, frequency = string(feed, "sy_updateperiod").lower(), string(feed, "sy_updatefrequency")
    if not period and not frequency:
        return None
    return _PERIODS.get(period, _PERIODS["daily"]) / max(_number(frequency) or 1, 1)


def _skip_hours_and_days(value: bytes) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return all of skipHours and skipDays: feedparser keeps only the last of repeated elements."""
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, load_dtd=False)
    root = etree.fromstring(value, parser)
    hours: set[int] = set()
    days: set[int] = set()
    for element in () if root is None else root.iter("hour", "day"):
        content = (element.text or "").strip().lower()
        if element.tag == "hour" and (hour := _number(content)) is not None and hour <= 24:
            hours.add(hour % 24)  # RSS 0.91 counts to 24
        elif element.tag == "day" and content in _DAYS:
            days.add(_DAYS.index(content))
    return tuple(sorted(hours)), tuple(sorted(days))
