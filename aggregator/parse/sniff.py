"""Sniff the format and encoding of a body, from its bytes first and its headers second; return clean UTF-8.

Byte order marks, leading blanks, the XML declaration, the DTD and control characters are removed, so that
later stages see one encoding; short, flat entities are expanded, no others (no "billion laughs", no XXE).
"""

import codecs
import re
from collections.abc import Mapping
from contextlib import suppress

from msgspec import Struct

from aggregator.errors import Cause, ParseError
from aggregator.model.document import TEXT_BYTES_MAX
from aggregator.parse.encodings import decoded

PROLOG_BYTES_MAX = 32_768  # before the root element
ENTITY_CHARS_MAX = 64  # of one entity's value: a reference to it is at least 3

_ENCODING_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins with that of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"<\0\0\0", "utf-32-le"),  # no mark: "<" in this encoding (XML 1.0 appendix F)
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
_BLANKS = b" \t\r\n\f\v\0"
_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\r")
_EACH_CONTROL = tuple(bytes([code]) for code in _CONTROLS)
_NONCHARACTERS = ("\ufffe".encode(), "\uffff".encode())
_XML_ENCODING = re.compile(rb"""<\?xml[^>]{0,100}?encoding\s*=\s*["']([\w.:-]{1,40})""")
_HEADER_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:-]{1,40})""", re.IGNORECASE)
_EMBEDDED_ROOT = re.compile(rb"<(rss|feed|rdf:RDF)\s[^<>]{0,2000}(?:xmlns|version)\s*=")
_STRAY = re.compile("[\udc80-\udcff]")  # a byte that is not UTF-8, decoded with surrogateescape
_ROOT_TAG = re.compile(rb"<([A-Za-z_][\w.:-]{0,200})")
_ENTITY = re.compile(
    rb"""<!ENTITY\s{1,9}([\w.-]{1,40})\s{1,9}(?:"(&#\w{1,8};|[^&%%<>"]{0,%d})"|'(&#\w{1,8};|[^&%%<>']{0,%d})')\s{0,9}>"""
    % (ENTITY_CHARS_MAX, ENTITY_CHARS_MAX)
)
_REFERENCE = re.compile(rb"&([\w.-]{1,40});")
_CDATA, _CDATA_END = b"<![CDATA[", b"]]>"
# Encodings that use ASCII bytes only, so that valid UTF-8 proves nothing.
_SEVEN_BIT = ("iso-2022", "iso2022", "hz", "utf-7", "utf7")
_ROOTS = frozenset({"rss", "rdf", "feed"})


class Text(Struct, frozen=True):
    """A feed document as UTF-8: JSON, or XML from its root element on.

    `root` is the name of the root element as written, "" for JSON.
    """

    value: bytes
    root: str = ""


def recognise(body: bytes, content_type: str, text_bytes_max: int = TEXT_BYTES_MAX) -> Text:
    """Return the text of a feed; raises ParseError that names what another body is.

    Cause "limit": it has more than `text_bytes_max` bytes in UTF-8, its entities expanded.
    """
    text = _utf8(body.lstrip(_BLANKS[:-1]), content_type)
    if any(control in text for control in _EACH_CONTROL):  # a quarter of the CPU time of `translate`
        text = text.translate(None, _CONTROLS)
    _bound(len(text), text_bytes_max)
    text = text.lstrip(_BLANKS + codecs.BOM_UTF8)
    if not text:
        raise ParseError("the document is empty", cause=Cause.NOT_A_FEED)
    if text.startswith(b"{"):
        return Text(text)
    root, start = _root(text)
    if root.rpartition(":")[2].lower() not in _ROOTS:
        if (embedded := _EMBEDDED_ROOT.search(text, 0, PROLOG_BYTES_MAX)) is None:
            raise ParseError(_no_feed_message(text, root), cause=Cause.NOT_A_FEED)
        # A feed inside an HTML page or after a program's warnings: real systems send both.
        root, start = embedded[1].decode(), embedded.start()
        end = text.rfind(b"</%s>" % embedded[1])
        text = text[: end + len(root) + 3] if end > start else text
    entities = {
        found[1]: (found[2] or found[3] or b"").replace(b"'", b"&#39;").replace(b'"', b"&quot;")
        for found in reversed(list(_ENTITY.finditer(text, 0, start)))  # the first of a name counts
    }
    text = text[start:]
    if entities:
        _bound(len(text) + _growth(text, entities), text_bytes_max)
        text = _expanded(text, entities)
    for noncharacter in () if text.isascii() else _NONCHARACTERS:
        text = text.replace(noncharacter, b"")
    return Text(text, root)


