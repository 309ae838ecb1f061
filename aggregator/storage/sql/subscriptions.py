"""WebSub subscriptions, each with a task for its next step. Called inside a transaction.

What becomes of one is decided by `policy.subscription`; here it is only written.
"""

import secrets
from collections.abc import Callable
from datetime import datetime

from aggregator.model import ORIGIN_WISHES, Advert, Due, DueReason, Subscription, SubscriptionState
from aggregator.policy import subscription
from aggregator.storage.sql import tasks, values
from aggregator.storage.sql.engine import Connection, one, update
from aggregator.storage.sql.rows import due_columns, moment_or_none, ms, ms_or_none

TASK = "websub"
SECRET_BYTES = 32

SELECT = """SELECT s.*, o.number AS source_number, o.id AS source_id, o.configured, t.due FROM subscription s
JOIN source o ON o.number = s.source
JOIN task t ON t.kind = 'websub' AND t.subject = CAST(s.number AS TEXT) """
WISHES = ", ".join(f"'{wish.value}'" for wish in sorted(ORIGIN_WISHES))


def by_token(db: Connection, token: str) -> Subscription | None:
    """Return the subscription with this token in its callback."""
    row = db.execute(SELECT + "WHERE s.token = ?", (token,)).fetchone()
    return None if row is None else values.subscription(row)


def change(
    db: Connection, number: int, decide: Callable[[Subscription], Subscription | None]
) -> Subscription | None:
    """Write what `decide` makes of a subscription; returns None if it is over, or there is none."""
    row = db.execute(SELECT + "WHERE s.number = ?", (number,)).fetchone()
    present = None if row is None else values.subscription(row)
    after = None if present is None else decide(present)
    if present is not None and after != present:
        write(db, present, after)
        db.execute("UPDATE source SET version = version + 1 WHERE id = ?", (present.source,))
    return after


def write(db: Connection, before: Subscription, after: Subscription | None) -> None:
    """Write what differs of a subscription, and when its task is due; None: it is over."""
    number = before.number
    if after is None:
        db.execute("DELETE FROM subscription WHERE number = ?", (number,))
        tasks.cancel(db, TASK, str(number))
        return
    old = _columns(before)
    if columns := {name: value for name, value in _columns(after).items() if value != old[name]}:
        update(db, "subscription", number, columns)
    if after.due != before.due:
        tasks.schedule(db, TASK, str(number), after.due)


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
    tasks.schedule(db, TASK, str(one(made)["number"]), now)


def announce(db: Connection, number: int, now: datetime) -> None:
    """Record an authenticated delivery and make its source due, unless its origin asked us to wait.

    A poll under way keeps the due time: the origin may not have shown yet what was announced.
    """
    row = db.execute(SELECT + "WHERE s.number = ?", (number,)).fetchone()
    if row is None:
        return
    present = values.subscription(row)
    write(db, present, subscription.announced(present, now))
    last = db.execute(
        """SELECT s.due_reason, (SELECT started FROM poll WHERE source = s.number
            ORDER BY number DESC LIMIT 1) AS started FROM source s WHERE s.id = ?""",
        (present.source,),
    ).fetchone()
    is_polling = last is not None and last["due_reason"] == DueReason.POLLING
    started = now if is_polling else moment_or_none(last["started"]) if last else None
    db.execute(
        f"""UPDATE source SET due = :due, due_reason = :due_reason, due_figures = :due_figures
        WHERE id = :id AND (due > :due OR due_reason = :polling) AND due_reason NOT IN ({WISHES})""",
        {
            **due_columns(Due(subscription.hint(started, now), DueReason.HUB_DELIVERY)),
            "id": present.source,
            "polling": DueReason.POLLING.value,
        },
    )


def _columns(made: Subscription) -> dict[str, object]:
    """Return what an event may change; hub, topic, token and secret never do."""
    times = ("asked", "confirmed", "lease_until", "announced", "missed")
    return {
        "state": made.state.value,
        **{name: ms_or_none(getattr(made, name)) for name in times},
        "asks": made.asks,
        "breaks": made.breaks,
        "reason": made.reason,
    }
