"""Layout of values in columns, both ways.

Times and durations are integers (milliseconds), enums their values, tuples of texts JSON.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import cache, lru_cache
from itertools import starmap
from operator import attrgetter
from struct import Struct
from typing import Any, TypeVar

from msgspec.structs import fields

from aggregator.model.amendment import Amendment
from aggregator.model.document import Hints
from aggregator.model.entry import Origin
from aggregator.model.house_style import UNSTYLED, HouseStyle, Part, Replacement, Styled, TopicRule
from aggregator.model.item import Enclosure, Key, KeyKind
from aggregator.model.poll import Ahead, Doubt, Relocation, Spent
from aggregator.model.rights import Terms
from aggregator.model.schedule import Due, DueReason
from aggregator.storage.sql.engine import Row

T = TypeVar("T")
_as_json = json.JSONEncoder(ensure_ascii=False).encode
_SEEN = Struct(">16sQ")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
SET_DUE = "due = :due, due_reason = :due_reason, due_figures = :due_figures"  # of `due_columns`


def ms(moment: datetime) -> int:
    """Return milliseconds since 1970 of an aware time."""
    return (moment - _EPOCH) // MILLISECOND


def moment(value: int) -> datetime:
    """Return the aware UTC time of milliseconds since 1970."""
    return _EPOCH + value * MILLISECOND


def moment_or_none(value: int | None) -> datetime | None:
    """Return the same for a column that may be NULL."""
    return None if value is None else moment(value)


def pack_keys(keys: Iterable[Key]) -> bytes:
    """Return keys as one blob: a byte of kind and 16 of digest each."""
    return b"".join(bytes([key.kind]) + key.digest for key in keys)


def unpack_keys(blob: bytes) -> tuple[Key, ...]:
    """Return the keys of a blob made by `pack_keys`."""
    return tuple(Key(KeyKind(blob[start]), blob[start + 1 : start + 17]) for start in range(0, len(blob), 17))


def pack_seen(seen: Iterable[tuple[bytes, int]]) -> bytes:
    """Return digests and item numbers as one blob: 16 and 8 bytes each."""
    return b"".join(starmap(_SEEN.pack, seen))


def unpack_seen(blob: bytes) -> tuple[tuple[bytes, int], ...]:
    """Return the pairs of a blob made by `pack_seen`."""
    return tuple(_SEEN.iter_unpack(blob))


@lru_cache(maxsize=256)
def _texts(text: str) -> tuple[str, ...]:
    """Return the texts of a JSON array: the topics and domains of a source are read for each of its items."""
    return tuple(json.loads(text))


READ: Mapping[object, Callable[[Any], object]] = {
    datetime: moment,
    datetime | None: moment_or_none,
    timedelta: lambda value: value * MILLISECOND,
    timedelta | None: lambda value: None if value is None else value * MILLISECOND,
    bool: bool,
    bool | None: lambda value: None if value is None else bool(value),
    tuple[str, ...]: lambda found: _texts(found) if isinstance(found, str) else tuple(found),
    tuple[int, ...]: tuple,
    tuple[Key, ...]: unpack_keys,
    tuple[tuple[bytes, int], ...]: unpack_seen,
    tuple[tuple[str, str], ...]: lambda text: tuple((name, digest) for name, digest in json.loads(text)),
    tuple[Enclosure, ...]: lambda found: tuple(Enclosure(*each) for each in found),
    Origin | None: lambda found: Origin(*found[:6], *(tuple(authors) for authors in found[6:])),
    Hints: lambda text: unpack(Hints, text),
    Relocation: lambda text: unpack(Relocation, text),
    Spent: lambda text: unpack(Spent, text),
    Ahead: lambda text: unpack(Ahead, text),
    Doubt: lambda text: unpack(Doubt, text),
    Terms: lambda text: unpack(Terms, text),
    Terms | None: lambda text: unpack(Terms, text),
    Amendment: lambda text: unpack(Amendment, text),
    HouseStyle: lambda text: unpack(HouseStyle, text),
    tuple[Replacement, ...]: lambda found: tuple(Replacement(old, new, Part(of)) for old, new, of in found),
    tuple[TopicRule, ...]: lambda found: tuple(
        TopicRule(tuple((name, pattern) for name, pattern in when), tuple(add)) for when, add in found
    ),
    Styled: lambda text: unpack(Styled, text),
}


def value(kind: Callable[..., T], row: Row, /, **others: object) -> T:
    """Return a Struct made of the columns of the same names, each read by the type of its field, and of
    the fields given."""
    return kind(**read(kind, row, [name for name in _readers(kind) if name not in others]), **others)


def read(kind: Callable[..., object], row: Row, names: Iterable[str]) -> dict[str, Any]:
    """Return these fields of a Struct, read from the columns of the same names."""
    readers = _readers(kind)
    return {name: row[name] if (reader := readers[name]) is None else reader(row[name]) for name in names}


@cache
def _readers(kind: Any) -> Mapping[str, Callable[[Any], object] | None]:
    """Return the reader of the column of each field, None for a column that is the field."""
    return {each.name: _reader(each.type) for each in fields(kind)}


def _reader(of: object) -> Callable[[Any], object] | None:
    return of if isinstance(of, type) and issubclass(of, Enum) else READ.get(of)


def unpack(kind: Callable[..., T], text: str, /, **others: object) -> T:
    """Return a Struct made of JSON by `pack`, and of the fields given; missing ones have their default."""
    if text == "{}":  # as in most rows
        return kind(**others)
    members, known = json.loads(text), _readers(kind)
    return kind(**read(kind, members, [name for name in members if name in known]), **others)


def pack(of: Any, *names: str) -> str:
    """Return a Struct, or these fields of it, as JSON without what is empty."""
    names = names or of.__struct_fields__
    return _as_json({name: _member(value) for name in names if (value := getattr(of, name))})


def _member(value: object) -> object:
    return [column(each) for each in value] if isinstance(value, tuple) else column(value)


WRITE: Mapping[type, Callable[[Any], object]] = {
    datetime: ms,
    timedelta: lambda value: value // MILLISECOND,
    bool: int,
    tuple: json.dumps,
    Enclosure: attrgetter("url", "type", "size"),
    Origin: attrgetter("title", "id", "link", "self_url", "updated", "rights", "authors"),
    Hints: pack,
    Relocation: pack,
    Spent: pack,
    Ahead: pack,
    Doubt: pack,
    Terms: pack,
    Amendment: pack,
    HouseStyle: lambda style: pack(style) if style else "{}",
    Replacement: attrgetter("old", "new", "part"),
    TopicRule: attrgetter("when", "add"),
    Styled: lambda styled: "{}" if styled == UNSTYLED else pack(styled),  # as in most rows
}


PLAIN = frozenset({str, int, bytes, type(None)})  # nine of ten values: written as they are


def columns(of: object, *names: str) -> dict[str, object]:
    """Return these fields of a Struct as columns of the same names."""
    return {name: column(getattr(of, name)) for name in names}


def changed(before: object, after: object, *names: str) -> dict[str, object]:
    """Return the changed fields as columns."""
    of = attrgetter(*names)
    pairs = zip(names, of(before), of(after), strict=True)
    return {name: column(new) for name, old, new in pairs if new is not old and new != old}


def column(value: object) -> object:
    """Return a value as `value` reads it back."""
    kind = type(value)
    if kind in PLAIN:
        return value
    if isinstance(value, Enum):
        return value.value
    write = WRITE.get(kind)
    return value if write is None else write(value)


FIGURES = ("wait", "basis", "cause", "failures", "host", "is_fallback", "is_skipping")


def due_columns(due: Due) -> dict[str, object]:
    """Return the columns of a due time: when, the reason, and the figures behind it as JSON."""
    return {"due": ms(due.at), "due_reason": due.reason.value, "due_figures": pack(due, *FIGURES)}


def due(row: Row) -> Due:
    """Return the due time of a row of the `source` table."""
    reason = DueReason(row["due_reason"])
    return unpack(Due, row["due_figures"], at=moment(row["due"]), reason=reason)
