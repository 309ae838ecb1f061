"""Alerts in the store: raised and cleared with the poll that shows it, logged and posted once each.

Called inside a transaction. `policy.alerts` decides.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from aggregator.model.alert import Alert, AlertChannel, AlertKind
from aggregator.model.poll import PollResult
from aggregator.model.websub import TaskKind
from aggregator.policy.alerts import copies_held, without_hosts
from aggregator.storage.sql import rows, service_alerts, values
from aggregator.storage.sql.engine import Connection, Row, as_json, ints
from aggregator.storage.sql.rows import ms

# Progress of an alert: 1 raised, 2 cleared; `told` (logged), `sent` (posted) and `mailed` follow it.
STATE = "(CASE WHEN a.cleared IS NULL THEN 1 ELSE 2 END)"

PROGRESS = {AlertChannel.WEBHOOK: "sent", AlertChannel.MAIL: "mailed"}

SELECT = """SELECT a.*, s.id AS source_id, s.organisation, s.title FROM alert a
JOIN source s ON s.number = a.source """


def record(db: Connection, source: int, result: PollResult, now: datetime) -> None:
    """Clear and raise what a poll shows."""
    for kind in result.cleared:
        db.execute(
            "UPDATE alert SET cleared = ? WHERE source = ? AND kind = ? AND cleared IS NULL",
            (ms(now), source, kind.value),
        )
    for kind, message in result.raised:
        db.execute(
            "INSERT INTO alert (source, kind, message, raised) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (source, kind.value, message, ms(now)),
        )


def copies(db: Connection, items: Mapping[int, Sequence[str]], now: datetime) -> None:
    """Raise the alert of items that are held as copies, given by their ids for each source, anew."""
    for source, ids in items.items():
        renew(db, source, AlertKind.COPY, copies_held([(each, "") for each in ids]), now)


def renew(db: Connection, source: int, kind: AlertKind, message: str, now: datetime) -> None:
    """Raise an alert of a source anew."""
    db.execute(
        "UPDATE alert SET cleared = ? WHERE source = ? AND kind = ? AND cleared IS NULL",
        (ms(now), source, kind.value),
    )
    db.execute(
        "INSERT INTO alert (source, kind, message, raised) VALUES (?, ?, ?, ?)",
        (source, kind.value, message, ms(now)),
    )


def forget_hosts(db: Connection, items: Collection[str]) -> None:
    """Remove from alerts the hosts to which the links of these items, given by their ids, have moved."""
    found = db.execute("SELECT number, message FROM alert WHERE kind = ?", (AlertKind.LINK.value,)).fetchall()
    without = {row["number"]: without_hosts(row["message"], items) for row in found}
    db.executemany(
        "UPDATE alert SET message = ? WHERE number = ?",
        [
            (without[row["number"]], row["number"])
            for row in found
            if without[row["number"]] != row["message"]
        ],
    )


def settle(db: Connection, sources: Collection[int], now: datetime) -> None:
    """Clear the alerts of sources whose items, dated too far ahead, are all decided: by the operator, or by
    another date of their origins."""
    db.execute(
        f"""UPDATE alert SET cleared = ? WHERE source {ints()} AND kind = ? AND cleared IS NULL
        AND NOT EXISTS (SELECT 1 FROM item i WHERE i.source = alert.source AND i.state = 'held'
            AND i.dated = 1 AND i.release IS NULL)""",
        (ms(now), as_json(sources), AlertKind.DISTANT.value),
    )


def end(db: Connection, source: int, now: datetime) -> None:
    """Clear the alerts of a source whose address is no longer polled."""
    db.execute("UPDATE alert SET cleared = ? WHERE source = ? AND cleared IS NULL", (ms(now), source))


def tell(db: Connection, now: datetime) -> tuple[Alert, ...]:
    """Return the alerts raised or cleared since the last call; the tasks of posting it become due.

    A task that waits, or rests after the last post, keeps its time. One that ended just when another alert
    was logged is made again at the next call.
    """
    of_service = service_alerts.tell(db)
    found = db.execute(SELECT + f"WHERE a.told < {STATE} ORDER BY a.number").fetchall()
    if found:
        db.execute(f"UPDATE alert AS a SET told = {STATE} WHERE told < {STATE}")
    for channel, column in PROGRESS.items():
        db.execute(
            f"""INSERT INTO task (kind, subject, due) SELECT ?, ?, ?
            WHERE EXISTS (SELECT 1 FROM alert WHERE {column} < told)
            OR EXISTS (SELECT 1 FROM service_alert WHERE {column} < told) ON CONFLICT DO NOTHING""",
            (TaskKind.ALERTS.value, channel.value, ms(now)),
        )
    return (*of_service, *map(alert, found))


def alert(row: Row) -> Alert:
    """Return the alert of a row of SELECT."""
    organisation = values.organisation(row, row["source_id"])
    return rows.value(Alert, row, source=row["source_id"], organisation=organisation)
