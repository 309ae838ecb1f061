"""The operator's decisions by item, derived from the lines of the journal and looked up by what tells an
item again. Called inside transactions.

A row outlives its item: a source that is forgotten and added again finds what was decided.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from aggregator.dedupe import similar, within
from aggregator.dedupe.decided import Copies, feed_digest, key_text, link_text, not_permitted
from aggregator.dedupe.stories import CANDIDATES_MAX, ITEMS_PER_ADDRESS
from aggregator.model import Claim, Decision, Decisions, Item, KeyKind, Mode, Stored, Trigger
from aggregator.storage.sql import fingerprints, rows, signatures, values
from aggregator.storage.sql.engine import Connection, Row, as_json, ints, one, texts

COLUMNS = tuple(each.name for each in fields(Decision))
# An approval of a version, as another machine gave it meanwhile, undoes no withdrawal.
PUT = f"""INSERT INTO decision (line, {", ".join(COLUMNS)})
    VALUES (:line, {", ".join(f":{name}" for name in COLUMNS)})
    ON CONFLICT (item) DO UPDATE SET {", ".join(f"{n} = excluded.{n}" for n in ("line", *COLUMNS[1:]))}
    WHERE (excluded.at >= decision.at OR (excluded.trigger = '{Trigger.WITHDRAW}' AND decision.approves = 1))
    AND NOT (decision.trigger = '{Trigger.WITHDRAW}' AND excluded.approves = 1)"""
# Releases that share sentences, those that share most first: boilerplate is in all of a source.
NEAR = f"""SELECT item FROM (SELECT item, count(*) AS shared FROM withdrawn_piece WHERE piece {ints()}
    GROUP BY item ORDER BY shared DESC, item LIMIT ?) AS near"""


def last_line(db: Connection) -> int:
    """Return the number of the journal's last line, 0 without one. Cheap."""
    return int(one(db.execute("SELECT coalesce(max(number), 0) AS line FROM journal"))["line"])


def read(db: Connection, claim: Claim, items: Sequence[Item]) -> Decisions:
    """Return what the operator has decided that bears on these items of a source. Cheap without decisions."""
    line = last_line(db)
    if not line or not items:
        return Decisions(line)
    keys = {key_text(key) for item in items for key in item.keys} | {""}
    own = db.execute(
        f"SELECT * FROM decision WHERE key {texts()} AND (key = '' OR source = ? OR feed = ?)",
        (as_json(sorted(keys)), claim.id, feed_digest(claim.feed)),
    )
    return Decisions(line, tuple(rows.value(Decision, row) for row in own), _withdrawn(db, items))


def _withdrawn(db: Connection, items: Sequence[Item]) -> tuple[Decision, ...]:
    """Return withdrawn releases at the address of an item, unless it is a home page, or that share sentences
    with one; of the latter CANDIDATES_MAX."""
    links = {link for item in items if (link := item.key(KeyKind.LINK)) is not None}
    pieces = {piece for item in items for piece in similar.sketch(item.signature)}
    found = [
        *db.execute(f"SELECT * FROM decision WHERE link {texts()}", (as_json(map(link_text, links)),)),
        *db.execute(f"SELECT * FROM decision WHERE item IN ({NEAR})", (as_json(pieces), CANDIDATES_MAX)),
    ]
    releases = {row["item"]: rows.value(Decision, row) for row in found}
    return tuple(_at_own_address(db, each) for each in releases.values())


def copies(db: Connection, items: Sequence[Stored]) -> Mapping[int, str]:
    """Return, by number, the id of the withdrawn release that an item is a copy of, of those that are and
    that the operator has not permitted since. Cheap without items or decisions."""
    if not items or not last_line(db):
        return {}
    kept = signatures.kept(db, [each.number for each in items])
    signed = [replace(each.item, signature=kept.get(each.number, b"")) for each in items]
    found = db.execute(f"SELECT * FROM decision WHERE item {texts()}", (as_json(each.id for each in items),))
    own = {row["item"]: rows.value(Decision, row) for row in found}
    withdrawn = Copies(_withdrawn(db, signed))
    return {
        each.number: withdrawal.item
        for each, item in zip(items, signed, strict=True)
        if (withdrawal := not_permitted(withdrawn.of(item), own.get(each.id))) is not None
    }


def _at_own_address(db: Connection, release: Decision) -> Decision:
    """Return a release without its address if that has become a home page."""
    link = bytes.fromhex(release.link)
    return replace(release, link="") if link and _is_crowded(db, link) else release


def _is_crowded(db: Connection, link: bytes) -> bool:
    found = db.execute("SELECT 1 FROM item WHERE link = ? LIMIT ?", (link, ITEMS_PER_ADDRESS))
    return len(found.fetchall()) == ITEMS_PER_ADDRESS


def put(db: Connection, line: int, decision: Decision) -> None:
    """Store the decision of a line of the journal, unless a later one about the item is known."""
    stored = db.execute(f"{PUT} RETURNING item", {"line": line, **rows.columns(decision, *COLUMNS)})
    if stored.fetchone() is None:
        return
    db.execute("DELETE FROM withdrawn_piece WHERE item = ?", (decision.item,))
    db.executemany(
        "INSERT INTO withdrawn_piece (piece, item) VALUES (?, ?)",
        [(piece, decision.item) for piece in similar.pieces(decision.signature)],
    )


def described(db: Connection, triggers: Mapping[int, Trigger]) -> Mapping[int, dict[str, Any]]:
    """Return, by number, what items are recognised by after a decision of the kind given for each."""
    found = db.execute(
        f"""SELECT i.*, s.id AS source_id, s.feed, s.mode, g.pieces FROM item i
        JOIN source s ON s.number = i.source LEFT JOIN signature g ON g.item = i.number
        WHERE i.number {ints()}""",
        (as_json(triggers),),
    )
    return {row["number"]: _fields(db, row, triggers[row["number"]]) for row in found.fetchall()}


def _fields(db: Connection, row: Row, trigger: Trigger) -> dict[str, Any]:
    item = values.item(row)
    marks: dict[str, Any] = {
        "source": row["source_id"],
        "feed": feed_digest(row["feed"]),
        "key": key_text(within.primary(item, Mode(row["mode"]))),
        "fingerprint": fingerprints.present(row).hex(),
    }
    if trigger is not Trigger.WITHDRAW:
        return marks
    made = row["pieces"]
    return {
        **marks,
        "link": "" if row["link"] is None or _is_crowded(db, row["link"]) else link_text(row["link"]),
        "title": similar.title_digest(item.title),
        "signature": signatures.of(item) if made is None else made,
    }
