"""Decisions of the WebSub hub: leases, back-off, the end of dead callbacks. Pure: `now` is given.

Sections are those of the W3C Recommendation WebSub of 2018-01-23.
"""

from datetime import datetime, timedelta

from msgspec.structs import replace

from aggregator.model.push import HubSubscriber
from aggregator.policy.schedule import DAY, HOUR, MINUTE

LEASE_MIN, LEASE_DEFAULT, LEASE_MAX = 5 * MINUTE, 10 * DAY, 30 * DAY  # section 8.2: 10 days
DELIVERY_EVERY = timedelta(seconds=1)  # to one callback, of one topic: a burst of changes is one delivery
RETRY_FIRST, RETRY_MAX = timedelta(seconds=10), 6 * HOUR
DEAD_AFTER, DEAD_FAILURES_MIN = 3 * DAY, 10


def lease(seconds: int | None) -> timedelta:
    """Return the lease granted for `hub.lease_seconds`, None for a request without it (section 5.1)."""
    if seconds is None:
        return LEASE_DEFAULT
    longest = round(LEASE_MAX.total_seconds())  # compared as numbers: a timedelta holds no larger one
    return max(LEASE_MIN, timedelta(seconds=min(seconds, longest)))


def delivered(subscriber: HubSubscriber, *, seq: int, digest: str, now: datetime) -> HubSubscriber:
    """Return the subscriber after its callback accepted a document, or has it already."""
    due = now + DELIVERY_EVERY
    return replace(subscriber, seq=seq, digest=digest, due=due, failures=0, failing_since=None)


def failed(subscriber: HubSubscriber, now: datetime, *, wish: timedelta | None) -> HubSubscriber | None:
    """Return the subscriber after a failed delivery, None once its callback is dead.

    The retry delivers the document of then. Section 7 would keep a dead callback to the end of its lease, up
    to 30 days: it is dropped after DEAD_AFTER, so that no host gets requests that it does not want. `wish` is
    its Retry-After.
    """
    failures, since = subscriber.failures + 1, subscriber.failing_since or now
    if now - since >= DEAD_AFTER and failures >= DEAD_FAILURES_MIN:
        return None
    wait = min(RETRY_FIRST * 4 ** min(failures - 1, 10), RETRY_MAX)
    if wish is not None:
        wait = max(wait, min(wish, RETRY_MAX))
    return replace(subscriber, failures=failures, failing_since=since, due=now + wait)
