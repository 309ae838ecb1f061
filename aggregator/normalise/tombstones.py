"""Normalise the tombstones of a document: both `ref` and `when` are required (RFC 6721 section 3)."""

from datetime import datetime

from aggregator.model.deleted import Deleted, OriginTombstone
from aggregator.model.settings import Source
from aggregator.normalise import dates, html, identity, text

REF_CHARS_MAX = 4_000  # as of a guid
BY_CHARS_MAX, COMMENT_CHARS_MAX = 200, 500


def normalise(deleted: Deleted, source: Source, *, now: datetime) -> OriginTombstone | None:
    """Return the tombstone of a deleted entry, None without a reference or a time.

    `now` only decides the century of a two-digit year.
    """
    when = dates.read(deleted.when, zone=source.timezone, language=source.language, now=now)
    ref = text.printable(deleted.ref).strip()
    if not ref or when is None:
        return None
    return OriginTombstone(
        ref=ref[:REF_CHARS_MAX],
        key=identity.guid_digest(ref),
        when=when,
        by=text.line(html.title(deleted.by), BY_CHARS_MAX),
        comment=text.line(html.title(deleted.comment), COMMENT_CHARS_MAX),
    )
