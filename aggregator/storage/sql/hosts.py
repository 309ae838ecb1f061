"""Politeness per host, kept over restarts: gap, rate limit (429 with Retry-After), responsiveness and
redirects."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from aggregator.model.schedule import Due, DueReason, HostLimit, HostState
from aggregator.policy import schedule
from aggregator.storage.sql import rows
from aggregator.storage.sql.engine import Connection, Cursor, Row, as_json, ints, texts
from aggregator.storage.sql.rows import SET_DUE, due_columns, moment, ms

STATES_MAX = 100_000  # hosts that are read at the start, the latest first


def record(db: Connection, states: Sequence[HostState]) -> None:
    """Insert or update the politeness states of hosts, in the order given. A wait that another process has
    set stays."""
    db.executemany(
        """INSERT INTO host (host, next_at, refused_until, prompt, leads_to)
        VALUES (:host, :next_at, :refused_until, :prompt, :leads_to)
        ON CONFLICT (host) DO UPDATE SET
        next_at = CASE WHEN host.next_at > excluded.next_at THEN host.next_at ELSE excluded.next_at END,
        refused_until = CASE WHEN excluded.refused_until IS NULL AND host.refused_until > excluded.next_at
            THEN host.refused_until ELSE excluded.refused_until END,
        prompt = excluded.prompt, leads_to = excluded.leads_to""",
        [rows.columns(each, "host", "next_at", "refused_until", "prompt", "leads_to") for each in states],
    )


def limit(db: Connection, limited: HostLimit, by: int) -> None:
    """Write a rate limit and delay the other sources at its host; polls under way find that their own due
    time no longer holds."""
    # `limited_by`, the source that received the 429, is never read: it helps to diagnose a limit.
    db.execute(
        """INSERT INTO host (host, limited_until, limited_by, leads_to) VALUES (:host, :until, :by, '')
        ON CONFLICT (host) DO UPDATE
        SET limited_until = excluded.limited_until, limited_by = excluded.limited_by
        WHERE host.limited_until IS NULL OR host.limited_until < excluded.limited_until""",
        {"host": limited.host, "until": ms(limited.until), "by": by},
    )
    found = db.execute(
        """SELECT number, due, due_reason, due_figures, leased FROM source
        WHERE host = ? AND configured = 1 AND number <> ?""",
        (limited.host, by),
    )
    delayed = [
        row["number"]
        for row in found
        if schedule.is_delayed(rows.due(row), limited, is_polled=row["leased"] is not None)
    ]
    due = Due(limited.until, DueReason.HOST_LIMIT, host=limited.host)
    db.execute(
        f"UPDATE source SET {SET_DUE} WHERE number {ints(':delayed')}",
        {**due_columns(due), "delayed": as_json(delayed)},
    )


def forget(db: Connection, now: datetime) -> None:
    """Delete hosts without a fetch for `HOST_REMEMBERED` and without a rate limit in force."""
    db.execute(
        """DELETE FROM host WHERE coalesce(next_at, 0) < :before AND coalesce(refused_until, 0) < :now
        AND coalesce(limited_until, 0) < :now""",
        {"before": ms(now - schedule.HOST_REMEMBERED), "now": ms(now)},
    )


def limits(db: Connection, now: datetime) -> Mapping[str, HostLimit]:
    """Return the hosts that are rate-limited at `now`."""
    found = db.execute("SELECT host, limited_until FROM host WHERE limited_until > :now", {"now": ms(now)})
    return {row["host"]: HostLimit(row["host"], moment(row["limited_until"])) for row in found}


def read(db: Connection, names: Collection[str] | None = None) -> Cursor:
    """Read all hosts, or those named, the latest first, for `states`."""
    chosen = "" if names is None else f"WHERE host {texts(':names')}"
    return db.execute(
        f"SELECT * FROM host {chosen} ORDER BY next_at DESC NULLS LAST LIMIT :most",
        {"most": STATES_MAX} | ({} if names is None else {"names": as_json(names)}),
    )


def states(found: Iterable[Row]) -> tuple[HostState, ...]:
    """Return the politeness states in rows of the `host` table."""
    return tuple(rows.value(HostState, row) for row in found)
