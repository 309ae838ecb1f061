"""Probes of pages, and what they are decided from. Called inside transactions; `policy.probes` decides."""

from collections.abc import Sequence, Set
from datetime import datetime

from aggregator.model.document import Document
from aggregator.model.domains import host_of
from aggregator.model.poll import Claim
from aggregator.model.websub import TaskKind
from aggregator.model.withdrawal import Absences, Left, OriginStep, Probe
from aggregator.policy.probes import BUDGET_WITHIN, PROBE_EVERY, between
from aggregator.storage.sql import origin_steps, rows
from aggregator.storage.sql.engine import Connection, as_json, ints, one
from aggregator.storage.sql.rows import ms, unpack_seen


def absences(db: Connection, claim: Claim, document: Document, now: datetime) -> Absences:
    """Return the live items that a document no longer lists, between an older and a newer one that it does;
    none of a document that was not read whole. Cheap when none has left."""
    if not document.complete or document.truncated:
        return Absences()
    gone, present = between(claim.seen, frozenset(document.listed))
    if not gone:
        return Absences()
    found = db.execute(
        f"""SELECT i.number, i.id, i.url FROM item i WHERE i.number {ints(":gone")} AND i.state = 'live'
        AND i.shown > (SELECT min(shown) FROM item WHERE number {ints(":present")})
        AND i.shown < (SELECT max(shown) FROM item WHERE number {ints(":present")})
        AND NOT EXISTS (SELECT 1 FROM probe p WHERE p.item = i.number AND p.started > :since)
        ORDER BY i.number""",
        {"gone": as_json(gone), "present": as_json(present), "since": ms(now - PROBE_EVERY)},
    ).fetchall()
    return Absences(tuple(rows.value(Left, row) for row in found), _probed(db, claim, now))


def _probed(db: Connection, claim: Claim, now: datetime) -> int:
    counted = db.execute(
        "SELECT count(*) AS probes FROM probe WHERE source = ? AND started > ?",
        (claim.number, ms(now - BUDGET_WITHIN)),
    )
    return int(one(counted)["probes"])


def begin(db: Connection, source: int, items: Sequence[Left], now: datetime) -> None:
    """Begin the probes of items, which are due now."""
    _end(db, {each.number for each in items})
    db.executemany(
        "INSERT INTO probe (item, source, host, started) VALUES (?, ?, ?, ?)",
        [(each.number, source, host_of(each.url), ms(now)) for each in items],
    )
    db.executemany(
        """INSERT INTO task (kind, subject, due) VALUES (?, ?, ?)
        ON CONFLICT (kind, subject) DO UPDATE SET due = excluded.due, attempts = 0""",
        [(TaskKind.PROBE.value, each.id, ms(now)) for each in items],
    )


def _end(db: Connection, items: Set[int]) -> None:
    db.execute(f"DELETE FROM probe WHERE item {ints()}", (as_json(items),))


def find(db: Connection, item: str, now: datetime) -> Probe | None:
    """Return the probe of an item by its id, None when there is none."""
    row = db.execute(
        """SELECT i.number, s.id AS source, i.url, i.state, i.lapsed, p.missing, s.seen,
        (SELECT count(*) FROM probe o WHERE o.host = p.host AND o.asked > ?) AS host_asked
        FROM probe p JOIN item i ON i.number = p.item JOIN source s ON s.number = i.source WHERE i.id = ?""",
        (ms(now - BUDGET_WITHIN), item),
    ).fetchone()
    if row is None:
        return None
    seen = {number for _, number in unpack_seen(row["seen"])}
    return rows.value(Probe, row, is_listed=row["number"] in seen if seen else None)


def record(
    db: Connection, probe: Probe, *, asked: datetime | None, missing: datetime | None, step: OriginStep | None
) -> None:
    """Write what a probe has found, with the step that follows of it."""
    db.execute(
        "UPDATE probe SET asked = coalesce(?, asked), missing = ? WHERE item = ?",
        (rows.column(asked), rows.column(missing), probe.number),
    )
    if step is not None:
        source = one(db.execute("SELECT source FROM item WHERE number = ?", (probe.number,)))["source"]
        origin_steps.put(db, source, [step])


def forget(db: Connection, now: datetime) -> None:
    """Drop the probes that count no longer: their items may be probed again."""
    db.execute(
        """DELETE FROM probe WHERE started < ? AND NOT EXISTS
        (SELECT 1 FROM task t JOIN item i ON i.id = t.subject WHERE t.kind = ? AND i.number = probe.item)""",
        (ms(now - PROBE_EVERY), TaskKind.PROBE.value),
    )
