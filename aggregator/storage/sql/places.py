"""Places of items in channels: taken at once, or waited for in `waiting`, as `policy.crowding` decides.
`turn` is when the next item of a source enters a channel.

Called inside a write transaction.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct

from aggregator.model.release import WINDOW
from aggregator.policy import crowding
from aggregator.policy.crowding import PERIOD
from aggregator.storage.sql.engine import Connection, Cursor, as_json, ints
from aggregator.storage.sql.rows import moment, ms

# Where pages list an item `i`: by shown date, undated ones of a first import last.
LISTED = "CASE WHEN i.backlog = 1 AND i.shown >= i.first_seen THEN 0 ELSE i.shown END"
ENTER = f"""INSERT INTO membership (channel, position, item, source, since, listed)
    VALUES (:channel, :position, :item, :source, :since, (SELECT {LISTED} FROM item i WHERE i.number = :item))
    ON CONFLICT DO NOTHING"""
WAIT = "INSERT INTO waiting (channel, item, source, since) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
TURN = """INSERT INTO turn (channel, source, due) VALUES (?, ?, ?)
    ON CONFLICT (channel, source) DO UPDATE SET due = excluded.due"""
ITEMS_MAX = 500  # of one document, whatever its window holds
ARCHIVE_ENTRIES = 40  # fewer than a document's newest items, so that it holds all that is in no archive yet
ENDS = "(SELECT a.last FROM archive a WHERE a.channel = c.number ORDER BY a.number DESC LIMIT 1)"
CLOSE = f"""INSERT INTO archive (channel, number, last) SELECT channel, number, filled FROM (
        SELECT c.number AS channel,
            (SELECT coalesce(max(a.number), 0) + 1 FROM archive a WHERE a.channel = c.number) AS number,
            (SELECT m.position FROM membership m
                WHERE m.channel = c.number AND m.position > coalesce({ENDS}, 0)
                ORDER BY m.position LIMIT 1 OFFSET {ARCHIVE_ENTRIES - 1}) AS filled
        FROM channel c WHERE c.number {ints()}) AS entered
    WHERE filled IS NOT NULL RETURNING channel"""


# SQLite reads the tables of a CROSS JOIN in their order: by the index of the channel, whatever the sizes.
MEMBERS = "membership m CROSS JOIN item i CROSS JOIN source s"
JOINED = "i.number = m.item AND s.number = i.source"


def visible(item: str = "i", source: str = "s") -> str:
    """Return the condition that channels show an item, by the aliases of its row and its source's."""
    return f"{item}.state = 'live' AND {item}.freed = 0 AND {source}.republish <> 'no'"


class Place(Struct, frozen=True):
    """A place that an item is to have in a channel; `burst` is its source's, None where no limit applies."""

    channel: int
    position: int
    item: int
    source: int
    burst: int | None


def put(db: Connection, wanted: Iterable[Place], now: datetime) -> set[int]:
    """Let items enter channels, in the order given, or wait for their turn; returns the channels entered."""
    entered: list[Place] = []
    limited: dict[tuple[int, int, int], list[Place]] = defaultdict(list)
    for place in wanted:
        if place.burst is None:
            entered.append(place)
        else:
            limited[place.channel, place.source, place.burst].append(place)
    # All are sent before the first is read: on PostgreSQL in one round trip.
    before = [(_waiting(db, *of[:2]), _recent(db, *of, now)) for of in limited]
    for (of, places), (waiting, recent) in zip(limited.items(), before, strict=True):
        ready = 0 if waiting.fetchone() else _ready(db, of, _times(recent, now), count=len(places), now=now)
        channel, source, _ = of
        entered += places[:ready]
        db.executemany(WAIT, [(channel, place.item, source, ms(now)) for place in places[ready:]])
    db.executemany(
        ENTER,
        [
            {name: getattr(each, name) for name in ("channel", "position", "item", "source")}
            | {"since": ms(now)}
            for each in entered
        ],
    )
    channels = {place.channel for place in entered}
    close_archives(db, channels)
    return channels


def close_archives(db: Connection, channels: Iterable[int]) -> None:
    """Close the archives of channels that new entries have filled."""
    full = [*channels]
    while full:
        full = [row["channel"] for row in db.execute(CLOSE, (as_json(full),)).fetchall()]


def _ready(
    db: Connection, of: tuple[int, int, int], taken: Sequence[datetime], *, count: int, now: datetime
) -> int:
    """Return how many of `count` new items enter at once, and note the turn of the next one; `of` are a
    channel, a source and its burst, `taken` the times of its last ones that entered."""
    channel, source, burst = of
    ready = crowding.entering((now,) * count, taken, burst=burst, now=now)
    if ready == count or _is_alone(db, channel, source, now):
        return count
    turn = crowding.next_turn(now, [*taken, *(now,) * ready], burst=burst, now=now)
    db.execute(TURN, (channel, source, ms(turn)))
    return ready


def _waiting(db: Connection, channel: int, source: int) -> Cursor:
    return db.execute(
        f"""SELECT 1 FROM waiting w JOIN item i ON i.number = w.item JOIN source s ON s.number = i.source
        WHERE w.channel = ? AND w.source = ? AND {visible()} LIMIT 1""",
        (channel, source),
    )


def recent(db: Connection, channel: int, source: int, burst: int, now: datetime) -> list[datetime]:
    """Return when the last items of a source entered a channel, within the last PERIOD; at most `burst`.

    A time ahead of `now` was written by a clock that has been set back since.
    """
    return _times(_recent(db, channel, source, burst, now), now)


def _recent(db: Connection, channel: int, source: int, burst: int, now: datetime) -> Cursor:
    return db.execute(
        """SELECT since FROM membership WHERE channel = ? AND source = ? AND since > ?
        ORDER BY since DESC LIMIT ?""",
        (channel, source, ms(now - PERIOD), burst),
    )


def _times(entered: Cursor, now: datetime) -> list[datetime]:
    return sorted(min(moment(row["since"]), now) for row in entered)


def _is_alone(db: Connection, channel: int, source: int, now: datetime) -> bool:
    """Return whether no other source has an item in the window of a channel, however many this one has."""
    of_others = f"""SELECT 1 FROM {MEMBERS}
        WHERE {JOINED} AND m.channel = ? AND m.since >= ? AND m.source <> ? AND {visible()} LIMIT 1"""
    newest = f"""SELECT m.source FROM {MEMBERS}
        WHERE {JOINED} AND m.channel = ? AND {visible()} ORDER BY m.position DESC LIMIT ?"""
    if db.execute(of_others, (channel, ms(now - WINDOW.within), source)).fetchone() is not None:
        return False
    return all(row["source"] == source for row in db.execute(newest, (channel, WINDOW.newest)))
