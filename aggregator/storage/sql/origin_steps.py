"""Steps of items' lives that their origins cause: due at a time, or suspended until the operator decides.

Called inside transactions. `policy.withdrawals` decides which are written, and what becomes of those due.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from aggregator.model.alert import AlertKind
from aggregator.model.changes import Carried, Changes, DueSteps, NewItem, Transition
from aggregator.model.decision import Trigger
from aggregator.model.poll import Claim
from aggregator.model.stored import Stored
from aggregator.model.withdrawal import OriginStep
from aggregator.policy.origin_steps import BREAKER_WITHIN, suspended_words
from aggregator.policy.withdrawals import EXPIRED
from aggregator.storage.sql import alerts, lifecycle, rows, values
from aggregator.storage.sql.engine import Connection, Index, Row, as_json, insert_many, ints, one
from aggregator.storage.sql.rows import ms
from aggregator.storage.sql.selection import ITEM

IS_DUE = "suspended = 0 AND due <= :now AND (:clock = 1 OR trigger <> 'expiry')"
# Steps that the breaker counts: withdrawals of live items that were not announced with them.
COUNTING = f"""{IS_DUE} AND source = :source AND foretold = 0 AND trigger <> 'relisted'
    AND EXISTS (SELECT 1 FROM item i WHERE i.number = origin_step.item AND i.state = 'live')"""
STEP = "s.id AS source_id, o.trigger, o.due, o.foretold, o.suspended, o.reason AS why"
STEPS = ITEM.replace("s.id AS source_id", STEP) + " JOIN origin_step o ON o.item = i.number"


def write(db: Connection, claim: Claim, changes: Changes, now: datetime) -> None:
    """Write what a poll found: expiries of known items, and steps in place of former ones of their kind."""
    db.executemany(
        "UPDATE item SET expires = ?, foretold = ? WHERE number = ?",
        [(rows.column(each.expires), int(each.foretold), each.number) for each in changes.expiries],
    )
    _delete(db, [(each.number, Trigger.EXPIRY) for each in changes.expiries])
    put(db, claim.number, changes.steps)
    if any(each.suspended for each in changes.steps):
        _alert(db, claim.number, now)


def of_new(db: Connection, source: int, stored: Iterable[tuple[int, NewItem]], now: datetime) -> None:
    """Write the steps of new items that expire later."""
    found = [
        OriginStep(number, Trigger.EXPIRY, new.item.expires, EXPIRED, foretold=True)
        for number, new in stored
        if new.item.expires is not None and new.item.expires > now
    ]
    put(db, source, found)


def put(db: Connection, source: int, steps: Sequence[OriginStep]) -> None:
    """Write steps in place of former ones of the same items and triggers."""
    if not steps:
        return
    _delete(db, [(each.number, each.trigger) for each in steps])
    names = ("trigger", "due", "foretold", "suspended", "reason")
    written = [{"item": each.number, "source": source, **rows.columns(each, *names)} for each in steps]
    insert_many(db, "origin_step", written)
    db.executemany(
        "UPDATE item SET tombstone = ? WHERE number = ?",
        [(ms(each.tombstone), each.number) for each in steps if each.tombstone is not None],
    )


def is_due(db: Connection, now: datetime, *, by_clock: bool) -> bool:
    """Return whether any step is due; expiries only `by_clock`. Cheap."""
    found = db.execute(f"SELECT 1 FROM origin_step WHERE {IS_DUE} LIMIT 1", _bound(now, by_clock))
    return found.fetchone() is not None


def due(db: Connection, now: datetime, limit: int, *, by_clock: bool) -> tuple[DueSteps, ...]:
    """Return up to `limit` steps that are due, of all sources alike, with what the breaker counts."""
    bound = _bound(now, by_clock)
    sources = db.execute(
        """SELECT number FROM (SELECT s.number, (SELECT min(o.due) FROM origin_step o
            WHERE o.source = s.number AND o.suspended = 0 AND (:clock = 1 OR o.trigger <> 'expiry')) AS first
            FROM source s) AS found
        WHERE first <= :now ORDER BY first, number LIMIT :limit""",
        {**bound, "limit": limit},
    ).fetchall()
    each = max(1, limit // max(1, len(sources)))
    found = (_of_source(db, row["number"], bound, each) for row in sources)
    return tuple(of for of in found if of.steps)


def _of_source(db: Connection, source: int, bound: dict[str, object], limit: int) -> DueSteps:
    bound = {**bound, "source": source}
    chosen = db.execute(
        f"""SELECT item, trigger FROM origin_step WHERE {IS_DUE} AND source = :source
        ORDER BY due LIMIT :limit""",
        {**bound, "limit": limit},
    )
    wanted = {(row["item"], row["trigger"]) for row in chosen}
    found = db.execute(f"{STEPS} WHERE i.number {ints()}", (as_json({item for item, _ in wanted}),))
    steps = [_step(row) for row in found if (row["number"], row["trigger"]) in wanted]
    counts = one(
        db.execute(
            f"""SELECT (SELECT id FROM source WHERE number = :source) AS id,
            (SELECT count(*) FROM item WHERE source = :source AND state = 'live') AS live,
            (SELECT count(*) FROM item WHERE source = :source AND counted > :since) AS recent,
            (SELECT count(DISTINCT item) FROM origin_step WHERE {COUNTING}) AS counting""",
            {**bound, "since": int(str(bound["now"])) - BREAKER_WITHIN // rows.MILLISECOND},
        )
    )
    return DueSteps(counts["id"], source, counts["live"], counts["recent"], counts["counting"], tuple(steps))


def suspended(db: Connection, source: str) -> tuple[tuple[Stored, OriginStep], ...]:
    """Return the suspended steps of a source, "" for all, with their items."""
    found = db.execute(
        f"{STEPS} WHERE o.suspended = 1 AND (s.id = ? OR ? = '') ORDER BY s.id, i.number, o.trigger",
        (source, source),
    )
    return tuple(_step(row) for row in found)


def carry_out(
    db: Connection,
    index: Index,
    decided: Carried,
    now: datetime,
    *,
    source: int,
    by_clock: bool,
    journal: Path,
) -> None:
    """Carry out the decision on due steps of a source."""
    lifecycle.apply(db, index, decided.transitions, journal)
    db.executemany(
        "UPDATE item SET counted = ? WHERE number = ?", [(ms(now), each) for each in decided.counted]
    )
    _delete(db, [(each.number, each.trigger) for each in decided.done])
    if decided.suspends:
        bound = {**_bound(now, by_clock), "source": source}
        db.execute(f"UPDATE origin_step SET suspended = 1 WHERE {COUNTING}", bound)
        _alert(db, source, now)


def decide(
    db: Connection,
    index: Index,
    steps: Sequence[Transition],
    done: Sequence[OriginStep],
    now: datetime,
    *,
    journal: Path,
) -> None:
    """Carry out the operator's decision on suspended steps; the alert of a source without any left ends."""
    if declined := [each for each in steps if each.trigger is Trigger.DECLINE]:
        lifecycle.audit(db, declined)
    lifecycle.apply(db, index, [each for each in steps if each.trigger is not Trigger.DECLINE], journal)
    _delete(db, [(each.number, each.trigger) for each in done])
    over = """SELECT number FROM source WHERE NOT EXISTS
        (SELECT 1 FROM origin_step o WHERE o.source = source.number AND o.suspended = 1)"""
    db.execute(
        f"UPDATE alert SET cleared = ? WHERE kind = ? AND cleared IS NULL AND source IN ({over})",
        (ms(now), AlertKind.WITHDRAWALS.value),
    )


def _step(row: Row) -> tuple[Stored, OriginStep]:
    trigger, due = Trigger(row["trigger"]), rows.moment(row["due"])
    foretold, suspended = bool(row["foretold"]), bool(row["suspended"])
    step = OriginStep(row["number"], trigger, due, row["why"], foretold=foretold, suspended=suspended)
    return values.stored(row), step


def _bound(now: datetime, by_clock: bool) -> dict[str, object]:
    return {"now": ms(now), "clock": int(by_clock)}


def _delete(db: Connection, steps: Sequence[tuple[int, Trigger]]) -> None:
    db.executemany(
        "DELETE FROM origin_step WHERE item = ? AND trigger = ?",
        [(number, trigger.value) for number, trigger in steps],
    )


def _alert(db: Connection, source: int, now: datetime) -> None:
    """Raise the alert of a source with suspended steps anew."""
    row = one(
        db.execute(
            """SELECT s.id, count(DISTINCT o.item) AS items FROM source s
            JOIN origin_step o ON o.source = s.number WHERE s.number = ? AND o.suspended = 1 GROUP BY s.id""",
            (source,),
        )
    )
    alerts.renew(db, source, AlertKind.WITHDRAWALS, suspended_words(row["id"], row["items"]), now)
