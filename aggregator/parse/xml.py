"""RSS and Atom of every age through feedparser, and lxml for what feedparser keeps only the last of.

Only what has not been seen is parsed when the document splits cleanly, else the whole of it.
Never sanitises, resolves links inside texts, or makes up an identity or a date.
"""

import html
import re
from dataclasses import replace
from datetime import timedelta
from io import BytesIO

from lxml import etree

from aggregator.errors import Cause, ParseError
from aggregator.model import Document
from aggregator.parse import feedparser_patches
from aggregator.parse.entry import Found, authors, distinct, entry, line, many, one, stated_link
from aggregator.parse.incremental import ENTRIES_MAX, Layout, lay_out
from aggregator.parse.sniff import Text

FEED_TEXT_CHARS_MAX = 20_000  # characters of a feed's own title, description, rights
_PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def read(text: Text, url: str, seen: frozenset[bytes], *, pipeline_version: bytes) -> Document:
    """What the document said; entries are those not in `seen`. Raises ParseError when it is no feed."""
    layout = lay_out(text.value, url, pipeline_version)
    if layout is not None and (document := _unseen(text, url, seen, layout=layout)) is not None:
        return document
    return _whole(text, url, is_well_formed=layout is not None)


def _unseen(text: Text, url: str, seen: frozenset[bytes], *, layout: Layout) -> Document | None:
    """The document by way of what is new in it; None when that way cannot be trusted."""
    kept = [index for index, digest in enumerate(layout.digests) if digest not in seen]
    found = _feedparser(layout.keeping(frozenset(kept)), url)
    entries = list(many(found, "entries"))
    if len(entries) != len(kept) or isinstance(dict.get(found, "bozo_exception"), Exception):
        return None
    document = _document(found, text, url)
    return replace(
        document,
        entries=tuple(
            replace(entry(said, document.format), digest=layout.digests[index])
            for index, said in zip(kept, entries, strict=True)
        ),
        listed=layout.digests,
        salt=layout.salt,
        complete=len(layout.ranges) == len(layout.digests),
    )


def _whole(text: Text, url: str, *, is_well_formed: bool) -> Document:
    value = text.value if is_well_formed else text.value.replace(b"<!ENTITY", b"<!IGNORED")
    found = _feedparser(value, url)
    document = _document(found, text, url)
    entries = [entry(said, document.format) for said in list(many(found, "entries"))[:ENTRIES_MAX]]
    if not is_well_formed and _is_truncated(text):
        entries = entries[:-1]  # it may be half an entry
    return replace(document, entries=tuple(entries), complete=is_well_formed)


def _feedparser(value: bytes, url: str) -> Found:
    headers = {"content-type": "application/xml; charset=utf-8", "content-location": url}
    # Always a stream: feedparser opens bytes and strings that are the name of a file.
    found: Found = feedparser_patches.parse(
        BytesIO(value), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
    )
    if not line(found, "version"):
        raise ParseError("the document looks like a feed but is of no known format", cause=Cause.NOT_A_FEED)
    return found


def _is_truncated(text: Text) -> bool:
    """The closing tag of the root is missing, or only stands inside an entry."""
    closing = text.value.rfind(b"</" + text.root.encode())
    return closing < max(text.value.rfind(b"<item>"), text.value.rfind(b"<entry>"), 0)


def _document(found: Found, text: Text, url: str) -> Document:
    feed = one(found, "feed")
    title = one(feed, "title_detail")
    links = list(many(feed, "links"))
    says_when_quiet = dict.__contains__(feed, "skiphours") or dict.__contains__(feed, "skipdays")
    hours, days = _quiet(text.value) if says_when_quiet else ((), ())
    return Document(
        format=line(found, "version"),
        title=_plain(feed, "title"),
        link=stated_link(feed),
        language=line(feed, "language"),
        base=line(title, "base") or url,
        description=_plain(feed, "subtitle"),
        rights=_plain(feed, "rights"),
        authors=authors(feed),
        hubs=distinct(line(link, "href") for link in links if "hub" in line(link, "rel").split()),
        self_url=next((line(link, "href") for link in links if "self" in line(link, "rel").split()), ""),
        ttl=_number(line(feed, "ttl")),
        update_period=_update_period(feed),
        skip_hours=hours,
        skip_days=days,
    )


def _plain(feed: Found, key: str) -> str:
    """A feed's own line as plain text: nobody downstream is told which of them were HTML."""
    value = line(feed, key, FEED_TEXT_CHARS_MAX)
    if line(one(feed, key + "_detail"), "type") not in ("text/plain", ""):
        value = html.unescape(re.sub(r"<[^<>]*>", " ", value))
    return " ".join(value.split())


def _number(said: str) -> int | None:
    return int(said) if re.fullmatch(r"[0-9]{1,6}", said) else None


def _update_period(feed: Found) -> timedelta | None:
    """RSS 1.0 syndication module: period daily, frequency 1 unless said."""
    period, frequency = line(feed, "sy_updateperiod").lower(), line(feed, "sy_updatefrequency")
    if not period and not frequency:
        return None
    return _PERIODS.get(period, _PERIODS["daily"]) / max(_number(frequency) or 1, 1)


def _quiet(value: bytes) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """skipHours and skipDays: of repeated elements feedparser keeps the last."""
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, load_dtd=False)
    root = etree.fromstring(value, parser)
    hours: set[int] = set()
    days: set[int] = set()
    for element in () if root is None else root.iter("hour", "day"):
        said = (element.text or "").strip()
        if element.tag == "hour" and (hour := _number(said)) is not None and hour <= 24:
            hours.add(hour % 24)  # RSS 0.91 counts to 24
        elif element.tag == "day" and said.lower() in _DAYS:
            days.add(_DAYS.index(said.lower()))
    return tuple(sorted(hours)), tuple(sorted(days))
