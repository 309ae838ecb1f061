"""Versions of an item: the one that waits for approval, and those that were replaced.

Called inside a write transaction. A waiting version is a row beside its item: it is in no index, story or
output until a transition makes it the content of the item.
"""

from collections.abc import Sequence, Set

from aggregator.errors import UsageError
from aggregator.model.amendment import Amendment
from aggregator.model.changes import Edit, Transition
from aggregator.model.house_style import Styled
from aggregator.model.item import Item
from aggregator.model.stored import Stored
from aggregator.policy import history
from aggregator.policy.lifecycle import DROPS_PENDING, TAKES_PENDING
from aggregator.storage.sql import channels, pages, rows, search, signatures, translations, values
from aggregator.storage.sql.channels import Stamp
from aggregator.storage.sql.engine import Connection, Index, Row, as_json, insert, ints, one, update
from aggregator.storage.sql.rows import ms

CONTENT = (
    *values.COLUMNS,
    "details",
    "link",
    "queries",
    "fingerprint_version",
    "document",
)  # columns that `pending` has of those of `item`

NO_TEXT = "title = '', content = '', url = '', size = 0"


def queue(db: Connection, edit: Edit, document: int | None) -> None:
    """Store the new version of an item beside it, in place of an older one that waits; `document` is that it
    was read from."""
    columns = values.item_columns(edit.item) | {"document": document}
    story = one(db.execute("SELECT story FROM item WHERE number = ?", (edit.number,)))["story"]
    db.execute("DELETE FROM pending WHERE item = ?", (edit.number,))
    waiting = {name: columns[name] for name in CONTENT} | rows.columns(edit, "updated", "parts")
    insert(db, "pending", {"item": edit.number, "story": story, **waiting})
    db.execute(
        "UPDATE item SET pending = ?, versions = ? WHERE number = ?",
        (edit.version, edit.version, edit.number),
    )


def drop(db: Connection, numbers: str) -> None:
    """Remove the versions of items (a JSON list of numbers) that wait; theirs are not given again."""
    db.execute(f"DELETE FROM pending WHERE item {ints()}", (numbers,))
    db.execute(f"UPDATE item SET pending = NULL WHERE pending IS NOT NULL AND number {ints()}", (numbers,))


def settle(db: Connection, index: Index, transitions: Sequence[Transition], at: Stamp) -> Set[int]:
    """Carry out what transitions do to the versions of their items that wait; returns the items that have
    another text now."""
    taking = {step.number for step in transitions if step.trigger in TAKES_PENDING}
    dropping = {step.number for step in transitions if step.trigger in DROPS_PENDING}
    found = db.execute(
        f"""SELECT p.*, i.pending AS version, i.fingerprint AS former, i.story AS present FROM pending p
        JOIN item i ON i.number = p.item WHERE p.item {ints()} ORDER BY p.item""",
        (as_json(taking | dropping),),
    ).fetchall()
    for row in found:
        if row["item"] in taking:
            _replace(db, index, row, at)
    if found:
        drop(db, as_json(row["item"] for row in found))
    return {row["item"] for row in found if row["item"] in taking and row["fingerprint"] != row["former"]}


def _replace(db: Connection, index: Index, row: Row, at: Stamp) -> None:
    """Make a waiting version the content of its item, as an edit of the version that was public. The item
    leaves a story that it joined meanwhile, whose texts were not compared with that version."""
    number = row["item"]
    columns = {name: row[name] for name in (*CONTENT, "version")}
    columns["ruled_topics"] = rows.column(rows.unpack(Styled, row["styled"]).topics)
    if row["fingerprint"] != row["former"]:
        revise(db, number, at)
        columns |= {"corrected": ms(at.now), "updated": row["updated"]}
    before = channels.member(db, number)
    search.remove(db, index, as_json([number]))
    signatures.drop(db, as_json([number]))
    db.execute("INSERT INTO unmatched (item) VALUES (?) ON CONFLICT DO NOTHING", (number,))  # made anew there
    update(db, "item", number, columns | {"says": None})
    channels.resettle_item(db, before, at)
    if row["parts"] or row["present"] != row["story"]:
        channels.part(db, number, at)
    source = one(db.execute("SELECT source FROM item WHERE number = ?", (number,)))["source"]
    translations.renew(db, source, [number], at)


