"""Times by which the clock of a start is judged: of the last commit, and the last one that was trusted."""

from datetime import datetime

from aggregator.storage.sql.engine import Connection
from aggregator.storage.sql.rows import moment, ms

TRUSTED, DESPITE = "clock_trusted", "clock_despite"  # keys of the table `meta`
COMMITS = """SELECT max(at) AS at FROM (
    SELECT max(changed) AS at FROM channel UNION ALL
    SELECT started AS at FROM
        (SELECT started FROM poll ORDER BY number DESC LIMIT 100) AS polls) AS commits"""


def last_commit(db: Connection) -> datetime | None:
    """Return the latest time that a commit has; None without one, or if it was confirmed to be wrong."""
    row = db.execute(COMMITS).fetchone()
    if row is None or row["at"] is None or row["at"] == _time(db, DESPITE):
        return None
    return moment(row["at"])


def trusted(db: Connection) -> datetime | None:
    """Return the last time at which the clock was trusted, None before the first."""
    found = _time(db, TRUSTED)
    return None if found is None else moment(found)


def trust(db: Connection, now: datetime, *, is_confirmed: bool) -> None:
    """Keep that the clock is trusted now; `is_confirmed`: by the operator, even if behind a commit."""
    _put(db, TRUSTED, ms(now))
    latest = last_commit(db)
    if is_confirmed and latest is not None and latest > now:
        _put(db, DESPITE, ms(latest))


def _time(db: Connection, key: str) -> int | None:
    row = db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return None if row is None else int(row["value"])


def _put(db: Connection, key: str, time: int) -> None:
    db.execute(
        "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (key, str(time)),
    )
