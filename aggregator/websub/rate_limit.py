"""Rate limits of requests to the own hub: token buckets. No clock: `now` is given."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

BUCKETS_MAX = 10_000  # the least recently used are forgotten, which are the fullest


@dataclass(frozen=True, slots=True)
class Rate:
    """A burst, and the time in which one more is allowed."""

    burst: int
    every: timedelta


class RateLimit:
    """One token bucket a key. Thread-safe."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._full_at: OrderedDict[str, datetime] = OrderedDict()  # when each bucket is full again
        self._lock = threading.Lock()

    def take(self, key: str, now: datetime) -> timedelta:
        """Take a token; returns 0, or the wait until there is one again and nothing was taken."""
        with self._lock:
            empty = now + self._rate.burst * self._rate.every  # later ones are of a clock that was set back
            full_at = max(min(self._full_at.get(key, now), empty), now)
            wait = full_at + self._rate.every - empty
            self._full_at[key] = full_at if wait > timedelta(0) else full_at + self._rate.every
            self._full_at.move_to_end(key)
            if len(self._full_at) > BUCKETS_MAX:
                self._full_at.popitem(last=False)
            return max(wait, timedelta(0))
