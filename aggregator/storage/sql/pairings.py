"""The operator's decisions on which items are one story, by the ids of two items each. Called inside
transactions.

Ids are the same after a restore or when an item comes again, so that a decision outlives its items.
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from aggregator.errors import UsageError
from aggregator.model.changes import Transition
from aggregator.model.decision import Pairing, State, Trigger
from aggregator.model.stored import Candidate
from aggregator.storage.sql import channels, rows
from aggregator.storage.sql.channels import Stamp
from aggregator.storage.sql.engine import Connection, Cursor, Row, as_json, ints, texts

ITEM = """SELECT i.number, i.id, i.source, i.state, i.story, i.says, i.fingerprint FROM item i"""


class Paired(Struct, frozen=True):
    """Pairs of ids that were split, and stories with members that were merged."""

    apart: frozenset[tuple[str, str]]
    merged: frozenset[int | None]


def put(db: Connection, pairing: Pairing) -> None:
    """Store a decision, unless a later one about the two items is known."""
    db.executemany(
        """INSERT INTO pairing (one, other, apart, at) VALUES (?, ?, ?, ?) ON CONFLICT (one, other)
        DO UPDATE SET apart = excluded.apart, at = excluded.at WHERE excluded.at >= pairing.at""",
        [
            (*sorted((pairing.item, each)), int(pairing.trigger is Trigger.SPLIT), rows.ms(pairing.at))
            for each in pairing.others
        ],
    )


def of(db: Connection, others: Sequence[Candidate], own: Iterable[str]) -> Paired:
    """Return the decisions on candidates and members of stories; `own` are ids of the source's items."""
    stories = {each.id: each.story for each in others}
    ids = as_json(sorted({*stories, *own}))
    found = db.execute(
        f"""SELECT * FROM pairing WHERE one {texts(":ids")}
        UNION SELECT * FROM pairing WHERE other {texts(":ids")}""",
        {"ids": ids},
    ).fetchall()
    apart = frozenset((row["one"], row["other"]) for row in found if row["apart"])
    together = {name for row in found if not row["apart"] for name in (row["one"], row["other"])}
    return Paired(apart, frozenset(stories[name] for name in together if name in stories) - {None})


def carry_out(db: Connection, pairing: Pairing, at: Stamp) -> Sequence[Transition]:
    """Split or merge the items of a decision that are stored; returns lines for their audit trails."""
    found = db.execute(
        f"{ITEM} WHERE i.id {texts()} ORDER BY i.number", (as_json((pairing.item, *pairing.others)),)
    ).fetchall()
    stored = {row["id"]: row for row in found}
    if (item := stored.pop(pairing.item, None)) is None or not stored:
        return ()
    if pairing.trigger is Trigger.SPLIT:
        moved = [row for row in stored.values() if row["source"] != item["source"]]
        if any(item["story"] is not None and row["story"] == item["story"] for row in moved):
            channels.part(db, item["number"], at)
    else:
        moved = [row for row in stored.values() if _merge(db, item, row, at)]
    return [_audited(row, pairing, at) for row in (item, *moved)] if moved else ()


def _audited(row: Row, pairing: Pairing, at: Stamp) -> Transition:
    state, names = State(row["state"]), {pairing.item, *pairing.others} - {row["id"]}
    words = "from" if pairing.trigger is Trigger.SPLIT else "with"
    reason = "; ".join(filter(None, (f"{words} {', '.join(sorted(names))}", pairing.reason)))
    return Transition(row["number"], state, state, pairing.trigger, reason, pairing.actor, at.now, row["id"])


def _merge(db: Connection, item: Row, other: Row, at: Stamp) -> bool:
    """Let another item, with all of its story, join that of an item, which is shown in their place."""
    if item["source"] == other["source"]:
        raise UsageError(f"{item['id']} and {other['id']} are of one source, which has one item in a story")
    story = channels.story_of(db, item["number"])
    if other["story"] == story:
        return False
    former = [other["number"]]
    if other["story"] is not None:
        found = db.execute("SELECT number FROM item WHERE story = ?", (other["story"],))
        former = [row["number"] for row in found]
    says = item["fingerprint"] if item["says"] is None else item["says"]
    db.execute(f"UPDATE item SET story = ?, says = ? WHERE number {ints()}", (story, says, as_json(former)))
    channels.resettle_story(db, story, at, newcomer=other["number"])
    channels.touch(db, [item["number"]], at)
    return True


def merged(db: Connection, names: Sequence[str]) -> Cursor:
    """Read a row if the operator has merged items of these ids, for `rejoin`."""
    return db.execute(
        f"""SELECT 1 FROM pairing WHERE apart = 0 AND one {texts(":ids")} UNION ALL
        SELECT 1 FROM pairing WHERE apart = 0 AND other {texts(":ids")} LIMIT 1""",
        {"ids": as_json(names)},
    )


def rejoin(db: Connection, merged: Cursor, names: Sequence[str], at: Stamp) -> None:
    """Merge new items, given by their ids, with those that the operator has merged them with before."""
    if merged.fetchone() is None:
        return
    found = db.execute(
        f"""SELECT CASE WHEN a.number < b.number THEN a.id ELSE b.id END AS first,
        CASE WHEN a.number < b.number THEN b.id ELSE a.id END AS second
        FROM pairing p JOIN item a ON a.id = p.one JOIN item b ON b.id = p.other
        WHERE p.apart = 0 AND a.source <> b.source AND (p.one {texts(":ids")} OR p.other {texts(":ids")})""",
        {"ids": as_json(names)},
    ).fetchall()
    for row in found:
        carry_out(db, Pairing(row["first"], (row["second"],), Trigger.MERGE, "", "", at.now), at)
