"""Claims: leases of due sources for one poll each, with their stored state. Called inside a transaction."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice

from msgspec.structs import replace

from aggregator.model.alert import AlertKind
from aggregator.model.document import Validators
from aggregator.model.poll import Batch, Claim
from aggregator.model.schedule import Due, DueReason
from aggregator.model.websub import Subscription
from aggregator.policy import schedule
from aggregator.storage.sql import hosts, rows, values
from aggregator.storage.sql.engine import Connection, Cursor, Row, as_json, ints, texts
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
    chosen = [*islice(admitted, limit)]
    found = db.execute(
        f"""UPDATE source SET token = token + 1, leased = :until
        WHERE number {ints(":chosen")} RETURNING *""",
        {"until": ms(now + lease), "chosen": as_json(chosen)},
    )
    return _claims(db, found, chosen)


def waiting_at(db: Connection, host: str, now: datetime, limit: int) -> Cursor:
    """Read up to `limit` due sources at a host, for `claim_at`."""
    return db.execute(AT_HOST, {"host": host, "now": ms(now), "limit": limit})


def claim_at(
    db: Connection, host: str, waiting: Sequence[Row], now: datetime, *, limit: int, lease: timedelta
) -> Batch:
    """Lease sources at a host, of those that are `waiting`. Sources whose polls nodes have died of come last,
    one at a time, so that each death counts for one of them."""
    chosen = [row["number"] for row in waiting if not row["lost"]] or [row["number"] for row in waiting[:1]]
    if not chosen:
        return Batch((), (), False)
    states = hosts.read(db, (host,))
    found = db.execute(
        f"""UPDATE source SET token = token + 1, leased = :until
        WHERE number {ints(":chosen")} AND (leased IS NULL OR leased < :now) RETURNING *""",
        {"until": ms(now + lease), "now": ms(now), "chosen": as_json(chosen)},
    )
    claimed = _claims(db, found, chosen)
    return Batch(claimed, hosts.states(states), len(waiting) > len(chosen) or len(waiting) == limit)


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
    )
    was_read_by = held.feed, held.relocation.at, held.body_digest, held.seen
    for fresh in _claims(db, found, (held.number,)):
        if (fresh.feed, fresh.relocation.at, fresh.body_digest, fresh.seen) == was_read_by:
            return replace(fresh, due=held.due)
    return None


def _claims(db: Connection, found: Cursor, numbers: Collection[int]) -> tuple[Claim, ...]:
    """Return the claims of rows of the `source` table, longest due first; `numbers` are those of the rows, or
    more. All statements are sent before the first result is awaited."""
    chosen = as_json(numbers)
    hubs = db.execute(SUBSCRIPTION + f"WHERE s.state <> 'leaving' AND s.source {ints()}", (chosen,))
    alerts = db.execute(
        f"SELECT source, kind, raised FROM alert WHERE cleared IS NULL AND source {ints()}", (chosen,)
    )
    claimed = sorted(found.fetchall(), key=lambda row: (row["due"], row["number"]))
    subscriptions = {row["source_number"]: values.subscription(row) for row in hubs}
    kinds = defaultdict[int, dict[AlertKind, datetime]](dict)
    for row in alerts:
        kinds[row["source"]][AlertKind(row["kind"])] = moment(row["raised"])
    return tuple(_claim(row, subscriptions.get(row["number"]), kinds[row["number"]]) for row in claimed)


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
