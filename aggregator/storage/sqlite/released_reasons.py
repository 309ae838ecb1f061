"""Reasons of due times as 0.1.0 stored them, in English sentences: read once, by the migration that ended
that."""

import re
from collections.abc import Callable, Mapping

from aggregator.errors import Cause
from aggregator.model import DueReason

Figures = dict[str, object]  # as `sql.rows.due_columns` stores them

PLAIN: Mapping[str, DueReason] = {
    "": DueReason.CONFIGURED_AGAIN,
    "never polled yet": DueReason.NEW,
    "being polled": DueReason.POLLING,
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
