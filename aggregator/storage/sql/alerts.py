"""Alerts in the store: raised and cleared with the poll that shows it, told and posted once each.

Called inside a transaction. What is to be told is decided by `aggregator.alerts`.
"""

from collections.abc import Sequence
from datetime import datetime
from sqlite3 import Connection, Row

from sqlite_utils import Database

from aggregator.model import Alert, AlertKind, Outcome, Poll
from aggregator.policy import alerts
from aggregator.storage.sql.rows import moment, moment_or_none, ms

TASK = "alerts"  # of posting what was not posted yet
# How far an alert has got: 1 raised, 2 cleared; `told` and `sent` follow it.
STATE = "(1 + (a.cleared IS NOT NULL))"

_SELECT = """SELECT a.*, s.id AS source_id, s.organisation, s.title FROM alert a
JOIN source s ON s.number = a.source """


def polled(db: Database, poll: Poll, outcome: Outcome) -> None:
    """Raise and clear what the poll shows, which stands recorded already."""
    number, now = poll.claim.number, ms(outcome.started)
    judged = alerts.judged(
        poll,
        outcome,
        failing_since=_failing_since(db, poll, outcome),
        hub=_hub(db, number),
        findings=_findings(db, poll, outcome),
    )
    is_open = {
        row["kind"]
        for row in db.conn.execute("SELECT kind FROM alert WHERE source = ? AND cleared IS NULL", (number,))
    }
    for kind, message in judged.items():
        if message and kind not in is_open:
            db.conn.execute(
                "INSERT INTO alert (source, kind, message, raised) VALUES (?, ?, ?, ?)",
                (number, kind.value, message, now),
            )
        elif not message and kind in is_open:
            db.conn.execute(
                "UPDATE alert SET cleared = ? WHERE source = ? AND kind = ? AND cleared IS NULL",
                (now, number, kind.value),
            )


def over(db: Database, source: int, now: datetime) -> None:
    """Whatever was wrong with a source was so at an address that is no longer polled."""
    db.conn.execute("UPDATE alert SET cleared = ? WHERE source = ? AND cleared IS NULL", (ms(now), source))


def _failing_since(db: Database, poll: Poll, outcome: Outcome) -> datetime | None:
    if outcome.kind != "failed":
        return None
    last = poll.claim.last_success
    row = db.conn.execute(
        "SELECT min(started) FROM poll WHERE source = ? AND started > ?",
        (poll.claim.number, -1 if last is None else ms(last)),
    ).fetchone()
    return moment_or_none(row[0])


def _findings(db: Database, poll: Poll, outcome: Outcome) -> int:
    """How many polls found something, up to as many as matter; not counted while nothing depends on it."""
    last = poll.claim.last_new
    if last is None or outcome.started - last < alerts.LEAST_QUIET:
        return 0
    rows = db.conn.execute(
        "SELECT DISTINCT first_seen FROM item WHERE source = ? LIMIT ?", (poll.claim.number, alerts.ENOUGH)
    )
    return len(rows.fetchall())


def _hub(db: Database, source: int) -> str:
    row = db.conn.execute(
        "SELECT reason FROM subscription WHERE source = ? AND standing <> 'leaving' AND breaks > 0",
        (source,),  # also while it is tried again: it is believed once it has announced something
    ).fetchone()
    return "" if row is None else row["reason"] or "it kept silent about a release"


def present(db: Connection) -> tuple[Alert, ...]:
    """Those of configured sources that are not over, the latest first."""
    rows = db.execute(
        _SELECT + "WHERE a.cleared IS NULL AND s.configured = 1 ORDER BY a.raised DESC, a.number DESC"
    )
    return tuple(map(_alert, rows))


def tell(db: Database, now: datetime) -> tuple[Alert, ...]:
    """What was raised or cleared since the last call, from now on told; it is then to be posted too."""
    found = db.conn.execute(_SELECT + f"WHERE a.told < {STATE} ORDER BY a.number").fetchall()
    if found:
        db.conn.executemany(
            "UPDATE alert SET told = ? WHERE number = ?",
            [(1 + (row["cleared"] is not None), row["number"]) for row in found],
        )
    # One that waits, or rests after the last post, keeps its time. One that ended just when it was told of
    # another alert is made again at the next call.
    db.conn.execute(
        """INSERT INTO task (kind, subject, due) SELECT ?, '', ?
        WHERE EXISTS (SELECT 1 FROM alert WHERE sent < told) ON CONFLICT DO NOTHING""",
        (TASK, ms(now)),
    )
    return tuple(map(_alert, found))


def unsent(db: Connection, limit: int) -> tuple[Alert, ...]:
    """What was told and not posted yet, oldest first."""
    rows = db.execute(_SELECT + "WHERE a.sent < a.told ORDER BY a.number LIMIT ?", (limit,))
    return tuple(map(_alert, rows))


def sent(db: Database, posted: Sequence[Alert]) -> None:
    """These were posted, as far as they had got then."""
    db.conn.executemany(
        "UPDATE alert SET sent = ? WHERE number = ?",
        [(1 + (alert.cleared is not None), alert.number) for alert in posted],
    )


def _alert(row: Row) -> Alert:
    return Alert(
        number=row["number"],
        source=row["source_id"],
        organisation=row["organisation"] or row["title"] or row["source_id"],
        kind=AlertKind(row["kind"]),
        message=row["message"],
        raised=moment(row["raised"]),
        cleared=moment_or_none(row["cleared"]),
    )
