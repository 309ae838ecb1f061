"""Rate limits of requests to the public side: token buckets by key. No clock: `now` is given."""

import threading
from collections import OrderedDict
from datetime import datetime, timedelta

from aggregator.policy.token_bucket import Rate as Rate
from aggregator.policy.token_bucket import take

BUCKETS_MAX = 10_000  # the least recently used are forgotten, which are the fullest


class RateLimit:
    """One token bucket a key. Thread-safe."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._full_at: OrderedDict[str, datetime] = OrderedDict()  # when each bucket is full again
        self._lock = threading.Lock()

    def take(self, key: str, now: datetime, cost: int = 1) -> timedelta:
        """Take `cost` tokens; returns 0, or the wait until there are as many and nothing was taken."""
        with self._lock:
            taken = take(self._full_at.get(key), self._rate, now, cost)
            self._full_at[key] = taken.full_at
            self._full_at.move_to_end(key)
            if len(self._full_at) > BUCKETS_MAX:
                self._full_at.popitem(last=False)
            return taken.wait
