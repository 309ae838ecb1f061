"""The life of a WebSub subscription: state × event → state; nothing else changes one. Pure: `now` is given.

None stands for a subscription that is over. Sections are those of the W3C Recommendation WebSub.
"""

from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from aggregator.model.websub import Advert, Subscription, SubscriptionState
from aggregator.policy.schedule import DAY, HOUR, MINUTE

WEEK = 7 * DAY
LEASE_REQUESTED = 10 * DAY  # section 8.2 calls it a good default
LEASE_MAX = 30 * DAY
LEASE_UNSTATED = DAY  # hubs older than the Recommendation may name none
RENEWAL_EVERY_MIN = 15 * MINUTE  # however short the hub's leases
GRACE = 5 * MINUTE  # tolerated delay between hub and origin, in either direction
UNSUBSCRIBE_ATTEMPTS_MAX = 3  # then the subscription is dropped without confirmation
DENIED_FOR = 30 * DAY
SLOWER = 4  # factor on the interval while the hub is reliable
POLL_AFTER_DELIVERY_EVERY = MINUTE

_CONFIRMABLE = (SubscriptionState.ASKED, SubscriptionState.ACTIVE)
_LISTENING = (SubscriptionState.ASKED, SubscriptionState.ACTIVE, SubscriptionState.BROKEN)


def is_settled(present: Subscription | None, advert: Advert, now: datetime) -> bool:
    """Return whether the subscription stays as it is after a feed named its hub.

    Hubs are not changed within the hour: a feed that names another one each time must not cause as many
    requests.
    """
    if present is None:
        return not advert.hub
    return (present.hub, present.topic) == (advert.hub, advert.topic) or now - present.since < HOUR


def left(present: Subscription, now: datetime) -> Subscription | None:
    """Return an unwanted subscription: over if the hub has confirmed nothing, else to be unsubscribed."""
    if present.state in (SubscriptionState.WANTED, SubscriptionState.DENIED):
        return None
    return replace(present, state=SubscriptionState.LEAVING, due=now, asks=0, missed=None)


def next_step(present: Subscription, now: datetime, *, wanted: bool) -> Subscription | None:
    """Return a due subscription after its next step: its hub judged, left, or about to be requested, when
    `asked` is `now`.

    Written before the request is sent, because some hubs confirm before they answer (section 5.3).
    """
    if present.state is SubscriptionState.LEAVING:
        return None if present.asks >= UNSUBSCRIBE_ATTEMPTS_MAX else _asked(present, now)
    if not wanted or not present.configured:
        return left(present, now)
    if present.missed is not None:
        return _judged(present, present.missed, now)
    if present.state is not SubscriptionState.ACTIVE:
        present = replace(present, state=SubscriptionState.ASKED)
    return _asked(present, now)


def _asked(present: Subscription, now: datetime) -> Subscription:
    wait = min(HOUR * 4 ** min(present.asks, 4), WEEK)
    return replace(present, asked=now, asks=present.asks + 1, due=now + wait)


def _judged(present: Subscription, missed: datetime, now: datetime) -> Subscription:
    if present.announced is not None and present.announced >= missed - GRACE:
        return replace(present, missed=None, due=_renewal(present))
    pause = min(DAY * 2 ** min(present.breaks, 5), DENIED_FOR)
    return replace(
        present,
        state=SubscriptionState.BROKEN,
        missed=None,
        breaks=present.breaks + 1,
        asks=0,
        due=now + pause,
        reason="it did not announce a release",
    )


def failed(present: Subscription, reason: str, now: datetime, *, wish: timedelta | None) -> Subscription:
    """Return the subscription after a failed request; the next one obeys the hub's Retry-After (`wish`)."""
    due = present.due if wish is None else max(present.due, now + wish)
    return replace(present, reason=reason, due=due)


def confirmed(
    present: Subscription, topic: str, lease: timedelta | None, now: datetime
) -> Subscription | None:
    """Return the subscription after the hub's challenge; None when it was not requested (section 5.3.1)."""
    if present.state not in _CONFIRMABLE or present.topic != topic or not present.configured:
        return None
    until = now + min(LEASE_UNSTATED if lease is None else lease, LEASE_MAX)
    made = replace(
        present,
        state=SubscriptionState.ACTIVE,
        confirmed=present.confirmed if present.state is SubscriptionState.ACTIVE else now,
        lease_until=until,
        asked=now,
        asks=0,
        reason="",
    )
    renewal = _renewal(made)
    return replace(made, due=renewal if made.missed is None else min(renewal, present.due))


