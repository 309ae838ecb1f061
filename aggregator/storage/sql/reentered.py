"""Entries that re-enter the current document of a channel: of what was withdrawn, corrected or restored the
newest, a few of each source. Tombstone entries beyond these take turns (`policy.reentering`).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from aggregator.model.public_change import ChangeKind, Gone
from aggregator.model.release import WINDOW, Window
from aggregator.policy.reentering import Left, Room, chosen, day_of
from aggregator.storage.sql import backlog, channels, rows
from aggregator.storage.sql.archives import INSTEAD
from aggregator.storage.sql.engine import Connection, Row, as_json, texts
from aggregator.storage.sql.rows import moment, ms

OUT = (ChangeKind.WITHDRAWN,)
BACK = (ChangeKind.CORRECTED, ChangeKind.RESTORED)
READ_OF_SOURCE_MAX = 200  # changes of one source among which those of a channel are looked for
QUEUED_DAYS = 30  # that a tombstone entry may wait for its turn: as many rooms are read

# Channels with more tombstone entries than one source has room for.
QUEUES = """SELECT entry.channel AS number FROM (
        SELECT m.channel FROM public_change c JOIN membership m ON m.item = c.item
        WHERE c.kind = 'withdrawn' AND c.at > :since
        UNION ALL SELECT d.channel FROM departed d WHERE d.at > :since) AS entry
    JOIN channel ch ON ch.number = entry.channel WHERE ch.changed < :today
    GROUP BY entry.channel HAVING count(*) > :room"""

# The sources that have a place in the channel with their last change of a kind.
SOURCES = f"""SELECT l.source AS number, max(l.at) AS at FROM last_change l
    WHERE l.kind {texts(":kinds")} AND l.at > :since AND (:is_filled = 1 OR EXISTS (
        SELECT 1 FROM membership m WHERE m.channel = :channel AND m.source = l.source))
    GROUP BY l.source ORDER BY at DESC, number"""
LEFT = """SELECT source AS number, max(at) AS at FROM departed WHERE channel = :channel AND at > :since
    GROUP BY source"""

# The last changes of items of a source that have a place in the channel, or may fill its document.
CHANGED = f"""SELECT i.source AS owner, c.item, c.at, coalesce(m.position, 0) AS position, i.public_id, i.id,
        i.updated, s.id AS source, '' AS instead
    FROM (SELECT c.number, c.item, c.at FROM public_change c WHERE c.source = :source
        AND c.kind <> 'published' AND c.kind {texts(":kinds")} AND c.at > :since
        ORDER BY c.at DESC, c.number DESC LIMIT :read) AS c
    JOIN item i ON i.number = c.item JOIN source s ON s.number = i.source
    LEFT JOIN membership m ON m.channel = :channel AND m.item = c.item
    WHERE (m.item IS NOT NULL OR :is_filled = 1 AND i.backlog = 1 AND {{selected}})
    AND NOT EXISTS (SELECT 1 FROM public_change l WHERE l.item = c.item AND l.number > c.number)
    ORDER BY c.at DESC, c.number DESC LIMIT :limit"""
DEPARTED = f"""SELECT d.source AS owner, d.item, d.at, d.position, d.public_id, coalesce(i.id, '') AS id,
        d.updated, coalesce(s.id, '') AS source, {INSTEAD}
    FROM departed d LEFT JOIN item i ON i.number = d.item LEFT JOIN source s ON s.number = i.source
    WHERE d.channel = :channel AND d.source = :source AND d.at > :since
    AND NOT EXISTS (SELECT 1 FROM membership m WHERE m.channel = d.channel AND m.item = d.item)
    ORDER BY d.at DESC, d.position DESC LIMIT :limit"""


def read(
    db: Connection, name: str, channel: int, window: Window, changed: datetime, *, is_filled: bool
) -> tuple[list[Gone], list[int]]:
    """Return tombstone entries, and the numbers of corrected and restored items, newest change first.

    Where tombstone entries take all the room, no correction re-enters. Of a document that old items fill any
    of these may have been an entry.
    """
    values: dict[str, object] = {
        "channel": channel,
        "since": ms(changed - window.changed_within),
        "value": name.partition("/")[2],
        "read": READ_OF_SOURCE_MAX,
        "limit": window.reentered_of_source,
    }
    left = _in_turn(db, values, window, changed, name=name if is_filled else None)
    counts, back = Counter[int](row["owner"] for row in left), list[int]()
    for row in _newest(db, BACK, window.reentered * 2, values, name=None):
        if len(left) + len(back) < window.reentered and counts[row["owner"]] < window.reentered_of_source:
            counts[row["owner"]] += 1
            back.append(row["item"])
    return [rows.value(Gone, row) for row in left], back


def _in_turn(
    db: Connection, values: Mapping[str, object], window: Window, now: datetime, *, name: str | None
) -> Sequence[Row]:
    """Return the tombstone entries that have their turn, newest first."""
    room = Room(window.reentered, window.reentered_of_source)
    many = {**values, "limit": room.of_source * QUEUED_DAYS}
    found = _newest(db, OUT, room.of_all * QUEUED_DAYS, many, name=name)
    left = [Left(row["owner"], moment(row["at"])) for row in found]
    return [found[index] for index in chosen(left, room, now)]


def take_turns(db: Connection, now: datetime, window: Window = WINDOW) -> None:
    """Advance the channels in which tombstone entries wait for their turn, once a day."""
    bounds = {
        "since": ms(now - window.changed_within),
        "today": ms(day_of(now)),
        "room": window.reentered_of_source,
    }
    if waiting := [row["number"] for row in db.execute(QUEUES, bounds)]:
        channels.advance(db, waiting, channels.stamp(db, now))


def _newest(
    db: Connection,
    kinds: Sequence[ChangeKind],
    most: int,
    values: Mapping[str, object],
    *,
    name: str | None,
) -> Sequence[Row]:
    """Return the newest changes of these kinds of the items of a channel, a few of each source, about `most`:
    half of them may be beyond a limit. With its `name`, those of old items, too, that may fill it."""
    values = {**values, "kinds": as_json(kinds), "is_filled": int(name is not None)}
    of_source = CHANGED.format(selected="1 = 1" if name is None else backlog.selected(name))
    sources = {row["number"]: int(row["at"]) for row in db.execute(SOURCES, values)}
    if kinds is OUT:
        for row in db.execute(LEFT, values):
            sources[row["number"]] = max(sources.get(row["number"], 0), row["at"])
    found: list[Row] = []
    for source, last in sorted(sources.items(), key=lambda each: (-each[1], each[0])):
        if len(found) >= most and found[most - 1]["at"] >= last:
            break  # all of this source is older than what has been found
        found += db.execute(of_source, {**values, "source": source}).fetchall()
        found += db.execute(DEPARTED, {**values, "source": source}).fetchall() if kinds is OUT else ()
        found.sort(key=lambda row: (-row["at"], -row["position"]))
    return found
