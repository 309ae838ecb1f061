"""Provenance: the document that the new versions of a poll were read from. Pure."""

from msgspec.structs import replace

from aggregator.model.changes import Changes
from aggregator.model.document import Fetched
from aggregator.model.provenance import ReadDocument


def recorded(changes: Changes, fetched: Fetched, digest: bytes | None) -> Changes:
    """Return the changes with the document that their new versions were read from, if there are any."""
    if digest is None or not (changes.new or any(edit.version for edit in changes.edits)):
        return changes
    return replace(changes, document=ReadDocument(fetched.url, digest))
