"""Entries that re-enter the current document of a channel: the newest of what was withdrawn, corrected or
restored, a few of each source.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from aggregator.model.public_change import ChangeKind, Gone
from aggregator.model.release import Window
from aggregator.storage.sql import backlog, rows
from aggregator.storage.sql.engine import Connection, Row, as_json, texts
from aggregator.storage.sql.rows import ms

OUT = (ChangeKind.WITHDRAWN,)
BACK = (ChangeKind.CORRECTED, ChangeKind.RESTORED)
READ_OF_SOURCE_MAX = 200  # changes of one source among which those of a channel are looked for

# The sources that have a place in the channel with their last change of a kind.
SOURCES = f"""SELECT number, at FROM (
        SELECT s.number, (SELECT max(c.at) FROM public_change c WHERE c.source = s.number
            AND c.kind <> 'published' AND c.kind {texts(":kinds")} AND c.at > :since) AS at
        FROM source s) AS changed
    WHERE at IS NOT NULL AND (:is_filled = 1 OR EXISTS (
        SELECT 1 FROM membership m WHERE m.channel = :channel AND m.source = changed.number))
    ORDER BY at DESC, number"""
LEFT = """SELECT source AS number, max(at) AS at FROM departed WHERE channel = :channel AND at > :since
    GROUP BY source"""

# The last changes of items of a source that have a place in the channel, or may fill its document.
CHANGED = f"""SELECT i.source AS owner, c.item, c.at, coalesce(m.position, 0) AS position, i.public_id, i.id,
        i.updated, s.id AS source
    FROM (SELECT c.number, c.item, c.at FROM public_change c WHERE c.source = :source
        AND c.kind <> 'published' AND c.kind {texts(":kinds")} AND c.at > :since
        ORDER BY c.at DESC, c.number DESC LIMIT :read) AS c
    JOIN item i ON i.number = c.item JOIN source s ON s.number = i.source
    LEFT JOIN membership m ON m.channel = :channel AND m.item = c.item
    WHERE (m.item IS NOT NULL OR :is_filled = 1 AND i.backlog = 1 AND {{selected}})
    AND NOT EXISTS (SELECT 1 FROM public_change l WHERE l.item = c.item AND l.number > c.number)
    ORDER BY c.at DESC, c.number DESC LIMIT :limit"""
DEPARTED = """SELECT d.source AS owner, d.item, d.at, d.position, d.public_id, coalesce(i.id, '') AS id,
        d.updated, coalesce(s.id, '') AS source
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
    found = [
        (row, kinds is OUT)
        for kinds in (OUT, BACK)
        for row in _newest(
            db, kinds, window.reentered * 2, values, name=name if is_filled and kinds is OUT else None
        )
    ]
    counts, gone, back = Counter[int](), list[Gone](), list[int]()
    for row, is_out in found:
        if len(gone) + len(back) == window.reentered or counts[row["owner"]] == window.reentered_of_source:
            continue
        counts[row["owner"]] += 1
        if is_out:
            gone.append(rows.value(Gone, row))
        else:
            back.append(row["item"])
    return gone, back


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
