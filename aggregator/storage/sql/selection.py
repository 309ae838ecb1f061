"""Items chosen from those of many sources, the sources in turn: those of a document's window, held items that
are due.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice

from msgspec import Struct

from aggregator.model.public_change import Gone
from aggregator.model.release import Window
from aggregator.policy.crowding import in_turn
from aggregator.policy.story_lead import is_shared
from aggregator.storage.sql import archives, backlog, reentered
from aggregator.storage.sql.engine import Connection, Row, as_json, ints
from aggregator.storage.sql.places import ARCHIVE_ENTRIES, ITEMS_MAX, JOINED, MEMBERS, visible
from aggregator.storage.sql.rows import ms
from aggregator.storage.sql.values import STORED, WITH_PAGE

ITEM = f"SELECT {STORED} FROM item i JOIN source s ON s.number = i.source {WITH_PAGE}"
DUE_READ_MAX = 5_000  # held items among which sources take turns

PLACED = f"""SELECT m.position AS place, {STORED} FROM {MEMBERS} {WITH_PAGE}
    WHERE {JOINED} AND m.channel = ? AND {visible()}"""


class Shown(Struct, frozen=True):
    """Contents of a channel's document: tombstone entries, and rows of items. The first `kept` re-enter
    or stand in no archive yet."""

    gone: tuple[Gone, ...]
    rows: Sequence[Row]
    kept: int


def shown(db: Connection, name: str, channel: int, window: Window, changed: datetime) -> Shown:
    """Return what a channel's document holds: items that re-enter, newest change first, then at most
    ITEMS_MAX of its window, highest position first; in a shared one that is short of them, old items."""
    found = {row["number"]: row for row in _of_window(db, channel, window, changed)}
    is_short = is_shared(name) and len(found) < window.newest
    gone, back = reentered.read(db, name, channel, window, changed, is_filled=is_short)
    first = _placed(db, channel, iter(back), len(back))
    older = backlog.filling(db, name, channel, window.newest - len(found)) if is_short else ()
    for row in first:
        found.pop(row["number"], None)
    others = sorted(found.values(), key=lambda row: -row["place"])
    return Shown(tuple(gone), [*first, *others, *older], len(first) + ARCHIVE_ENTRIES - 1)


def due(db: Connection, now: datetime, limit: int, *, by_clock: bool = True) -> list[Row]:
    """Return the rows of up to `limit` held items whose time has come, earliest first; none that waits for
    approval. Not `by_clock`: only reinstated ones that no date holds."""
    which = "" if by_clock else "AND reinstated = 1 AND reason = ''"
    found = db.execute(
        f"""SELECT number, source FROM item WHERE state = 'held' AND release <= ?
        AND NOT (dated = 1 AND reason = 'review') {which}
        ORDER BY release, number LIMIT ?""",
        (ms(now), DUE_READ_MAX),
    )
    numbers = as_json(islice(_turns(found, "number"), limit))
    return [*db.execute(f"{ITEM} WHERE i.number {ints()} ORDER BY i.release, i.number", (numbers,))]


def _of_window(db: Connection, channel: int, window: Window, changed: datetime) -> list[Row]:
    found = db.execute(
        """SELECT item, source, position FROM membership WHERE channel = ? AND since >= ?
        ORDER BY +position DESC""",  # the sign: not by the order of the whole channel
        (channel, ms(changed - window.within)),
    ).fetchall()
    archived = archives.last(db, channel)["last"]
    unarchived = (row["item"] for row in found if row["position"] > archived)  # no other document has them
    numbers = dict.fromkeys((*unarchived, *_turns(found, "item")))
    within = _placed(db, channel, iter(numbers), ITEMS_MAX)
    if len(within) >= window.newest:
        return within
    newest = db.execute(f"{PLACED} ORDER BY m.position DESC LIMIT ?", (channel, window.newest))
    return [*within, *newest]


def _placed(db: Connection, channel: int, numbers: Iterator[int], limit: int) -> list[Row]:
    """Return the rows of the first `limit` of these items that a channel shows."""
    found: list[Row] = []
    while len(found) < limit and (some := [*islice(numbers, limit)]):
        rows = db.execute(f"{PLACED} AND m.item {ints()}", (channel, as_json(some)))
        by_number = {row["number"]: row for row in rows}
        found += [by_number[number] for number in some if number in by_number]
    return found[:limit]


def _turns(found: Iterable[Row], item: str) -> Iterator[int]:
    queues = defaultdict(list)
    for row in found:
        queues[row["source"]].append(row[item])
    return in_turn(queues.values())
