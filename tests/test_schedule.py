"""When to look again, and why."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from aggregator.errors import FetchError, ParseError, PollError
from aggregator.model import Fetched, Hints
from aggregator.schedule import LEAP, Due, after_failure, after_success, leap, retry_after

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def success(hints: Hints | None = None, headers: dict[str, str] | None = None, jitter: float = 0.0) -> Due:
    answer = Fetched("https://ministry.example/feed", 200, b"", headers=tuple((headers or {}).items()))
    return after_success(15 * MINUTE, answer, hints or Hints(), now=NOON, jitter=jitter)


def failure(error: PollError, failures: int = 0, jitter: float = 0.0) -> Due:
    return after_failure(15 * MINUTE, error, failures, now=NOON, jitter=jitter)


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
        (Hints(), {"cache-control": "no-cache, max-age=soon"}, 15 * MINUTE, "every 15 min"),
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


def test_hours_the_feed_names_are_skipped() -> None:
    skipping = success(Hints(skip_hours=(12, 13)))
    assert skipping == Due(NOON + 2 * HOUR, "every 15 min, skipping hours the feed names")


def test_days_the_feed_names_are_skipped() -> None:
    assert success(Hints(skip_days=(0, 1))).at == datetime(2026, 3, 4, 0, tzinfo=UTC)


def test_a_feed_that_names_every_hour_is_not_believed() -> None:
    assert success(Hints(skip_hours=tuple(range(24)))) == Due(NOON + 15 * MINUTE, "every 15 min")


# ---- after a failure


def fails(cause: str, retry: str = "") -> FetchError:
    return FetchError("no", cause=cause, status=503, retry_after=retry)


def test_failures_double_the_wait_up_to_a_day() -> None:
    waits = [failure(fails("network"), count) for count in (0, 1, 2, 50)]
    assert [due.at - NOON for due in waits] == [15 * MINUTE, 30 * MINUTE, HOUR, DAY]
    assert [due.why for due in waits[:2]] == ["1 failure in a row: 15 min", "2 failures in a row: 30 min"]


def test_jitter_spreads_failures_too() -> None:
    assert failure(fails("http"), jitter=0.5).at == NOON + 15.75 * MINUTE


@pytest.mark.parametrize(
    "error", [fails("blocked"), ParseError("no feed", cause="not-a-feed")], ids=["blocked", "page"]
)
def test_who_is_blocked_or_gets_a_page_waits_four_times_as_long(error: PollError) -> None:
    assert failure(error).at == NOON + HOUR


def test_a_feed_that_is_gone_is_left_alone() -> None:
    due = failure(fails("gone"))
    assert due.at > NOON + 3000 * DAY
    assert due.why.startswith("origin ")


def test_a_wait_the_origin_asks_for_is_kept_as_it_is_above_the_operators_interval() -> None:
    assert failure(fails("http", "7200"), 5) == Due(NOON + 2 * HOUR, "origin asked to wait 2 h")
    assert failure(fails("http", "0"), 5) == Due(NOON + 15 * MINUTE, "origin asked to wait 15 min")


def test_waits_are_told_in_round_words() -> None:
    waits = [failure(fails("http", str(seconds))).why for seconds in (1000, 10_000, 100_000, 172_800)]
    assert [why.removeprefix("origin asked to wait ") for why in waits] == [
        "17 min",
        "167 min",
        "28 h",
        "2 d",
    ]
    soon = after_failure(timedelta(seconds=90), fails("network"), 0, now=NOON, jitter=0)
    assert soon.why == "1 failure in a row: 90 s"


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
