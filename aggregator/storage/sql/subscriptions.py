"""Subscriptions at hubs, each with a task for its next step. Called inside a transaction.

What becomes of one is decided by `aggregator.subscription`; here it is only written down.
"""

import secrets
import sqlite3
from collections.abc import Callable
from datetime import datetime
from sqlite3 import Connection, Row

from sqlite_utils import Database

from aggregator.model import Outcome, Poll, Subscription, SubscriptionState
from aggregator.policy import subscription
from aggregator.storage.sql import tasks
from aggregator.storage.sql.rows import moment, moment_or_none, ms, ms_or_none

TASK = "websub"
SECRET_BYTES = 32

_SELECT = """SELECT s.*, o.id AS of, o.configured, t.due FROM subscription s
JOIN source o ON o.number = s.source
JOIN task t ON t.kind = 'websub' AND t.subject = CAST(s.number AS TEXT) """


def by_token(db: Connection, token: str) -> Subscription | None:
    """The subscription with this token in its callback."""
    return _first(db.execute(_SELECT + "WHERE s.token = ?", (token,)))


def update_subscription(
    db: Database, number: int, decide: Callable[[Subscription], Subscription | None]
) -> Subscription | None:
    """Write down what `decide` makes of a subscription; None if it is over, or there is none."""
    present = _first(db.conn.execute(_SELECT + "WHERE s.number = ?", (number,)))
    after = None if present is None else decide(present)
    if present is not None and after is None:
        db.conn.execute("DELETE FROM subscription WHERE number = ?", (number,))
        tasks.cancel(db, TASK, str(number))
    elif after is not None and after != present:
        db.table("subscription").update(number, _columns(after))
        tasks.schedule(db, TASK, str(number), after.due)
    return after


def announce(db: Database, number: int, now: datetime) -> None:
    """A delivery was believed: note it and have its source polled."""
    after = update_subscription(db, number, lambda present: subscription.announced(present, now))
    if after is not None:
        _hint(db, after.source, now)


def polled(db: Database, poll: Poll, outcome: Outcome) -> None:
    """What a poll means to the hub of its source: another one is named, or it kept silent."""
    source, started = poll.claim.number, outcome.started
    present = _present(db, source)
    if poll.advert is not None and not subscription.is_settled(present, poll.advert, started):
        if present is not None:
            update_subscription(db, present.number, lambda it: subscription.left(it, started))
        if poll.advert.hub:
            _add(db, poll, started)
    elif present is not None and outcome.new:
        last = poll.claim.last_success
        after = update_subscription(
            db, present.number, lambda it: subscription.polled(it, last_success=last, now=started)
        )
        if after is not None and after.missed == started:
            _hurry(db, source, started)
    if present is not None and present.announced is not None and present.announced >= started:
        _hint(db, present.source, present.announced)  # it came while the origin was being asked


def _present(db: Database, source: int) -> Subscription | None:
    return _first(db.conn.execute(_SELECT + "WHERE s.source = ? AND s.standing <> 'leaving'", (source,)))


def _add(db: Database, poll: Poll, now: datetime) -> None:
    assert poll.advert is not None
    row = db.table("subscription").insert(
        {
            "source": poll.claim.number,
            "hub": poll.advert.hub,
            "topic": poll.advert.topic,
            "token": secrets.token_urlsafe(SECRET_BYTES),
            "secret": secrets.token_urlsafe(SECRET_BYTES),
            "standing": SubscriptionState.WANTED.value,
            "since": ms(now),
        }
    )
    tasks.schedule(db, TASK, str(row.last_pk), now)


def _hint(db: Database, source: str, now: datetime) -> None:
    """Poll soon, unless the origin itself asked us to wait (reasons that begin with "origin")."""
    row = db.conn.execute(
        """SELECT p.started FROM poll p JOIN source s ON s.number = p.source
        WHERE s.id = ? ORDER BY p.number DESC LIMIT 1""",
        (source,),
    ).fetchone()
    due = ms(subscription.hint(None if row is None else moment(row["started"]), now))
    db.conn.execute(
        """UPDATE source SET due = ?, why = 'its hub announced something'
        WHERE id = ? AND due > ? AND why NOT LIKE 'origin %'""",
        (due, source, due),
    )


def _hurry(db: Database, source: int, now: datetime) -> None:
    """The usual pace again, for a source that was to be polled slowly because of its hub."""
    db.conn.execute(
        """UPDATE source SET due = :now + every, why = 'its hub did not announce a release'
        WHERE number = :source AND due > :now + every AND why LIKE 'its hub announces %'""",
        {"source": source, "now": ms(now)},
    )


def _first(rows: sqlite3.Cursor) -> Subscription | None:
    row = rows.fetchone()
    return None if row is None else _subscription(row)


def _subscription(row: Row) -> Subscription:
    return Subscription(
        number=row["number"],
        source=row["of"],
        hub=row["hub"],
        topic=row["topic"],
        token=row["token"],
        secret=row["secret"],
        state=SubscriptionState(row["standing"]),
        since=moment(row["since"]),
        due=moment(row["due"]),
        configured=bool(row["configured"]),
        asked=moment_or_none(row["asked"]),
        confirmed=moment_or_none(row["confirmed"]),
        lease_until=moment_or_none(row["lease_until"]),
        announced=moment_or_none(row["announced"]),
        missed=moment_or_none(row["missed"]),
        asks=row["asks"],
        breaks=row["breaks"],
        reason=row["reason"],
    )


def _columns(made: Subscription) -> dict[str, object]:
    """What an event may change; hub, topic, token and secret never do."""
    times = ("asked", "confirmed", "lease_until", "announced", "missed")
    return {
        "standing": made.state.value,
        **{name: ms_or_none(getattr(made, name)) for name in times},
        "asks": made.asks,
        "breaks": made.breaks,
        "reason": made.reason,
    }
