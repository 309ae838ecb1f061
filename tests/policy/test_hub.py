"""Leases and back-off of the own hub."""

from datetime import timedelta

import pytest

from aggregator.model.push import HubSubscriber
from aggregator.policy.hub import DEAD_AFTER, DELIVERY_EVERY, delivered, failed, lease
from tests.given import DAY, HOUR, MINUTE, NOON

SUBSCRIBER = HubSubscriber(1, "https://a.example/cb", "", "a.example", seq=1, digest="", due=NOON)


@pytest.mark.parametrize(
    ("asked", "granted"),
    [
        (None, 10 * DAY),
        (1, 5 * MINUTE),
        (300, 5 * MINUTE),
        (86_400, DAY),
        (10**9, 30 * DAY),
        (10**18, 30 * DAY),
    ],
)
def test_leases_are_bounded(asked: int | None, granted: timedelta) -> None:
    assert lease(asked) == granted


def test_an_accepted_delivery_ends_a_series_of_failures() -> None:
    once = failed(SUBSCRIBER, NOON, wish=None)
    assert once is not None
    after = delivered(once, seq=7, digest="x", now=NOON + HOUR)
    assert (after.seq, after.digest, after.failures, after.failing_since) == (7, "x", 0, None)
    assert after.due == NOON + HOUR + DELIVERY_EVERY


def test_retries_come_later_and_later_and_never_later_than_six_hours() -> None:
    subscriber, waits = SUBSCRIBER, []
    for _ in range(8):
        after = failed(subscriber, NOON, wish=None)
        assert after is not None
        waits.append((after.due - NOON).total_seconds())
        subscriber = after
    assert waits == [10, 40, 160, 640, 2_560, 10_240, 21_600, 21_600]


@pytest.mark.parametrize(
    ("wish", "wait"), [(timedelta(), 10), (HOUR, 3_600), (7 * DAY, 21_600), (timedelta(seconds=1), 10)]
)
def test_a_retry_after_is_obeyed_within_six_hours(wish: timedelta, wait: int) -> None:
    after = failed(SUBSCRIBER, NOON, wish=wish)
    assert after is not None
    assert (after.due - NOON).total_seconds() == wait


def test_a_callback_is_dead_after_days_and_several_failures() -> None:
    subscriber = SUBSCRIBER
    for count in range(1, 10):
        after = failed(subscriber, NOON + (DEAD_AFTER if count > 1 else timedelta()), wish=None)
        assert after is not None  # too few failures
        subscriber = after
    assert failed(subscriber, NOON + DEAD_AFTER - MINUTE, wish=None) is not None
    assert failed(subscriber, NOON + DEAD_AFTER, wish=None) is None
