"""The state of a source after a poll: which column of the `source` table holds which field of a claim."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache

from aggregator.errors import Outdated
from aggregator.model.poll import PollResult
from aggregator.model.schedule import Due
from aggregator.policy.schedule import replaces
from aggregator.storage.sql import rows
from aggregator.storage.sql.engine import Connection, as_json, records, update
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
# What most polls change, which find nothing new. The others hold digests, too, which JSON cannot.
USUAL: Mapping[str, type] = {"last_success": int, "due": int, "due_reason": str, "due_figures": str}
HELD: Mapping[str, type] = {
    "held_number": int,
    "held_token": int,
    "held_feed": str,
    "held_version": int,
    "held_due": int,
}


def write(
    db: Connection, result: PollResult, numbers: Mapping[bytes, int], stored: Due, *, lost: int
) -> None:
    """End the lease of a poll and write the fields that it changed, its due time if it replaces the one
    `stored`."""
    ended = {"leased": None, "lost": lost}
    update(db, "source", result.claim.number, {**_changed(result, numbers, stored), **ended})


def write_all(db: Connection, results: Sequence[PollResult], *, is_remote: bool) -> None:
    """End the leases of polls and write the fields that they changed. Outdated when one has lost its lease,
    or its source was changed by anything else.

    `is_remote`: in one statement for all that changed no more than most polls do. In this process SQLite
    takes twice the time to read their JSON.
    """
    alike = defaultdict[Sequence[str], list[Mapping[str, object]]](list)
    for result in results:
        claim = result.claim
        columns = _changed(result, {}, claim.due)
        held = (claim.number, claim.token, claim.feed, claim.version, ms(claim.due.at))
        alike[tuple(columns)].append({**columns, **dict(zip(HELD, held, strict=True))})
    usual = [names for names in alike if is_remote and USUAL.keys() >= set(names)]
    others = [names for names in alike if names not in usual]
    written = [db.execute(_update_from(names), (as_json(alike[names]),)) for names in usual]
    counted = [db.executemany(_update(names), alike[names]) for names in others]
    ended = sum(len(each.fetchall()) for each in written) + sum(each.rowcount for each in counted)
    if ended < len(results):
        raise Outdated("a source has changed since it was claimed")


@cache
def _update_from(names: Sequence[str]) -> str:
    given = records({**{name: USUAL[name] for name in names}, **HELD})
    assignments = "".join(f"{name} = r.{name}, " for name in names)
    return f"""UPDATE source SET {assignments} leased = NULL, lost = 0 FROM {given} AS r
        WHERE {_still("source.", "r.")} RETURNING number"""


@cache
def _update(names: Sequence[str]) -> str:
    assignments = "".join(f"{name} = :{name}, " for name in names)
    return f"UPDATE source SET {assignments} leased = NULL, lost = 0 WHERE {_still('', ':')}"


def _still(column: str, held: str) -> str:
    """Return the condition that a source is as it was claimed."""
    return f"""{column}number = {held}held_number AND {column}token = {held}held_token
        AND {column}feed = {held}held_feed AND {column}version = {held}held_version
        AND {column}due = {held}held_due AND {column}leased IS NOT NULL AND {column}configured = 1"""


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
