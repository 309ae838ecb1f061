"""Subscriptions at the own WebSub hub, and requests that wait for verification of intent. Called inside a
transaction; `policy.hub` decides.

A delivery is due while the channel has a later change than the one delivered last: nothing is written for it
when a channel changes, and a service that was down delivers after its start.
"""

from collections.abc import Sequence
from datetime import datetime

from aggregator.model import HubDelivery, HubMode, HubRequest, HubSubscriber, Topic
from aggregator.model.format import Format
from aggregator.storage.sql import rows
from aggregator.storage.sql.engine import Connection, one
from aggregator.storage.sql.rows import moment, ms

STATE = ("seq", "digest", "due", "failures", "failing_since")
REQUEST = ("mode", "topic", "callback", "secret", "lease", "host", "client", "at")

COUNTED = "SELECT count(*) AS counted FROM {table} WHERE {column} = ?"
PENDING = """SELECT s.*, c.name, c.seq AS newest, c.changed FROM channel c
    JOIN hub_subscriber s ON s.channel = c.number AND s.seq < c.seq
    WHERE s.due <= :now AND s.lease_until > :now ORDER BY s.failures, s.number"""


def has_callback(db: Connection, callback: str) -> bool:
    """Return whether a callback has a subscription."""
    found = db.execute("SELECT 1 FROM hub_subscriber WHERE callback = ? LIMIT 1", (callback,))
    return found.fetchone() is not None


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
        """SELECT 1 FROM hub_subscriber s JOIN channel c ON c.number = s.channel
        WHERE s.callback = ? AND c.name = ? AND s.kind = ?""",
        (callback, topic.channel, topic.kind.value),
    )
    return found.fetchone() is not None


def confirm(db: Connection, request: HubRequest, topic: Topic, now: datetime) -> None:
    """Begin, renew or end the subscription whose intent is verified. A renewed one keeps what it has been
    delivered; a new one gets changes from now on."""
    if request.mode is HubMode.UNSUBSCRIBE:
        db.execute(
            """DELETE FROM hub_subscriber WHERE callback = ? AND kind = ?
            AND channel = (SELECT number FROM channel WHERE name = ?)""",
            (request.callback, topic.kind.value, topic.channel),
        )
        return
    db.execute(
        """INSERT INTO hub_subscriber (channel, kind, callback, secret, host, client, lease_until, seq, due)
        SELECT number, :kind, :callback, :secret, :host, :client, :until, seq, :now FROM channel
        WHERE name = :channel
        ON CONFLICT (callback, channel, kind) DO UPDATE
        SET secret = excluded.secret, client = excluded.client, lease_until = excluded.lease_until""",
        {
            **rows.columns(request, "callback", "secret", "host", "client"),
            "kind": topic.kind.value,
            "channel": topic.channel,
            "until": ms(now + request.lease),
            "now": ms(now),
        },
    )


def pending(db: Connection, now: datetime) -> tuple[HubDelivery, ...]:
    """Return the deliveries that are due, those to failing callbacks last."""
    return tuple(
        HubDelivery(
            Topic(row["name"], Format(row["kind"])),
            rows.value(HubSubscriber, row),
            row["newest"],
            moment(row["changed"]),
        )
        for row in db.execute(PENDING, {"now": ms(now)})
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
