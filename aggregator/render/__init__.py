"""Serialise releases as RSS, Atom and JSON Feed: one item's bytes, and documents spliced from them.
Deterministic: equal input gives equal bytes. Does not select the items of a document."""

from collections.abc import Sequence

from aggregator.model import Channel, Release

KINDS = ("rss", "atom", "json")

_MEDIA_TYPES = {
    "rss": "application/rss+xml; charset=utf-8",
    "atom": "application/atom+xml; charset=utf-8",
    "json": "application/feed+json",  # always UTF-8 (RFC 8259 section 8.1)
}


def entry(release: Release, kind: str) -> bytes:
    """Return one item as serialised in a document of this kind, UTF-8. Raises ValueError when the format
    cannot hold it or the kind is unknown."""
    if kind == "json":
        from aggregator.render import jsonfeed

        return jsonfeed.entry(release)
    from aggregator.render import xml  # loads feedgen and lxml, which JSON Feed does not need

    return xml.entry(release, kind)


def document(channel: Channel, entries: Sequence[bytes], kind: str) -> bytes:
    """Return a whole document: the channel's head and its serialised entries, in the order given."""
    if kind == "json":
        from aggregator.render import jsonfeed

        return jsonfeed.document(channel, entries)
    from aggregator.render import xml

    return xml.document(channel, entries, kind)


def media_type(kind: str) -> str:
    """Return the value of Content-Type."""
    return _MEDIA_TYPES[kind]
