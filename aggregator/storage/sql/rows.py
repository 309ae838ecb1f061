"""Rows to values and back. The one place that knows how a value is laid out in columns."""

import json
import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from aggregator.model import (
    Enclosure,
    FeedInfo,
    Hints,
    Item,
    Key,
    KeyKind,
    Origin,
    Outcome,
    Relocation,
    State,
    Stored,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)


def ms(moment: datetime) -> int:
    """Milliseconds since 1970 of an aware time."""
    return (moment - _EPOCH) // _MS


def ms_or_none(moment: datetime | None) -> int | None:
    """The same for a time that may be missing."""
    return None if moment is None else ms(moment)


def moment(value: int) -> datetime:
    """The aware UTC time of milliseconds since 1970."""
    return _EPOCH + value * _MS


def moment_or_none(value: int | None) -> datetime | None:
    """The same for a column that may be NULL."""
    return None if value is None else moment(value)


def pack_keys(keys: Iterable[Key]) -> bytes:
    """Keys as one blob: a byte of kind and 16 of digest each."""
    return b"".join(bytes([key.kind]) + key.digest for key in keys)


def unpack_keys(blob: bytes) -> tuple[Key, ...]:
    """The keys of a blob made by `pack_keys`."""
    return tuple(Key(KeyKind(blob[start]), blob[start + 1 : start + 17]) for start in range(0, len(blob), 17))


def pack_seen(seen: Iterable[tuple[bytes, int]]) -> bytes:
    """Digests and item numbers as one blob: 16 and 8 bytes each."""
    return b"".join(digest + number.to_bytes(8, "big") for digest, number in seen)


def unpack_seen(blob: bytes) -> tuple[tuple[bytes, int], ...]:
    """The pairs of a blob made by `pack_seen`."""
    return tuple(
        (blob[start : start + 16], int.from_bytes(blob[start + 16 : start + 24], "big"))
        for start in range(0, len(blob), 24)
    )


def pack_hints(hints: Hints) -> str:
    """Hints as JSON."""
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
    """The hints of a column made by `pack_hints`."""
    said = json.loads(text)
    period = said.get("period")
    return Hints(
        ttl=said.get("ttl"),
        update_period=None if period is None else timedelta(seconds=period),
        skip_hours=tuple(said.get("hours", ())),
        skip_days=tuple(said.get("days", ())),
    )


def pack_move(move: Relocation) -> str:
    """A move as JSON, the same text for the same move; "{}" for none."""
    times = {"since": ms_or_none(move.since), "seen_since": ms_or_none(move.seen_since)}
    said = {"at": move.at, "seen": move.seen, "failures": move.failures, "refused": move.refused, **times}
    return json.dumps({name: value for name, value in said.items() if value})


def unpack_move(text: str) -> Relocation:
    """The move of a column made by `pack_move`."""
    if text == "{}":
        return Relocation()
    said = json.loads(text)
    return Relocation(
        at=said.get("at", ""),
        since=moment_or_none(said.get("since")),
        seen=said.get("seen", ""),
        seen_since=moment_or_none(said.get("seen_since")),
        failures=said.get("failures", 0),
        refused=tuple(said.get("refused", ())),
    )


def item_columns(item: Item) -> dict[str, object]:
    """What of an Item goes into the `item` table."""
    details = {
        "raw_url": item.raw_url,
        "guid": item.guid,
        "summary": item.summary,
        "updated": ms_or_none(item.updated),
        "authors": item.authors,
        "organisation": item.organisation,
        "categories": item.categories,
        "enclosures": [(each.url, each.type, each.size) for each in item.enclosures],
        "images": [(each.url, each.type, each.size) for each in item.images],
        "rights": item.rights,
        "origin": item.origin and (item.origin.title, item.origin.id, item.origin.link),
    }
    return {
        "title": item.title,
        "url": item.url,
        "content": item.content,
        "text": item.text,
        "language": item.language,
        "details": json.dumps({k: v for k, v in details.items() if v}, ensure_ascii=False),
        "keys": pack_keys(item.keys),
        "link": item.key(KeyKind.LINK),
        "fingerprint": item.fingerprint,
        "claimed": ms_or_none(item.claimed),
    }


def item(row: sqlite3.Row) -> Item:
    """The Item of a row of the `item` table."""
    details = json.loads(row["details"])
    return Item(
        keys=unpack_keys(row["keys"]),
        title=row["title"],
        url=row["url"],
        raw_url=details.get("raw_url", ""),
        guid=details.get("guid", ""),
        content=row["content"],
        summary=details.get("summary", ""),
        text=row["text"],
        language=row["language"],
        claimed=moment_or_none(row["claimed"]),
        updated=moment_or_none(details.get("updated")),
        authors=tuple(details.get("authors", ())),
        organisation=details.get("organisation", ""),
        categories=tuple(details.get("categories", ())),
        enclosures=tuple(Enclosure(*each) for each in details.get("enclosures", ())),
        images=tuple(Enclosure(*each) for each in details.get("images", ())),
        rights=details.get("rights", ""),
        origin=Origin(*details["origin"]) if details.get("origin") else None,
        fingerprint=row["fingerprint"],
    )


def stored(row: sqlite3.Row) -> Stored:
    """The Stored of a row of `item` joined with its source's id as `source_id`."""
    return Stored(
        number=row["number"],
        id=row["id"],
        public_id=row["public_id"],
        source=row["source_id"],
        state=State(row["state"]),
        item=item(row),
        shown=moment(row["shown"]),
        updated=moment(row["updated"]),
        first_seen=moment(row["first_seen"]),
        seq=row["seq"],
        position=row["position"],
        story=row["story"],
        release=moment_or_none(row["release"]),
        reason=row["reason"],
        corrected=row["corrected"] is not None,
        flags=tuple(json.loads(row["flags"])),
    )


def feed_info(row: sqlite3.Row) -> FeedInfo:
    """The FeedInfo of a row of the `source` table."""
    return FeedInfo(
        id=row["id"],
        feed="" if row["feed"].startswith("file:") else unpack_move(row["move"]).at or row["feed"],
        organisation=row["organisation"] or row["title"] or row["id"],
        title=row["title"],
        link=row["link"],
        rights=row["rights"],
        language=row["language"],
        republish=row["republish"],
        licence=row["licence"],
        topics=tuple(json.loads(row["topics"])),
        configured=bool(row["configured"]),
    )


def outcome(row: sqlite3.Row, source: str) -> Outcome:
    """The Outcome of a row of the `poll` table."""
    return Outcome(
        source=source,
        kind=row["kind"],
        started=moment(row["started"]),
        seconds=row["seconds"],
        cause=row["cause"],
        message=row["message"],
        status=row["status"],
        received=row["received"],
        new=row["new"],
        edited=row["edited"],
    )
