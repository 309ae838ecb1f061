"""A published document with its validators for conditional requests (RFC 9110 section 8.8)."""

import gzip
import hashlib
from datetime import datetime, timedelta


class Published:
    """One document as served: `etag` is strong and quoted, `last_modified` to the second, None if unknown."""

    __slots__ = ("_gzip", "body", "etag", "last_modified", "media_type")

    def __init__(self, body: bytes, media_type: str, last_modified: datetime | None) -> None:
        self.body = body
        self.media_type = media_type
        self.last_modified = last_modified
        self.etag = f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'
        self._gzip: bytes | None = None

    @property
    def is_compressed(self) -> bool:
        """Return whether `gzip` returns at once."""
        return self._gzip is not None

    def gzip(self) -> bytes:
        """Return the body compressed, cached after the first call. Equal bodies give equal bytes."""
        if self._gzip is None:
            self._gzip = gzip.compress(self.body, 6, mtime=0)
        return self._gzip


def last_modified(changed: datetime, body: bytes, before: Published | None) -> datetime:
    """Return the Last-Modified of a document that changed at `changed`, to the second.

    `before` is the document served until now. Equal bodies keep its date, and different bodies never share a
    second, or If-Modified-Since would confirm a stale copy.
    """
    second = changed.replace(microsecond=0)
    if before is None or before.last_modified is None:
        return second
    if before.body == body:
        return before.last_modified
    return max(second, before.last_modified + timedelta(seconds=1))
