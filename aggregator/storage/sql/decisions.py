"""The operator's decisions by item, derived from the lines of the journal and looked up by what tells an
item again. Called inside transactions.

A row outlives its item: a source that is forgotten and added again finds what was decided.
"""

import json
from collections.abc import Collection, Mapping, Sequence, Set
from typing import Any

from msgspec.structs import replace

from aggregator.dedupe import erased, similar, within
from aggregator.dedupe.copies import Copies, day_text, link_text
from aggregator.dedupe.decided import feed_digest, not_permitted
from aggregator.dedupe.erased import key_text
from aggregator.dedupe.stories import ITEMS_PER_ADDRESS
from aggregator.model.decision import Decision, Decisions, ErasedKey, Other, State, Trigger
from aggregator.model.item import READ, Item, Key, KeyKind, Mode
from aggregator.model.poll import Claim
from aggregator.model.stored import Stored
from aggregator.policy.lifecycle import OF_ORIGIN
from aggregator.storage.sql import fingerprints, rows, signatures, values
from aggregator.storage.sql.engine import Connection, Row, as_json, ints, one, texts

LAST_LINE = "SELECT coalesce(max(number), 0) AS line FROM journal"
COLUMNS = Decision.__struct_fields__
ORIGINS = ", ".join(f"'{each}'" for each in OF_ORIGIN)
# An approval of a version, as another machine gave it meanwhile, undoes no withdrawal, and no step of an
# origin takes the place of one by the operator, which binds copies, too.
PUT = f"""INSERT INTO decision (line, {", ".join(COLUMNS)})
    VALUES (:line, {", ".join(f":{name}" for name in COLUMNS)})
    ON CONFLICT (item, feed) DO UPDATE SET {", ".join(f"{n} = excluded.{n}" for n in ("line", *COLUMNS[1:]))}
    WHERE (excluded.at >= decision.at OR (excluded.trigger = '{Trigger.WITHDRAW}' AND decision.approves = 1))
    AND NOT (decision.trigger = '{Trigger.WITHDRAW}'
        AND (excluded.approves = 1 OR excluded.trigger IN ({ORIGINS})))
    AND decision.trigger <> '{Trigger.ERASE}'"""
# Releases that share sentences, those that share most first: boilerplate is in all of a source.
NEAR = f"""SELECT line FROM withdrawn_piece WHERE piece {ints()}
    GROUP BY line ORDER BY count(*) DESC, line LIMIT ?"""
OTHERS_MAX = 50  # live items of a source that are read for its boilerplate
NEAR_MAX = 10  # releases compared with an item by their sentences; beyond, one with fewer common ones
# A reinstatement takes back the last withdrawal of an item, whose feed may have moved since. One of the same
# id by another organisation, which had the id of the source before, stays.
TAKEN_BACK = f"""SELECT line FROM decision WHERE item = ? AND at <= ?
    AND trigger IN ('{Trigger.WITHDRAW}', '{Trigger.TOMBSTONE}') ORDER BY at DESC LIMIT 1"""


def last_line(db: Connection) -> int:
    """Return the number of the journal's last line, 0 without one. Cheap."""
    return int(one(db.execute(LAST_LINE))["line"])


def read(db: Connection, claim: Claim, items: Sequence[Item]) -> Decisions:
    """Return the operator's decisions that concern these items of a source. Cheap without decisions."""
    line = last_line(db)
    if not line or not items:
        return Decisions(line)
    keys = {key_text(key) for item in items for key in item.keys} | {""}
    own = db.execute(
        f"SELECT * FROM decision WHERE key {texts()} AND (key = '' OR source = ? OR feed = ?)",
        (as_json(sorted(keys)), claim.id, feed_digest(claim.feed)),
    )
    blocking = db.execute(f"SELECT * FROM erased_key WHERE key {texts()}", (as_json(sorted(keys)),))
    withdrawn = _withdrawn(db, items)
    others = _others(db, [claim.id]).get(claim.id, ()) if withdrawn else ()
    return Decisions(
        line,
        tuple(rows.value(Decision, row) for row in own),
        withdrawn,
        others=tuple(others),
        erased=tuple(rows.value(ErasedKey, row) for row in blocking),
    )


def _others(db: Connection, sources: Collection[str]) -> Mapping[str, Sequence[Other]]:
    """Return the last OTHERS_MAX live items of each source, by its id: what they repeat is its
    boilerplate."""
    query = """SELECT i.first_seen, g.pieces FROM item i JOIN signature g ON g.item = i.number
        WHERE i.source = (SELECT number FROM source WHERE id = ?) AND i.state = 'live'
        ORDER BY i.number DESC LIMIT ?"""
    return {
        source: [
            (rows.moment(row["first_seen"]), bytes(row["pieces"]))
            for row in db.execute(query, (source, OTHERS_MAX))
        ]
        for source in sources
    }


def _withdrawn(db: Connection, items: Sequence[Item]) -> tuple[Decision, ...]:
    """Return withdrawn releases at the address of an item, unless it was a home page, of its title, or that
    share sentences with it; of the last NEAR_MAX for each item."""
    links = {link for item in items if (link := item.key(KeyKind.LINK)) is not None}
    titles = {similar.title_digest(item.title) for item in items if item.title}
    found = [
        *db.execute(f"SELECT * FROM decision WHERE link {texts()}", (as_json(map(link_text, links)),)),
        *db.execute(f"SELECT * FROM decision WHERE title {texts()}", (as_json(sorted(titles)),)),
        *db.execute(f"SELECT * FROM decision WHERE line {ints()}", (as_json(_near(db, items)),)),
    ]
    return tuple({row["line"]: rows.value(Decision, row) for row in found}.values())


