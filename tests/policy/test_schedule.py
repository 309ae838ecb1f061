"""When a source is due next, and for which reason."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from math import sqrt

import pytest

from aggregator.errors import Cause, FetchError, ParseError, PollError
from aggregator.model.document import Fetched, Hints
from aggregator.model.schedule import Due, DueReason, HostLimit
from aggregator.policy.schedule import (
    BACK_OFF,
    CLOCK_DRIFT_MAX,
    NEVER,
    after_failure,
    after_success,
    hastens,
    is_delayed,
    is_plausible,
    leap,
    pace,
    replaces,
    retry_after,
    skipping,
    usual_gap,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
THEN, LATER = "Mon, 02 Mar 2026 12:00:00 GMT", "Mon, 02 Mar 2026 14:00:00 GMT"
EVERY = Due(NOON + 15 * MINUTE, DueReason.EVERY, wait=15 * MINUTE)


def success(hints: Hints | None = None, headers: dict[str, str] | None = None, jitter: float = 0.0) -> Due:
    answer = Fetched("https://ministry.example/feed", 200, b"", headers=tuple((headers or {}).items()))
    own = pace(15 * MINUTE, None, None, NOON)
    return after_success(own, answer, hints or Hints(), now=NOON, jitter=jitter)


def failure(error: PollError, failures: int = 0, jitter: float = 0.0) -> Due:
    return after_failure(15 * MINUTE, error, failures, now=NOON, jitter=jitter)


# ---- own rhythm


@pytest.mark.parametrize(
    ("gap", "quiet", "wait", "reason", "basis"),
    [
        (None, None, 15 * MINUTE, DueReason.EVERY, None),
        (None, HOUR, 15 * MINUTE, DueReason.EVERY, None),
        (HOUR, MINUTE, 15 * MINUTE, DueReason.RHYTHM, HOUR),
        (4 * HOUR, MINUTE, 30 * MINUTE, DueReason.RHYTHM, 4 * HOUR),
        (16 * HOUR, MINUTE, HOUR, DueReason.RHYTHM, 16 * HOUR),
        (64 * DAY, MINUTE, 7.5 * MINUTE * sqrt(6144), DueReason.RHYTHM, 64 * DAY),
        (20 * MINUTE, MINUTE, 7.5 * MINUTE * sqrt(4 / 3), DueReason.RHYTHM, 20 * MINUTE),
        (15 * MINUTE, MINUTE, 7.5 * MINUTE, DueReason.RHYTHM, 15 * MINUTE),
        (MINUTE, MINUTE, 3.75 * MINUTE, DueReason.RHYTHM, MINUTE),
        (9999 * DAY, MINUTE, DAY, DueReason.RHYTHM, 9999 * DAY),
        (HOUR, 51 * HOUR, HOUR, DueReason.QUIET, 51 * HOUR),
        (None, 51 * HOUR, HOUR, DueReason.QUIET, 51 * HOUR),
        (HOUR, 9999 * DAY, DAY, DueReason.QUIET, 9999 * DAY),
        (HOUR, -HOUR, 15 * MINUTE, DueReason.RHYTHM, HOUR),
    ],
)
def test_a_source_is_polled_as_often_as_it_has_something_new(
    gap: timedelta | None,
    quiet: timedelta | None,
    wait: timedelta,
    reason: DueReason,
    basis: timedelta | None,
) -> None:
    due = pace(15 * MINUTE, gap, None if quiet is None else NOON - quiet, NOON)
    assert due == Due(NOON + due.wait, reason, wait=due.wait, basis=basis)
    assert abs(due.wait - wait) < timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("every", "gap", "wait"),
    [
        (MINUTE, MINUTE, MINUTE),  # no source is polled more often than once a minute by its rhythm
        (2 * MINUTE, MINUTE, MINUTE),
        (30 * DAY, 9999 * DAY, 30 * DAY),  # nor once a day against a longer interval of the operator
        (timedelta(seconds=1), timedelta(seconds=1), timedelta(seconds=1)),
    ],
)
def test_the_rhythm_keeps_to_bounds(every: timedelta, gap: timedelta, wait: timedelta) -> None:
    assert pace(every, gap, NOON, NOON).at == NOON + wait


def test_a_source_with_something_new_at_each_poll_is_soon_polled_four_times_as_often() -> None:
    gap, wait = None, 15 * MINUTE
    for _ in range(20):
        gap = usual_gap(15 * MINUTE, gap, wait)
        wait = pace(15 * MINUTE, gap, NOON, NOON).at - NOON
    assert wait < 4 * MINUTE


def test_one_night_hardly_changes_the_usual_gap() -> None:
    assert 2 * HOUR < usual_gap(15 * MINUTE, HOUR, 16 * HOUR) < 3 * HOUR
    assert usual_gap(15 * MINUTE, HOUR, HOUR) == usual_gap(15 * MINUTE, None, HOUR) == HOUR
    assert usual_gap(15 * MINUTE, HOUR, -HOUR) == usual_gap(15 * MINUTE, HOUR, MINUTE)  # the clock was set


# ---- after a success


def test_the_operators_interval_is_kept_without_a_longer_wish_of_the_origin() -> None:
    assert success() == EVERY


def test_jitter_spreads_over_a_tenth() -> None:
    assert success(jitter=1.0) == Due(NOON + 16.5 * MINUTE, DueReason.EVERY, wait=15 * MINUTE)


@pytest.mark.parametrize(
    ("hints", "headers", "wait", "reason"),
    [
        (Hints(ttl=60), {}, HOUR, DueReason.TTL),
        (Hints(ttl=5), {}, 15 * MINUTE, DueReason.EVERY),
        (Hints(ttl=0), {}, 15 * MINUTE, DueReason.EVERY),
        (Hints(ttl=10**12), {}, DAY, DueReason.TTL),
        (Hints(update_period=4 * HOUR), {}, 4 * HOUR, DueReason.UPDATE_PERIOD),
        (Hints(update_period=30 * DAY), {}, DAY, DueReason.UPDATE_PERIOD),
        (Hints(), {"cache-control": "public, max-age=3600"}, HOUR, DueReason.CACHE_CONTROL),
        (Hints(), {"cache-control": 'max-age="5400"'}, 90 * MINUTE, DueReason.CACHE_CONTROL),
        (Hints(), {"cache-control": "max-age=99999999999999"}, DAY, DueReason.CACHE_CONTROL),
        (Hints(), {"cache-control": "max-age=soon"}, 15 * MINUTE, DueReason.EVERY),
        (Hints(), {"cache-control": "max-age=7200, No-Cache"}, 15 * MINUTE, DueReason.EVERY),
        (
            Hints(),
            {"cache-control": "no-store", "expires": LATER, "date": THEN},
            15 * MINUTE,
            DueReason.EVERY,
        ),
        (
            Hints(),
            {"cache-control": "max-age=0", "expires": LATER, "date": THEN},
            15 * MINUTE,
            DueReason.EVERY,
        ),
        (Hints(), {"expires": LATER, "date": THEN}, 2 * HOUR, DueReason.EXPIRES),
        (Hints(), {"expires": LATER, "date": THEN, "age": "3600"}, HOUR, DueReason.EXPIRES),
        (Hints(), {"cache-control": "max-age=7200", "age": "3600"}, HOUR, DueReason.CACHE_CONTROL),
        (Hints(), {"cache-control": "max-age=7200", "age": "9000"}, 15 * MINUTE, DueReason.EVERY),
        (Hints(), {"cache-control": "max-age=7200", "age": "?"}, 2 * HOUR, DueReason.CACHE_CONTROL),
        (Hints(ttl=120), {"cache-control": "max-age=3600"}, 2 * HOUR, DueReason.TTL),
        (Hints(ttl=60), {"cache-control": "max-age=7200"}, 2 * HOUR, DueReason.CACHE_CONTROL),
    ],
)
def test_the_origin_only_lengthens_the_interval_up_to_a_day(
    hints: Hints, headers: dict[str, str], wait: timedelta, reason: DueReason
) -> None:
    assert success(hints, headers) == Due(NOON + wait, reason, wait=wait)


@pytest.mark.parametrize(
    ("expires", "date", "wait"),
    [
        (NOON + 2 * HOUR, NOON, 2 * HOUR),
        (NOON + 400 * DAY, NOON, DAY),
        (NOON - HOUR, NOON, 15 * MINUTE),
        (NOON + HOUR, None, HOUR),
        (NOON - HOUR, None, 15 * MINUTE),
        (None, NOON, 15 * MINUTE),
    ],
)
def test_expires_counts_from_the_origins_own_clock_else_from_receipt(
    expires: datetime | None, date: datetime | None, wait: timedelta
) -> None:
    headers = {"expires": _http(expires), "date": _http(date)}
    assert success(None, headers).at == NOON + wait


def _http(date: datetime | None) -> str:
    return format_datetime(date, usegmt=True) if date else "0"


def test_a_wish_shorter_than_the_sources_own_rhythm_changes_nothing() -> None:
    own = Due(NOON + 6 * HOUR, DueReason.RHYTHM, wait=6 * HOUR, basis=20 * DAY)
    answer = Fetched("https://ministry.example/feed", 200, b"")
    assert after_success(own, answer, Hints(ttl=60), now=NOON, jitter=0) == own


# ---- skipHours and skipDays


@pytest.mark.parametrize(
    ("at", "hints", "moved"),
    [
        (NOON, Hints(skip_hours=(12, 13)), NOON + 2 * HOUR),
        (NOON + 61 * MINUTE, Hints(skip_hours=(12, 13)), NOON + 121 * MINUTE),  # jitter is kept
        (NOON + 11 * HOUR, Hints(skip_hours=(23, 0)), NOON + 13 * HOUR),
        (NOON, Hints(skip_days=(0, 1)), NOON + 36 * HOUR),
        (NOON, Hints(skip_days=(0, 1, 2, 3, 4, 5), skip_hours=tuple(range(23))), NOON + 6 * DAY + 11 * HOUR),
    ],
)
def test_skip_hours_and_skip_days_move_a_due_time(at: datetime, hints: Hints, moved: datetime) -> None:
    due = Due(at, DueReason.EVERY, wait=15 * MINUTE)
    assert skipping(due, hints) == Due(moved, DueReason.EVERY, wait=15 * MINUTE, is_skipping=True)


@pytest.mark.parametrize("hints", [Hints(), Hints(skip_hours=(11, 13)), Hints(skip_days=(6,))])
def test_a_due_time_outside_of_skip_hours_stays(hints: Hints) -> None:
    assert skipping(EVERY, hints) == EVERY


def test_skip_hours_or_days_that_cover_all_are_ignored() -> None:
    assert skipping(EVERY, Hints(skip_hours=tuple(range(24)))) == EVERY
    assert skipping(EVERY, Hints(skip_days=tuple(range(7)))) == EVERY


# ---- after a failure


def fails(cause: Cause, retry: str = "") -> FetchError:
    return FetchError("no", cause=cause, status=503, retry_after=retry)


def waits(wait: timedelta, asked: timedelta | None = None) -> Due:
    """Due after a wait that the origin asked for."""
    return Due(NOON + wait, DueReason.ORIGIN_WAIT, wait=wait, basis=wait if asked is None else asked)


@pytest.mark.parametrize(
    ("cause", "failures", "wait"),
    [
        (Cause.NETWORK, 0, 15 * MINUTE),
        (Cause.NETWORK, 1, 30 * MINUTE),
        (Cause.NETWORK, 50, 6 * HOUR),
        (Cause.HTTP, 2, HOUR),
        (Cause.HTTP, 50, DAY),
        (Cause.BLOCKED, 0, HOUR),
        (Cause.NOT_A_FEED, 1, 2 * HOUR),
        (Cause.LIMIT, 0, HOUR),
        (Cause.CRASH, 0, HOUR),
        (Cause.POISON, 0, DAY),
        (Cause.REFUSED, 9, DAY),
        (Cause.LEASE, 0, 15 * MINUTE),  # a cause without a back-off of its own
    ],
)
def test_failures_double_the_back_off_of_each_cause_up_to_its_longest(
    cause: Cause, failures: int, wait: timedelta
) -> None:
    expected = Due(NOON + wait, DueReason.BACK_OFF, wait=wait, cause=cause, failures=failures + 1)
    assert failure(fails(cause), failures) == expected


def test_an_error_other_than_of_the_fetch_backs_off_too() -> None:
    assert failure(ParseError("no feed", cause=Cause.NOT_A_FEED)) == failure(fails(Cause.NOT_A_FEED))


def test_a_source_that_is_seldom_polled_is_not_polled_sooner_because_it_fails() -> None:
    assert after_failure(30 * DAY, fails(Cause.HTTP), 3, now=NOON, jitter=0).at == NOON + 30 * DAY


def test_every_cause_of_a_failed_request_has_its_back_off() -> None:
    others = {Cause.NONE, Cause.GONE, Cause.LEASE, Cause.RATE_LIMITED, Cause.INCOMPLETE}
    assert set(Cause) - others == set(BACK_OFF)


def test_jitter_spreads_failures_too() -> None:
    due = failure(fails(Cause.HTTP), jitter=0.5)
    assert (due.at, due.wait) == (NOON + 15.75 * MINUTE, 15 * MINUTE)


def test_a_feed_that_is_gone_is_not_polled_again() -> None:
    due = failure(fails(Cause.GONE, "3600"))
    assert due == Due(NOON + NEVER, DueReason.ORIGIN_GONE, wait=NEVER)
    assert due.at > NOON + 3000 * DAY


def test_retry_after_is_kept_as_it_is_above_the_operators_interval() -> None:
    assert failure(fails(Cause.HTTP, "7200"), 5) == waits(2 * HOUR)
    assert failure(fails(Cause.HTTP, "0"), 5) == waits(15 * MINUTE, timedelta(0))


def test_a_retry_after_of_more_than_a_week_is_capped() -> None:
    month = failure(fails(Cause.HTTP, str(30 * 86400)))
    assert month == waits(7 * DAY, 30 * DAY)
    assert month.is_capped
    slow = after_failure(30 * DAY, fails(Cause.HTTP, "86400"), 0, now=NOON, jitter=0)
    assert slow == waits(30 * DAY, DAY)
    assert not slow.is_capped


def test_only_a_wait_requested_by_the_origin_is_capped() -> None:
    assert not waits(2 * HOUR).is_capped
    assert not waits(15 * MINUTE, timedelta(0)).is_capped
    assert not Due(NOON, DueReason.RHYTHM, wait=HOUR, basis=DAY).is_capped


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


# ---- wrong clocks


@pytest.mark.parametrize(
    ("every", "days", "reason", "is_kept"),
    [
        (MINUTE, 2, DueReason.RHYTHM, False),
        (MINUTE, 1, DueReason.TTL, True),
        (10 * DAY, 11, DueReason.EVERY, True),
        (MINUTE, 7, DueReason.ORIGIN_WAIT, True),
        (MINUTE, 9, DueReason.ORIGIN_WAIT, False),
        (MINUTE, 7, DueReason.HOST_LIMIT, True),
        (MINUTE, 9, DueReason.HOST_LIMIT, False),
        (MINUTE, 3650, DueReason.ORIGIN_GONE, True),
        (MINUTE, 3650, DueReason.PAUSED, True),
    ],
)
def test_a_due_time_is_plausible_as_far_ahead_as_its_reason_explains(
    every: timedelta, days: int, reason: DueReason, is_kept: bool
) -> None:
    assert is_plausible(Due(NOON + days * DAY, reason), every, NOON) is is_kept


def test_skip_days_add_a_week_to_a_plausible_due_time() -> None:
    for days, is_kept in ((3, True), (9, False)):
        due = Due(NOON + days * DAY, DueReason.EVERY, wait=MINUTE, is_skipping=True)
        assert is_plausible(due, MINUTE, NOON) is is_kept


def test_drift_up_to_the_maximum_is_no_leap() -> None:
    assert leap(HOUR + CLOCK_DRIFT_MAX, HOUR) == leap(HOUR, HOUR + CLOCK_DRIFT_MAX) == timedelta(0)
    assert (leap(2 * DAY, HOUR), leap(HOUR, 2 * DAY)) == (2 * DAY - HOUR, HOUR - 2 * DAY)


@pytest.mark.parametrize("after", DueReason)
@pytest.mark.parametrize("stored", DueReason)
def test_a_poll_replaces_the_due_time_it_was_claimed_with_and_a_wish_replaces_a_delivery(
    stored: DueReason, after: DueReason
) -> None:
    claimed, own = Due(NOON - HOUR, stored), Due(NOON + HOUR, after)
    is_wish = after in {DueReason.ORIGIN_WAIT, DueReason.HOST_LIMIT, DueReason.ORIGIN_GONE}
    assert replaces(claimed, claimed, own)
    assert replaces(claimed, Due(NOON, stored), own) is (stored is DueReason.HUB_DELIVERY and is_wish)
    assert replaces(claimed, Due(NOON - DAY, stored), own) is is_wish  # the clock was set back


@pytest.mark.parametrize("is_polled", [False, True])
@pytest.mark.parametrize(
    ("stored", "at", "expected"),
    [
        (DueReason.EVERY, NOON + HOUR, True),
        (DueReason.EVERY, NOON, False),
        (DueReason.BACK_OFF, NOON + DAY, True),
        (DueReason.ORIGIN_WAIT, NOON + HOUR, None),
        (DueReason.HOST_LIMIT, NOON + HOUR, None),
        (DueReason.ORIGIN_GONE, NOON + HOUR, None),
        (DueReason.PAUSED, NOON + HOUR, None),
    ],
)
def test_a_delivery_hastens_a_source_unless_its_origin_requested_a_wait(
    stored: DueReason, at: datetime, expected: bool | None, is_polled: bool
) -> None:
    is_due = expected is not None and (expected or is_polled)
    assert hastens(Due(at, stored), NOON, is_polled=is_polled) is is_due


@pytest.mark.parametrize(
    ("stored", "is_polled", "expected"),
    [
        (Due(NOON, DueReason.EVERY), False, True),
        (Due(NOON + HOUR, DueReason.EVERY), False, False),
        (Due(NOON, DueReason.OPERATOR), False, False),
        (Due(NOON, DueReason.OPERATOR), True, True),
        (Due(NOON, DueReason.HOST_LIMIT), False, False),
    ],
)
def test_a_rate_limit_delays_all_but_what_the_operator_asked_for(
    stored: Due, is_polled: bool, expected: bool
) -> None:
    assert is_delayed(stored, HostLimit("press.example", NOON + HOUR), is_polled=is_polled) is expected


@pytest.mark.parametrize("is_renewed", [False, True])
def test_sources_under_a_rate_limit_are_delayed_again_only_by_one_that_waited_with_them(
    is_renewed: bool,
) -> None:
    limit = HostLimit("press.example", NOON + HOUR, is_renewed=is_renewed)
    waits = Due(NOON, DueReason.HOST_LIMIT, host="press.example")
    assert is_delayed(waits, limit, is_polled=False) is is_renewed
