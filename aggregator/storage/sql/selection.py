"""Items chosen from those of many sources, the sources in turn: those of a document's window and its
corrections, held items that are due.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice

from aggregator.model import Window
from aggregator.policy.crowding import in_turn
from aggregator.storage.sql.engine import Connection, Row, as_json, ints
from aggregator.storage.sql.places import ITEMS_MAX, visible
from aggregator.storage.sql.rows import ms

ITEM = "SELECT i.*, s.id AS source_id FROM item i JOIN source s ON s.number = i.source"
DUE_READ_MAX = 5_000  # held items among which sources take turns

PLACED = f"""SELECT m.position AS place, i.*, s.id AS source_id FROM membership m
    JOIN item i ON i.number = m.item JOIN source s ON s.number = i.source
    WHERE m.channel = ? AND {visible()}"""

# Corrections of a source `s`; CROSS JOIN, so that SQLite reads these and not the channel.
CORRECTED = "item i CROSS JOIN membership m"
OF_SOURCE = f"""i.source = s.number AND i.corrected > :since AND m.item = i.number AND m.channel = :channel
    AND {visible()} ORDER BY i.corrected DESC"""


def shown(db: Connection, channel: int, window: Window, changed: datetime) -> list[Row]:
    """Return the rows of a channel's document, highest position first: at most ITEMS_MAX of its window, and
    the corrected ones."""
    found = {row["number"]: row for row in _of_window(db, channel, window, changed)}
    since = ms(changed - window.corrected_within)
    corrected = _corrected(db, window.newest, channel=channel, since=since)
    lacking = (number for number in corrected if number not in found)
    found |= {row["number"]: row for row in _placed(db, channel, lacking, window.newest)}
    return sorted(found.values(), key=lambda row: -row["place"])


def due(db: Connection, now: datetime, limit: int) -> list[Row]:
    """Return the rows of up to `limit` held items whose time has come, earliest first; none that waits for
    approval."""
    found = db.execute(
        """SELECT number, source FROM item WHERE state = 'held' AND release <= ?
        AND NOT (dated = 1 AND reason = 'review')
        ORDER BY release, number LIMIT ?""",
        (ms(now), DUE_READ_MAX),
    )
    numbers = as_json(islice(_turns(found, "number"), limit))
    return [*db.execute(f"{ITEM} WHERE i.number {ints()} ORDER BY i.release, i.number", (numbers,))]


def _of_window(db: Connection, channel: int, window: Window, changed: datetime) -> list[Row]:
    found = db.execute(
        "SELECT item, source FROM membership WHERE channel = ? AND since >= ? ORDER BY position DESC",
        (channel, ms(changed - window.within)),
    )
    within = _placed(db, channel, _turns(found, "item"), ITEMS_MAX)
    if len(within) >= window.newest:
        return within
    newest = db.execute(f"{PLACED} ORDER BY m.position DESC LIMIT ?", (channel, window.newest))
    return [*within, *newest]


def _placed(db: Connection, channel: int, numbers: Iterator[int], limit: int) -> list[Row]:
    """Return the rows of the first `limit` of these items that a channel shows."""
    found: list[Row] = []
    while len(found) < limit and (some := [*islice(numbers, limit)]):
        rows = db.execute(f"{PLACED} AND i.number {ints()}", (channel, as_json(some)))
        by_number = {row["number"]: row for row in rows}
        found += [by_number[number] for number in some if number in by_number]
    return found[:limit]


def _turns(found: Iterable[Row], item: str) -> Iterator[int]:
    queues = defaultdict(list)
    for row in found:
        queues[row["source"]].append(row[item])
    return in_turn(queues.values())


def _corrected(db: Connection, limit: int, **parameters: object) -> Sequence[int]:
    """Return the numbers of up to `limit` corrected items, of all sources in turn, the source of the latest
    first."""
    latest = f"SELECT i.corrected FROM {CORRECTED} WHERE {OF_SOURCE} LIMIT 1"
    sources = db.execute(
        f"""SELECT number FROM (SELECT s.number, ({latest}) AS latest FROM source s) AS found
        WHERE latest IS NOT NULL ORDER BY latest DESC, number LIMIT :limit""",
        {**parameters, "limit": limit},
    ).fetchall()
    items = f"""SELECT i.number FROM source s CROSS JOIN {CORRECTED}
        WHERE s.number = :source AND {OF_SOURCE}, i.number DESC LIMIT :limit"""
    queues = [
        [
            row["number"]
            for row in db.execute(items, {**parameters, "source": source["number"], "limit": limit})
        ]
        for source in sources
    ]
    return [*islice(in_turn(queues), limit)]
