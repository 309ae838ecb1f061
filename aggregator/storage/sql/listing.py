"""Lists of items: those that match a query, and those of the pages of a channel.

Pages go by shown date, newest first: the members of the channel, and in a shared one the backlog of its
selection, which documents leave out. Undated items of a first import come last.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from heapq import merge
from itertools import islice

from aggregator.model.stored import ItemQuery
from aggregator.normalise.words import query
from aggregator.policy.paging import Cursor, Listed
from aggregator.policy.story_lead import is_shared
from aggregator.storage.sql import backlog
from aggregator.storage.sql.engine import Connection, Index, Row, as_json, texts
from aggregator.storage.sql.places import JOINED, LISTED, MEMBERS, visible
from aggregator.storage.sql.rows import moment
from aggregator.storage.sql.selection import ITEM

SHOWN = f"""SELECT m.item AS number, m.source, m.listed FROM {MEMBERS} WHERE {JOINED}
    AND m.channel = :channel AND {visible()} {{behind}} ORDER BY m.listed DESC, m.item DESC LIMIT :most"""
BEHIND = "AND (m.listed, m.item) < (:at, :number)"


def newest(db: Connection, names: Iterable[str] | None = None) -> Mapping[str, datetime]:
    """Return the latest date shown of the live items of each source, or of those whose channels are named, by
    the name of its channel; none of a source whose items are undated."""
    chosen = "substr(c.name, 1, 8) = 'sources/'" if names is None else f"c.name {texts()}"
    found = db.execute(
        f"""SELECT c.name, (SELECT m.listed FROM membership m JOIN item i ON i.number = m.item
            WHERE m.channel = c.number AND i.state = 'live' ORDER BY m.listed DESC LIMIT 1) AS listed
        FROM channel c WHERE {chosen}""",
        () if names is None else (as_json(names),),
    )
    return {row["name"]: moment(row["listed"]) for row in found if row["listed"]}


def is_place(db: Connection, cursor: Cursor) -> bool:
    """Return whether lists have, or had, an item at this place."""
    found = db.execute(f"SELECT {LISTED} AS at FROM item i WHERE i.number = ?", (cursor.number,)).fetchone()
    return found is not None and found["at"] == cursor.at


def listing(db: Connection, name: str, most: int, behind: Cursor | None = None) -> tuple[Listed, ...]:
    """Return up to `most` of the items that the pages of a channel list behind a place, in their order."""
    channel = db.execute("SELECT number FROM channel WHERE name = ?", (name,)).fetchone()
    if channel is None:
        return ()
    parameters = {"channel": channel["number"], "most": most, **(behind._asdict() if behind else {})}
    found = [db.execute(SHOWN.format(behind=BEHIND if behind else ""), parameters).fetchall()]
    if is_shared(name):
        found.append(backlog.newest(db, name, channel=channel["number"], most=most, behind=behind))
    listed = (map(_listed, rows) for rows in found)
    newest = merge(*listed, key=lambda each: (each.at, each.number), reverse=True)
    return tuple(islice(newest, most))


def _listed(row: Row) -> Listed:
    return Listed(row["number"], row["source"], row["listed"])


def matching(db: Connection, index: Index, wanted: ItemQuery) -> Sequence[Row]:
    """Return the rows of the items that a query matches, in its order."""
    terms = query(wanted.search)
    if wanted.search and not terms:
        return ()
    filters: Sequence[tuple[str, object]] = (
        (index.condition, index.query(terms)),
        ("s.id = ?", wanted.source),
        (
            f"""(i.own_topics IS NULL AND (? {texts("s.topics")} OR ? {texts("i.ruled_topics")})
            OR ? {texts("i.own_topics")})""",
            wanted.topic,
        ),
        (
            f"""substr(lower(coalesce(i.own_language, i.language)) || '-', 1, {len(wanted.language) + 1})
            = lower(?) || '-'""",
            wanted.language,
        ),
        (
            f"(i.state {texts()}{' OR i.pending IS NOT NULL' if wanted.or_pending else ''})",
            as_json(wanted.states) if wanted.states else "",
        ),
        ("i.number < ?", "" if wanted.before is None else wanted.before),
    )
    conditions = [each for each in filters if each[1] != ""]
    where = " AND ".join(condition for condition, _ in conditions) or "1 = 1"
    order = f"{LISTED} DESC, i.number DESC" if wanted.newest else "i.number DESC"
    # Numbers first: a sort would carry the texts of all items that match
    chosen = f"""SELECT i.number FROM item i JOIN source s ON s.number = i.source
        WHERE {where} ORDER BY {order} LIMIT ?"""
    return db.execute(
        f"{ITEM} WHERE i.number IN ({chosen}) ORDER BY {order}",
        (
            *(parameter for condition, parameter in conditions for _ in range(condition.count("?"))),
            wanted.limit,
        ),
    ).fetchall()
