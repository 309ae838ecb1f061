"""Terms of sites, with each source that is polled at their host. Called inside a write transaction."""

from datetime import datetime, timedelta

from aggregator.model.rights import Terms
from aggregator.storage.sql import channels, rows, source_state
from aggregator.storage.sql.engine import Connection
from aggregator.storage.sql.rows import ms

FIRST_AFTER = timedelta(hours=1)


def schedule(db: Connection, now: datetime) -> None:
    """Make the terms of hosts at which no source was polled before due, after the first polls."""
    db.execute(
        """INSERT INTO task (kind, subject, due)
        SELECT DISTINCT 'terms', host, CAST(? AS BIGINT) FROM source WHERE configured = 1 AND host <> ''
        ON CONFLICT DO NOTHING""",
        (ms(now + FIRST_AFTER),),
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
