"""Places of items in channels: taken at once, or waited for in `waiting`, as `policy.crowding` decides.

Called inside a write transaction.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from aggregator.model import WINDOW
from aggregator.policy.crowding import PERIOD, turns
from aggregator.storage.sql.engine import Connection
from aggregator.storage.sql.rows import moment, ms

ENTER = """INSERT INTO membership (channel, position, item, source, since) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT DO NOTHING"""
WAIT = """INSERT INTO waiting (channel, item, source, due, since) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT DO NOTHING"""
ITEMS_MAX = 500  # of one document, whatever its window holds


def visible(item: str = "i", source: str = "s") -> str:
    """Return the condition that channels show an item, by the aliases of its row and its source's."""
    return f"{item}.state = 'live' AND {item}.freed = 0 AND {source}.republish <> 'no'"


@dataclass(frozen=True, slots=True)
class Place:
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
    for (channel, source, burst), places in limited.items():
        due = _turns(db, channel, source, burst, count=len(places), now=now)
        ready = sum(turn <= now for turn in due)
        entered += places[:ready]
        waits = zip(places[ready:], due[ready:], strict=True)
        rows = [(channel, place.item, source, ms(turn), ms(now)) for place, turn in waits]
        db.executemany(WAIT, rows)
    enter(db, entered, now)
    return {place.channel for place in entered}


def enter(db: Connection, places: Iterable[Place], now: datetime) -> None:
    """Give items their places now."""
    db.executemany(ENTER, [(each.channel, each.position, each.item, each.source, ms(now)) for each in places])


def _turns(
    db: Connection, channel: int, source: int, burst: int, *, count: int, now: datetime
) -> Sequence[datetime]:
    taken = recent(db, channel, source, burst, now)
    given = db.execute(
        "SELECT due FROM waiting WHERE channel = ? AND source = ? ORDER BY due DESC LIMIT ?",
        (channel, source, burst),
    )
    taken = sorted([*taken, *(moment(row["due"]) for row in given)])[-burst:]
    due = turns((now,) * count, taken, burst=burst, is_alone=False, now=now)
    if due[-1] > now and _is_alone(db, channel, source, now):
        return turns((now,) * count, taken, burst=burst, is_alone=True, now=now)
    return due


def recent(db: Connection, channel: int, source: int, burst: int, now: datetime) -> list[datetime]:
    """Return when the last items of a source entered a channel, within the last PERIOD; at most `burst`.

    A time ahead of `now` was written by a clock that has been set back since.
    """
    found = db.execute(
        """SELECT since FROM membership WHERE channel = ? AND source = ? AND since > ?
        ORDER BY since DESC LIMIT ?""",
        (channel, source, ms(now - PERIOD), burst),
    )
    return sorted(min(moment(row["since"]), now) for row in found)


def _is_alone(db: Connection, channel: int, source: int, now: datetime) -> bool:
    """Return whether no other source has an item in the window of a channel. Ends at the first it meets."""
    found = db.execute(
        f"""SELECT m.source, m.since FROM membership m
        JOIN item i ON i.number = m.item JOIN source s ON s.number = i.source
        WHERE m.channel = ? AND {visible()} ORDER BY m.position DESC LIMIT ?""",
        (channel, ITEMS_MAX),
    )
    for count, row in enumerate(found):
        if count >= WINDOW.newest and row["since"] < ms(now - WINDOW.within):
            break
        if row["source"] != source:
            found.close()
            return False
    found.close()
    return True
