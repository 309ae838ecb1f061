"""Layout of times, keys, hints, relocations and due times in columns, both ways."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from aggregator.errors import Cause
from aggregator.model import Due, DueReason, Hints, Key, KeyKind, Relocation
from aggregator.storage.sql.engine import Row

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
SET_DUE = "due = :due, due_reason = :due_reason, due_figures = :due_figures"  # of `due_columns`


def ms(moment: datetime) -> int:
    """Return milliseconds since 1970 of an aware time."""
    return (moment - _EPOCH) // MILLISECOND


def ms_or_none(moment: datetime | None) -> int | None:
    """Return the same for a time that may be missing."""
    return None if moment is None else ms(moment)


def moment(value: int) -> datetime:
    """Return the aware UTC time of milliseconds since 1970."""
    return _EPOCH + value * MILLISECOND


def moment_or_none(value: int | None) -> datetime | None:
    """Return the same for a column that may be NULL."""
    return None if value is None else moment(value)


def milliseconds(span: timedelta | None) -> int | None:
    """Return a duration in milliseconds, None for none."""
    return None if span is None else span // MILLISECOND


def pack_keys(keys: Iterable[Key]) -> bytes:
    """Return keys as one blob: a byte of kind and 16 of digest each."""
    return b"".join(bytes([key.kind]) + key.digest for key in keys)


def unpack_keys(blob: bytes) -> tuple[Key, ...]:
    """Return the keys of a blob made by `pack_keys`."""
    return tuple(Key(KeyKind(blob[start]), blob[start + 1 : start + 17]) for start in range(0, len(blob), 17))


def pack_seen(seen: Iterable[tuple[bytes, int]]) -> bytes:
    """Return digests and item numbers as one blob: 16 and 8 bytes each."""
    return b"".join(digest + number.to_bytes(8, "big") for digest, number in seen)


def unpack_seen(blob: bytes) -> tuple[tuple[bytes, int], ...]:
    """Return the pairs of a blob made by `pack_seen`."""
    return tuple(
        (blob[start : start + 16], int.from_bytes(blob[start + 16 : start + 24], "big"))
        for start in range(0, len(blob), 24)
    )


def pack_hints(hints: Hints) -> str:
    """Return hints as JSON."""
    period = hints.update_period
    return json.dumps(
        {
            "ttl": hints.ttl,
            "period": None if period is None else period.total_seconds(),
            "hours": hints.skip_hours,
            "days": hints.skip_days,
        }
    )


def unpack_hints(text: str) -> Hints:
    """Return the hints of a column made by `pack_hints`."""
    fields = json.loads(text)
    period = fields.get("period")
    return Hints(
        ttl=fields.get("ttl"),
        update_period=None if period is None else timedelta(seconds=period),
        skip_hours=tuple(fields.get("hours", ())),
        skip_days=tuple(fields.get("days", ())),
    )


def pack_relocation(known: Relocation) -> str:
    """Return a relocation as JSON, the same text for the same value; "{}" for none."""
    times = {"since": ms_or_none(known.since), "seen_since": ms_or_none(known.seen_since)}
    fields = {"at": known.at, "seen": known.seen, "failures": known.failures, "refused": known.refused}
    return json.dumps({name: value for name, value in (fields | times).items() if value})


def unpack_relocation(text: str) -> Relocation:
    """Return the relocation of a column made by `pack_relocation`."""
    if text == "{}":
        return Relocation()
    fields = json.loads(text)
    for name in ("since", "seen_since"):
        fields[name] = moment_or_none(fields.get(name))
    return Relocation(**{**fields, "refused": tuple(fields.get("refused", ()))})


def due_columns(due: Due) -> dict[str, object]:
    """Return the columns of a due time: when, the reason, and the figures behind it as JSON."""
    figures = {
        "wait": milliseconds(due.wait),
        "basis": milliseconds(due.basis),
        "cause": due.cause,
        "failures": due.failures,
        "host": due.host,
        "fallback": due.is_fallback,
        "skipping": due.is_skipping,
    }
    kept = {name: value for name, value in figures.items() if value}
    return {"due": ms(due.at), "due_reason": due.reason.value, "due_figures": json.dumps(kept)}


def due(row: Row) -> Due:
    """Return the due time of a row of the `source` table."""
    fields = json.loads(row["due_figures"])
    basis = fields.get("basis")
    return Due(
        at=moment(row["due"]),
        reason=DueReason(row["due_reason"]),
        wait=fields.get("wait", 0) * MILLISECOND,
        basis=None if basis is None else basis * MILLISECOND,
        cause=Cause(fields.get("cause", "")),
        failures=fields.get("failures", 0),
        host=fields.get("host", ""),
        is_fallback=fields.get("fallback", False),
        is_skipping=fields.get("skipping", False),
    )
