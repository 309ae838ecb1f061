"""Decoding of Content-Encoding in bounded pieces, so that a decompression bomb never expands at once.

300 bytes can stand for 200 MB. Decoders keep no output; the caller counts the pieces against its cap. Work
without output yields b"", so that a step is bounded in work as well as in output. Steps run in a thread.
"""

import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

from aggregator.errors import Cause
from aggregator.fetch.errors import Rejected

PIECE_BYTES = 65_536  # bytes at most of a decoded piece, roughly; zstd yields up to 2 MB
ENCODINGS_MAX = 2
# Members of gzip and frames of zstd in all encodings of one body. Each costs a decoder, and 39 bytes of br
# can stand for a million empty frames. deflate and br know one stream only.
MEMBERS_MAX = 1_000
STEP_BYTES, STEP_PIECES = 1 << 20, 64  # decoded in one step, and pieces of it: beyond either the step ends
ACCEPTED = "gzip, deflate, br, zstd"

_GZIP_MAGIC = b"\x1f\x8b"  # RFC 1952 section 2.3.1
_TEXT_STARTS = (b"<", b"{", b"\xef", b"\xfe", b"\xff", b" ", b"\n", b"\r")  # of a feed; of no gzip and zstd
_ZSTD_WINDOW = 8 * 1024 * 1024  # bytes, RFC 9659 section 3
# zstandard cannot bound its output, and a block of 4 bytes can stand for 128 kB: the input is bounded.
_ZSTD_SLICE = 64


def _undecodable(reason: str, cause: Cause = Cause.NETWORK) -> Rejected:
    return Rejected(f"cannot be read: {reason}", cause=cause)


class Decoder(Protocol):
    """Decoder of one encoding of one body."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the bytes that `data` decodes to, in pieces."""
        ...

    def is_complete(self) -> bool:
        """Return whether the encoded stream has reached its own end."""
        ...


class Members:
    """Counter of the members and frames in one body."""

    def __init__(self) -> None:
        self._count = 0

    def add(self) -> None:
        """Count one. Rejected beyond MEMBERS_MAX."""
        self._count += 1
        if self._count > MEMBERS_MAX:
            raise _undecodable(f"it has more than {MEMBERS_MAX} compressed members", cause=Cause.LIMIT)


class _Gzip:
    def __init__(self, members: Members) -> None:
        self._members = members
        self._stream = zlib.decompressobj(wbits=31)

    def feed(self, data: bytes) -> Iterator[bytes]:
        piece = b""
        while data or len(piece) == PIECE_BYTES:
            if self._stream.eof:
                if not data or data[0] != _GZIP_MAGIC[0]:
                    return  # padding after the last member, which gzip ignores too
                self._stream = zlib.decompressobj(wbits=31)
            piece = self._stream.decompress(data, PIECE_BYTES)
            if self._stream.eof:
                self._members.add()
            data = self._stream.unused_data or self._stream.unconsumed_tail
            yield piece

    def is_complete(self) -> bool:
        return self._stream.eof


class _Deflate:
    """zlib (RFC 1950) by RFC 9110 section 8.4.1.2, or raw deflate (RFC 1951) as some servers send it."""

    def __init__(self, members: Members) -> None:
        self._head = b""
        self._stream: zlib._Decompress | None = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        if self._stream is None:
            data = self._head = self._head + data
            if len(data) < 2:
                return
            is_zlib = data[0] & 0x0F == 8 and int.from_bytes(data[:2]) % 31 == 0
            self._stream = zlib.decompressobj(wbits=15 if is_zlib else -15)
        piece = b""
        while (data or len(piece) == PIECE_BYTES) and not self._stream.eof:
            piece = self._stream.decompress(data, PIECE_BYTES)
            data = self._stream.unconsumed_tail
            yield piece

    def is_complete(self) -> bool:
        return self._stream is not None and self._stream.eof


class _Brotli:
    def __init__(self, members: Members) -> None:
        import brotli  # type: ignore[import-untyped]  # it ships none

        self._stream = brotli.Decompressor()
        self._error = brotli.error

    def feed(self, data: bytes) -> Iterator[bytes]:
        try:
            while not self._stream.is_finished():
                piece = self._stream.process(data, output_buffer_limit=PIECE_BYTES)
                if not piece and self._stream.can_accept_more_data():
                    return
                data = b""
                yield piece
        except self._error as error:
            raise _undecodable("its br encoding is broken") from error

    def is_complete(self) -> bool:
        return bool(self._stream.is_finished())


