"""Lists of items: those that match a query, and those of the pages of a channel.

Pages go by shown date, newest first: the members of the channel, and in a shared one the backlog of its
selection, which documents leave out. Undated items of a first import come last.
"""

from collections.abc import Sequence
from heapq import merge
from itertools import islice

from aggregator.model import ItemQuery
from aggregator.normalise.words import query
from aggregator.policy.crowding import Listed
from aggregator.policy.story_lead import is_shared
from aggregator.storage.sql.engine import Connection, Index, Row, as_json, texts
from aggregator.storage.sql.places import LISTED, visible
from aggregator.storage.sql.selection import ITEM

MEMBERS = f"""SELECT m.item AS number, m.source, m.listed FROM membership m
    JOIN item i ON i.number = m.item JOIN source s ON s.number = i.source
    WHERE m.channel = :channel AND {visible()} ORDER BY m.listed DESC, m.item DESC LIMIT :most"""
SELECTIONS = {
    "": "1 = 1",
    "topics": f":value {texts('{source}.topics')}",
    "languages": "substr(lower({item}.language) || '-', 1, length(:value) + 1) = :value || '-'",
}
AT = "CASE WHEN i.shown >= i.first_seen THEN 0 ELSE i.shown END"  # of the index item_backlog


def listing(db: Connection, name: str, most: int) -> tuple[Listed, ...]:
    """Return up to `most` of the items that the pages of a channel list, in their order."""
    channel = db.execute("SELECT number FROM channel WHERE name = ?", (name,)).fetchone()
    if channel is None:
        return ()
    parameters = {"channel": channel["number"], "most": most}
    found = [db.execute(MEMBERS, parameters)]
    kind, _, value = name.partition("/")
    if is_shared(name):
        found.append(db.execute(_backlog(SELECTIONS[kind]), {**parameters, "value": value}))
    listed = (map(_listed, rows) for rows in found)
    newest = merge(*listed, key=lambda each: (each.at, each.number), reverse=True)
    return tuple(islice(newest, most))


def _backlog(selection: str) -> str:
    """Return the query of old items in a selection; of those of a story that say the same, one, and none if
    another stands in the channel."""
    theirs = selection.format(item="o", source="os")
    return f"""SELECT i.number, i.source, {AT} AS listed FROM item i JOIN source s ON s.number = i.source
        WHERE {AT} >= 0 AND i.backlog = 1 AND {visible()} AND {selection.format(item="i", source="s")}
        AND NOT EXISTS (
            SELECT 1 FROM item o JOIN source os ON os.number = o.source
            WHERE o.story = i.story AND o.fingerprint = i.fingerprint AND {visible("o", "os")}
            AND (o.backlog = 1 AND o.number < i.number AND {theirs} OR EXISTS (
                SELECT 1 FROM membership m WHERE m.item = o.number AND m.channel = :channel)))
        ORDER BY {AT} DESC, i.number DESC LIMIT :most"""


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
        (f"? {texts('s.topics')}", wanted.topic),
        (
            f"substr(lower(i.language) || '-', 1, {len(wanted.language) + 1}) = lower(?) || '-'",
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
        (*(parameter for _, parameter in conditions), wanted.limit),
    ).fetchall()
