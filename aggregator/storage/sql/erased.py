"""Erasure of items: all content of theirs goes, their keys, ids and audit lines stay.

Called inside write transactions; `Engine.purge` then removes what the files still hold of it.
"""

import json
from collections.abc import Mapping, Sequence, Set
from pathlib import Path
from typing import Any

from aggregator.model.decision import Amended, Decision, Trigger
from aggregator.policy.lifecycle import OF_ORIGIN
from aggregator.storage.sql import alerts, images, pages, rows, search, translations
from aggregator.storage.sql.engine import Connection, Index, Row, as_json, ints, texts
from aggregator.storage.sql.selection import ITEM

NOTHING = """title = '', url = '', content = '', text = '', details = '{}', language = '', queries = '[]',
    untitled = 0, amended = '{}', styled = '{}', own_topics = NULL, ruled_topics = '[]',
    own_language = NULL, unsettled = NULL,
    pending = NULL, unmarked = NULL, alternates = NULL, freed = 1, erased = 1, indexed = 2"""
FIELDS = ("title", "url", "content", "text", "details", "amended", "styled")


def content(db: Connection, index: Index, numbers: Sequence[int]) -> None:
    """Remove all that items say, in every version of theirs."""
    chosen = as_json(numbers)
    search.remove(db, index, chosen)
    pages.drop(db, chosen)
    images.drop(db, chosen)
    translations.drop(db, chosen)
    for table in ("revision", "pending", "signature", "unmatched", "unstyled", "waiting", "origin_step"):
        db.execute(f"DELETE FROM {table} WHERE item {ints()}", (chosen,))
    db.execute(f"UPDATE item SET {NOTHING} WHERE number {ints()}", (chosen,))
    ids = [row["id"] for row in db.execute(f"SELECT id FROM item WHERE number {ints()}", (chosen,))]
    db.executemany("DELETE FROM amendment WHERE item = ?", [(each,) for each in ids])
    _forget_reasons(db, chosen)
    alerts.forget_hosts(db, ids)


def _forget_reasons(db: Connection, chosen: str) -> None:
    """Remove the reasons that origins gave for what they did with items (a JSON list of numbers)."""
    found = {"items": chosen, "triggers": as_json(OF_ORIGIN)}
    db.execute(
        f"UPDATE audit SET reason = '' WHERE item {ints(':items')} AND trigger {texts(':triggers')}", found
    )
    db.execute(
        f"""UPDATE decision SET reason = '' WHERE trigger {texts(":triggers")}
        AND item IN (SELECT id FROM item WHERE number {ints(":items")})""",
        found,
    )


def keep_keys(db: Connection, erasure: Decision, blocks: Mapping[str, Sequence[str]]) -> None:
    """Keep the keys of a line of the journal, by which an erased item is recognised."""
    of = rows.columns(erasure, "item", "feed", "source")
    db.executemany(
        """INSERT INTO erased_key (key, item, feed, source, everywhere)
        VALUES (:key, :item, :feed, :source, :everywhere) ON CONFLICT DO NOTHING""",
        [
            {"key": key, "everywhere": int(name == "everywhere"), **of}
            for name, keys in blocks.items()
            for key in keys
        ],
    )


def of_items(db: Connection) -> set[str]:
    """Return the ids of erased items."""
    found = db.execute("SELECT item FROM decision WHERE trigger = ?", (Trigger.ERASE.value,))
    return {row["item"] for row in found}


def holds_text(entry: object, items: Set[str]) -> bool:
    """Return whether a line of the journal holds words of one of these items."""
    if isinstance(entry, Decision):
        return entry.trigger in OF_ORIGIN and entry.item in items
    return isinstance(entry, Amended) and entry.item in items


def unwrite(db: Connection, items: Set[str]) -> None:
    """Remove the lines of the journal's table that hold words of these items."""
    found = db.execute("SELECT number, line FROM journal").fetchall()
    gone = [row["number"] for row in found if _is_text(json.loads(row["line"]), items)]
    db.execute(f"DELETE FROM journal WHERE number {ints()}", (as_json(gone),))


def rewritten(file: Path, items: Set[str]) -> bytes | None:
    """Return the journal's file without lines that hold words of these items, None if it has none."""
    lines = file.read_bytes().splitlines(keepends=True) if file.exists() else []
    kept = [line for line in lines if not _is_text(_members(line), items)]
    return b"".join(kept) if len(kept) < len(lines) else None


def _members(line: bytes) -> Mapping[str, Any]:
    try:
        members = json.loads(line)
    except ValueError:
        return {}
    return members if isinstance(members, dict) else {}


def _is_text(members: Mapping[str, Any], items: Set[str]) -> bool:
    return members.get("trigger") in (Trigger.AMEND, *OF_ORIGIN) and members.get("item") in items


def matching(db: Connection, part: str) -> Sequence[Row]:
    """Return the rows of items that hold a text, in whatever version, without regard to the case of ASCII."""
    says = " OR ".join(_holds(f"i.{name}") for name in FIELDS)
    revised = " OR ".join(_holds(f"r.{name}") for name in ("title", "content", "url"))
    waits = " OR ".join(_holds(f"w.{name}") for name in ("title", "url", "content", "details", "styled"))
    on_page = " OR ".join(_holds(f"o.{name}") for name in ("url", "content", "text", "styled"))
    return db.execute(
        f"""{ITEM} WHERE i.erased = 0 AND ({says}
        OR EXISTS (SELECT 1 FROM revision r WHERE r.item = i.number AND ({revised}))
        OR EXISTS (SELECT 1 FROM page o WHERE o.item = i.number AND ({on_page}))
        OR EXISTS (SELECT 1 FROM pending w WHERE w.item = i.number AND ({waits}))) ORDER BY i.number""",
        {"part": part},
    ).fetchall()


def _holds(column: str) -> str:
    return f"(replace(lower({column}), lower(:part), '') <> lower({column}))"
