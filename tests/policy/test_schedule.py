"""When to look again, and why."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from math import sqrt

import pytest

from aggregator import errors
from aggregator.errors import FetchError, PollError
from aggregator.model import Due, Fetched, Hints
from aggregator.policy.schedule import (
    BACK_OFF,
    LEAP,
    after_failure,
    after_success,
    leap,
    pace,
    retry_after,
    skipping,
    usual_gap,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
THEN, LATER = "Mon, 02 Mar 2026 12:00:00 GMT", "Mon, 02 Mar 2026 14:00:00 GMT"


def success(hints: Hints | None = None, headers: dict[str, str] | None = None, jitter: float = 0.0) -> Due:
    answer = Fetched("https://ministry.example/feed", 200, b"", headers=tuple((headers or {}).items()))
    own = pace(15 * MINUTE, None, None, NOON)
    return after_success(own, answer, hints or Hints(), now=NOON, jitter=jitter)


def failure(error: PollError, failures: int = 0, jitter: float = 0.0) -> Due:
    return after_failure(15 * MINUTE, error, failures, now=NOON, jitter=jitter)


# ---- at its own rhythm


@pytest.mark.parametrize(
    ("gap", "quiet", "wait", "why"),
    [
        (None, None, 15 * MINUTE, "every 15 min"),
        (None, HOUR, 15 * MINUTE, "every 15 min"),
        (HOUR, MINUTE, 15 * MINUTE, "something new every 1 h: looked at every 15 min"),
        (4 * HOUR, MINUTE, 30 * MINUTE, "something new every 4 h: looked at every 30 min"),
        (16 * HOUR, MINUTE, HOUR, "something new every 16 h: looked at every 1 h"),
        (64 * DAY, MINUTE, 7.5 * MINUTE * sqrt(6144), "something new every 64 d: looked at every 10 h"),
        (
            20 * MINUTE,
            MINUTE,
            7.5 * MINUTE * sqrt(4 / 3),
            "something new every 20 min: looked at every 9 min",
        ),
        (15 * MINUTE, MINUTE, 7.5 * MINUTE, "something new every 15 min: looked at every 8 min"),
        (MINUTE, MINUTE, 3.75 * MINUTE, "something new every 1 min: looked at every 4 min"),
        (9999 * DAY, MINUTE, DAY, "something new every 9999 d: looked at every 1 d"),
        (HOUR, 51 * HOUR, HOUR, "nothing new for 51 h: looked at every 1 h"),
        (None, 51 * HOUR, HOUR, "nothing new for 51 h: looked at every 1 h"),
        (HOUR, 9999 * DAY, DAY, "nothing new for 9999 d: looked at every 1 d"),
        (HOUR, -HOUR, 15 * MINUTE, "something new every 1 h: looked at every 15 min"),
    ],
)
def test_a_source_is_looked_at_as_often_as_it_has_something_new(
    gap: timedelta | None, quiet: timedelta | None, wait: timedelta, why: str
) -> None:
    due = pace(15 * MINUTE, gap, None if quiet is None else NOON - quiet, NOON)
    assert (abs(due.at - NOON - wait) < timedelta(milliseconds=1), due.why) == (True, why)


@pytest.mark.parametrize(
    ("every", "gap", "wait"),
    [
        (MINUTE, MINUTE, MINUTE),  # nobody is asked more often than once a minute
        (2 * MINUTE, MINUTE, MINUTE),
        (30 * DAY, 9999 * DAY, 30 * DAY),  # nor a source that shall rest for longer each day
        (timedelta(seconds=1), timedelta(seconds=1), timedelta(seconds=1)),
    ],
)
def test_the_rhythm_keeps_to_bounds(every: timedelta, gap: timedelta, wait: timedelta) -> None:
    assert pace(every, gap, NOON, NOON).at == NOON + wait


def test_a_source_that_has_something_new_at_each_poll_is_soon_polled_four_times_as_often() -> None:
    gap, wait = None, 15 * MINUTE
    for _ in range(20):
        gap = usual_gap(15 * MINUTE, gap, wait)
        wait = pace(15 * MINUTE, gap, NOON, NOON).at - NOON
    assert wait < 4 * MINUTE


def test_one_night_hardly_changes_what_is_usual() -> None:
    assert 2 * HOUR < usual_gap(15 * MINUTE, HOUR, 16 * HOUR) < 3 * HOUR
    assert usual_gap(15 * MINUTE, HOUR, HOUR) == usual_gap(15 * MINUTE, None, HOUR) == HOUR
    assert usual_gap(15 * MINUTE, HOUR, -HOUR) == usual_gap(15 * MINUTE, HOUR, MINUTE)  # the clock was set


# ---- after a success


def test_the_operators_interval_is_kept_when_nobody_asks_for_more() -> None:
    assert success() == Due(NOON + 15 * MINUTE, "every 15 min")


def test_jitter_spreads_over_a_tenth() -> None:
    assert success(jitter=1.0).at == NOON + 16.5 * MINUTE


@pytest.mark.parametrize(
    ("hints", "headers", "gap", "why"),
    [
        (Hints(ttl=60), {}, HOUR, "its ttl asks for 1 h"),
        (Hints(ttl=5), {}, 15 * MINUTE, "every 15 min"),
        (Hints(ttl=0), {}, 15 * MINUTE, "every 15 min"),
        (Hints(ttl=10**12), {}, DAY, "its ttl asks for 1 d"),
        (Hints(update_period=4 * HOUR), {}, 4 * HOUR, "its updatePeriod asks for 4 h"),
        (Hints(update_period=30 * DAY), {}, DAY, "its updatePeriod asks for 1 d"),
        (Hints(), {"cache-control": "public, max-age=3600"}, HOUR, "fresh by its Cache-Control for 1 h"),
        (Hints(), {"cache-control": 'max-age="5400"'}, 90 * MINUTE, "fresh by its Cache-Control for 90 min"),
        (Hints(), {"cache-control": "max-age=99999999999999"}, DAY, "fresh by its Cache-Control for 1 d"),
        (Hints(), {"cache-control": "max-age=soon"}, 15 * MINUTE, "every 15 min"),
        (Hints(), {"cache-control": "max-age=7200, No-Cache"}, 15 * MINUTE, "every 15 min"),
        (Hints(), {"cache-control": "no-store", "expires": LATER, "date": THEN}, 15 * MINUTE, "every 15 min"),
        (
            Hints(),
            {"cache-control": "max-age=0", "expires": LATER, "date": THEN},
            15 * MINUTE,
            "every 15 min",
        ),
        (Hints(), {"expires": LATER, "date": THEN}, 2 * HOUR, "fresh by its Expires for 2 h"),
        (Hints(), {"expires": LATER, "date": THEN, "age": "3600"}, HOUR, "fresh by its Expires for 1 h"),
        (
            Hints(),
            {"cache-control": "max-age=7200", "age": "3600"},
            HOUR,
            "fresh by its Cache-Control for 1 h",
        ),
        (Hints(), {"cache-control": "max-age=7200", "age": "9000"}, 15 * MINUTE, "every 15 min"),
        (
            Hints(),
            {"cache-control": "max-age=7200", "age": "?"},
            2 * HOUR,
            "fresh by its Cache-Control for 2 h",
        ),
        (Hints(ttl=120), {"cache-control": "max-age=3600"}, 2 * HOUR, "its ttl asks for 2 h"),
        (Hints(ttl=60), {"cache-control": "max-age=7200"}, 2 * HOUR, "fresh by its Cache-Control for 2 h"),
    ],
)
def test_the_origin_can_only_make_it_longer_up_to_a_day(
    hints: Hints, headers: dict[str, str], gap: timedelta, why: str
) -> None:
    assert success(hints, headers) == Due(NOON + gap, why)


@pytest.mark.parametrize(
    ("expires", "date", "gap"),
    [
        (NOON + 2 * HOUR, NOON, 2 * HOUR),
        (NOON + 400 * DAY, NOON, DAY),
        (NOON - HOUR, NOON, 15 * MINUTE),
        (NOON + HOUR, None, 15 * MINUTE),
        (None, NOON, 15 * MINUTE),
    ],
)
def test_expires_counts_from_the_origins_own_clock(
    expires: datetime | None, date: datetime | None, gap: timedelta
) -> None:
    headers = {"expires": _http(expires), "date": _http(date)}
    assert success(None, headers).at == NOON + gap


def _http(date: datetime | None) -> str:
    return format_datetime(date, usegmt=True) if date else "0"


def test_a_wish_shorter_than_the_sources_own_rhythm_changes_nothing() -> None:
    own = Due(NOON + 6 * HOUR, "its own pace")
    answer = Fetched("https://ministry.example/feed", 200, b"")
    assert after_success(own, answer, Hints(ttl=60), now=NOON, jitter=0) == own


# ---- hours and days to skip


@pytest.mark.parametrize(
    ("at", "hints", "moved"),
    [
        (NOON, Hints(skip_hours=(12, 13)), NOON + 2 * HOUR),
        (NOON + 61 * MINUTE, Hints(skip_hours=(12, 13)), NOON + 121 * MINUTE),  # what was spread stays spread
        (NOON + 11 * HOUR, Hints(skip_hours=(23, 0)), NOON + 13 * HOUR),
        (NOON, Hints(skip_days=(0, 1)), NOON + 36 * HOUR),
        (NOON, Hints(skip_days=(0, 1, 2, 3, 4, 5), skip_hours=tuple(range(23))), NOON + 6 * DAY + 11 * HOUR),
    ],
)
def test_hours_and_days_the_feed_names_are_skipped(at: datetime, hints: Hints, moved: datetime) -> None:
    assert skipping(Due(at, "every 15 min"), hints) == Due(
        moved, "every 15 min; skips hours or days the feed names"
    )


@pytest.mark.parametrize("hints", [Hints(), Hints(skip_hours=(11, 13)), Hints(skip_days=(6,))])
def test_what_lies_in_no_such_hour_stays(hints: Hints) -> None:
    assert skipping(Due(NOON, "every 15 min"), hints) == Due(NOON, "every 15 min")


def test_a_feed_that_names_every_hour_is_not_believed() -> None:
    assert skipping(Due(NOON, "why"), Hints(skip_hours=tuple(range(24)))) == Due(NOON, "why")
    assert skipping(Due(NOON, "why"), Hints(skip_days=tuple(range(7)))) == Due(NOON, "why")


# ---- after a failure


def fails(cause: str, retry: str = "") -> FetchError:
    return FetchError("no", cause=cause, status=503, retry_after=retry)


@pytest.mark.parametrize(
    ("cause", "failures", "wait", "why"),
    [
        ("network", 0, 15 * MINUTE, "not reached once: again after 15 min"),
        ("network", 1, 30 * MINUTE, "not reached 2 times in a row: again after 30 min"),
        ("network", 50, 6 * HOUR, "not reached 51 times in a row: again after 6 h"),
        ("http", 2, HOUR, "answered with an error 3 times in a row: again after 1 h"),
        ("http", 50, DAY, "answered with an error 51 times in a row: again after 1 d"),
        ("blocked", 0, HOUR, "turned away as a robot once: again after 1 h"),
        ("not-a-feed", 1, 2 * HOUR, "answered with no feed 2 times in a row: again after 2 h"),
        ("limit", 0, HOUR, "beyond a limit once: again after 1 h"),
        ("crash", 0, HOUR, "broke what reads it once: again after 1 h"),
        ("refused", 9, DAY, "leads to a refused address 10 times in a row: again after 1 d"),
        ("strange", 0, 15 * MINUTE, "strange once: again after 15 min"),
    ],
)
def test_failures_double_the_wait_each_cause_from_its_own_up_to_its_longest(
    cause: str, failures: int, wait: timedelta, why: str
) -> None:
    assert failure(fails(cause), failures) == Due(NOON + wait, why)


def test_a_source_that_is_seldom_polled_is_not_asked_sooner_because_it_fails() -> None:
    assert after_failure(30 * DAY, fails("http"), 3, now=NOON, jitter=0).at == NOON + 30 * DAY


def test_every_cause_that_errors_name_has_its_back_off() -> None:
    named = {
        each.strip()
        for line in (errors.__doc__ or "").splitlines()
        if "cause:" in line
        for each in line.partition("cause:")[2].split(",")
    }
    assert named - {"gone"} == set(BACK_OFF)


def test_jitter_spreads_failures_too() -> None:
    assert failure(fails("http"), jitter=0.5).at == NOON + 15.75 * MINUTE


def test_a_feed_that_is_gone_is_left_alone() -> None:
    due = failure(fails("gone", "3600"))
    assert due.at > NOON + 3000 * DAY
    assert due.why == "origin says the feed is gone (410): not polled until you ask for it"


def test_a_wait_the_origin_asks_for_is_kept_as_it_is_above_the_operators_interval() -> None:
    assert failure(fails("http", "7200"), 5) == Due(NOON + 2 * HOUR, "origin asked to wait 2 h")
    assert failure(fails("http", "0"), 5) == Due(NOON + 15 * MINUTE, "origin asked to wait 15 min")


def test_a_wait_of_more_than_a_week_is_cut_and_the_reason_says_so() -> None:
    month = failure(fails("http", str(30 * 86400)))
    assert month == Due(
        NOON + 7 * DAY, "origin asked to wait 30 d, more than the 7 d granted", is_capped=True
    )
    slow = after_failure(30 * DAY, fails("http", "86400"), 0, now=NOON, jitter=0)
    assert slow == Due(NOON + 30 * DAY, "origin asked to wait 30 d")


def test_waits_are_told_in_round_words() -> None:
    waits = [failure(fails("http", str(seconds))).why for seconds in (1000, 10_000, 100_000, 172_800)]
    assert [why.removeprefix("origin asked to wait ") for why in waits] == [
        "17 min",
        "167 min",
        "28 h",
        "2 d",
    ]
    soon = after_failure(timedelta(seconds=90), fails("network"), 0, now=NOON, jitter=0)
    assert soon.why == "not reached once: again after 90 s"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("90", timedelta(seconds=90)),
        (" 0 ", timedelta(0)),
        ("9" * 30, 7 * DAY),
        (_http(NOON + HOUR), HOUR),
        (_http(NOON + 30 * DAY), 7 * DAY),
        (_http(NOON - HOUR), None),
        ("Mon, 02 Mar 2026 13:00:00 -0000", HOUR),
        ("soon", None),
        ("", None),
        ("-5", None),
        ("²", None),
        ("Mon, 99 Mar 2026 99:00:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_at_most_a_week(value: str, expected: timedelta | None) -> None:
    assert retry_after(value, NOON) == expected


def test_a_clock_that_was_set_is_told_from_one_that_only_drifts() -> None:
    assert leap(HOUR + LEAP, HOUR) == leap(HOUR, HOUR + LEAP) == timedelta(0)
    assert (leap(2 * DAY, HOUR), leap(HOUR, 2 * DAY)) == (2 * DAY - HOUR, HOUR - 2 * DAY)
