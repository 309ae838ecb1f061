"""Counts by hour: polls, new items and requests. Called inside a transaction."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from aggregator.model.overview import Tally, TallyKind
from aggregator.storage.sql import rows
from aggregator.storage.sql.engine import Connection
from aggregator.storage.sql.rows import ms

KEPT = timedelta(days=32)

TALLIES: Mapping[str, Sequence[str]] = {
    # Counts by hour, written once a minute, and indexes of the sources that need the operator.
    "m051_tallies": (
        """CREATE TABLE tally (
            kind TEXT NOT NULL,
            hour INTEGER NOT NULL,
            key TEXT NOT NULL,
            count INTEGER NOT NULL,
            PRIMARY KEY (kind, hour, key)
        ) STRICT, WITHOUT ROWID""",
        "CREATE INDEX source_failing ON source (id) WHERE configured = 1 AND failures > 0",
        """CREATE INDEX source_unpolled ON source (id)
        WHERE configured = 1 AND failures = 0 AND last_success IS NULL""",
    ),
}


def add(db: Connection, counts: Iterable[Tally], now: datetime) -> None:
    """Add to the counts, and remove those of hours that are no longer shown."""
    db.executemany(
        """INSERT INTO tally (kind, hour, key, count) VALUES (?, ?, ?, ?)
        ON CONFLICT (kind, hour, key) DO UPDATE SET count = tally.count + excluded.count""",
        [(each.kind.value, ms(each.hour), each.key, each.count) for each in counts],
    )
    for kind in TallyKind:
        db.execute("DELETE FROM tally WHERE kind = ? AND hour < ?", (kind.value, ms(now - KEPT)))


def since(db: Connection, kind: TallyKind, start: datetime) -> tuple[Tally, ...]:
    """Return the counts of a kind from an hour on, oldest first."""
    found = db.execute(
        "SELECT * FROM tally WHERE kind = ? AND hour >= ? ORDER BY hour, key", (kind.value, ms(start))
    )
    return tuple(rows.value(Tally, row) for row in found)
