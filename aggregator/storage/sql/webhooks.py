"""Webhooks: how far each has read, and what it knows of items. Called inside a transaction; `policy.webhook`
decides."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from aggregator.model.public_change import ChangeKind
from aggregator.model.push import Hook, HookEvent, HookItem, HookNews
from aggregator.storage.sql import public_changes, rows
from aggregator.storage.sql.engine import Connection, Row, insert_many, one, update
from aggregator.storage.sql.places import visible
from aggregator.storage.sql.rows import moment, ms

ITEM = ("public_id", "id", "has", "ref", "at", "due", "failures", "failing_since", "told")
HOOK = ("position", "change", "due", "failures", "failing_since")

# What has entered a channel since, at new positions; news is what is shown, and no first import that only
# pages list. The limit is inside, so that no planner prefers to read the whole tables.
ENTERED = f"""SELECT entered.position, entered.since, i.id, i.public_id,
        CASE WHEN i.backlog = 0 AND {visible()} THEN 1 ELSE 0 END AS is_news
    FROM (SELECT position, since, item FROM membership
        WHERE channel = (SELECT number FROM channel WHERE name = ?) AND position > ?
        ORDER BY position LIMIT ?) entered
    JOIN item i ON i.number = entered.item JOIN source s ON s.number = i.source ORDER BY entered.position"""
HELD_BY = (
    """SELECT 1 FROM membership m JOIN channel c ON c.number = m.channel WHERE m.item = ? AND c.name = ?"""
)
WAITING = "SELECT * FROM webhook_item WHERE webhook = :hook AND event <> '' AND due <= :now"


def digest(text: str) -> bytes:
    """Return the digest by which an address or a public id is known."""
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def find(db: Connection, url: str) -> Hook | None:
    """Return the webhook at an address."""
    row = db.execute("SELECT * FROM webhook WHERE digest = ?", (digest(url),)).fetchone()
    return None if row is None else rows.value(Hook, row)


def begin(db: Connection, url: str, now: datetime) -> Hook:
    """Return a new webhook, which has read all until now."""
    position = one(db.execute("SELECT value FROM counter WHERE name = 'position'"))["value"]
    made = db.execute(
        "INSERT INTO webhook (digest, position, change, due) VALUES (?, ?, ?, ?) RETURNING *",
        (digest(url), position, public_changes.last(db), ms(now)),
    )
    return rows.value(Hook, one(made))


def news(db: Connection, hook: Hook, channel: str, limit: int) -> tuple[Hook, tuple[HookNews, ...]]:
    """Return up to `limit` changes, and as many items that have entered the channel, that a webhook has not
    read; and the webhook as it is once they are read."""
    changes = public_changes.since(db, hook.change, limit)
    entered = db.execute(ENTERED, (channel, hook.position, limit)).fetchall()
    new = [
        HookNews(
            ChangeKind.PUBLISHED,
            row["public_id"],
            row["id"],
            row["position"],
            moment(row["since"]),
            True,
            _known(db, hook.number, row["public_id"]),
        )
        for row in entered
        if row["is_news"]
    ]
    changed = [
        HookNews(
            each.kind,
            each.public_id,
            each.id,
            each.number,
            each.at,
            each.item is not None and db.execute(HELD_BY, (each.item, channel)).fetchone() is not None,
            _known(db, hook.number, each.public_id),
        )
        for each in changes
        if each.kind is not ChangeKind.PUBLISHED
    ]
    return _read(hook, changes[-1].number if changes else None, entered), (*new, *changed)


def _read(hook: Hook, change: int | None, entered: Sequence[Row]) -> Hook:
    position = entered[-1]["position"] if entered else hook.position
    return replace(hook, change=hook.change if change is None else change, position=position)


def _known(db: Connection, hook: int, public_id: str) -> HookItem | None:
    row = db.execute(
        "SELECT * FROM webhook_item WHERE webhook = ? AND digest = ?", (hook, digest(public_id))
    ).fetchone()
    return None if row is None else _item(row)


def _item(row: Row) -> HookItem:
    return rows.value(HookItem, row, event=HookEvent(row["event"]) if row["event"] else None)


def write(db: Connection, hook: Hook, items: Sequence[HookItem]) -> None:
    """Write how far a webhook has read, and what it knows of items and is to be told."""
    update(db, "webhook", hook.number, rows.columns(hook, *HOOK))
    forget(db, hook, [each.public_id for each in items])
    if items:
        insert_many(
            db,
            "webhook_item",
            [
                {
                    "webhook": hook.number,
                    "digest": digest(each.public_id),
                    "event": "" if each.event is None else each.event.value,
                    **rows.columns(each, *ITEM),
                }
                for each in items
            ],
        )


def forget(db: Connection, hook: Hook, public_ids: Sequence[str]) -> None:
    """Remove what a webhook knows of items."""
    db.executemany(
        "DELETE FROM webhook_item WHERE webhook = ? AND digest = ?",
        [(hook.number, digest(each)) for each in public_ids],
    )


def waiting(db: Connection, hook: Hook, now: datetime, limit: int) -> tuple[HookItem, ...]:
    """Return items that a webhook is to be told of: withdrawals first, those that failed least, oldest."""
    found = db.execute(
        f"""{WAITING} ORDER BY CASE WHEN event = 'withdrawn' THEN 0 ELSE 1 END, failures, at, ref, digest
        LIMIT :limit""",
        {"hook": hook.number, "now": ms(now), "limit": limit},
    )
    return tuple(map(_item, found))


def overdue(db: Connection, url: str, before: datetime) -> int:
    """Return how many messages the webhook at an address has not accepted since before a time."""
    found = db.execute(
        """SELECT count(*) AS items FROM webhook_item i JOIN webhook w ON w.number = i.webhook
        WHERE w.digest = ? AND i.event <> '' AND i.failing_since <= ?""",
        (digest(url), ms(before)),
    )
    return int(one(found)["items"])
