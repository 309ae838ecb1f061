"""Claims: leases of due sources for one poll each, with their stored state. Called inside a transaction."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice

from msgspec.structs import replace

from aggregator.model.alert import AlertKind
from aggregator.model.document import Validators
from aggregator.model.poll import Claim
from aggregator.model.schedule import Due, DueReason
from aggregator.model.websub import Subscription
from aggregator.policy import schedule
from aggregator.storage.sql import rows, values
from aggregator.storage.sql.engine import Connection, Row, as_json, ints, texts
from aggregator.storage.sql.rows import MILLISECOND, SET_DUE, due_columns, moment, ms
from aggregator.storage.sql.subscriptions import SELECT as SUBSCRIPTION

IN_TURN = """SELECT number, host FROM source WHERE configured = 1 AND due <= :now
    AND (leased IS NULL OR leased < :now) ORDER BY due, number"""
AT_HOST = """SELECT number, lost FROM source WHERE configured = 1 AND host = :host AND due <= :now
    AND (leased IS NULL OR leased < :now) ORDER BY lost, due, number LIMIT :limit"""
NAMED = f"""SELECT number, host FROM source WHERE configured = 1
    AND id {texts(":ids")} ORDER BY due, number"""


def claim(
    db: Connection,
    now: datetime,
    *,
    limit: int,
    lease: timedelta,
    ids: Sequence[str] | None,
    admit: Callable[[str], bool] | None,
) -> tuple[Claim, ...]:
    """Lease up to `limit` due sources that `admit` lets in, longest due first; or those named, due or not."""
    if ids is None:
        waiting = db.execute(IN_TURN, {"now": ms(now)})
    else:
        waiting = db.execute(NAMED, {"ids": as_json(ids)})
    admitted = (row["number"] for row in waiting if admit is None or admit(row["host"]))
    found = db.execute(
        f"""UPDATE source SET token = token + 1, leased = :until
        WHERE number {ints(":chosen")} RETURNING *""",
        {"until": ms(now + lease), "chosen": as_json(islice(admitted, limit))},
    ).fetchall()
    return _claims(db, sorted(found, key=lambda row: (row["due"], row["number"])))


def claim_at(
    db: Connection, host: str, now: datetime, *, limit: int, lease: timedelta
) -> tuple[tuple[Claim, ...], bool]:
    """Lease up to `limit` due sources at a host; returns them and whether more may wait. Sources whose polls
    nodes have died of come last, one at a time, so that each death counts for one of them."""
    waiting = db.execute(AT_HOST, {"host": host, "now": ms(now), "limit": limit}).fetchall()
    chosen = [row["number"] for row in waiting if not row["lost"]] or [row["number"] for row in waiting[:1]]
    if not chosen:
        return (), False
    found = db.execute(
        f"""UPDATE source SET token = token + 1, leased = :until
        WHERE number {ints(":chosen")} AND (leased IS NULL OR leased < :now) RETURNING *""",
        {"until": ms(now + lease), "now": ms(now), "chosen": as_json(chosen)},
    ).fetchall()
    claimed = _claims(db, sorted(found, key=lambda row: (row["due"], row["number"])))
    return claimed, len(waiting) > len(chosen) or len(waiting) == limit


def take_over(db: Connection, host: str, *, died: bool) -> int:
    """End the leases that an unfinished pass over a host has left, so that its commits are rejected; `died`:
    with its node. Returns how many."""
    found = db.execute(
        """UPDATE source SET leased = NULL, token = token + 1, lost = lost + :died
        WHERE configured = 1 AND host = :host AND leased IS NOT NULL RETURNING number""",
        {"host": host, "died": int(died)},
    )
    return len(found.fetchall())


def renewed(db: Connection, held: Claim) -> Claim | None:
    """Return the present state of a leased source; None when its poll is void.

    It is void when its lease has ended, or what its document was fetched and read by has changed.
    """
    found = db.execute(
        "SELECT * FROM source WHERE number = ? AND token = ? AND leased IS NOT NULL AND configured = 1",
        (held.number, held.token),
    ).fetchall()
    was_read_by = held.feed, held.relocation.at, held.body_digest, held.seen
    for fresh in _claims(db, found):
        if (fresh.feed, fresh.relocation.at, fresh.body_digest, fresh.seen) == was_read_by:
            return replace(fresh, due=held.due)
    return None


def _claims(db: Connection, found: Sequence[Row]) -> tuple[Claim, ...]:
    """Return the claims of rows of the `source` table."""
    numbers = as_json(row["number"] for row in found)
    hubs, open_alerts = _subscriptions(db, numbers), _alerts(db, numbers)
    return tuple(_claim(row, hubs.get(row["number"]), open_alerts[row["number"]]) for row in found)


def _subscriptions(db: Connection, numbers: str) -> Mapping[int, Subscription]:
    found = db.execute(SUBSCRIPTION + f"WHERE s.state <> 'leaving' AND s.source {ints()}", (numbers,))
    return {row["source_number"]: values.subscription(row) for row in found}


def _alerts(db: Connection, numbers: str) -> Mapping[int, dict[AlertKind, datetime]]:
    found = db.execute(
        f"SELECT source, kind, raised FROM alert WHERE cleared IS NULL AND source {ints()}", (numbers,)
    )
    kinds: dict[int, dict[AlertKind, datetime]] = defaultdict(dict)
    for row in found:
        kinds[row["source"]][AlertKind(row["kind"])] = moment(row["raised"])
    return kinds


def _claim(row: Row, hub: Subscription | None, alerts: Mapping[AlertKind, datetime]) -> Claim:
    return rows.value(
        Claim,
        row,
        due=rows.due(row),
        validators=Validators(row["validated_url"], row["etag"], row["last_modified"]),
        first_import=not row["imported"],
        subscription=hub,
        open_alerts=alerts,
    )


def clear_leases(db: Connection, now: datetime) -> None:
    """End all leases, because none outlives its process; reset due times and rate limits that a wrong clock
    has set."""
    db.execute("UPDATE source SET leased = NULL")
    far = ms(now + schedule.DUE_AHEAD_MAX)
    db.execute(
        "UPDATE host SET limited_until = NULL WHERE limited_until > ?",
        (ms(now + schedule.DUE_AHEAD_MAX + schedule.RETRY_AFTER_MAX),),
    )
    found = db.execute(
        "SELECT number, every, due, due_reason, due_figures FROM source WHERE due > ?", (far,)
    ).fetchall()
    wrong = [
        row["number"]
        for row in found
        if not schedule.is_plausible(rows.due(row), row["every"] * MILLISECOND, now)
    ]
    db.execute(
        f"UPDATE source SET {SET_DUE} WHERE number {ints(':wrong')}",
        {**due_columns(Due(now, DueReason.CLOCK)), "wrong": as_json(wrong)},
    )
