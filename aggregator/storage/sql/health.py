"""Health of sources, from their rows."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from aggregator.model.poll import Health, Outcome
from aggregator.storage.sql import listing, rows, values, waiting
from aggregator.storage.sql.engine import Connection, Row, as_json, ints


def of_all(db: Connection) -> tuple[Health, ...]:
    """Return the health of each configured source, by id."""
    found = db.execute("SELECT * FROM source WHERE configured = 1 ORDER BY id").fetchall()
    counts = _counts(db.execute("SELECT source, state, count(*) AS items FROM item GROUP BY source, state"))
    return _health(db, found, counts, waiting.of_sources(db), listing.newest(db))


def of(db: Connection, found: Sequence[Row]) -> tuple[Health, ...]:
    """Return the health of the sources in these rows; it costs as much as these have items."""
    numbers = as_json(row["number"] for row in found)
    counted = (
        f"SELECT source, state, count(*) AS items FROM item WHERE source {ints()} GROUP BY source, state"
    )
    counts = _counts(db.execute(counted, (numbers,)))
    newest = listing.newest(db, [f"sources/{row['id']}" for row in found])
    return _health(db, found, counts, waiting.of_sources(db, numbers), newest)


def _counts(found: Iterable[Row]) -> Mapping[tuple[int, str], int]:
    return {(row["source"], row["state"]): row["items"] for row in found}


def _health(
    db: Connection,
    found: Sequence[Row],
    counts: Mapping[tuple[int, str], int],
    waits: Mapping[int, int],
    newest: Mapping[str, datetime],
) -> tuple[Health, ...]:
    return tuple(
        rows.value(
            Health,
            row,
            feed=values.feed_info(row),
            due=rows.due(row),
            live=counts.get((row["number"], "live"), 0),
            held=counts.get((row["number"], "held"), 0),
            waiting=waits.get(row["number"], 0),
            newest=newest.get(f"sources/{row['id']}"),
            last=_last(db, row),
        )
        for row in found
    )


def _last(db: Connection, row: Row) -> Outcome | None:
    last = db.execute(
        "SELECT * FROM poll WHERE source = ? ORDER BY number DESC LIMIT 1", (row["number"],)
    ).fetchone()
    return None if last is None else rows.value(Outcome, last, source=row["id"], due=None)
