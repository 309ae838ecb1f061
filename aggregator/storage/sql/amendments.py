"""The desk's own fields of items: beside each item, and by id and feed for one that is imported again.

Called inside write transactions.
"""

from collections.abc import Sequence

from aggregator.dedupe.decided import feed_digest
from aggregator.model.amendment import Amendment
from aggregator.model.changes import NewItem, Transition
from aggregator.model.decision import Amended, State
from aggregator.model.poll import Claim
from aggregator.storage.sql import channels, rows, search, versions
from aggregator.storage.sql.channels import Stamp
from aggregator.storage.sql.engine import Connection, Index, as_json, one, texts, update
from aggregator.storage.sql.rows import ms


def columns(amendment: Amendment) -> dict[str, object]:
    """Return the columns of `item` that an amendment fills."""
    return {
        "amended": rows.column(amendment),
        "own_topics": rows.column(amendment.topics) if amendment.topics else None,
        "own_language": amendment.language or None,
    }


def carry_out(db: Connection, index: Index, transitions: Sequence[Transition], at: Stamp) -> set[int]:
    """Amend items; what the public sees of one is a correction, and its former state a revision. Returns the
    numbers of the items amended."""
    given = [(step, step.amendment) for step in transitions if step.amendment is not None]
    for step, amendment in given:
        _amend(db, index, step, amendment, at)
    return {step.number for step, _ in given}


def _amend(db: Connection, index: Index, step: Transition, amendment: Amendment, at: Stamp) -> None:
    number, before = step.number, channels.member(db, step.number)
    changed = columns(amendment)
    if step.after is State.LIVE:
        versions.revise(db, number, at)
        changed |= _corrected(db, number, at)
    search.remove(db, index, as_json([number]))
    update(db, "item", number, changed)
    channels.resettle_item(db, before, at)


def _corrected(db: Connection, number: int, at: Stamp) -> dict[str, object]:
    """Return the columns of a correction. A version that waits for approval is numbered after it: the one
    that was read is no longer the newest."""
    row = one(db.execute("SELECT pending, updated, versions FROM item WHERE number = ?", (number,)))
    updated = row["updated"] if row["updated"] > ms(at.now) else ms(at.now)
    corrected = {"corrected": ms(at.now), "updated": updated}
    if row["pending"] is None:
        return {**corrected, "version": row["versions"] + 1, "versions": row["versions"] + 1}
    waiting = {"pending": row["pending"] + 1, "versions": row["pending"] + 1}
    return {**corrected, "version": row["pending"], **waiting}


def put(db: Connection, amended: Amended) -> None:
    """Keep the fields of a line of the journal, unless later ones are kept."""
    db.execute(
        """INSERT INTO amendment (item, feed, at, amended) VALUES (?, ?, ?, ?)
        ON CONFLICT (item, feed) DO UPDATE SET at = excluded.at, amended = excluded.amended
        WHERE excluded.at >= amendment.at""",
        (amended.item, amended.feed, ms(amended.at), rows.column(amended.amendment)),
    )


def is_known(db: Connection, amended: Amended) -> bool:
    """Return whether an amendment is kept, or a later one of the same item."""
    found = db.execute(
        "SELECT 1 FROM amendment WHERE item = ? AND feed = ? AND at >= ?",
        (amended.item, amended.feed, ms(amended.at)),
    )
    return found.fetchone() is not None


def recall(db: Connection, claim: Claim, items: Sequence[tuple[int, NewItem]]) -> None:
    """Give the desk's fields to items of a feed that had them before they were removed."""
    numbers = {new.id: number for number, new in items}
    found = db.execute(
        f"SELECT item, amended FROM amendment WHERE feed = ? AND item {texts()}",
        (feed_digest(claim.feed), as_json(numbers)),
    ).fetchall()
    for row in found:
        update(db, "item", numbers[row["item"]], columns(rows.unpack(Amendment, row["amended"])))
