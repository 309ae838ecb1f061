"""Token buckets with costs."""

from datetime import timedelta

from aggregator.policy.token_bucket import Rate, Taken, take
from tests.given import MINUTE, NOON

RATE = Rate(burst=10, every=MINUTE)


def test_a_request_takes_as_many_tokens_as_it_costs() -> None:
    first = take(None, RATE, NOON, cost=6)
    assert first == Taken(NOON + 6 * MINUTE, timedelta(0))
    assert take(first.full_at, RATE, NOON, cost=6) == Taken(first.full_at, 2 * MINUTE)
    assert take(first.full_at, RATE, NOON + 2 * MINUTE, cost=6).wait == timedelta(0)


def test_no_request_costs_more_than_a_full_bucket() -> None:
    assert take(None, RATE, NOON, cost=1_000) == Taken(NOON + 10 * MINUTE, timedelta(0))
