"""Alerts about the service in the store: one row a kind, logged and posted as those about sources are."""

from collections.abc import Mapping, Set
from datetime import datetime

from aggregator.model.alert import Alert, AlertKind
from aggregator.storage.sql import rows
from aggregator.storage.sql.engine import Connection, Row
from aggregator.storage.sql.rows import ms

STATE = "(CASE WHEN cleared IS NULL THEN 1 ELSE 2 END)"  # as in `storage.sql.alerts`
SELECT = "SELECT * FROM service_alert "
ORGANISATION = "Publicwire"  # in place of a source's


def record(db: Connection, judged: Mapping[AlertKind, str], again: Set[AlertKind], now: datetime) -> None:
    """Raise and clear alerts; one that is open takes the message, and is raised anew only if it is in
    `again`."""
    for kind, message in judged.items():
        if message:
            # /status lists open alerts: their numbers and mistakes change while they are open.
            db.execute(
                "UPDATE service_alert SET message = ? WHERE kind = ? AND cleared IS NULL AND message <> ?",
                (message, kind.value, message),
            )
            db.execute(
                """INSERT INTO service_alert (kind, message, raised) VALUES (:kind, :message, :now)
                ON CONFLICT (kind) DO UPDATE SET message = :message, raised = :now, cleared = NULL,
                told = 0, sent = 0, mailed = 0
                WHERE service_alert.cleared IS NOT NULL OR :again = 1""",
                {"kind": kind.value, "message": message, "now": ms(now), "again": int(kind in again)},
            )
        else:
            db.execute(
                "UPDATE service_alert SET cleared = ? WHERE kind = ? AND cleared IS NULL",
                (ms(now), kind.value),
            )


def tell(db: Connection) -> tuple[Alert, ...]:
    """Return the alerts raised or cleared since the last call."""
    found = db.execute(f"{SELECT} WHERE told < {STATE} ORDER BY kind").fetchall()
    if found:
        db.execute(f"UPDATE service_alert SET told = {STATE} WHERE told < {STATE}")
    return tuple(map(alert, found))


def alert(row: Row) -> Alert:
    """Return the alert of a row of SELECT."""
    return rows.value(Alert, row, number=0, source="", organisation=ORGANISATION)
