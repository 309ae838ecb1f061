"""The state of a source after a poll: which column of the `source` table holds which field of a claim."""

from collections.abc import Mapping

from aggregator.model import Claim, Due, PollResult
from aggregator.policy.schedule import replaces
from aggregator.storage.sql import rows
from aggregator.storage.sql.engine import Connection, changed, update
from aggregator.storage.sql.rows import due_columns, pack_hints, pack_relocation, pack_seen

# Fields of a claim in columns of the same names.
SCHEDULE = ("failures", "failing_since", "findings", "last_success", "last_full", "last_new", "usual_gap")
SAME = (*SCHEDULE, "pipeline_version", "body_digest", "mode", "host")


def _columns(claim: Claim) -> dict[str, object]:
    """Return the columns of the other fields that a poll may change, besides `seen` and the due time."""
    return {
        "validated_url": claim.validators.url,
        "etag": claim.validators.etag,
        "last_modified": claim.validators.last_modified,
        "imported": int(not claim.first_import),
        "hints": pack_hints(claim.hints),
        "title": claim.feed_title,
        "link": claim.feed_link,
        "rights": claim.feed_rights,
        "language": claim.feed_language,
        "relocation": pack_relocation(claim.relocation),
    }


def write(db: Connection, result: PollResult, numbers: Mapping[bytes, int], stored: Due) -> None:
    """Write the fields that the poll changed, and its due time if it replaces the one `stored`."""
    before, after = result.claim, result.after
    same = (name for name in SAME if getattr(after, name) != getattr(before, name))
    columns = rows.columns(after, *same) | changed(_columns(before), _columns(after))
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
