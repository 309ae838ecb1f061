"""What of an XML feed is new: where its raw items stand, their digests, and the document without seen ones.

Reads with expat alone, so it costs a fraction of parsing; also where limits on attributes and depth are
enforced before their cost is paid. Never decides what an item means.
"""

import re
from dataclasses import dataclass, field
from hashlib import blake2b
from xml.parsers import expat

from aggregator.errors import Cause, ParseError

ATTRIBUTES_MAX = 256  # on one element
XML_DEPTH_MAX = 256
ENTRIES_MAX = 2000  # the first so many of a document; feeds list the newest first

_ITEM = frozenset({"item", "entry"})
# What changes with every rendering of a feed and is inherited by no entry; <items> is RSS 1.0's list.
_VOLATILE = frozenset(
    {"lastbuilddate", "pubdate", "updated", "modified", "date", "ttl", "generator", "items"}
)
_HEAD_DEPTH = 3  # rss/channel/pubDate, feed/updated


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the raw items of a well-formed document stand, and their digests, in document order.

    `ranges` are all items, `digests` those of the first ENTRIES_MAX.
    """

    text: bytes
    ranges: tuple[tuple[int, int], ...]
    digests: tuple[bytes, ...]
    salt: bytes

    def keeping(self, kept: frozenset[int]) -> bytes:
        """The document without the items whose index is not in `kept`."""
        cut = [place for index, place in enumerate(self.ranges) if index not in kept]
        return b"".join(_without(self.text, cut))


@dataclass(slots=True)
class _Scan:
    """Handlers of one pass of expat. `volatile` are ranges outside items that no entry inherits."""

    text: bytes
    parser: expat.XMLParserType
    items: list[tuple[int, int]] = field(default_factory=list)
    volatile: list[tuple[int, int]] = field(default_factory=list)
    depth: int = 0
    item_depth: int = 0  # 0 outside items
    opened: int = 0
    volatile_depth: int = 0

    def start(self, name: str, attributes: list[str]) -> None:
        self.depth += 1
        if len(attributes) > 2 * ATTRIBUTES_MAX:
            raise ParseError(f"<{name[:40]}> has over {ATTRIBUTES_MAX} attributes", cause=Cause.LIMIT)
        if self.depth > XML_DEPTH_MAX:
            raise ParseError(f"elements are nested over {XML_DEPTH_MAX} deep", cause=Cause.LIMIT)
        if self.item_depth or self.volatile_depth or self.depth > _HEAD_DEPTH:
            return
        local = name.rpartition(":")[2].lower()
        if local in _ITEM and self.depth > 1:
            self.item_depth, self.opened = self.depth, self.parser.CurrentByteIndex
        elif local in _VOLATILE:
            self.volatile_depth, self.opened = self.depth, self.parser.CurrentByteIndex

    def end(self, name: str) -> None:
        if self.depth == self.item_depth:
            self.items.append((self.opened, self._closed(name)))
            self.item_depth = 0
        elif self.depth == self.volatile_depth:
            self.volatile.append((self.opened, self._closed(name)))
            self.volatile_depth = 0
        self.depth -= 1

    def comment(self, _text: str) -> None:
        if not self.item_depth and not self.volatile_depth:  # caches sign pages with a time and a cost
            at = self.parser.CurrentByteIndex
            self.volatile.append((at, self.text.index(b"-->", at) + 3))

    def _closed(self, name: str) -> int:
        at = self.parser.CurrentByteIndex
        # At its end tag, or already behind it where the element is empty (<item/>).
        return self.text.index(b">", at) + 1 if self.text.startswith(b"</" + name.encode(), at) else at


def lay_out(text: bytes, url: str, pipeline_version: bytes) -> Layout | None:
    """Where the items are, or None when the document is not well-formed. ParseError beyond a limit."""
    parser = expat.ParserCreate("utf-8")
    parser.ordered_attributes = True
    scan = _Scan(text, parser)
    parser.StartElementHandler = scan.start
    parser.EndElementHandler = scan.end
    parser.CommentHandler = scan.comment
    try:
        parser.Parse(text, True)
    except expat.ExpatError:
        return None
    salt = _salt(scan, url, pipeline_version)
    digests = tuple(
        blake2b(text[start:end], digest_size=16, key=salt).digest() for start, end in scan.items[:ENTRIES_MAX]
    )
    return Layout(text, tuple(scan.items), digests, salt)


def _salt(scan: _Scan, url: str, pipeline_version: bytes) -> bytes:
    """Digest of all that entries may inherit: everything outside items that is not volatile."""
    digest = blake2b(digest_size=16)
    for part in (pipeline_version, url.encode("utf-8", "replace")):
        digest.update(len(part).to_bytes(4) + part)
    for piece in _without(scan.text, sorted(scan.items + scan.volatile)):
        # Blanks around elements come and go with the items and elements cut out.
        digest.update(re.sub(rb">\s+<", b"><", piece).strip())
    return digest.digest()


def _without(text: bytes, cut: list[tuple[int, int]]) -> list[bytes]:
    """The pieces of a text between ranges in rising order."""
    pieces, at = [], 0
    for start, end in cut:
        pieces.append(text[at:start])
        at = end
    return [*pieces, text[at:]]
