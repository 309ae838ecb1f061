"""Sources in the store: brought in line with the configuration, claimed for polls, let go.

Called inside a write transaction.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from sqlite3 import Row
from urllib.parse import urlsplit

from sqlite_utils import Database

from aggregator.errors import UsageError
from aggregator.model import Claim, HostLimit, Mode, Relocation, Validators
from aggregator.model.settings import Config, Source
from aggregator.policy import relocation
from aggregator.storage.sql import alerts, channels, hosts
from aggregator.storage.sql.rows import moment, moment_or_none, ms, unpack_hints, unpack_move, unpack_seen

FAR = timedelta(hours=27)  # a day, and what spreading adds
POLLED = "being polled"  # until recorded; whoever asks for another poll meanwhile writes another reason
WAITING = "due <= :now AND (leased IS NULL OR leased < :now)"
IN_TURN = "SELECT number, host FROM source WHERE configured = 1 AND {} ORDER BY due, number"
LET_GO = "UPDATE source SET leased = NULL WHERE number = ? AND token = ?"
WEEK, MILLISECOND = timedelta(days=7), timedelta(milliseconds=1)

MOVED = {
    "validated_url": "",
    "etag": "",
    "last_modified": "",
    "body_digest": b"",
    "seen": b"",
    "failures": 0,
    "hints": "{}",
    "move": "{}",
    "why": "moved to another address",
}


def sync(db: Database, config: Config, now: datetime) -> tuple[str, ...]:
    """Bring stored sources in line with the configuration; returns what was done, in words."""
    _first_start(db, config, now)
    at = channels.stamp(db, now)
    done, rests = _rename(db, config), hosts.hosts(db, now)
    listed = {source.id for source in config.sources}
    for row in db.conn.execute("SELECT id, number FROM source WHERE configured = 1").fetchall():
        if row["id"] not in listed:
            alerts.over(db, row["number"], now)
            db.conn.execute("UPDATE source SET configured = 0, leased = NULL WHERE id = ?", (row["id"],))
            done.append(f"{row['id']}: no longer polled; what it published stays")
    for source in config.sources:  # first out of the way: two sources may have swapped their feeds
        db.conn.execute(
            "UPDATE source SET configured = 0 WHERE id = ? AND feed <> ?", (source.id, source.feed)
        )
    for source in config.sources:
        row = db.conn.execute("SELECT * FROM source WHERE id = ?", (source.id,)).fetchone()
        done += _add(db, source, now, rests) if row is None else _update(db, source, row, at, rests=rests)
        channels.channel(db, f"sources/{source.id}", at)
        for topic in source.topics:
            channels.channel(db, f"topics/{topic}", at)
    channels.channel(db, channels.ALL, at)
    return tuple(done)


def _first_start(db: Database, config: Config, now: datetime) -> None:
    """Fix the authority of minted ids for good: the publication's address may change, ids never do."""
    host = urlsplit(config.publication.url).hostname or "localhost"
    db.conn.execute(
        "INSERT INTO meta (key, value) VALUES ('authority', ?) ON CONFLICT DO NOTHING",
        (f"{host},{now:%Y-%m-%d}",),
    )


def _rename(db: Database, config: Config) -> list[str]:
    """A known feed under an id the store does not have yet: the same source by another name, also at the
    address it has moved to."""
    done = []
    stored = {row["id"] for row in db.conn.execute("SELECT id FROM source")}
    listed = {source.id for source in config.sources}
    moved = db.conn.execute("SELECT id, move FROM source WHERE move <> '{}'").fetchall()
    for source in config.sources:
        if source.id in stored:
            continue
        row = db.conn.execute(
            "SELECT id FROM source WHERE feed = ? ORDER BY configured DESC", (source.feed,)
        ).fetchone() or next(
            (each for each in moved if relocation.is_configured(source.feed, unpack_move(each["move"]))), None
        )
        if row is not None and row["id"] not in listed:
            db.conn.execute("UPDATE source SET id = ? WHERE id = ?", (source.id, row["id"]))
            db.conn.execute(
                "UPDATE channel SET name = ? WHERE name = ?", (f"sources/{source.id}", f"sources/{row['id']}")
            )
            done.append(f"{row['id']}: renamed to {source.id}")
    return done


