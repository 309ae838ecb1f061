"""The state of a source after a poll: which column of the `source` table holds which field of a claim."""

from collections.abc import Callable, Mapping, Sequence

from aggregator.model import Claim, Due, PollResult
from aggregator.policy.schedule import replaces
from aggregator.storage.sql.engine import Connection, update
from aggregator.storage.sql.rows import (
    due_columns,
    milliseconds,
    ms_or_none,
    pack_hints,
    pack_relocation,
    pack_seen,
)

# Column of the `source` table and how it is made of the claim's field of the second name.
COLUMNS: Sequence[tuple[str, str, Callable[[Claim], object]]] = (
    ("failures", "failures", lambda claim: claim.failures),
    ("failing_since", "failing_since", lambda claim: ms_or_none(claim.failing_since)),
    ("findings", "findings", lambda claim: claim.findings),
    ("last_success", "last_success", lambda claim: ms_or_none(claim.last_success)),
    ("last_full", "last_full", lambda claim: ms_or_none(claim.last_full)),
    ("last_new", "last_new", lambda claim: ms_or_none(claim.last_new)),
    ("usual_gap", "usual_gap", lambda claim: milliseconds(claim.usual_gap)),
    ("pipeline_version", "pipeline_version", lambda claim: claim.pipeline_version),
    ("validated_url", "validators", lambda claim: claim.validators.url),
    ("etag", "validators", lambda claim: claim.validators.etag),
    ("last_modified", "validators", lambda claim: claim.validators.last_modified),
    ("body_digest", "body_digest", lambda claim: claim.body_digest),
    ("mode", "mode", lambda claim: claim.mode.value),
    ("imported", "first_import", lambda claim: int(not claim.first_import)),
    ("hints", "hints", lambda claim: pack_hints(claim.hints)),
    ("title", "feed_title", lambda claim: claim.feed_title),
    ("link", "feed_link", lambda claim: claim.feed_link),
    ("rights", "feed_rights", lambda claim: claim.feed_rights),
    ("language", "feed_language", lambda claim: claim.feed_language),
    ("relocation", "relocation", lambda claim: pack_relocation(claim.relocation)),
    ("host", "host", lambda claim: claim.host),
)


def write(db: Connection, result: PollResult, numbers: Mapping[bytes, int], stored: Due) -> None:
    """Write the fields that the poll changed, and its due time if it replaces the one `stored`."""
    before, after = result.claim, result.after
    columns: dict[str, object] = {
        column: value(after)
        for column, field, value in COLUMNS
        if getattr(after, field) != getattr(before, field)
    }
    if result.changes is not None:
        seen = tuple((digest, numbers.get(digest, number)) for digest, number in after.seen)
        columns["seen"] = pack_seen(seen)
    if replaces(before.due, stored, result.due):
        columns |= due_columns(result.due)
    if columns:
        update(db, "source", before.number, columns)
