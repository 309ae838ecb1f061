"""Token buckets."""

from datetime import timedelta

from aggregator.websub import rate_limit
from aggregator.websub.rate_limit import Rate, RateLimit
from tests.given import MINUTE, NOON

NONE = timedelta(0)


def test_a_burst_is_allowed_and_then_one_more_at_each_interval() -> None:
    limit = RateLimit(Rate(burst=3, every=MINUTE))
    assert [limit.take("a", NOON) for _ in range(4)] == [NONE, NONE, NONE, MINUTE]
    assert limit.take("a", NOON + MINUTE / 2) == MINUTE / 2
    assert limit.take("a", NOON + MINUTE) == NONE
    assert limit.take("a", NOON + MINUTE) == MINUTE
    assert limit.take("b", NOON) == NONE


def test_a_bucket_is_full_again_after_its_burst() -> None:
    limit = RateLimit(Rate(burst=2, every=MINUTE))
    assert [limit.take("a", NOON) for _ in range(2)] == [NONE] * 2
    assert [limit.take("a", NOON + 5 * MINUTE) for _ in range(3)] == [NONE, NONE, MINUTE]


def test_a_clock_that_is_set_back_empties_a_bucket_at_most() -> None:
    limit = RateLimit(Rate(burst=2, every=MINUTE))
    limit.take("a", NOON + 10_000 * MINUTE)
    assert limit.take("a", NOON) == MINUTE
    assert limit.take("a", NOON + MINUTE) == NONE


def test_the_number_of_buckets_is_bounded() -> None:
    limit = RateLimit(Rate(burst=1, every=MINUTE))
    for number in range(rate_limit.BUCKETS_MAX + 1):
        limit.take(str(number), NOON)
    assert limit.take("0", NOON) == NONE  # forgotten
    assert limit.take(str(rate_limit.BUCKETS_MAX), NOON) == MINUTE
