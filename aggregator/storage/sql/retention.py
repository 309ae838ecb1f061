"""Retention: content past its time is dropped. Keys, ids and audit lines stay for ever, because an old item
that resurfaces must be known and is not new. Called inside a write transaction."""

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from aggregator.model.changes import Edit
from aggregator.model.item import Item
from aggregator.model.settings import Retention
from aggregator.storage.sql import channels, images, pages, search, signatures, translations, versions
from aggregator.storage.sql.engine import Connection, Index, as_json, insert, ints
from aggregator.storage.sql.rows import ms

FREED_AT_ONCE = 250  # rows of each kind freed in one transaction: others wait some 40 ms for it
WITHIN = f"WHERE number {ints()}"
KEPT = ("keys", "title", "url", "language", "claimed", "fingerprint", "queries", "digest", "untitled")


def free(db: Connection, index: Index, kept: Retention, now: datetime) -> bool:
    """Drop the content of items and revisions past their time, and old poll records; False when none is
    left.

    The file does not shrink: freed pages are filled with what arrives, and a whole VACUUM would stop all
    writing for as long as it copies.
    """
    old = as_json(
        row["number"]
        for row in db.execute(
            "SELECT number FROM item WHERE freed = 0 AND first_seen < ? ORDER BY first_seen LIMIT ?",
            (ms(now - kept.items), FREED_AT_ONCE),
        )
    )
    search.remove(db, index, old)
    # indexed = 2: nothing of it is in the search index, so nothing must be taken out of it again.
    if old != "[]":
        at = channels.stamp(db, now)
        db.execute(  # with a new seq, which renderings of it are cached by
            f"""UPDATE item SET content = '', text = '', details = '{{}}', amended = '{{}}', styled = '{{}}',
            freed = 1, unmarked = NULL, alternates = NULL, indexed = 2, seq = ? {WITHIN}""",
            (at.seq, old),
        )
        channels.touch_all(db, at)
    db.execute(f"DELETE FROM waiting WHERE item {ints()}", (old,))
    versions.drop(db, old)
    pages.drop(db, old)
    images.drop(db, old)
    _rewrite(db, old)
    signatures.drop(db, old)
    translations.drop(db, old)
    for table in ("revision", "unmatched", "unstyled"):
        db.execute(f"DELETE FROM {table} WHERE item {ints()}", (old,))
    revisions = _delete(db, "revision", "at", ms(now - kept.revisions))
    polls = _delete(db, "poll", "started", ms(now - kept.polls))
    _delete(db, "alert", "cleared", ms(now - kept.polls))
    return old != "[]" or revisions > 0 or polls > 0


def without_content(db: Connection, edits: Sequence[Edit]) -> Sequence[Edit]:
    """Return edits as they are stored: of a freed item what stays of one, in the version that waits, too.

    Its age stays past retention: content stored again would be freed again, or be kept for ever.
    """
    if not edits:
        return edits
    numbers = as_json(each.number for each in edits)
    found = db.execute(f"SELECT number FROM item {WITHIN} AND freed = 1", (numbers,))
    freed = {row["number"] for row in found}
    return [replace(each, item=_kept(each.item)) if each.number in freed else each for each in edits]


def _kept(item: Item) -> Item:
    return Item(**{name: getattr(item, name) for name in KEPT})


def _rewrite(db: Connection, numbers: str) -> None:
    """Write the rows anew, side by side: a row that shrinks in its place keeps its page for itself."""
    found = [dict(row) for row in db.execute(f"SELECT * FROM item {WITHIN}", (numbers,))]
    db.execute(f"DELETE FROM item {WITHIN}", (numbers,))
    for row in found:
        insert(db, "item", row)


def _delete(db: Connection, table: str, time: str, before: int) -> int:
    """Delete the first rows from before that time; returns how many."""
    gone = db.execute(
        f"""DELETE FROM {table} WHERE number IN (SELECT number FROM {table} WHERE {time} < ? LIMIT ?)
        RETURNING number""",
        (before, FREED_AT_ONCE),
    )
    return len(gone.fetchall())
