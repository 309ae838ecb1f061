"""Syntax of HTTP/1.1 requests and response heads (RFC 9112). Bytes in, values out; no connection.

llhttp is not used for heads: it rejects an equal Content-Length sent twice, which RFC 9110 section 8.6 allows
and browsers accept.
"""

import re
from dataclasses import dataclass

_STATUS_LINE = re.compile(rb"HTTP/[0-9]\.[0-9] ([1-9][0-9]{2})(?: [^\r]*)?\r?")
_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # RFC 9110 section 5.6.2
_FOLD = re.compile(rb"\r?\n[ \t]+")  # obs-fold, RFC 9112 section 5.2: to be read as one blank
_LENGTH = re.compile(rb"[0-9]{1,19}")


class ProtocolError(Exception):
    """The response is not HTTP/1.1, or ended early. Never quoted: it may echo credentials."""


@dataclass(frozen=True, slots=True)
class Head:
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
    """Return the head that `data` holds, blank line included. Lines may end with a bare LF. ProtocolError."""
    first, _, rest = data.partition(b"\n")
    status = _STATUS_LINE.fullmatch(first)
    if status is None or rest[:1] in b" \t":
        raise ProtocolError("illegal status line, or no HTTP/1.1")
    fields = []
    for line in _FOLD.sub(b" ", rest).split(b"\n")[:-2]:
        name, _, value = line.removesuffix(b"\r").partition(b":")
        if not _TOKEN.fullmatch(name) or b"\r" in value or b"\0" in value:
            raise ProtocolError("illegal header line")
        fields.append((name, value.strip(b" \t")))
    return Head(int(status[1]), tuple(fields))


def body_length(head: Head) -> int | None:
    """Return the Content-Length in bytes, or None without one. ProtocolError where values differ."""
    lengths = {part.strip() for value in head.values(b"content-length") for part in value.split(b",")}
    if len(lengths) > 1 or not all(map(_LENGTH.fullmatch, lengths)):
        raise ProtocolError("illegal Content-Length")
    return int(lengths.pop()) if lengths else None
