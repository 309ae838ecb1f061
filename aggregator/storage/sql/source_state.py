"""The state of a source after a poll: which column of the `source` table holds which field of a claim."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from aggregator.errors import Outdated
from aggregator.model.poll import PollResult
from aggregator.model.schedule import Due
from aggregator.policy.schedule import replaces
from aggregator.storage.sql import rows
from aggregator.storage.sql.engine import Connection, update
from aggregator.storage.sql.rows import due_columns, ms, pack_seen

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
    if columns := _changed(result, numbers, stored):
        update(db, "source", result.claim.number, columns)


def write_all(db: Connection, results: Sequence[PollResult]) -> None:
    """End the leases of polls and write the fields that they changed, in one statement for all that changed
    the same ones. Outdated when one has lost its lease, or its source was changed by anything else."""
    alike = defaultdict[Sequence[str], list[Sequence[object]]](list)
    for result in results:
        claim = result.claim
        columns = _changed(result, {}, claim.due)
        held = (claim.number, claim.token, claim.feed, claim.version, ms(claim.due.at))
        alike[tuple(columns)].append((*columns.values(), *held))
    written = [
        db.executemany(
            f"""UPDATE source SET {"".join(f"{name} = ?, " for name in names)} leased = NULL, lost = 0
            WHERE number = ? AND token = ? AND feed = ? AND version = ? AND due = ? AND leased IS NOT NULL
            AND configured = 1""",
            values,
        )
        for names, values in alike.items()
    ]
    if sum(each.rowcount for each in written) < len(results):
        raise Outdated("a source has changed since it was claimed")


def _changed(result: PollResult, numbers: Mapping[bytes, int], stored: Due) -> Mapping[str, object]:
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
    return columns


def change(db: Connection, number: int, columns: Mapping[str, object]) -> None:
    """Change a source by anything but a poll: a poll under way is decided again."""
    assignments = ", ".join(("version = version + 1", *(f"{name} = :{name}" for name in columns)))
    db.execute(f"UPDATE source SET {assignments} WHERE number = :number", {**columns, "number": number})
