"""Repair a feed document that is not well-formed, so that a strict parser reads it: a bad spot costs itself.

Bare "<" and "&", unknown and invalid references, malformed attributes, missing, stray and misspelt end tags,
undeclared prefixes. A missing end tag of the root is never repaired: that document is incomplete.
"""

import re
from dataclasses import dataclass, field
from difflib import get_close_matches

from aggregator.parse.namespaces import WELL_KNOWN
from aggregator.parse.references import mended

VALUE_BYTES_MAX = 10_000  # of one attribute: a missing quote is not searched for further
NAME_BYTES_MAX = 40  # of an end tag that may be a misspelling
SLIPS_MAX = 1_000  # end tags of one document that are compared with what is open
_OPEN_MAX = 250  # open elements; below expat's limit in `incremental`
_LOOK_BACK = 12  # open elements that an end tag may close or be a misspelling of

_NAME = rb"[A-Za-z_\x80-\xff][\w.\x80-\xff-]*+(?::[A-Za-z_\x80-\xff][\w.\x80-\xff-]*+)?"
_START = re.compile(rb"<(%s)(?=[\s/>])" % _NAME)
_END = re.compile(rb"</\s*(%s)[^<>]*>" % _NAME)
_ATTRIBUTE = re.compile(rb"(%s)(?:\s*=\s*(?:([\"'])|([^\s\"'<>]+)))?" % _NAME)
_BLANKS = re.compile(rb"[\s/]*")
_TAGS_BETWEEN = re.compile(rb">\s*<")
_JUNK = re.compile(rb"[^\s<>]*")
_VOID = frozenset(b"br hr img wbr input area col embed track param".split())  # elements of HTML
_ITEMS = (b"item", b"entry")
_BODIES = (b"description", b"summary", b"content", b"content:encoded")
# Fields of an item that never stand inside one another. Those of the second group are elements of HTML or
# SVG, too, and may stand in a body whose markup is not escaped.
_FIELDS = frozenset(
    b"guid id pubdate published updated category description author enclosure content:encoded dc:date".split()
)
_HTML_FIELDS = frozenset(b"title link summary content".split())
_SPLIT_FROM = frozenset(b"item entry channel feed source".split())  # the parents of fields


@dataclass(slots=True)
class _Open:
    """An element that is open: its name, its prefixes in scope, and the size of the output before it."""

    name: bytes
    prefixes: frozenset[bytes]
    offset: int

    @property
    def folded(self) -> bytes:
        return self.name.lower()