def _no_feed_message(text: bytes, root: str) -> str:
    """Return the error text for a body that is no feed."""
    if root.lower() == "html" or re.match(rb"<!doctype\s+html", text, re.IGNORECASE):
        return "this is an HTML page, not a feed (`publicwire add` finds the feed behind a page)"
    if root:
        return f"the document is not a feed: its root element is <{root[:40]}>"
    return "the document is neither XML with a root element nor a JSON object, so not a feed"


def _utf8(body: bytes, content_type: str) -> bytes:
    """Return a body as UTF-8: decoded by its mark, else as UTF-8, else by header, else by declaration."""
    for mark, encoding in _ENCODING_MARKS:
        if body.startswith(mark):
            return _repaired(body) if encoding == "utf-8" else body.decode(encoding, "replace").encode()
    header = _HEADER_CHARSET.search(content_type)
    declared = _XML_ENCODING.search(body, 0, 1024)
    labels = [header[1].lower()] if header else []
    labels += [declared[1].decode("ascii", "replace").lower()] if declared else []
    if not any(label.startswith(_SEVEN_BIT) for label in labels):
        with suppress(UnicodeDecodeError):
            # Text in another encoding is hardly ever valid UTF-8, whatever the labels say.
            body.decode("utf-8")
            return body
    for label in labels:
        if (text := decoded(body, label)) is not None:
            return text.encode("utf-8", "replace")
    return _repaired(body)


def _repaired(body: bytes) -> bytes:
    """Return UTF-8 in which bytes of Windows-1252 are mixed, as in text pasted from two systems, as UTF-8."""
    text = body.decode("utf-8", "surrogateescape")
    if text.isascii() or not _STRAY.search(text):
        return body
    strays = {0xDC00 + code: bytes([code]).decode("cp1252", "replace") for code in range(128, 256)}
    return text.translate(strays).encode()


def _root(text: bytes) -> tuple[str, int]:
    """Return name and offset of the root element, "" and 0 without one, in time linear in the prolog."""
    offset = 0
    while 0 <= offset < PROLOG_BYTES_MAX:
        offset = text.find(b"<", offset, PROLOG_BYTES_MAX)
        if offset < 0:
            break
        if name := _ROOT_TAG.match(text, offset):
            return name[1].decode("utf-8", "replace"), offset
        if text.startswith(b"<!--", offset):
            offset = _end_of(text, b"-->", offset + 4)
        elif text.startswith(b"<?", offset):
            offset = _end_of(text, b"?>", offset)
        else:
            end = _end_of(text, b">", offset)
            subset = text.find(b"[", offset, max(end, 0))  # of a DTD
            offset = end if subset < 0 else _end_of(text, b"]", subset)
    return "", 0


def _end_of(text: bytes, mark: bytes, start: int) -> int:
    end = text.find(mark, start, PROLOG_BYTES_MAX)
    return end + len(mark) if end >= 0 else -1


def _growth(text: bytes, entities: Mapping[bytes, bytes]) -> int:
    """Return how many bytes the references to flat entities add when they are expanded."""
    growth = {name: len(value) - len(name) - 2 for name, value in entities.items()}
    return sum(growth.get(reference[1], 0) for reference in _REFERENCE.finditer(text))


def _expanded(text: bytes, entities: Mapping[bytes, bytes]) -> bytes:
    """Return a text with its entities in place of references outside CDATA: no parser meets a DTD."""

    def value(reference: re.Match[bytes]) -> bytes:
        return entities.get(reference[1], reference[0])

    first, *sections = text.split(_CDATA)
    pieces = [_REFERENCE.sub(value, first)]
    for section in sections:
        inside, end, after = section.partition(_CDATA_END)
        pieces += [_CDATA, inside, end, _REFERENCE.sub(value, after)]
    return b"".join(pieces)


def _bound(size: int, limit: int) -> None:
    if size > limit:
        raise ParseError(f"the document expands to {size} bytes of text, over {limit}", cause=Cause.LIMIT)