def _add(db: Database, source: Source, now: datetime, rests: Mapping[str, HostLimit]) -> list[str]:
    columns: dict[str, object] = {**_columns(source), "id": source.id, "feed": source.feed, "due": ms(now)}
    columns["host"] = hosts.host_of(source.feed, Relocation())
    db.table("source").insert(columns | hosts.delay(columns, rests))
    return [f"{source.id}: new"]


def _update(
    db: Database, source: Source, row: Row, at: channels.Stamp, *, rests: Mapping[str, HostLimit]
) -> list[str]:
    done = []
    columns: dict[str, object] = {**_columns(source), "configured": 1}
    if row["feed"] != source.feed and relocation.is_configured(source.feed, unpack_move(row["move"])):
        columns |= {"feed": source.feed, "move": "{}", "due": ms(at.now), "leased": None}
        done.append(f"{source.id}: its new address is configured now")
    elif row["feed"] != source.feed:
        columns |= MOVED | {"feed": source.feed, "due": ms(at.now), "leased": None}
        alerts.over(db, row["number"], at.now)
        done.append(f"{source.id}: moved to a new address")
    elif not row["configured"]:
        columns |= {"due": ms(at.now), "why": "back in the configuration"}
        done.append(f"{source.id}: back in the configuration")
    columns["host"] = hosts.host_of(source.feed, unpack_move(str(columns.get("move", row["move"]))))
    sooner = ms(at.now + source.every)
    if columns["every"] < row["every"] and row["due"] > sooner and not row["failures"]:
        columns["due"] = sooner
    columns |= hosts.delay(columns, rests)
    changed = {name for name, value in columns.items() if value != row[name]}
    if not changed:
        return []
    db.table("source").update(row["number"], columns)
    if "topics" in changed:
        _refile(db, row["number"], at)
    if "republish" in changed:
        _resettle(db, row["number"], at)
    if changed & {"organisation", "topics", "republish", "licence"}:
        channels.touch_all(db, at)
    return done


def _columns(source: Source) -> dict[str, object]:
    return {
        "organisation": source.organisation,
        "domains": json.dumps(source.domains),
        "topics": json.dumps(source.topics),
        "priority": source.priority,
        "republish": source.republish.value,
        "licence": source.licence,
        "every": source.every // timedelta(milliseconds=1),
    }


def _refile(db: Database, source: int, at: channels.Stamp) -> None:
    """The source's topics changed: move what it published into the channels of its present ones."""
    db.conn.execute(
        """DELETE FROM membership WHERE channel IN (SELECT number FROM channel WHERE name LIKE 'topics/%')
        AND item IN (SELECT number FROM item WHERE source = ?)""",
        (source,),
    )
    topics = db.conn.execute("SELECT topics FROM source WHERE number = ?", (source,)).fetchone()[0]
    for topic in json.loads(topics):
        db.conn.execute(
            """INSERT INTO membership (channel, position, item, since)
            SELECT ?, m.position, m.item, m.since FROM membership m JOIN item i ON i.number = m.item
            WHERE i.source = ? AND m.channel = (SELECT number FROM channel WHERE name = '')""",
            (channels.channel(db, f"topics/{topic}", at), source),
        )
    _resettle(db, source, at)


def _resettle(db: Database, source: int, at: channels.Stamp) -> None:
    """Members of stories may show or hide now that the source's rights or topics changed."""
    rows = db.conn.execute(
        "SELECT DISTINCT story FROM item WHERE source = ? AND story IS NOT NULL", (source,)
    ).fetchall()
    for row in rows:
        mine = db.conn.execute(
            "SELECT number FROM item WHERE source = ? AND story = ?", (source, row["story"])
        ).fetchone()
        channels.settle(db, row["story"], at, newcomer=mine["number"])


