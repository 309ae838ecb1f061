"""New items of one poll: their identities, positions, stories and rows. Called inside a write transaction.

Everything is settled before the rows are written, because a row is large and is written once.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import count as counting

from sqlite_utils import Database

from aggregator.model import Claim, NewItem, State, Transition
from aggregator.storage.sql import channels, lifecycle
from aggregator.storage.sql.channels import Stamp
from aggregator.storage.sql.rows import item_columns, ms, ms_or_none

BEFORE = "withdrawn before the store was restored"


def store(db: Database, claim: Claim, items: Sequence[NewItem], at: Stamp) -> list[int]:
    """Store items in the order given and publish those that are live; returns their numbers."""
    if not items:
        return []
    items = _as_withdrawn_before(db, items)
    first = int(db.conn.execute("SELECT coalesce(max(number), 0) + 1 FROM item").fetchone()[0])
    numbers = [first + offset for offset in range(len(items))]
    live = sum(new.state is State.LIVE for new in items)
    positions = counting(channels.count(db, "position", live) - live + 1)
    rows = [
        {
            "number": number,
            "position": next(positions) if new.state is State.LIVE else None,
            "story": _story(db, new.same_as),
            **_columns(new, claim, at),
        }
        for number, new in zip(numbers, items, strict=True)
    ]
    _identify(db, claim, items, rows)
    names = list(rows[0])
    db.conn.executemany(
        f"INSERT INTO item ({', '.join(names)}) VALUES ({', '.join(f':{name}' for name in names)})", rows
    )
    for number, new in zip(numbers, items, strict=True):
        if new.state is not State.LIVE:
            seen = Transition(number, new.state, new.state, "first seen", new.reason, claim.id, at.now)
            lifecycle.audit(db, seen)
    published = [n for n, new in zip(numbers, items, strict=True) if new.state is State.LIVE]
    channels.file(db, published, at)
    return numbers


def _as_withdrawn_before(db: Database, items: Sequence[NewItem]) -> Sequence[NewItem]:
    """Items that were withdrawn here before a backup that did not hold them was restored stay so."""
    withdrawn = withdrawn_before(db)
    return [
        replace(new, state=State.WITHDRAWN, reason=BEFORE) if new.id in withdrawn else new for new in items
    ]


def withdrawn_before(db: Database) -> set[str]:
    """Ids of items this store has never seen, and the journal has withdrawn."""
    row = db.conn.execute("SELECT value FROM meta WHERE key = 'withdrawn'").fetchone()
    return set(json.loads(row[0])) if row else set()


def expect_withdrawn(db: Database, ids: Sequence[str]) -> None:
    """Should items of these ids arrive, they are withdrawn."""
    db.conn.execute(
        "INSERT OR REPLACE INTO meta (key, value) VALUES ('withdrawn', ?)",
        (json.dumps(sorted(withdrawn_before(db) | set(ids))),),
    )


def _columns(new: NewItem, claim: Claim, at: Stamp) -> dict[str, object]:
    return {
        **item_columns(new.item),
        "source": claim.number,
        "state": new.state.value,
        "shown": ms(new.shown),
        "updated": ms(new.updated),
        "first_seen": ms(at.now),
        "release": ms_or_none(new.release),
        "reason": new.reason,
        "backlog": int(new.backlog),
        "flags": json.dumps(sorted({*new.flags, *new.item.flags})),
        "seq": at.seq,
    }


def _identify(
    db: Database, claim: Claim, items: Sequence[NewItem], rows: Sequence[dict[str, object]]
) -> None:
    """Give each row ids no item has yet: a source that took an old one's name would clash, and so does a
    guid that another source, or this one for something else, has used before."""
    ids = _taken(db, "id", [new.id for new in items])
    public = _taken(db, "public_id", [new.public_id for new in items])
    authority = lifecycle.authority(db)
    for new, row in zip(items, rows, strict=True):
        own = new.id if new.id not in ids else f"{new.id[:6]}{row['number']:07d}"
        shown = new.public_id if new.public_id and new.public_id not in public else f"tag:{authority}:{own}"
        row |= {"id": own, "public_id": shown}
        ids.add(own)
        public.add(shown)


def _taken(db: Database, column: str, wanted: Sequence[str]) -> set[str]:
    found = db.conn.execute(
        f"SELECT {column} FROM item WHERE {column} IN (SELECT value FROM json_each(?))",
        (json.dumps(wanted),),
    )
    return {row[0] for row in found}


def _story(db: Database, same_as: int | None) -> int | None:
    if same_as is None:
        return None
    row = db.conn.execute("SELECT story FROM item WHERE number = ?", (same_as,)).fetchone()
    if row["story"] is not None:
        return int(row["story"])
    story = channels.count(db, "story", 1)
    db.conn.execute("UPDATE item SET story = ? WHERE number = ?", (story, same_as))
    return story
