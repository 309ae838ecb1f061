"""Incremental parsing: byte ranges and digests of raw items in XML, and the document without seen items.

One pass of expat, at a fraction of the cost of parsing. It also enforces the limits on attributes and depth
before feedparser would pay for them. Never interprets an item.
"""

import re
from dataclasses import dataclass, field
from hashlib import blake2b
from xml.parsers import expat

from msgspec import Struct

from aggregator.errors import Cause, ParseError
from aggregator.model.document import ENTRIES_MAX

ATTRIBUTES_MAX = 256  # on one element
XML_DEPTH_MAX = 256

_ITEM = frozenset({"item", "entry"})
# Elements that change with each rendering of a feed and that no entry inherits; <items> is RSS 1.0's list,
# each <at:deleted-entry> a tombstone (RFC 6721).
_VOLATILE = frozenset(
    {"lastbuilddate", "pubdate", "updated", "modified", "date", "ttl", "generator", "items", "deleted-entry"}
)
_HEAD_DEPTH = 3  # rss/channel/pubDate, feed/updated


class IllFormed(Exception):
    """The document is not well-formed XML."""


class Layout(Struct, frozen=True):
    """Byte ranges and digests of the raw items of a well-formed document, in document order.

    `ranges` covers all items, `digests` (16 bytes each) the first ENTRIES_MAX. `salt` keys the digests.
    """

    text: bytes
    ranges: tuple[tuple[int, int], ...]
    digests: tuple[bytes, ...]
    salt: bytes

    def raw(self, index: int) -> bytes:
        """Return the raw item with this index."""
        start, end = self.ranges[index]
        return self.text[start:end]

    def keeping(self, kept: frozenset[int]) -> bytes:
        """Return the document without the items whose index is not in `kept`."""
        cut = [span for index, span in enumerate(self.ranges) if index not in kept]
        return b"".join(_without(self.text, cut))


@dataclass(slots=True)
class _Scan:
    """Handlers and state of one pass of expat; no entry inherits the `volatile` ranges outside items."""

    text: bytes
    parser: expat.XMLParserType
    items: list[tuple[int, int]] = field(default_factory=list)
    volatile: list[tuple[int, int]] = field(default_factory=list)
    depth: int = 0
    open_depth: int = 0  # of the open item or volatile element; 0 outside
    open_offset: int = 0

    def start(self, name: str, attributes: list[str]) -> None:
        self.depth += 1
        if len(attributes) > 2 * ATTRIBUTES_MAX:
            raise ParseError(f"<{name[:40]}> has over {ATTRIBUTES_MAX} attributes", cause=Cause.LIMIT)
        if self.depth > XML_DEPTH_MAX:
            raise ParseError(f"elements are nested over {XML_DEPTH_MAX} deep", cause=Cause.LIMIT)
        if self.open_depth or self.depth > _HEAD_DEPTH:
            return
        if self._is_item(name) or _local(name) in _VOLATILE:
            self.open_depth, self.open_offset = self.depth, self.parser.CurrentByteIndex

    def end(self, name: str) -> None:
        if self.depth == self.open_depth:
            ranges = self.items if self._is_item(name) else self.volatile
            ranges.append((self.open_offset, self._end_offset(name)))
            self.open_depth = 0
        self.depth -= 1

    def _is_item(self, name: str) -> bool:
        return self.depth > 1 and _local(name) in _ITEM

    def comment(self, _text: str) -> None:
        if not self.open_depth:  # page caches append the time of rendering
            start = self.parser.CurrentByteIndex
            self.volatile.append((start, self.text.index(b"-->", start) + 3))

    def _end_offset(self, name: str) -> int:
        offset = self.parser.CurrentByteIndex
        # expat stands at the end tag, or behind the tag of an empty element (<item/>).
        is_end_tag = self.text.startswith(b"</" + name.encode(), offset)
        return self.text.index(b">", offset) + 1 if is_end_tag else offset


def _local(name: str) -> str:
    return name.rpartition(":")[2].lower()


def lay_out(text: bytes, url: str, pipeline_version: bytes) -> Layout:
    """Return the layout of a document; raises IllFormed, and ParseError with cause "limit"."""
    parser = expat.ParserCreate("utf-8")
    parser.ordered_attributes = True
    scan = _Scan(text, parser)
    parser.StartElementHandler = scan.start
    parser.EndElementHandler = scan.end
    parser.CommentHandler = scan.comment
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        raise IllFormed from error
    salt = _salt(scan, url, pipeline_version)
    digests = tuple(
        blake2b(text[start:end], digest_size=16, key=salt).digest() for start, end in scan.items[:ENTRIES_MAX]
    )
    return Layout(text, tuple(scan.items), digests, salt)


def _salt(scan: _Scan, url: str, pipeline_version: bytes) -> bytes:
    """Return a digest of everything that entries may inherit: the text outside items that is not volatile."""
    digest = blake2b(digest_size=16)
    for part in (pipeline_version, url.encode("utf-8", "replace")):
        digest.update(len(part).to_bytes(4) + part)
    for piece in _without(scan.text, sorted(scan.items + scan.volatile)):
        # White space between elements changes with the items and elements cut out.
        digest.update(re.sub(rb">\s+<", b"><", piece).strip())
    return digest.digest()


def _without(text: bytes, cut: list[tuple[int, int]]) -> list[bytes]:
    """Return the pieces of a text between ranges in ascending order."""
    pieces, position = [], 0
    for start, end in cut:
        pieces.append(text[position:start])
        position = end
    return [*pieces, text[position:]]