class _Zstd:
    def __init__(self, members: Members) -> None:
        import zstandard  # loaded once an origin uses it

        self._members = members
        self._decompressor = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
        self._stream = self._decompressor.decompressobj(write_size=PIECE_BYTES)
        self._error = zstandard.ZstdError

    def feed(self, data: bytes) -> Iterator[bytes]:
        try:
            for start in range(0, len(data), _ZSTD_SLICE):
                part = data[start : start + _ZSTD_SLICE]
                while part:
                    if self._stream.eof:  # frames may follow one another (RFC 8878 section 3.1)
                        self._stream = self._decompressor.decompressobj(write_size=PIECE_BYTES)
                    yield self._stream.decompress(part)
                    if self._stream.eof:
                        self._members.add()
                    part = self._stream.unused_data
        except self._error as error:
            raise _undecodable("its zstd encoding is broken") from error

    def is_complete(self) -> bool:
        return self._stream.eof


_DECODERS: dict[str, Callable[[Members], Decoder]] = {
    "gzip": _Gzip,
    "x-gzip": _Gzip,
    "deflate": _Deflate,
    "br": _Brotli,
    "zstd": _Zstd,
}


# Of IANA's HTTP Content Coding Registry, not accepted. A name outside it names no coding ("utf-8", "none").
_FOREIGN = frozenset({"aes128gcm", "compress", "x-compress", "dcb", "dcz", "exi", "pack200-gzip"})


class Decoding:
    """Decodes all encodings of one body, the last applied first (RFC 9110 section 8.4).

    The bytes are evidence: gzip is decoded without being named, and a text is not though it is named gzip or
    zstd. At most `max_bytes` may pass from one decoder to the next, where the caller cannot count them.
    """

    def __init__(self, content_encoding: str, *, max_bytes: int) -> None:
        names = [name.strip().lower() for name in content_encoding.split(",")]
        self._names = [name for name in reversed(names) if name in _DECODERS or name in _FOREIGN]
        if len(self._names) > ENCODINGS_MAX:
            raise _undecodable(f"it is encoded more than {ENCODINGS_MAX} times", cause=Cause.LIMIT)
        if not _FOREIGN.isdisjoint(self._names):
            raise _undecodable("it has a content encoding that was not asked for", cause=Cause.HTTP)
        self._members = Members()
        self._decoders: list[Decoder] | None = None  # chosen by the first bytes
        self._head = b""
        self._max_bytes, self._between = max_bytes, 0

    @property
    def is_identity(self) -> bool:
        """Return whether the body is not encoded; known once two bytes of it were fed."""
        return self._decoders is not None and not self._decoders

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the pieces that `data` decodes to. Rejected when it does not."""
        if self._decoders is None:
            data = self._head = self._head + data
            self.look(data)
        if self._decoders is None:
            return
        try:
            yield from self._through(self._decoders, data)
        except zlib.error as error:
            raise _undecodable(f"its {', '.join(self._names)} encoding is broken") from error

    def look(self, head: bytes) -> None:
        """Choose the decoders by the first bytes of the body, of which two are enough."""
        if self._decoders is not None or len(head) < len(_GZIP_MAGIC):
            return
        outermost = self._names[0] if self._names else ""
        if head.startswith(_GZIP_MAGIC) and outermost in ("", "deflate", "zstd"):
            self._names[:1] = ["gzip"]
        elif outermost in ("gzip", "x-gzip", "zstd") and head[:1] in _TEXT_STARTS:
            del self._names[0]
        self._decoders = [_DECODERS[name](self._members) for name in self._names]

    def finish(self) -> None:
        """Raise Rejected when a body, unless it is empty, ended before its encoding did."""
        if self._decoders is None:
            is_complete = not self._head or not self._names
        else:
            is_complete = all(decoder.is_complete() for decoder in self._decoders)
        if not is_complete:
            raise _undecodable("it ended early")

    def _through(self, decoders: list[Decoder], data: bytes) -> Iterator[bytes]:
        """Yield the pieces after all remaining decoders, b"" for work without output."""
        if not decoders:
            yield data
            return
        first, *others = decoders
        for piece in first.feed(data):
            if others:
                self._between += len(piece)
                if self._between > self._max_bytes:
                    message = f"it is larger than {self._max_bytes} bytes between its encodings"
                    raise _undecodable(message, cause=Cause.LIMIT)
                yield b""
            yield from self._through(others, piece)


def step(pieces: Iterator[bytes]) -> tuple[bytes, bool]:
    """Return the next pieces of `Decoding.feed`, joined, and whether there may be more."""
    taken, size = list[bytes](), 0
    for piece in pieces:
        taken.append(piece)
        size += len(piece)
        if size >= STEP_BYTES or len(taken) >= STEP_PIECES:
            return b"".join(taken), True
    return b"".join(taken), False
