"""Which items stand in which channels, at which position. Called inside a write transaction.

An item enters its channels when it first goes live and its rows stay for good; what is shown is decided by
its state. Of a story only one member enters each channel; when it goes, the next one enters in its own name.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from sqlite3 import Row
from urllib.parse import urlsplit

from sqlite_utils import Database

from aggregator.dedupe import stories
from aggregator.storage.sql.rows import ms

ALL = ""


@dataclass(frozen=True, slots=True)
class Stamp:
    """The change sequence number and time of one write transaction."""

    seq: int
    now: datetime


def stamp(db: Database, now: datetime) -> Stamp:
    """The next number of the change sequence."""
    return Stamp(count(db, "seq", 1), now)


def count(db: Database, counter: str, by: int) -> int:
    """Advance a counter; returns its new value."""
    row = db.conn.execute(
        "UPDATE counter SET value = value + ? WHERE name = ? RETURNING value", (by, counter)
    ).fetchone()
    return int(row[0])


def as_json(numbers: Iterable[int]) -> str:
    """Numbers as one parameter for json_each."""
    return json.dumps(list(numbers))


def enter(db: Database, numbers: Sequence[int], at: Stamp) -> None:
    """Publish items that were held: give them a position, in the order given, and file them."""
    first = count(db, "position", len(numbers)) - len(numbers) + 1
    db.conn.executemany(
        "UPDATE item SET position = ?, state = 'live', seq = ? WHERE number = ?",
        [(first + offset, at.seq, number) for offset, number in enumerate(numbers)],
    )
    file(db, numbers, at)


def file(db: Database, numbers: Sequence[int], at: Stamp) -> None:
    """Put live items that have their position into their channels, as their stories allow."""
    into: dict[str, int] = {}
    alone: list[tuple[int, int, int, int]] = []  # of no story: nothing that is asked below depends on them
    for item in db.conn.execute(
        """SELECT i.number, i.position, i.story, i.backlog, i.language, s.id AS source_id, s.topics
        FROM item i JOIN source s ON s.number = i.source
        WHERE i.number IN (SELECT value FROM json_each(?)) ORDER BY i.position""",
        (as_json(numbers),),
    ).fetchall():
        for name in channel_names(item):
            if name not in into:
                into[name] = channel(db, name, at)
            row = (into[name], item["position"], item["number"], ms(at.now))
            if item["story"] is None:
                alone.append(row)
            elif not _taken(db, item, name, into[name]):
                _insert(db, [row])
    _insert(db, alone)
    db.conn.executemany(
        "UPDATE channel SET seq = ?, changed = max(changed, ?) WHERE number = ?",
        [(at.seq, ms(at.now), number) for number in into.values()],
    )


def _insert(db: Database, rows: Sequence[tuple[int, int, int, int]]) -> None:
    db.conn.executemany(
        "INSERT OR IGNORE INTO membership (channel, position, item, since) VALUES (?, ?, ?, ?)", rows
    )


def channel_names(row: Row) -> list[str]:
    """The channels an item belongs to; a backlog item only to its source's."""
    own = f"sources/{row['source_id']}"
    if row["backlog"]:
        return [own]
    names = [ALL, own, *(f"topics/{topic}" for topic in json.loads(row["topics"]))]
    primary = row["language"].partition("-")[0].lower()
    return [*names, f"languages/{primary}"] if primary else names


def channel(db: Database, name: str, at: Stamp) -> int:
    """The number of a channel, made when it is new."""
    row = db.conn.execute("SELECT number FROM channel WHERE name = ?", (name,)).fetchone()
    if row is not None:
        return int(row[0])
    made = db.conn.execute(
        "INSERT INTO channel (name, seq, changed) VALUES (?, ?, ?) RETURNING number",
        (name, at.seq, ms(at.now)),
    ).fetchone()
    return int(made[0])


def _taken(db: Database, item: Row, name: str, channel_number: int) -> bool:
    """Whether another visible member of the item's story already stands in the channel."""
    if item["story"] is None or name.startswith("sources/"):
        return False
    row = db.conn.execute(
        """SELECT 1 FROM membership m JOIN item i ON i.number = m.item JOIN source s ON s.number = i.source
        WHERE i.story = ? AND i.number <> ? AND m.channel = ? AND i.state = 'live' AND s.republish <> 'no'""",
        (item["story"], item["number"], channel_number),
    ).fetchone()
    return row is not None


def touch(db: Database, numbers: Iterable[int], at: Stamp) -> None:
    """What the public sees of these items, or of their stories, has changed."""
    changed = as_json(numbers)
    db.conn.execute(
        """UPDATE item SET seq = :seq WHERE number IN (SELECT value FROM json_each(:changed)) OR
        story IN (SELECT story FROM item WHERE number IN (SELECT value FROM json_each(:changed))
            AND story IS NOT NULL)""",
        {"seq": at.seq, "changed": changed},
    )
    db.conn.execute(
        """UPDATE channel SET seq = :seq, changed = max(changed, :now) WHERE number IN (
        SELECT m.channel FROM membership m JOIN item i ON i.number = m.item
        WHERE i.number IN (SELECT value FROM json_each(:changed)) OR i.story IN (
            SELECT story FROM item WHERE number IN (SELECT value FROM json_each(:changed))
            AND story IS NOT NULL))""",
        {"seq": at.seq, "now": ms(at.now), "changed": changed},
    )


def touch_all(db: Database, at: Stamp) -> None:
    """Something that every item shows, such as an organisation's name, has changed."""
    db.conn.execute("UPDATE channel SET seq = ?, changed = max(changed, ?)", (at.seq, ms(at.now)))


def settle(db: Database, story: int, at: Stamp, *, newcomer: int | None = None) -> None:
    """Let each channel show exactly one visible member of a story, after members came or went.

    Who is shown already stays; `newcomer`, back from withdrawal, yields to it.
    """
    members = db.conn.execute(
        """SELECT i.number, i.story, i.backlog, i.language, i.url, s.id AS source_id, s.topics, s.domains,
        s.priority FROM item i JOIN source s ON s.number = i.source
        WHERE i.story = ? AND i.state = 'live' AND s.republish <> 'no' ORDER BY i.number""",
        (story,),
    ).fetchall()
    entering: dict[int, list[int]] = defaultdict(list)
    for name, able in _by_channel(members).items():
        number = channel(db, name, at)
        shown = _shown(db, number, able)
        if not shown:
            entering[stories.lead([_member(row) for row in able]).number].append(number)
        elif len(shown) > 1 and newcomer in shown:
            db.conn.execute("DELETE FROM membership WHERE channel = ? AND item = ?", (number, newcomer))
    for item, channels in entering.items():
        position = count(db, "position", 1)
        _insert(db, [(number, position, item, ms(at.now)) for number in channels])


def _by_channel(members: Sequence[Row]) -> Mapping[str, list[Row]]:
    able: dict[str, list[Row]] = defaultdict(list)
    for row in members:
        for name in channel_names(row):
            if not name.startswith("sources/"):
                able[name].append(row)
    return able


def _shown(db: Database, channel_number: int, able: Sequence[Row]) -> set[int]:
    rows = db.conn.execute(
        "SELECT item FROM membership WHERE channel = ? AND item IN (SELECT value FROM json_each(?))",
        (channel_number, as_json(row["number"] for row in able)),
    )
    return {row[0] for row in rows}


def _member(row: Row) -> stories.Member:
    host = (urlsplit(row["url"]).hostname or "").lower()
    return stories.Member(
        number=row["number"],
        at_home=stories.at_home(host, json.loads(row["domains"])),
        priority=row["priority"],
    )
