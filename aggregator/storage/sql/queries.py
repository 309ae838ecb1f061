"""Reading the store for people and publishers: channels, items, sources. Writes nothing."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from sqlite3 import Row

from aggregator.model import (
    AuditLine,
    FeedInfo,
    Health,
    ItemQuery,
    Mode,
    Revision,
    State,
    Stored,
    StoryMember,
    Totals,
)
from aggregator.storage.sql import rows
from aggregator.storage.sql.channels import as_json
from aggregator.storage.sql.rows import moment, moment_or_none, ms

ITEM = "SELECT i.*, s.id AS source_id FROM item i JOIN source s ON s.number = i.source"
VISIBLE = "i.state = 'live' AND s.republish <> 'no' AND i.freed = 0"
CORRECTED = timedelta(days=30)  # a correction is shown again for so long: readers do not look back
MOST = 500  # items of one document, whatever its window holds


def channels(db: sqlite3.Connection) -> tuple[str, ...]:
    return tuple(row["name"] for row in db.execute("SELECT name FROM channel ORDER BY name"))


def select(db: sqlite3.Connection, name: str, newest: int, within: timedelta) -> tuple[Stored, ...]:
    channel = db.execute("SELECT number, changed FROM channel WHERE name = ?", (name,)).fetchone()
    if channel is None:
        return ()
    changed = moment(channel["changed"])
    found: dict[int, tuple[int, Row]] = {}
    cursor = db.execute(
        f"""SELECT m.position AS place, m.since, i.*, s.id AS source_id FROM membership m
        JOIN item i ON i.number = m.item JOIN source s ON s.number = i.source
        WHERE m.channel = ? AND {VISIBLE} ORDER BY m.position DESC LIMIT ?""",
        (channel["number"], MOST),
    )
    for row in cursor:
        if len(found) >= newest and row["since"] < ms(changed - within):
            break
        found[row["number"]] = (row["place"], row)
    cursor.close()
    corrected = db.execute(
        f"""SELECT m.position AS place, i.*, s.id AS source_id FROM item i
        CROSS JOIN membership m ON m.item = i.number AND m.channel = ? JOIN source s ON s.number = i.source
        WHERE i.corrected > ? AND {VISIBLE} ORDER BY i.corrected DESC LIMIT ?""",
        (channel["number"], ms(changed - CORRECTED), newest),
    )
    found |= {row["number"]: (row["place"], row) for row in corrected}
    ordered = sorted(found.values(), key=lambda pair: -pair[0])
    return _with_story(db, [rows.stored(row) for _, row in ordered])


def earlier(db: sqlite3.Connection, limit: int) -> tuple[Stored, ...]:
    """Walks the index item_earlier from its end, so that it reads about as many rows as it returns."""
    found = db.execute(
        f"""{ITEM} WHERE i.backlog = 1 AND {VISIBLE} AND NOT EXISTS (
            SELECT 1 FROM item o JOIN source os ON os.number = o.source
            WHERE o.story = i.story AND (o.backlog = 0 OR o.number < i.number)
            AND o.state = 'live' AND os.republish <> 'no' AND o.freed = 0)
        ORDER BY i.shown DESC, i.number DESC LIMIT ?""",
        (limit,),
    ).fetchall()
    return _with_story(db, [rows.stored(row) for row in found])


def _with_story(db: sqlite3.Connection, items: list[Stored]) -> tuple[Stored, ...]:
    """Name the other organisations that released the same."""
    told = {item.story for item in items if item.story is not None}
    if not told:
        return tuple(items)
    others: dict[int | None, list[tuple[int, StoryMember]]] = {}
    for row in db.execute(
        f"""SELECT i.number, i.story, i.url, i.details, s.organisation, s.title, s.id FROM item i
        JOIN source s ON s.number = i.source
        WHERE i.story IN (SELECT value FROM json_each(?)) AND {VISIBLE} ORDER BY i.number""",
        (as_json(told),),
    ):
        name = json.loads(row["details"]).get("organisation") or row["organisation"]
        also = StoryMember(organisation=name or row["title"] or row["id"], url=row["url"])
        others.setdefault(row["story"], []).append((row["number"], also))
    return tuple(replace(item, also=_besides(item.number, others.get(item.story, ()))) for item in items)


def _besides(number: int, members: Sequence[tuple[int, StoryMember]]) -> tuple[StoryMember, ...]:
    return tuple(also for member, also in members if member != number)


def find(db: sqlite3.Connection, reference: str) -> Stored | None:
    for column in ("id", "public_id", "url"):
        row = db.execute(
            f"{ITEM} WHERE i.{column} = ? ORDER BY i.state = 'live' DESC, i.number LIMIT 1",
            (reference,),
        ).fetchone()
        if row is not None:
            return _with_story(db, [rows.stored(row)])[0]
    return None


def at(db: sqlite3.Connection, address: str) -> tuple[Stored, ...]:
    found = db.execute(f"{ITEM} WHERE i.url = ? ORDER BY i.number", (address,))
    return tuple(rows.stored(row) for row in found)


def story(db: sqlite3.Connection, number: int) -> tuple[Stored, ...]:
    found = db.execute(
        f"""{ITEM} WHERE i.number = :number OR i.story = (SELECT story FROM item WHERE number = :number)
        ORDER BY i.number""",
        {"number": number},
    )
    return tuple(rows.stored(row) for row in found)


def release_due(db: sqlite3.Connection, now: datetime) -> tuple[Stored, ...]:
    found = db.execute(
        f"{ITEM} WHERE i.state = 'held' AND i.release <= ? ORDER BY i.release, i.number LIMIT ?",
        (ms(now), MOST),
    )
    return tuple(rows.stored(row) for row in found)


def items(db: sqlite3.Connection, wanted: ItemQuery) -> tuple[Stored, ...]:
    conditions: list[tuple[str, object]] = []
    if wanted.search:
        match = "i.number IN (SELECT rowid FROM item_fts WHERE item_fts MATCH ?)"
        conditions.append((match, _query(wanted.search)))
    if wanted.source:
        conditions.append(("s.id = ?", wanted.source))
    if wanted.topic:
        conditions.append(("? IN (SELECT value FROM json_each(s.topics))", wanted.topic))
    if wanted.language:
        conditions.append(("(i.language || '-') LIKE (? || '-%')", wanted.language))
    if wanted.states:
        conditions.append(("i.state IN (SELECT value FROM json_each(?))", json.dumps(wanted.states)))
    if wanted.before is not None:
        conditions.append(("i.number < ?", wanted.before))
    where = " AND ".join(condition for condition, _ in conditions) or "1"
    found = db.execute(
        f"{ITEM} WHERE {where} ORDER BY i.number DESC LIMIT ?",
        (*(parameter for _, parameter in conditions), wanted.limit),
    ).fetchall()
    return _with_story(db, [rows.stored(row) for row in found])


def _query(words: str) -> str:
    """Words as FTS5 strings: all must occur, and none is read as an operator."""
    return " ".join('"' + word.replace('"', '""') + '"' for word in words.split())


def revisions(db: sqlite3.Connection, number: int) -> tuple[Revision, ...]:
    return tuple(
        Revision(at=moment(row["at"]), title=row["title"], content=row["content"], url=row["url"])
        for row in db.execute(
            "SELECT at, title, content, url FROM revision WHERE item = ? ORDER BY number DESC", (number,)
        )
    )


def audit(db: sqlite3.Connection, number: int) -> tuple[AuditLine, ...]:
    return tuple(
        AuditLine(
            at=moment(row["at"]),
            item=row["id"],
            before=State(row["before"]),
            after=State(row["after"]),
            trigger=row["trigger"],
            reason=row["reason"],
            actor=row["actor"],
        )
        for row in db.execute(
            """SELECT a.*, i.id FROM audit a JOIN item i ON i.number = a.item
            WHERE a.item = ? ORDER BY a.number""",
            (number,),
        )
    )


def feeds(db: sqlite3.Connection, source: str | None = None) -> tuple[FeedInfo, ...]:
    found = db.execute("SELECT * FROM source WHERE :id IS NULL OR id = :id ORDER BY id", {"id": source})
    return tuple(rows.feed_info(row) for row in found)


def rate_limited(db: sqlite3.Connection, now: datetime) -> tuple[str, ...]:
    """Those that `schedule` put off with these words."""
    found = db.execute(
        """SELECT id FROM source WHERE configured = 1 AND due > ?
        AND (why LIKE 'origin asked to wait %' OR why LIKE 'origin says %') ORDER BY id""",
        (ms(now),),
    )
    return tuple(row["id"] for row in found)


def authority(db: sqlite3.Connection) -> str:
    """That of minted ids; "" before the first configuration."""
    row = db.execute("SELECT value FROM meta WHERE key = 'authority'").fetchone()
    return str(row[0]) if row is not None else ""


def totals(db: sqlite3.Connection, now: datetime) -> Totals:
    counted = dict(db.execute("SELECT state, count(*) FROM item GROUP BY state").fetchall())
    fares = db.execute(
        """SELECT CASE WHEN failures > 0 THEN 'failing' WHEN last_success IS NULL THEN 'waiting'
        ELSE 'working' END, count(*) FROM source WHERE configured = 1 GROUP BY 1"""
    )
    due, tasks = db.execute(
        """SELECT (SELECT count(*) FROM source WHERE configured = 1 AND due <= :now
            AND (leased IS NULL OR leased < :now)), (SELECT count(*) FROM task WHERE due <= :now)""",
        {"now": ms(now)},
    ).fetchone()
    return Totals(**counted, **dict(fares.fetchall()), due=due, tasks=tasks)


def health(db: sqlite3.Connection) -> tuple[Health, ...]:
    counts: dict[tuple[int, str], int] = {
        (row[0], row[1]): row[2]
        for row in db.execute("SELECT source, state, count(*) FROM item GROUP BY source, state")
    }
    return tuple(
        _health(db, row, counts)
        for row in db.execute("SELECT * FROM source WHERE configured = 1 ORDER BY id").fetchall()
    )


def _health(db: sqlite3.Connection, row: Row, counts: dict[tuple[int, str], int]) -> Health:
    last = db.execute(
        "SELECT * FROM poll WHERE source = ? ORDER BY number DESC LIMIT 1", (row["number"],)
    ).fetchone()
    move = rows.unpack_move(row["move"])
    return Health(
        feed=rows.feed_info(row),
        due=moment(row["due"]),
        why=row["why"],
        every=timedelta(milliseconds=row["every"]),
        mode=Mode(row["mode"]),
        failures=row["failures"],
        live=counts.get((row["number"], "live"), 0),
        held=counts.get((row["number"], "held"), 0),
        last=rows.outcome(last, row["id"]) if last is not None else None,
        last_success=moment_or_none(row["last_success"]),
        last_new=moment_or_none(row["last_new"]),
        moved_to=move.at or move.seen,
        moved_since=move.since or move.seen_since,
        moved=bool(move.at),
    )
