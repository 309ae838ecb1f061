"""Subscriptions at the own WebSub hub, and requests that wait for verification of intent. Called inside a
transaction; `policy.hub` decides.

A delivery is due while the channel has a later change than the one delivered last: nothing is written for it
when a channel changes, and a service that was down delivers after its start.
"""

from collections.abc import Sequence
from datetime import datetime

from aggregator.model.format import Format
from aggregator.model.push import WITHDRAWALS, HubDelivery, HubMode, HubRequest, HubSubscriber, Topic
from aggregator.storage.sql import rows, told
from aggregator.storage.sql.engine import Connection, one
from aggregator.storage.sql.rows import moment, ms

STATE = ("seq", "digest", "due", "failures", "failing_since")
REQUEST = ("mode", "topic", "callback", "secret", "lease", "host", "client", "at")

COUNTED = "SELECT count(*) AS counted FROM {table} WHERE {column} = ?"
PENDING = """SELECT s.*, c.name, c.seq AS newest, c.changed FROM channel c
    JOIN hub_subscriber s ON s.channel = c.number AND s.seq < c.seq
    WHERE s.due <= :now AND s.lease_until > :now ORDER BY s.number"""
OF_WITHDRAWALS = 0  # in place of the number of a channel
WITHDRAWN = f"""SELECT s.*, '{WITHDRAWALS}' AS name, c.number AS newest, c.at AS changed FROM hub_subscriber s
    JOIN public_change c ON c.number = (SELECT max(l.number) FROM public_change l WHERE l.kind <> 'published')
    WHERE s.channel = {OF_WITHDRAWALS} AND s.seq < c.number AND s.due <= :now AND s.lease_until > :now
    ORDER BY s.number"""


def counted(db: Connection, column: str, value: str) -> int:
    """Return how many subscriptions and requests have this value in a column: host or client."""
    tables = ("hub_subscriber", "hub_request")
    return sum(
        int(one(db.execute(COUNTED.format(table=table, column=column), (value,)))["counted"])
        for table in tables
    )


def in_all(db: Connection) -> int:
    """Return how many subscriptions and requests there are."""
    found = db.execute(
        "SELECT (SELECT count(*) FROM hub_subscriber) + (SELECT count(*) FROM hub_request) AS counted"
    )
    return int(one(found)["counted"])


def ask(db: Connection, request: HubRequest) -> None:
    """Store a request in place of an earlier one of the same callback and topic that is still unverified."""
    names = ", ".join(REQUEST)
    marks = ", ".join(f":{name}" for name in REQUEST)
    given = ", ".join(f"{name} = excluded.{name}" for name in REQUEST)
    db.execute(
        f"""INSERT INTO hub_request ({names}) VALUES ({marks})
        ON CONFLICT (callback, topic) DO UPDATE SET {given}""",
        rows.columns(request, *REQUEST),
    )


def requests(db: Connection) -> tuple[HubRequest, ...]:
    """Return the requests that wait, oldest first."""
    found = db.execute("SELECT * FROM hub_request ORDER BY number")
    return tuple(rows.value(HubRequest, row) for row in found)


def answered(db: Connection, request: HubRequest) -> None:
    """Remove a request, unless a later one has taken its place."""
    db.execute("DELETE FROM hub_request WHERE number = ? AND at = ?", (request.number, ms(request.at)))


def has(db: Connection, callback: str, topic: Topic) -> bool:
    """Return whether a callback is subscribed to a topic."""
    found = db.execute(
        "SELECT 1 FROM hub_subscriber WHERE callback = ? AND channel = ? AND kind = ?",
        (callback, _place(db, topic)[0], topic.kind.value),
    )
    return found.fetchone() is not None


def confirm(db: Connection, request: HubRequest, topic: Topic, now: datetime) -> None:
    """Begin, renew or end the subscription whose intent is verified. A renewed one keeps what it has been
    delivered; a new one gets changes from now on."""
    channel, seq = _place(db, topic)
    if request.mode is HubMode.UNSUBSCRIBE:
        db.execute(
            "DELETE FROM hub_subscriber WHERE callback = ? AND channel = ? AND kind = ?",
            (request.callback, channel, topic.kind.value),
        )
        return
    db.execute(
        """INSERT INTO hub_subscriber (channel, kind, callback, secret, host, client, lease_until, seq, due)
        VALUES (:channel, :kind, :callback, :secret, :host, :client, :until, :seq, :now)
        ON CONFLICT (callback, channel, kind) DO UPDATE
        SET secret = excluded.secret, client = excluded.client, lease_until = excluded.lease_until""",
        {
            **rows.columns(request, "callback", "secret", "host", "client"),
            "kind": topic.kind.value,
            "channel": channel,
            "until": ms(now + request.lease),
            "seq": seq,
            "now": ms(now),
        },
    )


def _place(db: Connection, topic: Topic) -> tuple[int, int]:
    """Return the number of a channel and of its last change; -1 for one that is gone."""
    if topic.channel == WITHDRAWALS:
        return OF_WITHDRAWALS, told.last(db)
    row = db.execute("SELECT number, seq FROM channel WHERE name = ?", (topic.channel,)).fetchone()
    return (-1, 0) if row is None else (row["number"], row["seq"])


def pending(db: Connection, now: datetime) -> tuple[HubDelivery, ...]:
    """Return the deliveries that are due, those to failing callbacks last."""
    found = [*db.execute(PENDING, {"now": ms(now)}), *db.execute(WITHDRAWN, {"now": ms(now)})]
    return tuple(
        HubDelivery(
            Topic(row["name"], Format(row["kind"])),
            rows.value(HubSubscriber, row),
            row["newest"],
            moment(row["changed"]),
        )
        for row in sorted(found, key=lambda row: int(row["failures"]))
    )


def record(db: Connection, after: Sequence[HubSubscriber], ended: Sequence[int]) -> None:
    """Write the states of subscribers after deliveries, and remove those that have ended."""
    given = ", ".join(f"{name} = :{name}" for name in STATE)
    db.executemany(
        f"UPDATE hub_subscriber SET {given} WHERE number = :number",
        [{**rows.columns(each, *STATE), "number": each.number} for each in after],
    )
    db.executemany("DELETE FROM hub_subscriber WHERE number = ?", [(number,) for number in ended])


def expire(db: Connection, now: datetime) -> None:
    """Remove subscriptions whose lease is over."""
    db.execute("DELETE FROM hub_subscriber WHERE lease_until <= ?", (ms(now),))


def changed_since(db: Connection, seq: int) -> tuple[tuple[str, int], ...]:
    """Return the channels with a later change, that of withdrawals among them, with its number, oldest
    first."""
    channels = db.execute("SELECT name, seq FROM channel WHERE seq > ? ORDER BY number", (seq,))
    withdrawn = db.execute(
        """SELECT seq FROM public_change WHERE seq > ?
        AND number = (SELECT max(l.number) FROM public_change l WHERE l.kind <> 'published')""",
        (seq,),
    )
    found = [(row["name"], row["seq"]) for row in channels]
    found += [(WITHDRAWALS, row["seq"]) for row in withdrawn]
    return tuple(sorted(found, key=lambda each: each[1]))
