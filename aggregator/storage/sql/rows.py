"""Layout of values in columns, both ways.

Times and durations are integers (milliseconds), enums their values, tuples of texts JSON.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import cache
from typing import Any, TypeVar

from aggregator.errors import Cause
from aggregator.model import Due, DueReason, Hints, Key, KeyKind, Relocation
from aggregator.storage.sql.engine import Row

T = TypeVar("T")
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


READ: Mapping[object, Callable[[Any], object]] = {
    datetime: moment,
    datetime | None: moment_or_none,
    timedelta: lambda value: value * MILLISECOND,
    timedelta | None: lambda value: None if value is None else value * MILLISECOND,
    bool: bool,
    bool | None: lambda value: None if value is None else bool(value),
    tuple[str, ...]: lambda text: tuple(json.loads(text)),
}


def value(kind: Callable[..., T], row: Row, *names: str, **others: object) -> T:
    """Return a dataclass made of the fields given and of columns, each read by the type of its field: those
    of `names`, else of all other fields."""
    own = {
        name: row[name] if read is None else read(row[name])
        for name, read in _readers(kind)
        if (name in names if names else name not in others)
    }
    return kind(**own, **others)


@cache
def _readers(kind: Any) -> Sequence[tuple[str, Callable[[Any], object] | None]]:
    """Return the name of each field and what reads its column, None for a column that is the field."""
    return [(each.name, _reader(each.type)) for each in fields(kind)]


def _reader(of: object) -> Callable[[Any], object] | None:
    return of if isinstance(of, type) and issubclass(of, Enum) else READ.get(of)


def columns(of: object, *names: str) -> dict[str, object]:
    """Return these fields of a dataclass as columns of the same names."""
    return {name: column(getattr(of, name)) for name in names}


def column(value: object) -> object:
    """Return a value as `value` reads it back."""
    match value:
        case datetime():
            return ms(value)
        case timedelta():
            return value // MILLISECOND
        case Enum():
            return value.value
        case bool():
            return int(value)
        case tuple():
            return json.dumps(value)
    return value


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
    members = json.loads(text)
    period = members.get("period")
    return Hints(
        ttl=members.get("ttl"),
        update_period=None if period is None else timedelta(seconds=period),
        skip_hours=tuple(members.get("hours", ())),
        skip_days=tuple(members.get("days", ())),
    )


def pack_relocation(known: Relocation) -> str:
    """Return a relocation as JSON, the same text for the same value; "{}" for none."""
    times = {"since": ms_or_none(known.since), "seen_since": ms_or_none(known.seen_since)}
    members = {"at": known.at, "seen": known.seen, "failures": known.failures, "refused": known.refused}
    return json.dumps({name: value for name, value in (members | times).items() if value})


def unpack_relocation(text: str) -> Relocation:
    """Return the relocation of a column made by `pack_relocation`."""
    if text == "{}":
        return Relocation()
    members = json.loads(text)
    for name in ("since", "seen_since"):
        members[name] = moment_or_none(members.get(name))
    return Relocation(**{**members, "refused": tuple(members.get("refused", ()))})


def due_columns(due: Due) -> dict[str, object]:
    """Return the columns of a due time: when, the reason, and the figures behind it as JSON."""
    figures = {
        "wait": column(due.wait),
        "basis": column(due.basis),
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
    members = json.loads(row["due_figures"])
    basis = members.get("basis")
    return Due(
        at=moment(row["due"]),
        reason=DueReason(row["due_reason"]),
        wait=members.get("wait", 0) * MILLISECOND,
        basis=None if basis is None else basis * MILLISECOND,
        cause=Cause(members.get("cause", "")),
        failures=members.get("failures", 0),
        host=members.get("host", ""),
        is_fallback=members.get("fallback", False),
        is_skipping=members.get("skipping", False),
    )
