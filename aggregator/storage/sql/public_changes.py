"""The log of public changes, by which subscribers, webhooks and tombstones learn what they must.

Called inside a write transaction that holds the publish lock (`channels.stamp`), so that numbers become
visible in their order. Rows of corrections and withdrawals are kept for good.
"""

from collections.abc import Collection, Sequence

from aggregator.model.public_change import ChangeKind, PublicChange
from aggregator.storage.sql import rows
from aggregator.storage.sql.engine import Connection, as_json, ints, one
from aggregator.storage.sql.rows import ms
from aggregator.storage.sql.stamps import Stamp

# Numbers grow with time, too, so that a restored store gives none that a subscriber has as its cursor.
RESERVE = """UPDATE counter SET value = CASE WHEN value > :now THEN value ELSE :now END + :count
    WHERE name = 'change'"""
CHANGE = """INSERT INTO public_change (number, seq, item, source, kind, at)
    SELECT (SELECT value FROM counter WHERE name = 'change') - :most
        + row_number() OVER (ORDER BY i.position), :seq, i.number, i.source, :kind, :at
    FROM item i JOIN source s ON s.number = i.source WHERE i.position IS NOT NULL AND """
# By which a channel knows the sources that have changed lately, whatever their number.
LAST = """INSERT INTO last_change (source, kind, at) SELECT i.source, :kind, :at
    FROM item i JOIN source s ON s.number = i.source WHERE i.position IS NOT NULL AND {condition}
    GROUP BY i.source ON CONFLICT (source, kind) DO UPDATE SET at = excluded.at
    WHERE excluded.at > last_change.at"""
GIVEN = f"i.number {ints(':items')} AND s.republish <> 'no'"
# A first import is no news: what pages list of it only is pushed to no subscriber.
NEWS = f"{GIVEN} AND i.backlog = 0"
OF_SOURCE = "i.source = :source AND i.state = 'live'"
WAS_WITHDRAWN = f"""{OF_SOURCE} AND (SELECT c.kind FROM public_change c WHERE c.item = i.number
    ORDER BY c.number DESC LIMIT 1) = 'withdrawn'"""

# Newer than the tombstone entry of before, which is up to 3 s newer than the last update.
NEWER = "CASE WHEN updated + 4000 > :now THEN updated + 4000 ELSE :now END"
IS_OLDER = """updated < 4000 + (SELECT coalesce(max(c.at), 0) FROM public_change c
    WHERE c.item = item.number AND c.kind = 'withdrawn')"""


def record(db: Connection, kind: ChangeKind, items: Collection[int], at: Stamp) -> None:
    """Log a change of the items among these that the rights of their source show, by position; as PUBLISHED
    none of a first import that only pages list."""
    if items:
        if kind is ChangeKind.RESTORED:
            where, parameters = f"number {ints(':items')}", {"items": as_json(items), "now": ms(at.now)}
            db.execute(f"UPDATE item SET updated = {NEWER} WHERE {where} AND {IS_OLDER}", parameters)
        condition = NEWS if kind is ChangeKind.PUBLISHED else GIVEN
        _log(db, condition, kind, at, most=len(items), items=as_json(items))


def rights_changed(db: Connection, source: int, at: Stamp, *, is_shown: bool) -> None:
    """Log that the live items of a source left the outputs by its rights, or that those that had left are
    back."""
    kind, condition = (ChangeKind.RESTORED, WAS_WITHDRAWN) if is_shown else (ChangeKind.WITHDRAWN, OF_SOURCE)
    if is_shown:
        renewed = f"number IN (SELECT i.number FROM item i WHERE {WAS_WITHDRAWN})"
        parameters = {"source": source, "now": ms(at.now), "seq": at.seq}
        db.execute(f"UPDATE item SET updated = {NEWER}, seq = :seq WHERE {renewed}", parameters)
    live = db.execute("SELECT count(*) AS items FROM item WHERE source = ? AND state = 'live'", (source,))
    _log(db, condition, kind, at, most=one(live)["items"], source=source)


def narrowed(db: Connection, source: int, at: Stamp) -> None:
    """Log that less is shown of the live items of a source by its rights: as corrections, because subscribers
    keep what they have of an entry until its update is newer."""
    db.execute(
        f"UPDATE item SET updated = {NEWER}, seq = :seq WHERE source = :source AND state = 'live'",
        {"source": source, "now": ms(at.now), "seq": at.seq},
    )
    live = db.execute("SELECT count(*) AS items FROM item WHERE source = ? AND state = 'live'", (source,))
    _log(db, OF_SOURCE, ChangeKind.CORRECTED, at, most=one(live)["items"], source=source)


def _log(
    db: Connection, condition: str, kind: ChangeKind, at: Stamp, *, most: int, **parameters: object
) -> None:
    db.execute(RESERVE, {"now": ms(at.now), "count": most})
    stamped = {"most": most, "seq": at.seq, "at": ms(at.now)}
    db.execute(CHANGE + condition, {**stamped, "kind": kind.value, **parameters})
    if kind is not ChangeKind.PUBLISHED:
        told = {"kind": kind.value, "at": ms(at.now), **parameters}
        db.execute(LAST.format(condition=condition), told)


def detach(db: Connection, items: Sequence[int]) -> None:
    """Keep of items that are about to be removed the last withdrawal and its public id alone; the rows of the
    log stay, so that its pages do."""
    numbers = as_json(items)
    db.execute(f"DELETE FROM public_change WHERE kind = 'published' AND item {ints()}", (numbers,))
    db.execute(
        f"""UPDATE public_change SET public_id = (SELECT i.public_id FROM item i
            WHERE i.number = public_change.item)
        WHERE item {ints()} AND kind = 'withdrawn'
        AND NOT EXISTS (SELECT 1 FROM public_change l WHERE l.item = public_change.item
            AND l.number > public_change.number)""",
        (numbers,),
    )
    db.execute(f"UPDATE public_change SET item = NULL, source = 0 WHERE item {ints()}", (numbers,))


def since(db: Connection, after: int, limit: int) -> tuple[PublicChange, ...]:
    """Return up to `limit` changes after a number, oldest first."""
    found = db.execute(
        """SELECT c.number, c.seq, c.kind, c.at, c.item, coalesce(i.public_id, c.public_id) AS public_id,
            coalesce(i.id, '') AS id, coalesce(s.id, '') AS source
        FROM public_change c LEFT JOIN item i ON i.number = c.item LEFT JOIN source s ON s.number = i.source
        WHERE c.number > ? AND (c.item IS NOT NULL OR c.public_id <> '') ORDER BY c.number LIMIT ?""",
        (after, limit),
    )
    return tuple(rows.value(PublicChange, row) for row in found)


def last(db: Connection) -> int:
    """Return the number of the last change, 0 without one. Cheap."""
    return int(one(db.execute("SELECT coalesce(max(number), 0) AS number FROM public_change"))["number"])
