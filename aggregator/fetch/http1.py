"""Syntax of HTTP/1.1 requests and response heads (RFC 9112). Bytes in, values out; no connection.

llhttp is not used for heads: it rejects an equal Content-Length sent twice, which RFC 9110 section 8.6 allows
and browsers accept.
"""

import re

from msgspec import Struct

_STATUS_LINE = re.compile(rb"HTTP/[0-9]\.[0-9] ([1-9][0-9]{2})(?: [^\r]*)?\r?")
_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # RFC 9110 section 5.6.2
_FOLD = re.compile(rb"\r?\n[ \t]+")  # obs-fold, RFC 9112 section 5.2: to be read as one blank
_ILLEGAL_STATUS = re.compile(rb"HTTP/[0-9]\.[0-9] (?![1-9][0-9]{2}\b)([0-9]{1,4})(?:[ \r]|$)")
_CR_AND_NUL_AS_BLANKS = bytes.maketrans(b"\r\0", b"  ")
_LENGTH = re.compile(rb"[0-9]{1,19}")


class ProtocolError(Exception):
    """The response is not HTTP/1.1, or ended early. Never quoted: it may echo credentials."""


class Head(Struct, frozen=True):
    """Status and header fields of a response, in order, as bytes."""

    status: int
    fields: tuple[tuple[bytes, bytes], ...]

    def values(self, name: bytes) -> list[bytes]:
        """Return the values of all fields of this lower-case name."""
        return [value for field, value in self.fields if field.lower() == name]


def request_head(method: bytes, target: bytes, fields: list[tuple[bytes, bytes]]) -> bytes:
    """Return the head of a request, blank line included, with `Connection: close` (RFC 9112 section 9.6).

    ValueError for a line break within a line.
    """
    lines = [
        b"%b %b HTTP/1.1" % (method, target),
        *(b"%b: %b" % field for field in fields),
        b"Connection: close",
    ]
    head = b"\r\n".join(lines)
    if len(head.splitlines()) != len(lines):
        raise ValueError("line break in a request header")
    return head + b"\r\n\r\n"


def parse_head(data: bytes) -> Head:
    """Return the head that `data` holds, blank line included. Lines may end with a bare LF. ProtocolError.

    Blanks before the colon are removed (RFC 9112 section 5.1), CR and NUL in a value replaced by blanks
    (RFC 9110 section 5.5). A line whose name is no token is dropped.
    """
    first, _, rest = data.partition(b"\n")
    status = _STATUS_LINE.fullmatch(first)
    if status is None:
        raise ProtocolError(_why_illegal(first))
    fields = []
    for line in _FOLD.sub(b" ", rest).split(b"\n")[:-2]:
        name, colon, value = line.removesuffix(b"\r").partition(b":")
        name = name.rstrip(b" \t")
        if colon and _TOKEN.fullmatch(name):
            fields.append((name, value.translate(_CR_AND_NUL_AS_BLANKS).strip(b" \t")))
    return Head(int(status[1]), tuple(fields))


def _why_illegal(line: bytes) -> str:
    """Return the words for an operator about a first line that is no status line of HTTP/1.1."""
    if code := _ILLEGAL_STATUS.match(line):
        return f"it answered with the status {code[1].decode()}, which HTTP does not have"
    return "it does not answer in HTTP/1.1: illegal status line"


def body_length(head: Head) -> int | None:
    """Return the Content-Length in bytes, or None without one. ProtocolError where values differ."""
    lengths = {part.strip() for value in head.values(b"content-length") for part in value.split(b",")}
    if len(lengths) > 1 or not all(map(_LENGTH.fullmatch, lengths)):
        raise ProtocolError("illegal Content-Length")
    return int(lengths.pop()) if lengths else None