def _near(db: Connection, items: Sequence[Item]) -> Set[int]:
    """Return the lines of withdrawn releases that share sentences with an item."""
    sketches = [similar.sketch(each) for item in items for each in (item.signature, item.summarised) if each]
    pieces = as_json({piece for each in sketches for piece in each})
    found = db.execute(f"SELECT DISTINCT piece FROM withdrawn_piece WHERE piece {ints()}", (pieces,))
    withdrawn = {row["piece"] for row in found}
    shared = {tuple(piece for piece in each if piece in withdrawn) for each in sketches} - {()}
    near = (db.execute(NEAR, (as_json(each), NEAR_MAX)) for each in shared)
    return {row["line"] for found in near for row in found}


def copies(db: Connection, items: Sequence[Stored]) -> Mapping[int, str]:
    """Return, by number, the id of the withdrawn release that an item is a copy of, of those that are and
    that the operator has not permitted since. Cheap without items or decisions."""
    if not items or not last_line(db):
        return {}
    kept = signatures.kept(db, [each.number for each in items])
    signed = [
        (each.id, each.source, replace(each.item, signature=kept.get(each.number, b""))) for each in items
    ]
    found = _copied(db, signed)
    return {each.number: found[each.id] for each in items if each.id in found}


def is_copy(db: Connection, name: str, source: str, item: Item) -> bool:
    """Return the same for one item, given by its id, with the text that it is to be shown with."""
    return last_line(db) > 0 and name in _copied(db, [(name, source, item)])


def _copied(db: Connection, items: Sequence[tuple[str, str, Item]]) -> Mapping[str, str]:
    """Return the ids of withdrawn releases by those of their copies; items are given with id and source."""
    named = as_json(name for name, _, _ in items)
    found = db.execute(f"SELECT * FROM decision WHERE item {texts()}", (named,))
    decided = sorted((rows.value(Decision, row) for row in found), key=lambda each: each.at)
    own = {each.item: each for each in decided}  # the last
    gone = _withdrawn(db, [item for _, _, item in items])
    withdrawn = Copies(gone, _others(db, {source for _, source, _ in items}) if gone else {})
    return {
        name: withdrawal.item
        for name, source, item in items
        if (withdrawal := not_permitted(withdrawn.of(item, source), own.get(name), item)) is not None
    }


def _is_crowded(db: Connection, link: bytes, source: int) -> bool:
    """Return whether an address is the home page of a source. Items of other sources, and held ones, prove
    nothing: each of them could be listed to hide what was withdrawn there."""
    found = db.execute(
        f"SELECT 1 FROM item WHERE link = ? AND source = ? AND state <> '{State.HELD}' LIMIT ?",
        (link, source, ITEMS_PER_ADDRESS),
    )
    return len(found.fetchall()) == ITEMS_PER_ADDRESS


def put(db: Connection, line: int, decision: Decision) -> None:
    """Store the decision of a line of the journal, unless a later one about the item is known."""
    old = "SELECT line FROM decision WHERE item = ? AND feed = ?"
    before = [row["line"] for row in db.execute(old, (decision.item, decision.feed))]
    if decision.trigger is Trigger.REINSTATE:
        before += _take_back(db, decision)
    stored = db.execute(f"{PUT} RETURNING item", {"line": line, **rows.columns(decision, *COLUMNS)})
    if stored.fetchone() is None:
        return
    db.execute(f"DELETE FROM withdrawn_piece WHERE line {ints()}", (as_json(before),))
    db.executemany(
        "INSERT INTO withdrawn_piece (piece, line) VALUES (?, ?)",
        [(piece, line) for piece in similar.pieces(decision.signature)],
    )


def _take_back(db: Connection, decision: Decision) -> list[int]:
    """Delete the withdrawal that a reinstatement takes back, if it is kept under another feed, and return its
    line."""
    found = db.execute(TAKEN_BACK, (decision.item, rows.ms(decision.at))).fetchall()
    lines = [row["line"] for row in found]
    db.execute(f"DELETE FROM decision WHERE feed <> ? AND line {ints()}", (decision.feed, as_json(lines)))
    return lines


def described(db: Connection, triggers: Mapping[int, Trigger]) -> Mapping[int, dict[str, Any]]:
    """Return, by number, what items are recognised by after a decision of the kind given for each."""
    found = db.execute(
        f"""SELECT i.*, s.id AS source_id, s.feed, s.mode, s.domains, g.pieces, p.text AS page_text
        FROM item i JOIN source s ON s.number = i.source LEFT JOIN signature g ON g.item = i.number
        LEFT JOIN page p ON p.item = i.number AND p.fingerprint = i.fingerprint AND p.text <> ''
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
        "read": "" if row["freed"] else dict(fingerprints.of(item).queries).get(READ, ""),
    }
    if trigger not in (Trigger.WITHDRAW, Trigger.ERASE):
        return marks
    made, link = signatures.of(item) if row["pieces"] is None else row["pieces"], row["link"]
    is_home_page = link is not None and _is_crowded(db, link, row["source"])
    if trigger is Trigger.ERASE:
        domains = tuple(json.loads(row["domains"]))
        found = db.execute("SELECT kind, digest FROM item_key WHERE item = ?", (row["number"],))
        keys = [Key(KeyKind(each["kind"]), each["digest"]) for each in found]
        marks["blocks"] = erased.marks(item, marks["key"], keys, domains, is_home_page=is_home_page)
    return {
        **marks,
        "link": "" if link is None or is_home_page else link_text(link),
        "title": similar.title_digest(item.title),
        "day": day_text(item),
        "words": similar.words(item.text),
        # Of the text of its page, too, which was shown: another source may have all of it in its feed.
        "signature": similar.joined(made, row["page_text"]) if row["page_text"] else made,
    }