@dataclass(slots=True)
class _Writer:
    """Output of a repair."""

    root: bytes
    pieces: list[bytes] = field(default_factory=list)
    stack: list[_Open] = field(default_factory=list)
    undeclared: set[bytes] = field(default_factory=set)
    size: int = 0
    slips: int = 0
    marks: dict[bytes, int] = field(default_factory=dict)

    def find(self, text: bytes, mark: bytes, offset: int) -> int:
        """Return the offset of a mark, the size of the text without one; linear over a whole document."""
        if self.marks.get(mark, -1) < offset:
            found = text.find(mark, offset)
            self.marks[mark] = found if found >= 0 else len(text)
        return self.marks[mark]

    def write(self, piece: bytes) -> None:
        self.pieces.append(piece)
        self.size += len(piece)

    def start(self, name: bytes, attributes: dict[bytes, bytes], *, is_empty: bool) -> None:
        self._end_unclosed(name.lower(), bool(attributes))
        prefixes = self.stack[-1].prefixes if self.stack else frozenset({b"xml", b"xmlns"})
        declared = {key[6:] for key in attributes if key.startswith(b"xmlns:")}
        prefixes = prefixes | declared if declared else prefixes
        used = {key.partition(b":")[0] for key in (name, *attributes) if b":" in key}
        self.undeclared |= used - prefixes
        offset = self.size
        written = b"".join(b' %s="%s"' % pair for pair in attributes.items())
        self.write(b"<%s%s%s>" % (name, written, b"/" if is_empty and self.stack else b""))
        if not is_empty or not self.stack:
            self.stack.append(_Open(name, prefixes, offset))

    def end(self, name: bytes) -> None:
        """Close the element that an end tag means: of this name, else of one it is a misspelling of."""
        near = [each.name for each in reversed(self.stack[1:][-_LOOK_BACK:])]
        if name not in near:
            self.slips += 1
            if self.slips > SLIPS_MAX or len(name) > NAME_BYTES_MAX:
                return
            inner = next((i for i, each in enumerate(near) if each.lower() in _SPLIT_FROM), len(near))
            folded = {each.decode("utf-8", "replace").lower(): each for each in near[: inner + 1]}
            meant = get_close_matches(name.decode("utf-8", "replace").lower(), folded, n=1, cutoff=0.7)
            if not meant:
                return
            name = folded[meant[0]]
        self.end_all(near.index(name) + 1)

    def end_all(self, count: int) -> None:
        for _ in range(count):
            self.write(b"</%s>" % self.stack.pop().name)

    def _end_unclosed(self, name: bytes, has_attributes: bool) -> None:
        """Close the elements whose end tags are missing before the start of another item or field."""
        local = name.rpartition(b":")[2]
        if local in _ITEMS:
            return self._end_unclosed_item()
        if name not in _FIELDS and name not in _HTML_FIELDS:
            return None
        for depth, each in enumerate(reversed(self.stack[2:][-_LOOK_BACK:]), 1):
            if each.folded in _SPLIT_FROM or (b":" in each.name and each.folded not in _FIELDS):
                return None
            is_body = each.folded in _BODIES
            if each.folded in _FIELDS | _HTML_FIELDS and self.stack[-depth - 1].folded in _SPLIT_FROM:
                if not is_body or name in _FIELDS:
                    self.end_all(depth)
                return None
        return None

    def _end_unclosed_item(self) -> None:
        for depth, each in enumerate(reversed(self.stack[1:][-_LOOK_BACK:]), 1):
            if each.folded in _ITEMS:
                return self.end_all(depth)
            if each.folded == b"source" or each.folded not in _FIELDS | _HTML_FIELDS:
                return None
        return None


def repaired(text: bytes, root: str) -> tuple[bytes, bool]:
    """Return a document from its root element on as well-formed XML, and whether it has the root's end tag.

    Without it the text ends after the last whole item. `root` is the root's name as written.
    """
    writer = _Writer(root.encode())
    offset = _read(text, writer)
    is_complete = offset >= 0
    if not is_complete:
        _drop_half_item(writer)
    writer.end_all(len(writer.stack))
    value = b"".join(writer.pieces)
    if writer.undeclared:
        added = b"".join(b' xmlns:%s="%s"' % (each, _namespace(each)) for each in sorted(writer.undeclared))
        value = b"<" + writer.root + added + value[len(writer.root) + 1 :]
    return value, is_complete


def _namespace(prefix: bytes) -> bytes:
    return WELL_KNOWN.get(prefix.decode("utf-8", "replace"), "urn:x-undeclared").encode()


def _drop_half_item(writer: _Writer) -> None:
    for index, each in enumerate(writer.stack):
        if index and each.folded.rpartition(b":")[2] in _ITEMS:
            whole = b"".join(writer.pieces)[: each.offset]
            writer.pieces[:] = [whole]
            del writer.stack[index:]
            return


def _read(text: bytes, writer: _Writer) -> int:
    """Copy a text to a writer; return the offset after the end tag of the root, -1 without one."""
    last_end = text.lower().rfind(b"</" + writer.root.lower())
    offset, size = 0, len(text)
    while offset < size:
        mark = text.find(b"<", offset)
        if mark < 0:
            break
        if mark > offset and writer.stack:
            writer.write(mended(text[offset:mark]))
        if mark == last_end:
            return mark
        offset = _markup(text, mark, writer)
    return -1


