"""Archives of channels (RFC 5005 section 4): closed ranges of positions, and entries that left their channel.

An archive closes with the transaction that fills it: positions only grow, so that nothing joins it later.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from aggregator.model.public_change import Archived, Gone
from aggregator.model.stored import Stored
from aggregator.storage.sql import rows, values
from aggregator.storage.sql.also import with_story
from aggregator.storage.sql.engine import Connection, Row, as_json, ints, one
from aggregator.storage.sql.places import visible
from aggregator.storage.sql.public_changes import NEWER
from aggregator.storage.sql.rows import ms

LAST = """SELECT coalesce(a.number, 0) AS number, coalesce(a.last, 0) AS last
    FROM (SELECT 1 AS one) AS always
    LEFT JOIN (SELECT number, last FROM archive WHERE channel = ? ORDER BY number DESC LIMIT 1) AS a
    ON 1 = 1"""

# All places of a range. An item that no channel shows has a tombstone entry only if it was public: then its
# withdrawal is in the log. Retention drops content, no entry.
ENTRIES = f"""SELECT m.position AS place, {values.STORED}, s.republish,
        (SELECT max(c.at) FROM public_change c WHERE c.item = i.number AND c.kind = 'withdrawn') AS at
    FROM membership m JOIN item i ON i.number = m.item JOIN source s ON s.number = i.source {values.WITH_PAGE}
    WHERE m.channel = ? AND m.position > ? AND m.position <= ?"""
# The member of its story in whose favour an entry left: none once it is itself no longer public.
INSTEAD = f"""coalesce((SELECT o.id FROM item o JOIN source os ON os.number = o.source
    JOIN membership m ON m.channel = d.channel AND m.item = o.number
    WHERE o.story = i.story AND {visible("i", "s")} AND {visible("o", "os")}
    ORDER BY m.position LIMIT 1), '') AS instead"""
DEPARTED = f"""SELECT d.position AS place, d.public_id, coalesce(i.id, '') AS id,
        coalesce(s.id, '') AS source,
        d.updated, d.at, {INSTEAD}
    FROM departed d LEFT JOIN item i ON i.number = d.item LEFT JOIN source s ON s.number = i.source
    WHERE d.channel = ? AND d.position > ? AND d.position <= ?"""

DEPART = """INSERT INTO departed (channel, position, source, item, public_id, updated, at)
    SELECT m.channel, m.position, i.source, i.number, i.public_id, i.updated, :at
    FROM membership m JOIN item i ON i.number = m.item WHERE m.channel = :channel AND m.item = :item"""
REMOVE = f"""INSERT INTO departed (channel, position, source, public_id, updated, at)
    SELECT m.channel, m.position, 0, i.public_id, i.updated, max(c.at)
    FROM membership m JOIN item i ON i.number = m.item
    JOIN public_change c ON c.item = i.number AND c.kind = 'withdrawn' WHERE m.item {ints()}
    GROUP BY m.channel, m.position, i.public_id, i.updated"""


def last(db: Connection, channel: int) -> Row:
    """Return number and last position of the newest archive of a channel, 0 without one."""
    return one(db.execute(LAST, (channel,)))


def read(db: Connection, channel: int, number: int) -> Archived | None:
    """Return one archive of a channel, highest position first; None for one that is not closed."""
    bound = db.execute(
        """SELECT a.last, coalesce(b.last, 0) AS before,
            (SELECT max(n.number) FROM archive n WHERE n.channel = a.channel) AS newest
        FROM archive a LEFT JOIN archive b ON b.channel = a.channel AND b.number = a.number - 1
        WHERE a.channel = ? AND a.number = ?""",
        (channel, number),
    ).fetchone()
    if bound is None:
        return None
    within = (channel, bound["before"], bound["last"])
    found = [(row["place"], each) for row in db.execute(ENTRIES, within) for each in _entry(row)]
    found += [(row["place"], rows.value(Gone, row)) for row in db.execute(DEPARTED, within)]
    entries = [each for _, each in sorted(found, key=lambda each: -each[0])]
    named = {
        each.number: each for each in with_story(db, [each for each in entries if isinstance(each, Stored)])
    }
    whole = (named[each.number] if isinstance(each, Stored) else each for each in entries)
    return Archived(number, tuple(whole), bound["newest"])


def _entry(row: Row) -> Sequence[Stored | Gone]:
    if row["state"] == "live" and row["republish"] != "no":
        return [values.stored(row)]
    return [rows.value(Gone, row, source=row["source_id"], instead="")] if row["at"] is not None else []


def depart(db: Connection, channel: int, item: int, now: datetime) -> None:
    """Take an entry out of a channel that shows another one in its place."""
    parameters = {"channel": channel, "item": item, "at": ms(now)}
    db.execute(DEPART, parameters)
    db.execute("DELETE FROM membership WHERE channel = :channel AND item = :item", parameters)


def renew(db: Connection, item: int, now: datetime) -> None:
    """Give an item that had left a channel, and enters one now, an update newer than its tombstone entry."""
    db.execute(
        f"""UPDATE item SET updated = {NEWER} WHERE number = :item
        AND EXISTS (SELECT 1 FROM departed d WHERE d.item = item.number)""",
        {"item": item, "now": ms(now)},
    )


def remove(db: Connection, items: Collection[int]) -> None:
    """Keep the tombstone entries alone of items that are about to be removed, whose withdrawals are in the
    log."""
    numbers = as_json(items)
    db.execute(REMOVE, (numbers,))
    db.execute(f"UPDATE departed SET item = NULL, source = 0 WHERE item {ints()}", (numbers,))
    db.execute(f"DELETE FROM membership WHERE item {ints()}", (numbers,))
