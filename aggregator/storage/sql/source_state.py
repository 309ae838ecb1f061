"""The state of a source after a poll: which column of the `source` table holds which field of a claim."""

from collections.abc import Mapping

from aggregator.model.poll import PollResult
from aggregator.model.schedule import Due
from aggregator.policy.schedule import replaces
from aggregator.storage.sql import rows
from aggregator.storage.sql.engine import Connection, update
from aggregator.storage.sql.rows import due_columns, pack_seen

# Fields of a claim that a poll may change, in columns of the same names.
COUNTS = ("failures", "failing_since", "findings")
TIMES = ("last_success", "last_body", "last_limited", "last_new", "usual_gap")
FEED = (
    "title",
    "link",
    "rights",
    "terms",
    "language",
    "hints",
    "month_first",
    "relocation",
    "host",
    "spent",
    "ahead",
    "volatile",
)
FIELDS = (*COUNTS, *TIMES, *FEED, "pipeline_version", "body_digest", "mode", "has_new_validators")


def write(db: Connection, result: PollResult, numbers: Mapping[bytes, int], stored: Due) -> None:
    """Write the fields that the poll changed, and its due time if it replaces the one `stored`."""
    before, after = result.claim, result.after
    columns = rows.changed(before, after, *FIELDS)
    if after.validators != before.validators:
        columns |= rows.columns(after.validators, "etag", "last_modified")
        columns["validated_url"] = after.validators.url
    if after.first_import != before.first_import:
        columns["imported"] = int(not after.first_import)
    if result.changes is not None:
        seen = tuple((digest, numbers.get(digest, number)) for digest, number in after.seen)
        columns["seen"] = pack_seen(seen)
    if replaces(before.due, stored, result.due):
        columns |= due_columns(result.due)
    if columns:
        update(db, "source", before.number, columns)


def change(db: Connection, number: int, columns: Mapping[str, object]) -> None:
    """Change a source by anything but a poll: a poll under way is decided again."""
    assignments = ", ".join(("version = version + 1", *(f"{name} = :{name}" for name in columns)))
    db.execute(f"UPDATE source SET {assignments} WHERE number = :number", {**columns, "number": number})