def _renewal(present: Subscription) -> datetime:
    """Return when to renew: after three quarters of the lease, which leaves time for several requests."""
    assert present.asked is not None and present.lease_until is not None, "a hub confirmed it"
    return present.asked + max((present.lease_until - present.asked) * 3 / 4, RENEWAL_EVERY_MIN)


def may_leave(present: Subscription, topic: str) -> bool:
    """Return whether the hub's challenge to unsubscribe matches a request."""
    return present.state is SubscriptionState.LEAVING and present.topic == topic


def denied(present: Subscription, reason: str, now: datetime) -> Subscription | None:
    """Return the subscription after the hub denied it (section 5.2), at once or later."""
    if present.state is SubscriptionState.LEAVING:
        return None
    return replace(
        present,
        state=SubscriptionState.DENIED,
        lease_until=None,
        missed=None,
        due=now + DENIED_FOR,
        reason=reason,
    )


def is_listening(present: Subscription) -> bool:
    """Return whether deliveries are accepted."""
    return present.configured and present.state in _LISTENING


def announced(present: Subscription, now: datetime) -> Subscription:
    """Return the subscription after a delivery with a valid signature."""
    return replace(
        present, announced=now, breaks=0 if present.state is SubscriptionState.ACTIVE else present.breaks
    )


class AfterPoll(Struct, frozen=True):
    """A source's subscription after a poll. `advert` names a hub to subscribe to anew; `is_missed`: the hub
    has just been found silent about a release."""

    present: Subscription | None
    advert: Advert | None = None
    is_missed: bool = False


def after_poll(
    present: Subscription | None,
    advert: Advert | None,
    last_success: datetime | None,
    now: datetime,
    *,
    is_new: bool,
) -> AfterPoll:
    """Return the decision about the hub of a source after a successful poll.

    Another hub is named (`advert`, None: the poll says nothing of hubs), or the poll found something new that
    the hub has not announced; `last_success` is when the poll before it succeeded.
    """
    if advert is not None and not is_settled(present, advert, now):
        leaving = None if present is None else left(present, now)
        return AfterPoll(leaving, advert if advert.hub else None)
    if present is None or not is_new:
        return AfterPoll(present)
    after = polled(present, last_success=last_success, now=now)
    return AfterPoll(after, is_missed=after.missed == now)


def polled(present: Subscription, *, last_success: datetime | None, now: datetime) -> Subscription:
    """Return the subscription after a poll at `now` that found something new.

    The hub's silence is judged GRACE later. A hub is not blamed for what was published before it confirmed,
    nor when a delivery came just before the former poll (`last_success`): caches of origins lag.
    """
    if (
        present.state is not SubscriptionState.ACTIVE
        or present.missed is not None
        or last_success is None
        or present.confirmed is None
        or present.confirmed > last_success
        or (present.announced is not None and present.announced >= last_success - GRACE)
    ):
        return present
    return replace(present, missed=now, due=min(present.due, now + GRACE))


def slower(present: Subscription, every: timedelta, now: datetime) -> timedelta:
    """Return the least interval of a source whose hub announces what is new, 0 when it does not.

    Polling goes on slowly, to find out if the hub stops. After a delivery the source is polled once more at
    the usual pace: the origin may not have shown yet what was announced.
    """
    is_announcing = present.state is SubscriptionState.ACTIVE and present.missed is None
    if not is_announcing or present.lease_until is None or present.lease_until <= now:
        return timedelta(0)
    if present.announced is not None and now - present.announced < every:
        return timedelta(0)
    return min(SLOWER * every, max(every, DAY))


def poll_after_delivery(last_poll: datetime | None, now: datetime) -> datetime:
    """Return when to poll after a delivery: at once, but at most once a minute."""
    return now if last_poll is None else max(now, last_poll + POLL_AFTER_DELIVERY_EVERY)