def strike(db: Connection, step: Transition) -> bytes | None:
    """Return the fingerprint of a version of an item, whose text goes with the line of the journal; None for
    a waiting version that has the present text at another link, which is dropped. UsageError for a text that
    is no longer kept or struck already, and for the present one.
    """
    row = one(
        db.execute(
            """SELECT i.pending, i.fingerprint AS present, coalesce(r.fingerprint, p.fingerprint) AS struck,
                coalesce(r.struck, 0) AS is_struck
            FROM item i LEFT JOIN revision r ON r.item = i.number AND r.version = :version
            LEFT JOIN pending p ON p.item = i.number AND i.pending = :version WHERE i.number = :item""",
            {"item": step.number, "version": step.version},
        )
    )
    name = f"version {step.version} of item {step.id}"
    if row["is_struck"]:
        raise UsageError(f"{name} is struck already")
    if row["struck"] is None:
        raise UsageError(f"{name} is no longer kept: nothing is left of it")
    if row["struck"] != row["present"]:
        return bytes(row["struck"])
    if row["pending"] != step.version:
        raise UsageError(f"{name} is its present text again: withdraw the item")
    drop(db, as_json([step.number]))
    return None


def remove_text(db: Connection, item: str, fingerprint: bytes) -> None:
    """Remove a text from the versions of an item, given by its id: from those that it has, and from those to
    come, as after a restore, when it becomes a revision again."""
    db.execute(
        "INSERT INTO struck (item, fingerprint) VALUES (?, ?) ON CONFLICT DO NOTHING", (item, fingerprint)
    )
    pages.strike(db, item, fingerprint)
    of = "item = (SELECT number FROM item WHERE id = ?) AND fingerprint = ?"
    db.execute(f"UPDATE revision SET {NO_TEXT}, struck = 1 WHERE {of}", (item, fingerprint))
    found = db.execute(f"SELECT item FROM pending WHERE {of}", (item, fingerprint)).fetchall()
    drop(db, as_json(row["item"] for row in found))


def revise(db: Connection, number: int, at: Stamp) -> None:
    """Keep the present state of an item as a revision, and of older ones no more than `history` allows."""
    row = one(
        db.execute(
            """SELECT i.version, (CASE WHEN i.untitled = 1 THEN '' ELSE i.title END) AS title, i.content,
            i.document, i.amended, i.url, i.fingerprint, s.item IS NOT NULL AS is_struck
            FROM item i LEFT JOIN struck s ON s.item = i.id AND s.fingerprint = i.fingerprint
            WHERE i.number = ?""",
            (number,),
        )
    )
    kept = {name: row[name] for name in ("version", "title", "content", "url", "fingerprint", "document")}
    kept["title"] = rows.unpack(Amendment, row["amended"]).headline or row["title"]  # as it was shown
    size = sum(len(kept[name].encode()) for name in ("title", "content", "url"))
    if row["is_struck"]:
        kept |= {"title": "", "content": "", "url": ""}
        size = 0
    struck = int(row["is_struck"])
    insert(db, "revision", {"item": number, "at": ms(at.now), **kept, "size": size, "struck": struck})
    found = db.execute(
        "SELECT number, size FROM revision WHERE item = ? AND size > 0 ORDER BY number DESC", (number,)
    )
    dropped = as_json(history.dropped([(row["number"], row["size"]) for row in found]))
    db.execute(f"UPDATE revision SET {NO_TEXT} WHERE number {ints()}", (dropped,))


def waiting(db: Connection, item: Stored) -> Item | None:
    """Return the content of the version that waits for approval, None when none does."""
    row = db.execute(
        "SELECT p.*, i.keys FROM pending p JOIN item i ON i.number = p.item WHERE p.item = ?", (item.number,)
    ).fetchone()
    return None if row is None else values.item(row)
