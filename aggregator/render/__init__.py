"""The door to what we publish: one item's bytes, and documents spliced from them. The same input always
gives the same bytes; nothing here chooses what is published."""

from collections.abc import Sequence

from aggregator.model import Channel, Release

KINDS = ("rss", "atom", "json")

_MEDIA_TYPES = {
    "rss": "application/rss+xml; charset=utf-8",
    "atom": "application/atom+xml; charset=utf-8",
    "json": "application/feed+json",  # always UTF-8 (RFC 8259 section 8.1)
}


def entry(release: Release, kind: str) -> bytes:
    """One item as it stands in a document of this kind; ValueError when it cannot be written."""
    if kind == "json":
        from aggregator.render import jsonfeed

        return jsonfeed.entry(release)
    from aggregator.render import xml  # feedgen and lxml are loaded by those who write XML

    return xml.entry(release, kind)


def document(channel: Channel, entries: Sequence[bytes], kind: str) -> bytes:
    """A whole document: the channel's head and its entries, in the order given."""
    if kind == "json":
        from aggregator.render import jsonfeed

        return jsonfeed.document(channel, entries)
    from aggregator.render import xml

    return xml.document(channel, entries, kind)


def media_type(kind: str) -> str:
    """What to say in Content-Type."""
    return _MEDIA_TYPES[kind]
