"""The life of a WebSub subscription: state × event → state; nothing else changes one. Pure: `now` is given.

None stands for a subscription that is over. The paragraphs are those of the W3C Recommendation WebSub.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from aggregator.model import Advert, Subscription, SubscriptionState

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
WEEK = 7 * DAY
LEASE_REQUESTED = 10 * DAY  # what we ask for: section 8.2 calls it a good default
LEASE_MAX = 30 * DAY
LEASE_UNSTATED = DAY  # hubs older than the Recommendation may name none
SHORTEST_RENEWAL = 15 * MINUTE  # no hub makes us ask more often, however short its leases
GRACE = 5 * MINUTE  # a hub may tell so much later than the origin shows, or the origin's caches than the hub
UNSUBSCRIBE_ATTEMPTS_MAX = 3  # requests to be forgotten, before we just forget
DENIED_FOR = 30 * DAY
SLOWER = 4
BETWEEN_HINTS = MINUTE

_CONFIRMABLE = (SubscriptionState.ASKED, SubscriptionState.ACTIVE)
_LISTENING = (SubscriptionState.ASKED, SubscriptionState.ACTIVE, SubscriptionState.BROKEN)


def is_settled(present: Subscription | None, advert: Advert, now: datetime) -> bool:
    """Whether there is nothing to change after a feed named its hub.

    Hubs are not changed within the hour: a feed that names another one each time must not make us
    knock at as many doors.
    """
    if present is None:
        return not advert.hub
    return (present.hub, present.topic) == (advert.hub, advert.topic) or now - present.since < HOUR


def left(present: Subscription, now: datetime) -> Subscription | None:
    """No longer wanted: over if the hub holds nothing of ours, else the hub is to be told."""
    if present.state in (SubscriptionState.WANTED, SubscriptionState.DENIED):
        return None
    return replace(present, state=SubscriptionState.LEAVING, due=now, asks=0, missed=None)


def looked_at(present: Subscription, now: datetime, *, wanted: bool) -> Subscription | None:
    """Its time has come: judged, left, or about to be asked for; then `asked` is `now`.

    Written before the hub is asked, because some hubs confirm before they answer (section 5.3).
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
    """The hub did not take the request; it is asked again no sooner than it wishes."""
    due = present.due if wish is None else max(present.due, now + wish)
    return replace(present, reason=reason, due=due)


def confirmed(
    present: Subscription, topic: str, lease: timedelta | None, now: datetime
) -> Subscription | None:
    """After the hub's challenge to subscribe; None when this is not what we asked for (section 5.3.1)."""
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
    """After three quarters of the lease, which leaves time for several requests."""
    assert present.asked is not None and present.lease_until is not None, "a hub confirmed it"
    return present.asked + max((present.lease_until - present.asked) * 3 / 4, SHORTEST_RENEWAL)


def may_leave(present: Subscription, topic: str) -> bool:
    """Whether the hub's challenge to unsubscribe is about what we asked for."""
    return present.state is SubscriptionState.LEAVING and present.topic == topic


def denied(present: Subscription, reason: str, now: datetime) -> Subscription | None:
    """The hub will not have it (section 5.2), now or any more."""
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
    """Whether deliveries to it mean anything."""
    return present.configured and present.state in _LISTENING


def announced(present: Subscription, now: datetime) -> Subscription:
    """A delivery came whose signature was right."""
    return replace(
        present, announced=now, breaks=0 if present.state is SubscriptionState.ACTIVE else present.breaks
    )


@dataclass(frozen=True, slots=True)
class AfterPoll:
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
    """Return what a successful poll means to the hub of its source.

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


def hint(last_poll: datetime | None, now: datetime) -> datetime:
    """When to poll after a delivery: at once, but a source is polled no more than once a minute for it."""
    return now if last_poll is None else max(now, last_poll + BETWEEN_HINTS)