def clear_leases(db: Database, now: datetime) -> None:
    """What a new poller does first: no lease outlives its process, no due time lies absurdly far ahead.

    `every` may be long; a Retry-After ("origin asked …") and days to be skipped add a week; a feed that is
    gone ("origin says …") stays so.
    """
    db.conn.execute("UPDATE source SET leased = NULL")
    db.conn.execute(
        """UPDATE source SET due = :now, why = 'the clock was wrong' WHERE why NOT LIKE 'origin says %'
        AND due > :far + every * 11 / 10
            + CASE WHEN why LIKE 'origin asked %' OR why LIKE '%; skips %' THEN :week ELSE 0 END""",
        {"now": ms(now), "far": ms(now + FAR), "week": WEEK // MILLISECOND},
    )


def set_back(db: Database, by: timedelta) -> None:
    """Have everything due, and every lease end, so much earlier: a clock that was ahead had planned it."""
    db.conn.execute("UPDATE source SET due = due - :by, leased = leased - :by", {"by": by // MILLISECOND})
    db.conn.execute("UPDATE task SET due = due - :by", {"by": by // MILLISECOND})


def claim(
    db: Database,
    now: datetime,
    *,
    limit: int,
    lease: timedelta,
    ids: Sequence[str] | None,
    admit: Callable[[str], bool] | None,
) -> tuple[Claim, ...]:
    """Take sources for one poll each."""
    where = WAITING if ids is None else "id IN (SELECT value FROM json_each(:ids))"
    waiting = db.conn.execute(
        IN_TURN.format(where),
        {"now": ms(now), "ids": json.dumps(list(ids or ()))},
    )
    chosen = islice((row["number"] for row in waiting if admit is None or admit(row["host"])), limit)
    rows = db.conn.execute(
        """UPDATE source SET token = token + 1, leased = :until, why = :why
        WHERE number IN (SELECT value FROM json_each(:chosen))
        RETURNING *, (SELECT lease_until FROM subscription s WHERE s.source = source.number
            AND s.standing = 'active' AND s.missed IS NULL) AS hub_until,
        (SELECT max(announced) FROM subscription s WHERE s.source = source.number) AS announced""",
        {"until": ms(now + lease), "why": POLLED, "chosen": json.dumps(list(chosen))},
    ).fetchall()
    in_turn = ids is None
    return tuple(_claim(row, in_turn) for row in sorted(rows, key=lambda row: (row["due"], row["number"])))


def _claim(row: Row, in_turn: bool) -> Claim:
    gap = row["gap"]
    return Claim(
        number=row["number"],
        id=row["id"],
        feed=row["feed"],
        token=row["token"],
        validators=Validators(row["validated_url"], row["etag"], row["last_modified"]),
        body_digest=row["body_digest"],
        pipeline_version=row["recipe"],
        mode=Mode(row["mode"]),
        seen=unpack_seen(row["seen"]),
        first_import=not row["imported"],
        failures=row["failures"],
        last_success=moment_or_none(row["last_success"]),
        last_full=moment_or_none(row["last_full"]),
        gap=None if gap is None else gap * MILLISECOND,
        last_new=moment_or_none(row["last_new"]),
        hints=unpack_hints(row["hints"]),
        hub_until=moment_or_none(row["hub_until"]),
        announced=moment_or_none(row["announced"]),
        due=moment(row["due"]) if in_turn else None,
        move=unpack_move(row["move"]),
        host=row["host"],
    )


def poll_soon(db: Database, ids: Sequence[str], now: datetime) -> None:
    """Make sources due now."""
    for source in ids:
        updated = db.conn.execute(
            "UPDATE source SET due = ?, why = ? WHERE id = ? AND configured = 1",
            (ms(now), hosts.ASKED, source),
        )
        if updated.rowcount != 1:
            raise unknown(source)


def unknown(source: str) -> UsageError:
    """The operator named one that is not configured."""
    return UsageError(f"there is no source called {source!r}: `publicwire sources` lists them")
