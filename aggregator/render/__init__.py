"""Serialise releases as RSS, Atom and JSON Feed: one item's bytes, and documents spliced from them.
Deterministic: equal input gives equal bytes. Does not select the items of a document."""

from collections.abc import Sequence

from aggregator.model.format import Format as Format
from aggregator.model.release import Channel, Release, Tombstone


def entry(release: Release, kind: Format) -> bytes:
    """Return one item as serialised in a document of this format, UTF-8. Raises ValueError when the format
    cannot hold it."""
    if kind is Format.JSON:
        from aggregator.render import jsonfeed

        return jsonfeed.entry(release)
    from aggregator.render import xml  # loads feedgen and lxml, which JSON Feed does not need

    return xml.entry(release, kind)


def tombstone(tombstone: Tombstone, kind: Format) -> bytes:
    """Return the tombstone entry of one item. Raises ValueError as `entry` does."""
    from aggregator.render import tombstones

    return tombstones.entry(tombstone, kind)


def document(channel: Channel, entries: Sequence[bytes], kind: Format) -> bytes:
    """Return a whole document: the channel's head and its serialised entries, in the order given."""
    if kind is Format.JSON:
        from aggregator.render import jsonfeed

        return jsonfeed.document(channel, entries)
    from aggregator.render import xml

    return xml.document(channel, entries, kind)
