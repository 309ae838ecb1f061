"""Pages of what is new and what has changed after a cursor, for programs that keep a copy of a channel.

New items go by their positions, which are given at the first publication and grow in the order of commits;
changes go by their numbers in the log. A reader that follows both to their ends has the present state.
"""

from collections.abc import Sequence

from aggregator.model.public_change import Gone
from aggregator.model.search import ChangesPage, Cursor
from aggregator.model.stored import Stored
from aggregator.policy.search_query import SearchQuery
from aggregator.storage.sql import told, values
from aggregator.storage.sql.also import with_story
from aggregator.storage.sql.engine import Connection, as_json, ints, one
from aggregator.storage.sql.public_search import Condition, conditions_of, of_sources, sources_of
from aggregator.storage.sql.selection import ITEM

SCANNED = 1_000  # positions looked through for one page
WANTED = "FROM item i CROSS JOIN source s WHERE s.number = i.source"


def after(db: Connection, cursor: Cursor, limit: int, wanted: SearchQuery, channel: str) -> ChangesPage:
    """Return the page that follows a cursor: up to `limit` new items, and the next changes."""
    sources = sources_of(db, wanted, channel)
    conditions = [*conditions_of(db, wanted, channel), *([] if sources is None else [of_sources(sources)])]
    new, position, has_more = _new(db, conditions, cursor.position, limit)
    changes = told.after(db, cursor.change)
    back = [each for each in changes.entries if isinstance(each, Stored)]
    kept = set(_wanted(db, conditions, [each.number for each in back]))
    found = {
        each.number: each for each in (*_items(db, new), *(each for each in back if each.number in kept))
    }
    return ChangesPage(
        items=tuple(found.values()),
        left=tuple(each for each in back if each.number not in kept),
        gone=tuple(each for each in changes.entries if isinstance(each, Gone)),
        next=Cursor(position, changes.last),
        has_more=has_more or changes.has_more,
    )


def end(db: Connection) -> Cursor:
    """Return the cursor behind everything that is published."""
    last = one(db.execute("SELECT coalesce(max(position), 0) AS position FROM item"))
    return Cursor(int(last["position"]), told.last(db))


def _new(
    db: Connection, conditions: Sequence[Condition], position: int, limit: int
) -> tuple[Sequence[int], int, bool]:
    """Return up to `limit` items in the order of their positions, the last position looked at, and whether
    others follow it."""
    scanned = db.execute(
        "SELECT number, position FROM item WHERE position > ? ORDER BY position LIMIT ?",
        (position, SCANNED + 1),
    ).fetchall()
    looked = scanned[:SCANNED]
    wanted = set(_wanted(db, conditions, [row["number"] for row in looked]))
    matches = [row for row in looked if row["number"] in wanted]
    if len(matches) > limit:
        return [row["number"] for row in matches[:limit]], matches[limit - 1]["position"], True
    last = looked[-1]["position"] if looked else position
    return [row["number"] for row in matches], last, len(scanned) > SCANNED


def _wanted(db: Connection, conditions: Sequence[Condition], numbers: Sequence[int]) -> Sequence[int]:
    where = "".join(f" AND {condition}" for condition, _ in conditions)
    given = (as_json(numbers), *(value for _, values in conditions for value in values))
    found = db.execute(f"SELECT i.number {WANTED} AND i.number {ints()}{where}", given)
    return [row["number"] for row in found]


def _items(db: Connection, numbers: Sequence[int]) -> Sequence[Stored]:
    rows = db.execute(f"{ITEM} WHERE i.number {ints()} ORDER BY i.position", (as_json(numbers),))
    return with_story(db, [values.stored(row) for row in rows])
