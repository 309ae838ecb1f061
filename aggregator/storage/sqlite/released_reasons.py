"""Reasons of due times as 0.1.0 stored them, in English sentences: read once, by the migration that ended
that."""

import json
import re
from collections.abc import Callable, Mapping

from sqlite_utils import Database

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
UPDATE source SET hints = json_object('ttl', json_extract(hints, '$.ttl'),
    'update_period', CAST(json_extract(hints, '$.period') * 1000 AS INTEGER),
    'skip_hours', json_extract(hints, '$.hours'), 'skip_days', json_extract(hints, '$.days'))
    WHERE hints <> '{}';
UPDATE source SET findings = (SELECT count(DISTINCT first_seen) FROM item WHERE item.source = source.number);
UPDATE source SET failing_since = (SELECT min(started) FROM poll WHERE poll.source = source.number
    AND started > coalesce(source.last_success, -1)) WHERE failures > 0;
"""

Figures = dict[str, object]  # as `sql.rows.due_columns` stores them

CAUSES: Mapping[str, str] = {
    "not reached": "network",
    "answered with an error": "http",
    "turned away as a robot": "blocked",
    "answered with no feed": "not-a-feed",
    "beyond a limit": "limit",
    "broke what reads it": "crash",
    "leads to a refused address": "refused",
    "rests": "rate_limited",
}
SPAN = r"\d+ (?:d|h|min|s)"
WAIT, BASIS = f"(?P<wait>{SPAN})", f"(?P<basis>{SPAN})"
ORIGIN_WAIT = (
    f"origin asked to wait {BASIS}(?:, more than the {WAIT} granted)?(?:, with all of (?P<host>.+))?"
)
BACK_OFF = rf"(?P<cause>{'|'.join(CAUSES)}) (?:once|(?P<failures>\d+) times in a row): again after {WAIT}"
SENTENCES: Mapping[str, str] = {
    "": "configured_again",
    "never polled yet": "new",
    "asked for by the operator": "operator",
    "back in the configuration": "configured_again",
    "moved to another address": "moved",
    "its move was taken back": "unmoved",
    "the clock was wrong": "clock",
    "its hub announced something": "hub_delivery",
    "its hub did not announce a release": "hub_silent",
    r"its hub announces what is new \(else .*\)": "hub",
    r"origin says the feed is gone \(410\): not polled until you ask for it": "origin_gone",
    ORIGIN_WAIT: "origin_wait",
    BACK_OFF: "back_off",
    f"every {WAIT}": "every",
    f"something new every {BASIS}: looked at every {WAIT}": "rhythm",
    f"nothing new for {BASIS}: looked at every {WAIT}": "quiet",
    f"fresh by its Cache-Control for {WAIT}": "cache_control",
    f"fresh by its Expires for {WAIT}": "expires",
    f"its ttl asks for {WAIT}": "ttl",
    f"its updatePeriod asks for {WAIT}": "update_period",
}
UNITS = {"d": 86_400_000, "h": 3_600_000, "min": 60_000, "s": 1_000}


def _ms(span: str) -> int:
    count, unit = span.split()
    return int(count) * UNITS[unit]


FIGURES: Mapping[str, Callable[[str], object]] = {
    "wait": _ms,
    "basis": _ms,
    "failures": int,
    "cause": CAUSES.__getitem__,
    "host": str,
}


def read(why: str) -> tuple[str, Figures]:
    """Return the reason that a sentence of 0.1.0 stands for, with its figures; an unknown one is "new"."""
    base, skips, _ = why.partition("; skips hours or days")
    sentence = base.removesuffix(", at its other address")
    suffixes: Figures = {"is_skipping": True} if skips else {}
    if base != sentence:
        suffixes["is_fallback"] = True
    for pattern, reason in SENTENCES.items():
        if found := re.fullmatch(pattern, sentence):
            said: Figures = {name: FIGURES[name](text) for name, text in found.groupdict().items() if text}
            if reason == "origin_wait":
                said.setdefault("wait", said["basis"])
            if reason == "back_off":
                said.setdefault("failures", 1)
            return reason, said | suffixes
    return "new", suffixes


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
    if reason == "hub":
        figures["wait"] = min(4 * every, max(every, 86_400_000))
    host = figures.get("host", "")
    if host:
        last = db.execute(
            "SELECT status FROM poll WHERE source = ? ORDER BY number DESC LIMIT 1", (number,)
        ).fetchone()
        is_own = last is not None and last[0] == 429
        if not is_own:
            reason, figures = "host_limit", {"host": host}
        db.execute(
            """INSERT INTO host (host, limited_until, limited_by) VALUES (?, ?, ?)
            ON CONFLICT (host) DO UPDATE SET limited_until = max(limited_until, excluded.limited_until),
            limited_by = coalesce(excluded.limited_by, limited_by)""",
            (host, due, number if is_own else None),
        )
    db.execute(
        "UPDATE source SET due_reason = ?, due_figures = ? WHERE number = ?",
        (reason, json.dumps(figures), number),
    )
