"""What a body is, from its bytes first and its headers second, and its text as clean UTF-8.

Leaves behind byte order marks, leading blanks, the XML declaration, the DTD and control characters, so that
everything after sees one encoding and no entity but short, flat ones. Never reads beyond the prolog.
"""

import codecs
import re
from dataclasses import dataclass

from aggregator.errors import Cause, ParseError

PROLOG_BYTES_MAX = 32_768  # bytes before the root element
ENTITY_CHARS_MAX = 64  # characters one entity may stand for: a reference is at least 3

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it starts with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"<\0\0\0", "utf-32-le"),  # XML 1.0 appendix F: no mark, but a "<" in this shape
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
_BLANKS = b" \t\r\n\f\v\0"
_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\r")
_NOT_CHARACTERS = ("\ufffe".encode(), "\uffff".encode())
_DECLARED = re.compile(rb"""<\?xml[^>]{0,100}?encoding\s*=\s*["']([\w.:-]{1,40})""")
_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:-]{1,40})""", re.IGNORECASE)
_WRAPPED = re.compile(rb"<(rss|feed|rdf:RDF)\s[^<>]{0,2000}(?:xmlns|version)\s*=")
_STRAY = re.compile("[\udc80-\udcff]")  # a byte that is no UTF-8, as Python lets it through
_NAME = re.compile(rb"<([A-Za-z_][\w.:-]{0,200})")
# The shapes feedparser itself holds to be safe, and short.
_ENTITY = re.compile(
    rb"""<!ENTITY\s{1,9}\w{1,40}\s{1,9}"(?:&#\w{1,8};|[^&%%<>"]{0,%d})"\s{0,9}>""" % ENTITY_CHARS_MAX
)
# Encodings whose bytes are all ASCII, so that "it is valid UTF-8" proves nothing.
_SEVEN_BIT = ("iso-2022", "iso2022", "hz", "utf-7", "utf7")
_NOT_OF_DOCUMENTS = ("punycode", "idna")  # of host names, and quadratic: 15 s for 500 kB
# WHATWG Encoding: what is labelled Latin-1 is Windows-1252, GB 2312 is GB 18030.
_MEANT = {
    "iso-8859-1": "cp1252",
    "latin-1": "cp1252",
    "latin1": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
}
_ROOTS = frozenset({"rss", "rdf", "feed"})


@dataclass(frozen=True, slots=True)
class Text:
    """A feed document as UTF-8. For XML: short entities in a DTD of our own, then the root element.

    `root` is the root's name as written, "" for JSON.
    """

    value: bytes
    root: str = ""

    @property
    def is_json(self) -> bool:
        return not self.root


def recognise(body: bytes, content_type: str) -> Text:
    """The text of a feed, or ParseError saying what the body is instead."""
    text = _utf8(body.lstrip(_BLANKS[:-1]), content_type).translate(None, _CONTROLS)
    text = text.lstrip(_BLANKS + codecs.BOM_UTF8)
    if not text:
        raise ParseError("the document is empty", cause=Cause.NOT_A_FEED)
    if text.startswith(b"{"):
        return Text(text)
    root, start = _root(text)
    if root.rpartition(":")[2].lower() not in _ROOTS:
        if (wrapped := _WRAPPED.search(text, 0, PROLOG_BYTES_MAX)) is None:
            raise ParseError(_instead(text, root), cause=Cause.NOT_A_FEED)
        # A feed inside a page, or after a program's warnings: real systems send both.
        root, start = wrapped[1].decode(), wrapped.start()
        end = text.rfind(b"</%s>" % wrapped[1])
        text = text[: end + len(root) + 3] if end > start else text
    text = _entities(text[:start], root) + text[start:]
    for code in () if text.isascii() else _NOT_CHARACTERS:
        text = text.replace(code, b"")
    return Text(text, root)


def _instead(text: bytes, root: str) -> str:
    if root.lower() == "html" or re.match(rb"<!doctype\s+html", text, re.IGNORECASE):
        return "this is an HTML page, not a feed (`publicwire add` finds the feed behind a page)"
    if root:
        return f"the document is not a feed: its root element is <{root[:40]}>"
    return "the document is neither XML with a root element nor a JSON object, so not a feed"


def _utf8(body: bytes, content_type: str) -> bytes:
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return _repaired(body) if encoding == "utf-8" else body.decode(encoding, "replace").encode()
    header = _CHARSET.search(content_type)
    declared = _DECLARED.search(body, 0, 1024)
    labels = [header[1].lower()] if header else []
    labels += [declared[1].decode("ascii", "replace").lower()] if declared else []
    if not any(label.startswith(_SEVEN_BIT) for label in labels):
        try:
            body.decode("utf-8")  # nothing but UTF-8 passes by accident, whatever the labels say
        except UnicodeDecodeError:
            pass
        else:
            return body
    for label in labels:
        if not label.startswith(("utf-8", "utf8", "us-ascii", "ascii")) and "escape" not in label:
            try:
                encoding = codecs.lookup(_MEANT.get(label, label)).name
                if encoding not in _NOT_OF_DOCUMENTS:
                    return body.decode(encoding, "replace").encode()
            except (LookupError, UnicodeError):
                continue  # a label nobody knows
    return _repaired(body)


def _repaired(body: bytes) -> bytes:
    """UTF-8 with bytes of Windows-1252 among it, as pages pasted from two systems have."""
    text = body.decode("utf-8", "surrogateescape")
    if text.isascii() or not _STRAY.search(text):
        return body
    strays = {0xDC00 + code: bytes([code]).decode("cp1252", "replace") for code in range(128, 256)}
    return text.translate(strays).encode()


def _root(text: bytes) -> tuple[str, int]:
    """Name and offset of the root element; "" when the prolog holds none. Linear in the prolog."""
    at = 0
    while 0 <= at < PROLOG_BYTES_MAX:
        at = text.find(b"<", at, PROLOG_BYTES_MAX)
        if at < 0:
            break
        if name := _NAME.match(text, at):
            return name[1].decode("utf-8", "replace"), at
        if text.startswith(b"<!--", at):
            at = _after(text, b"-->", at + 4)
        elif text.startswith(b"<?", at):
            at = _after(text, b"?>", at)
        else:
            end = _after(text, b">", at)
            subset = text.find(b"[", at, max(end, 0))
            at = end if subset < 0 else _after(text, b"]", subset)
    return "", 0


def _after(text: bytes, mark: bytes, start: int) -> int:
    end = text.find(mark, start, PROLOG_BYTES_MAX)
    return end + len(mark) if end >= 0 else -1


def _entities(prolog: bytes, root: str) -> bytes:
    """A DTD of the prolog's short entities that name no other entity and nothing outside, or nothing."""
    found = _ENTITY.findall(prolog)
    return b"<!DOCTYPE %s [\n%s\n]>\n" % (root.encode(), b"\n".join(found)) if found else b""
