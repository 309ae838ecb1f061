"""WebSub subscriptions, each with a task for its next step. Called inside a transaction.

`policy.subscription` decides their transitions; this module only writes them.
"""

import secrets
from collections.abc import Callable
from datetime import datetime

from aggregator.model.schedule import Due, DueReason
from aggregator.model.websub import Advert, Subscription, SubscriptionState
from aggregator.policy import schedule, subscription
from aggregator.storage.sql import rows, source_state, values
from aggregator.storage.sql.engine import Connection, one, update
from aggregator.storage.sql.rows import due_columns, moment_or_none, ms

SECRET_BYTES = 32
# Fields that an event may change; hub, topic, token and secret never do.
TIMES = ("asked", "confirmed", "lease_until", "announced", "missed")
FIELDS = ("state", *TIMES, "asks", "breaks", "reason")

SELECT = """SELECT s.*, o.number AS source_number, o.id AS source_id, o.configured, t.due FROM subscription s
JOIN source o ON o.number = s.source
JOIN task t ON t.kind = 'websub' AND t.subject = CAST(s.number AS TEXT) """


def change(
    db: Connection, number: int, decide: Callable[[Subscription], Subscription | None]
) -> Subscription | None:
    """Write the subscription that `decide` returns; returns None if it is over, or there is none."""
    row = db.execute(SELECT + "WHERE s.number = ?", (number,)).fetchone()
    if row is None:
        return None
    present = values.subscription(row)
    after = decide(present)
    if after != present:
        write(db, present, after)
        source_state.change(db, row["source_number"], {})
    return after


def write(db: Connection, before: Subscription, after: Subscription | None) -> None:
    """Write the changed fields of a subscription and the due time of its task; None: it is over."""
    number = before.number
    if after is None:
        db.execute("DELETE FROM subscription WHERE number = ?", (number,))
        db.execute("DELETE FROM task WHERE kind = 'websub' AND subject = ?", (str(number),))
        return
    if columns := rows.changed(before, after, *FIELDS):
        update(db, "subscription", number, columns)
    if after.due != before.due:
        _schedule(db, number, after.due)


def add(db: Connection, source: int, advert: Advert, now: datetime) -> None:
    """Store a subscription to be asked for, with an unguessable callback and secret."""
    made = db.execute(
        """INSERT INTO subscription (source, hub, topic, token, secret, state, since)
        VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING number""",
        (
            source,
            advert.hub,
            advert.topic,
            secrets.token_urlsafe(SECRET_BYTES),
            secrets.token_urlsafe(SECRET_BYTES),
            SubscriptionState.WANTED.value,
            ms(now),
        ),
    )
    _schedule(db, one(made)["number"], now)


def _schedule(db: Connection, number: int, due: datetime) -> None:
    db.execute(
        """INSERT INTO task (kind, subject, due) VALUES ('websub', ?, ?)
        ON CONFLICT (kind, subject) DO UPDATE SET due = excluded.due, attempts = 0""",
        (str(number), ms(due)),
    )


def announce(db: Connection, number: int, now: datetime) -> None:
    """Record an authenticated delivery and make its source due, if `policy.schedule` says so."""
    row = db.execute(SELECT + "WHERE s.number = ?", (number,)).fetchone()
    if row is None:
        return
    present = values.subscription(row)
    write(db, present, subscription.announced(present, now))
    source = one(
        db.execute(
            """SELECT due, due_reason, due_figures, leased IS NOT NULL AS is_polled,
            (SELECT started FROM poll WHERE source = s.number ORDER BY number DESC LIMIT 1) AS started
            FROM source s WHERE number = ?""",
            (row["source_number"],),
        )
    )
    is_polled = bool(source["is_polled"])
    started = now if is_polled else moment_or_none(source["started"])
    due = Due(subscription.poll_after_delivery(started, now), DueReason.HUB_DELIVERY)
    if schedule.hastens(rows.due(source), due.at, is_polled=is_polled):
        update(db, "source", row["source_number"], due_columns(due))
