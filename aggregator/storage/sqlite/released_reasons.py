"""Reasons of due times as 0.1.0 stored them, in English sentences: read once, by the migration that ended
that."""

import json
import re
from collections.abc import Callable, Mapping

from sqlite_utils import Database

from aggregator.errors import Cause
from aggregator.model import DueReason

SCHEDULE_STATE = """
ALTER TABLE source RENAME COLUMN move TO relocation;
ALTER TABLE source RENAME COLUMN recipe TO pipeline_version;
ALTER TABLE source RENAME COLUMN gap TO usual_gap;
ALTER TABLE subscription RENAME COLUMN standing TO state;
ALTER TABLE source ADD COLUMN due_reason TEXT NOT NULL DEFAULT 'new';
ALTER TABLE source ADD COLUMN due_figures TEXT NOT NULL DEFAULT '{}';
ALTER TABLE source ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
ALTER TABLE source ADD COLUMN failing_since INTEGER;
ALTER TABLE source ADD COLUMN findings INTEGER NOT NULL DEFAULT 0;
CREATE TABLE host (
    host TEXT PRIMARY KEY,
    next_at INTEGER,  -- when the gap allows the next fetch
    refused_until INTEGER,  -- the first minute after a 429
    limited_until INTEGER,  -- 429 with Retry-After
    limited_by INTEGER,  -- number of the source that got it
    prompt INTEGER CHECK (prompt IN (0, 1)),  -- whether the last fetch ended in good time
    leads_to TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
CREATE INDEX host_limited ON host (limited_until) WHERE limited_until IS NOT NULL;
UPDATE poll SET cause = 'rate_limited' WHERE cause = 'rests';
UPDATE source SET findings = (SELECT count(DISTINCT first_seen) FROM item WHERE item.source = source.number);
UPDATE source SET failing_since = (SELECT min(started) FROM poll WHERE poll.source = source.number
    AND started > coalesce(source.last_success, -1)) WHERE failures > 0;
"""

Figures = dict[str, object]  # as `sql.rows.due_columns` stores them

PLAIN: Mapping[str, DueReason] = {
    "": DueReason.CONFIGURED_AGAIN,
    "never polled yet": DueReason.NEW,
    "asked for by the operator": DueReason.OPERATOR,
    "back in the configuration": DueReason.CONFIGURED_AGAIN,
    "moved to another address": DueReason.MOVED,
    "its move was taken back": DueReason.UNMOVED,
    "the clock was wrong": DueReason.CLOCK,
    "its hub announced something": DueReason.HUB_DELIVERY,
    "its hub did not announce a release": DueReason.HUB_SILENT,
    "origin says the feed is gone (410): not polled until you ask for it": DueReason.ORIGIN_GONE,
}
FAILED: Mapping[str, Cause] = {
    "not reached": Cause.NETWORK,
    "answered with an error": Cause.HTTP,
    "turned away as a robot": Cause.BLOCKED,
    "answered with no feed": Cause.NOT_A_FEED,
    "beyond a limit": Cause.LIMIT,
    "broke what reads it": Cause.CRASH,
    "leads to a refused address": Cause.REFUSED,
    "rests": Cause.RATE_LIMITED,
}
SPAN = r"(\d+ (?:d|h|min|s))"
UNITS = {"d": 86_400_000, "h": 3_600_000, "min": 60_000, "s": 1_000}


def _ms(span: str) -> int:
    count, unit = span.split()
    return int(count) * UNITS[unit]


def _back_off(found: re.Match[str]) -> Figures:
    return {"wait": _ms(found[3]), "cause": FAILED[found[1]].value, "failures": int(found[2] or 1)}


def _waits(found: re.Match[str]) -> Figures:
    asked = _ms(found[1])
    return {"basis": asked, "wait": _ms(found[2]) if found[2] else asked, "host": found[3] or ""}


def _wait(found: re.Match[str]) -> Figures:
    return {"wait": _ms(found[1])}


def _basis_and_wait(found: re.Match[str]) -> Figures:
    return {"basis": _ms(found[1]), "wait": _ms(found[2])}


PATTERNS: tuple[tuple[str, DueReason, Callable[[re.Match[str]], Figures]], ...] = (
    (rf"every {SPAN}", DueReason.EVERY, _wait),
    (rf"something new every {SPAN}: looked at every {SPAN}", DueReason.RHYTHM, _basis_and_wait),
    (rf"nothing new for {SPAN}: looked at every {SPAN}", DueReason.QUIET, _basis_and_wait),
    (rf"fresh by its Cache-Control for {SPAN}", DueReason.CACHE_CONTROL, _wait),
    (rf"fresh by its Expires for {SPAN}", DueReason.EXPIRES, _wait),
    (rf"its ttl asks for {SPAN}", DueReason.TTL, _wait),
    (rf"its updatePeriod asks for {SPAN}", DueReason.UPDATE_PERIOD, _wait),
    (r"its hub announces what is new \(else .*\)", DueReason.HUB, lambda found: {}),
    (
        rf"({'|'.join(FAILED)}) (?:once|(\d+) times in a row): again after {SPAN}",
        DueReason.BACK_OFF,
        _back_off,
    ),
    (
        rf"origin asked to wait {SPAN}(?:, more than the {SPAN} granted)?(?:, with all of (.+))?",
        DueReason.ORIGIN_WAIT,
        _waits,
    ),
)


def read(why: str) -> tuple[DueReason, Figures]:
    """Return the reason that a sentence of 0.1.0 stands for, with its figures; an unknown one is NEW."""
    base, skips, _ = why.partition("; skips hours or days")
    reason = base.removesuffix(", at its other address")
    figures: Figures = {"skipping": True} if skips else {}
    if base != reason:
        figures["fallback"] = True
    if (plain := PLAIN.get(reason)) is not None:
        return plain, figures
    for pattern, kind, figured in PATTERNS:
        if found := re.fullmatch(pattern, reason):
            return kind, {name: value for name, value in figured(found).items() if value} | figures
    return DueReason.NEW, figures


def migrate(db: Database) -> None:
    """Replace the sentences of 0.1.0 by state, one statement at a time within the migration's transaction."""
    for statement in SCHEDULE_STATE.split(";\n"):
        if statement.strip():
            db.execute(statement)
    for row in db.query("SELECT number, due, why, every FROM source"):
        _read_reason(db, row["number"], row["due"], row["why"], row["every"])
    db.execute("ALTER TABLE source DROP COLUMN why")


def _read_reason(db: Database, number: int, due: int, why: str, every: int) -> None:
    reason, figures = read(why)
    if reason is DueReason.HUB:
        figures["wait"] = min(4 * every, max(every, 86_400_000))
    host = figures.get("host", "")
    if host:
        last = db.execute(
            "SELECT status FROM poll WHERE source = ? ORDER BY number DESC LIMIT 1", (number,)
        ).fetchone()
        is_own = last is not None and last[0] == 429
        if not is_own:
            reason, figures = DueReason.HOST_LIMIT, {"host": host}
        db.execute(
            """INSERT INTO host (host, limited_until, limited_by) VALUES (?, ?, ?)
            ON CONFLICT (host) DO UPDATE SET limited_until = max(limited_until, excluded.limited_until),
            limited_by = coalesce(excluded.limited_by, limited_by)""",
            (host, due, number if is_own else None),
        )
    db.execute(
        "UPDATE source SET due_reason = ?, due_figures = ? WHERE number = ?",
        (reason.value, json.dumps(figures), number),
    )
