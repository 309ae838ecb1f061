"""Token buckets, each kept as the time at which it is full again. Pure: `now` is given."""

from datetime import datetime, timedelta

from msgspec import Struct


class Rate(Struct, frozen=True):
    """A burst, and the time in which one more is allowed."""

    burst: int
    every: timedelta


class Taken(Struct, frozen=True):
    """A bucket after a request: `full_at` is when it is full again, `wait` zero if the tokens were taken,
    else the time until there are as many."""

    full_at: datetime
    wait: timedelta


def take(full_at: datetime | None, rate: Rate, now: datetime, cost: int = 1) -> Taken:
    """Take `cost` tokens, at most a burst, from a bucket; `full_at` None is one that was never used."""
    empty = now + rate.burst * rate.every  # later ones are of a clock that was set back
    full_at = max(min(full_at or now, empty), now)
    after = full_at + min(cost, rate.burst) * rate.every
    wait = after - empty
    return Taken(full_at, wait) if wait > timedelta(0) else Taken(after, timedelta(0))
