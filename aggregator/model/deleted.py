"""Deleted entries of a feed (RFC 6721), as parsed and after normalisation."""

from datetime import datetime

from msgspec import Struct

TOMBSTONES_MAX = 2_000  # of one document, the first ones


class Deleted(Struct, frozen=True):
    """A deleted entry as parsed (RFC 6721 section 3, JSON Feed `_withdrawn`): unsafe strings, "" if absent.

    `ref` is the id of the entry, `when` the time of its removal, as written.
    """

    ref: str
    when: str
    by: str = ""
    comment: str = ""


class OriginTombstone(Struct, frozen=True):
    """A deleted entry after normalisation: `key` is the digest of the guid key of the item that it names.

    `by` and `comment` are plain text on one line, "" for none.
    """

    ref: str
    key: bytes
    when: datetime
    by: str = ""
    comment: str = ""
