"""Words for why a source is due."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from aggregator.errors import Cause
from aggregator.model.schedule import Due, DueReason
from aggregator.model.settings import FOREVER
from aggregator.policy.reasons import FAILED, WORDS, ago, next_poll, span, words
from aggregator.policy.schedule import BACK_OFF, pace
from tests.given import DAY, HOUR, MINUTE, NOON

ALL = {
    DueReason.NEW: "never polled yet",
    DueReason.EVERY: "every 15 min",
    DueReason.RHYTHM: "something new every 4 h: polled every 15 min",
    DueReason.QUIET: "nothing new for 4 h: polled every 15 min",
    DueReason.CACHE_CONTROL: "fresh by its Cache-Control for 15 min",
    DueReason.EXPIRES: "fresh by its Expires for 15 min",
    DueReason.TTL: "its ttl asks for 15 min",
    DueReason.UPDATE_PERIOD: "its updatePeriod asks for 15 min",
    DueReason.HUB: "its hub announces what is new: polled every 15 min",
    DueReason.HUB_DELIVERY: "its hub announced something",
    DueReason.HUB_SILENT: "its hub did not announce a release",
    DueReason.BACK_OFF: "not reached 3 times in a row: back-off of 15 min",
    DueReason.ORIGIN_WAIT: "origin asked to wait 4 h, 15 min granted",
    DueReason.HOST_LIMIT: "its host press.example is rate-limited (429)",
    DueReason.ORIGIN_GONE: "origin says the feed is gone (410): polled only when asked for",
    DueReason.OPERATOR: "asked for by the operator",
    DueReason.MOVED: "another address was configured",
    DueReason.CONFIGURED_AGAIN: "back in the configuration",
    DueReason.UNMOVED: "its relocation was taken back",
    DueReason.PAUSED: "paused in the configuration",
    DueReason.CLOCK: "scheduled while the clock was wrong",
}


def due(reason: DueReason) -> Due:
    """A due time with the figures that belong to its reason."""
    plain = Due(NOON, reason, wait=15 * MINUTE, basis=4 * HOUR)
    if reason is DueReason.BACK_OFF:
        return replace(plain, cause=Cause.NETWORK, failures=3)
    return replace(plain, host="press.example") if reason is DueReason.HOST_LIMIT else plain


@pytest.mark.parametrize("reason", DueReason)
def test_every_reason_has_its_words(reason: DueReason) -> None:
    assert set(WORDS) == set(DueReason)
    assert words(due(reason)) == ALL[reason]


@pytest.mark.parametrize(
    ("cause", "failures", "expected"),
    [
        (Cause.NETWORK, 1, "not reached once: back-off of 15 min"),
        (Cause.NETWORK, 2, "not reached 2 times in a row: back-off of 15 min"),
        (Cause.HTTP, 3, "answered with an error 3 times in a row: back-off of 15 min"),
        (Cause.BLOCKED, 1, "blocked as a robot once: back-off of 15 min"),
        (Cause.NOT_A_FEED, 2, "answered with no feed 2 times in a row: back-off of 15 min"),
        (Cause.LIMIT, 1, "beyond a limit once: back-off of 15 min"),
        (Cause.CRASH, 1, "crashed its worker once: back-off of 15 min"),
        (Cause.REFUSED, 10, "leads to a refused address 10 times in a row: back-off of 15 min"),
        (Cause.RATE_LIMITED, 1, "its host is rate-limited once: back-off of 15 min"),
        (Cause.LEASE, 1, "failed once: back-off of 15 min"),
    ],
)
def test_back_off_is_worded_with_its_cause_and_count(cause: Cause, failures: int, expected: str) -> None:
    due = Due(NOON, DueReason.BACK_OFF, wait=15 * MINUTE, cause=cause, failures=failures)
    assert words(due) == expected


def test_every_cause_with_a_back_off_has_its_words() -> None:
    assert set(BACK_OFF) <= set(FAILED)


@pytest.mark.parametrize(
    ("wait", "asked", "expected"),
    [
        (2 * HOUR, 2 * HOUR, "origin asked to wait 2 h"),
        (7 * DAY, 30 * DAY, "origin asked to wait 30 d, 7 d granted"),
        (15 * MINUTE, timedelta(0), "origin asked to wait 15 min"),
        (30 * DAY, DAY, "origin asked to wait 30 d"),
        (2 * DAY, None, "origin asked to wait 2 d"),
    ],
)
def test_retry_after_is_worded_with_the_wait_granted(
    wait: timedelta, asked: timedelta | None, expected: str
) -> None:
    assert words(Due(NOON, DueReason.ORIGIN_WAIT, wait=wait, basis=asked)) == expected


def test_a_rate_limit_of_a_host_is_worded_for_the_other_sources_there() -> None:
    limited = Due(NOON, DueReason.ORIGIN_WAIT, wait=DAY, basis=DAY, host="press.example")
    assert words(limited) == "origin asked to wait 1 d, the other sources at press.example up to an hour"


def test_the_other_address_and_skip_hours_are_worded_last() -> None:
    due = Due(NOON, DueReason.BACK_OFF, wait=15 * MINUTE, cause=Cause.HTTP, failures=1, is_fallback=True)
    said = "answered with an error once: back-off of 15 min, at its other address"
    assert words(due) == said
    assert words(replace(due, is_skipping=True)) == f"{said}; moved out of skipHours or skipDays"
    assert words(replace(due, is_fallback=False, is_skipping=True)) == (
        "answered with an error once: back-off of 15 min; moved out of skipHours or skipDays"
    )


def test_a_reason_without_its_basis_has_words() -> None:
    assert words(Due(NOON, DueReason.RHYTHM, wait=HOUR)) == "something new every 0 s: polled every 1 h"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "0 s"),
        (90, "90 s"),
        (179, "179 s"),
        (180, "3 min"),
        (900, "15 min"),
        (1_000, "17 min"),
        (3_600, "1 h"),
        (5_400, "90 min"),
        (10_000, "167 min"),
        (86_400, "1 d"),
        (100_000, "28 h"),
        (172_800, "2 d"),
        (9_999 * 86_400, "9999 d"),
    ],
)
def test_a_span_is_worded_in_its_largest_fitting_unit(seconds: int, expected: str) -> None:
    assert span(timedelta(seconds=seconds)) == expected


def test_due_times_are_worded_as_the_schedule_makes_them() -> None:
    assert words(pace(15 * MINUTE, 16 * HOUR, NOON, NOON)) == "something new every 16 h: polled every 1 h"


@pytest.mark.parametrize(
    ("distance", "said"),
    [
        (-3 * MINUTE, "3 min ago"),
        (HOUR, "in 1 h"),
        (-50 * HOUR, "2 d ago"),
        (timedelta(seconds=59), "now"),
        (timedelta(0), "now"),
    ],
)
def test_a_distance_is_told_in_its_largest_unit(distance: timedelta, said: str) -> None:
    assert ago(NOON + distance, NOON) == said


def test_a_pause_without_an_end_has_no_distance() -> None:
    assert next_poll(Due(FOREVER, DueReason.PAUSED), NOON) == "paused"
    assert next_poll(Due(NOON + 3 * DAY, DueReason.PAUSED), NOON) == "in 3 d"
