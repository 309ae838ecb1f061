"""Mend references in XML text that no XML parser reads: bare "&", unknown names, numbers of no character."""

import re
from html.entities import html5

_REFERENCE = re.compile(rb"&(?:#([0-9]{1,12}|[xX][0-9a-fA-F]{1,10});|([A-Za-z]\w{0,40});)?")
_PAIR = re.compile(
    rb"&#(5[56][0-9]{3}|[xX][dD][89abAB][0-9a-fA-F]{2});&#(5[67][0-9]{3}|[xX][dD][c-fC-F][0-9a-fA-F]{2});"
)
_HIGH = re.compile("&#(?:5[56]|[xX][dD][89abAB])")
_XML_NAMES = (b"amp", b"lt", b"gt", b"quot", b"apos")


def mended(text: bytes) -> bytes:
    """Return character data or an attribute's value with references that XML knows only."""
    if b"&" in text:
        text = _REFERENCE.sub(_reference, _PAIR.sub(_pair, text))
    return text.replace(b"]]>", b"]]&gt;")


def joined(text: str) -> str:
    """Return HTML whose surrogate pairs of two references are the characters they mean."""
    if "&#" not in text or not _HIGH.search(text):
        return text
    return _PAIR.sub(_pair, text.encode()).decode()


def _pair(found: re.Match[bytes]) -> bytes:
    """Return the character that a surrogate pair of two references means (UTF-16)."""
    high, low = (_number(each) for each in found.groups())
    if 0xD800 <= high < 0xDC00 <= low < 0xE000:
        return chr(0x10000 + ((high - 0xD800) << 10) + low - 0xDC00).encode()
    return found[0]


def _reference(found: re.Match[bytes]) -> bytes:
    number, name = found.groups()
    if number:
        return _numeric(_number(number), found[0])
    if name is None:
        return b"&amp;"
    if name in _XML_NAMES:
        return found[0]
    meaning = html5.get(name.decode() + ";")
    if meaning is None:
        return b"&amp;" + name + b";"
    return meaning.replace("&", "&amp;").replace("<", "&lt;").encode()


def _numeric(code: int, written: bytes) -> bytes:
    if code < 32 and code not in (9, 10, 13):
        return b""
    if code > 0x10FFFF or 0xD800 <= code < 0xE000 or code in (0xFFFE, 0xFFFF):
        return "\ufffd".encode()  # as WHATWG HTML reads them
    return written


def _number(digits: bytes) -> int:
    return int(digits[1:], 16) if digits[:1] in b"xX" else int(digits)
