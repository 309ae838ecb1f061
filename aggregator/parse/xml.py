"""Parse RSS and Atom of every version with feedparser, and with lxml elements it keeps only the last of.

Incremental: unless the document does not split cleanly, only its unseen items are parsed. Never sanitises,
never resolves links inside texts, and derives neither an identity nor a date.
"""

import html
import re
from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import feedparser
from lxml import etree

from aggregator.errors import Cause, ParseError
from aggregator.model import Document, Hints
from aggregator.model.document import ENTRIES_MAX
from aggregator.parse import feedparser_patches
from aggregator.parse.entry import (
    Parsed,
    alternate_link,
    author_names,
    child,
    children,
    distinct,
    string,
    to_entry,
)
from aggregator.parse.incremental import Layout, lay_out
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
    layout = lay_out(text.value, url, pipeline_version)
    if layout is not None and (document := _read_unseen(text, url, seen, layout=layout)) is not None:
        return document
    return _read_whole(text, url, is_well_formed=layout is not None)


def _read_unseen(text: Text, url: str, seen: frozenset[bytes], *, layout: Layout) -> Document | None:
    """Parse the unseen items only; None when feedparser does not find exactly these."""
    kept = [index for index, digest in enumerate(layout.digests) if digest not in seen]
    parsed = _parse_with_feedparser(layout.keeping(frozenset(kept)), url)
    entries = list(children(parsed, "entries"))
    if len(entries) != len(kept) or isinstance(dict.get(parsed, "bozo_exception"), Exception):
        return None
    document = _document(parsed, text)
    return replace(
        document,
        entries=tuple(
            to_entry(entry, document.format, layout.digests[index])
            for index, entry in zip(kept, entries, strict=True)
        ),
        listed=layout.digests,
        salt=layout.salt,
        complete=len(layout.ranges) == len(layout.digests),
    )


def _read_whole(text: Text, url: str, *, is_well_formed: bool) -> Document:
    value = text.value if is_well_formed else text.value.replace(b"<!ENTITY", b"<!IGNORED")
    parsed = _parse_with_feedparser(value, url)
    document = _document(parsed, text)
    entries = [to_entry(entry, document.format) for entry in list(children(parsed, "entries"))[:ENTRIES_MAX]]
    if not is_well_formed and _is_truncated(text):
        entries = entries[:-1]  # the last one may be half an entry
    return replace(document, entries=tuple(entries), complete=is_well_formed)


def _parse_with_feedparser(value: bytes, url: str) -> Parsed:
    headers = {"content-type": "application/xml; charset=utf-8", "content-location": url}
    # Always a stream: feedparser takes bytes and strings for a file name or URL first.
    parsed: Parsed = feedparser.parse(
        BytesIO(value), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
    )
    if not string(parsed, "version"):
        raise ParseError("the document looks like a feed but is of no known format", cause=Cause.NOT_A_FEED)
    return parsed


def _is_truncated(text: Text) -> bool:
    """Return whether the closing tag of the root is missing, or stands only inside an entry."""
    closing = text.value.rfind(b"</" + text.root.encode())
    return closing < max(text.value.rfind(b"<item>"), text.value.rfind(b"<entry>"), 0)


def _document(parsed: Parsed, text: Text) -> Document:
    feed = child(parsed, "feed")
    title = child(feed, "title_detail")
    links = list(children(feed, "links"))
    has_skips = dict.__contains__(feed, "skiphours") or dict.__contains__(feed, "skipdays")
    hours, days = _skip_hours_and_days(text.value) if has_skips else ((), ())
    return Document(
        format=string(parsed, "version"),
        title=_plain_text(feed, "title"),
        link=alternate_link(feed),
        language=string(feed, "language"),
        base=string(title, "base"),
        rights=_plain_text(feed, "rights"),
        authors=author_names(feed),
        hubs=distinct(string(link, "href") for link in links if "hub" in string(link, "rel").split()),
        self_url=next((string(link, "href") for link in links if "self" in string(link, "rel").split()), ""),
        hints=Hints(_number(string(feed, "ttl")), _update_period(feed), hours, days),
    )


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
