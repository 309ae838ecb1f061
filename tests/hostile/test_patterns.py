"""Regular expressions take time linear in their input (ReDoS): every one of the code, found by itself."""

import re
import time
from typing import Any

import pytest

from aggregator.editorial import replacements
from aggregator.normalise import feed_address
from tests.hostile.patterns import Use, attacks, has_possessive_group, uses

FOUND, UNKNOWN = uses()
# Patterns made at run time, and those whose input is never a stranger's.
OF_THE_OPERATOR = {
    "aggregator.config.edit: f' {{{entries.start[1]},}}#'",  # a number of blanks; sources.yaml
    "aggregator.config.edit: f'^{key}: *\\\\[ *\\\\]'",  # one of two keys of ours; sources.yaml
    "aggregator.config.values: pattern",  # compiled to be checked, not used
    "aggregator.normalise.feed_address: f' [a-z]+=\"{address}\"|{address}'",  # an own test below
    # The operator's texts, escaped, on bounded text in the killable workers; an own test below.
    "aggregator.editorial.replacements: '|'.join((f'({_words(old)})' for old in olds))",
    "aggregator.normalise.translations: f'{literal}(?<![a-z0-9]{literal})(?![a-z0-9])'",  # a language tag
    "aggregator.policy.alerts: f\"\\\\b{re.escape(_left(item, ''))}[^\\\\s,;]*\"",  # our own message
    "aggregator.editorial.rules: rule.pattern",  # in the killable workers, on bounded text
    "aggregator.storage.postgres.dialect: pattern",  # found as TABLES
    "aggregator.storage.sqlite.released_reasons: pattern",  # sentences of an older version of ours
}
OWN_INPUT = {
    "aggregator.storage.postgres.dialect: TABLES",
    "aggregator.storage.postgres.dialect: LIST",
}  # own SQL

SMALL, LARGE = 1_000, 10_000
LINEAR = 0.004  # seconds of CPU for LARGE characters: a fifth of what the mildest quadratic pattern takes
GROWTH_MAX = 30  # of the CPU time from SMALL to LARGE: 10 is linear, 100 quadratic


def seconds(use: Use, text: Any) -> float:
    """Return the CPU time of matching a text everywhere, as a search does."""
    started = time.thread_time()
    if use.is_anchored:
        use.pattern.match(text)
        use.pattern.fullmatch(text)
    else:
        for _ in use.pattern.finditer(text):
            pass
    return time.thread_time() - started


def growth(use: Use, prefix: str, pump: str, suffix: str) -> float:
    """Return by how much the CPU time grows from SMALL to LARGE characters, 0.0 if LARGE take hardly any."""

    def best(size: int) -> float:
        text = prefix + pump * (size // len(pump) + 1) + suffix
        of_kind = text.encode("utf-8", "surrogatepass") if isinstance(use.pattern.pattern, bytes) else text
        return min(seconds(use, of_kind) for _ in range(3 if size == LARGE else 5))

    for size in (8, 12, 16, 20, 24, 28):  # an exponential pattern never comes back from SMALL characters
        if best(size) > 0.02:
            return float("inf")
    small = best(SMALL)
    if small > LINEAR:
        return float("inf")
    large = best(LARGE)
    return large / small if large > LINEAR else 0.0


def test_no_group_is_possessive_or_atomic() -> None:
    """Python 3.11.0 to 3.11.4 match such a group wrongly when it can backtrack (CPython issue 106052)."""
    assert [use.place for use in FOUND if has_possessive_group(use.pattern)] == []
    assert has_possessive_group(re.compile(r"<(?:a|b+)*+>"))
    assert not has_possessive_group(re.compile(r"<(?:[ab]*+c)*>"))


def slow(use: Use) -> list[tuple[str, str, str, float]]:
    return [(*attack, by) for attack in attacks(use.pattern) if (by := growth(use, *attack)) > GROWTH_MAX]


def test_every_pattern_is_found_or_named_with_its_reason() -> None:
    assert UNKNOWN == OF_THE_OPERATOR
    places = {use.place for use in FOUND}
    assert places > OWN_INPUT
    assert {f"aggregator.normalise.blanks: {name}" for name in ("_EMPTY", "_WIDE", "_TOKEN")} < places
    assert len(FOUND) > 90


@pytest.mark.soak
@pytest.mark.parametrize(
    "use", [use for use in FOUND if use.place not in OWN_INPUT], ids=lambda use: use.place
)
def test_a_pattern_takes_time_linear_in_its_input(use: Use) -> None:
    assert slow(use) == []


@pytest.mark.soak
def test_the_pattern_of_a_feed_address_takes_time_linear_in_its_input() -> None:
    pattern = feed_address._pattern(("origin.example/feed?key=1&amp;a=2", "origin.example/feed?key=1"))
    assert slow(Use("feed_address", pattern, is_anchored=False)) == []


@pytest.mark.soak
def test_the_pattern_of_replacements_takes_time_linear_in_its_input() -> None:
    pattern = replacements._pattern(("per cent", "a a", "(ends)", "Coastguard"))
    assert slow(Use("replacements", pattern, is_anchored=False)) == []


@pytest.mark.soak
@pytest.mark.parametrize(
    "pattern",
    [
        r"([^\s,]\S*[^\s,])(?:\s+([\d.]{1,8}[wx]))?\s*(?:,|$)",  # srcset of 0.1.0: 10 kB took 6 s
        r"<([a-z0-9]+) ([^>]*)>",
        r"[^\W\d_]+[.,]*\s+(?=\d)",
        r"([a-z-]+)=\"([^\"]*)\"",
        r"(a+)+$",
        r"\s+###\s*$",
    ],
)
def test_an_attack_is_derived_from_each_slow_pattern(pattern: str) -> None:
    assert slow(Use("test", re.compile(pattern), is_anchored=False))