def _markup(text: bytes, start: int, writer: _Writer) -> int:
    """Copy what begins with "<" at `start`; return the offset after it."""
    if tag := _END.match(text, start):
        writer.end(tag[1])
        return tag.end()
    if tag := _START.match(text, start):
        attributes, end = _attributes(text, tag.end())
        if end > 0 and (len(writer.stack) < _OPEN_MAX):
            if _is_slip_for_end(tag[1], attributes, writer):
                writer.end(tag[1])
            else:
                writer.start(
                    tag[1], attributes, is_empty=text.startswith(b"/>", end - 2) or tag[1].lower() in _VOID
                )
            return end
    elif text.startswith(b"<![CDATA[", start):
        return _cdata(text, start, writer)
    elif text.startswith((b"<!", b"<?"), start):
        mark = b"-->" if text.startswith(b"<!--", start) else b"?>" if text.startswith(b"<?", start) else b">"
        end = writer.find(text, mark, start + 2)
        return end + len(mark) if end < len(text) else start + 2
    if writer.stack:
        writer.write(b"&lt;")
    return start + 1


def _is_slip_for_end(name: bytes, attributes: dict[bytes, bytes], writer: _Writer) -> bool:
    """Return whether a start tag stands where the end tag of the same field is missing: <title>A<title>."""
    is_field = name.lower() in _FIELDS or name.lower() in _HTML_FIELDS
    return is_field and not attributes and len(writer.stack) > 1 and writer.stack[-1].name == name


def _cdata(text: bytes, start: int, writer: _Writer) -> int:
    """Copy a CDATA section; one without an end of its own ends before the end tag of its element."""
    inside = start + 9
    end = writer.find(text, b"]]>", inside)
    if end == len(text) or text.find(b"<![CDATA[", inside, end) >= 0:
        close = text.find(b"</" + writer.stack[-1].name, inside) if writer.stack else -1
        if close < 0:
            return len(text)
        writer.write(b"<![CDATA[" + text[inside:close].replace(b"]]>", b"") + b"]]>")
        return close
    writer.write(text[start : end + 3])
    return end + 3


def _attributes(text: bytes, offset: int) -> tuple[dict[bytes, bytes], int]:
    """Return the attributes of a start tag and the offset after it, -1 where no tag ends.

    An attribute that is malformed or repeated costs itself.
    """
    found: dict[bytes, bytes] = {}
    while True:
        offset = _end_of(_BLANKS, text, offset)
        if text.startswith(b">", offset):
            return found, offset + 1
        if offset == len(text) or text.startswith(b"<", offset):
            return found, -1
        attribute = _ATTRIBUTE.match(text, offset)
        if attribute is None:
            offset = max(_end_of(_JUNK, text, offset), offset + 1)
            continue
        name, quote, value = attribute.groups()
        offset = attribute.end()
        if quote:
            value, offset = _quoted(text, offset, quote)
        elif value is None:
            continue
        elif value.endswith(b"/") and text.startswith(b">", offset):
            value, offset = value[:-1], offset - 1
        if name not in found and not (name.startswith(b"xmlns:") and not value):
            found[name] = mended(value).replace(b"<", b"&lt;").replace(b'"', b"&quot;")


def _end_of(pattern: re.Pattern[bytes], text: bytes, offset: int) -> int:
    found = pattern.match(text, offset)
    return found.end() if found else offset


def _quoted(text: bytes, offset: int, quote: bytes) -> tuple[bytes, int]:
    """Return an attribute's value and the offset after it; without its closing quote it ends at a blank."""
    end = text.find(quote, offset, offset + VALUE_BYTES_MAX)
    value = text[offset:end]
    is_next_attribute = value.rstrip().endswith(b"=") and len(value.split()) > 1
    if end >= 0 and not is_next_attribute and not _TAGS_BETWEEN.search(value):
        return value, end + 1
    end = _end_of(_JUNK, text, offset)
    value = text[offset:end]
    if value.endswith(b"/") and text.startswith(b">", end):
        return value[:-1], end - 1
    return value, end
