"""Terms of sites, with each source that is polled at their host. Called inside a write transaction."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from aggregator.model.rights import Terms
from aggregator.storage.sql import channels, rows, source_state
from aggregator.storage.sql.engine import Connection
from aggregator.storage.sql.rows import ms

FIRST_AFTER = timedelta(hours=1)


def unscheduled(db: Connection) -> tuple[str, ...]:
    """Return the hosts of configured sources whose terms were never due."""
    found = db.execute(
        """SELECT DISTINCT host FROM source WHERE configured = 1 AND host <> ''
        AND NOT EXISTS (SELECT 1 FROM task WHERE kind = 'terms' AND subject = host)"""
    )
    return tuple(row["host"] for row in found)


def schedule(db: Connection, hosts: Iterable[str], now: datetime) -> None:
    """Make the terms of hosts due, after the first polls there, unless they were due before."""
    due = ms(now + FIRST_AFTER)
    db.executemany(
        "INSERT INTO task (kind, subject, due) VALUES ('terms', ?, ?) ON CONFLICT DO NOTHING",
        [(host, due) for host in sorted({*hosts} - {""})],
    )


def record(db: Connection, host: str, terms: Terms, now: datetime) -> bool:
    """Write the terms of a site; returns whether a source had others."""
    stated = rows.pack(terms)
    found = db.execute(
        "SELECT number FROM source WHERE host = ? AND site_terms <> ? ORDER BY number", (host, stated)
    ).fetchall()
    for row in found:
        source_state.change(db, row["number"], {"site_terms": stated})
    if found:
        channels.touch_all(db, channels.stamp(db, now))
    return bool(found)
