"""Next due time of a source, with its reason as state. Pure: `now` and `jitter` (0 to 1) are given.

A source is polled at its own rhythm around the operator's `every`; the origin's wishes only lengthen
the interval. Reasons in `ORIGIN_WISHES` are the origin's own and outlive a restart.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from math import sqrt

from msgspec.structs import replace

from aggregator.errors import Cause, FetchError, PollError
from aggregator.model.document import Fetched, Hints
from aggregator.model.schedule import FIXED, ORIGIN_WISHES, Due, DueReason, HostLimit

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
RETRY_AFTER_MAX = timedelta(days=7)
HOST_LIMIT_MAX = HOUR  # of the other sources at a host that answered 429; then one of them asks for all
NEVER = timedelta(days=3650)
CLOCK_DRIFT_MAX = timedelta(seconds=5)  # more is a clock that was set
HOST_REMEMBERED = 30 * DAY  # after its last fetch: an origin may redirect to a new subdomain at each poll
ORDINARY = 4  # `every` is right for a source that has something new once in so many polls
POISON_AT = 3  # nodes that died in a row while they polled a source, until it is quarantined
DUE_AHEAD_MAX = timedelta(hours=27)  # a day, and what jitter adds

# Exponential back-off by cause: the first wait in multiples of `every`, doubled by each further failure; the
# longest wait.
BACK_OFF = {
    Cause.NETWORK: (1, 6 * HOUR),  # a request costs little, and most origins return the same day
    Cause.HTTP: (1, DAY),
    Cause.BLOCKED: (4, DAY),  # a robot that goes on asking is blocked for longer
    Cause.NOT_A_FEED: (4, DAY),  # a maintenance page, or the feed has been removed
    Cause.LIMIT: (4, DAY),  # each attempt costs all that the limit allows
    Cause.CRASH: (4, DAY),  # each attempt costs a worker
    Cause.POISON: (1_000, DAY),  # each attempt may cost a node
    Cause.REJECTED: (4, DAY),  # the same document is rejected again
    Cause.OVER_BUDGET: (4, DAY),  # the document is fetched whole and little of it stored
    Cause.IDENTITY: (4, DAY),  # until the operator answers
    Cause.REFUSED: (4, DAY),  # until the origin's operator, or ours, changes something
}


def usual_gap(every: timedelta, gap: timedelta | None, found: timedelta) -> timedelta:
    """Return the usual gap between polls that found something new, with one more of `found` after the last.

    A geometric average: gaps of nights, week-ends and outages are ten times the others and must not count
    ten times. Releases of one poll are one finding, however many.
    """
    before, found = gap or ORDINARY * every, max(found, MINUTE)  # a clock may have been set back
    share: float = (found / before) ** 0.3
    return before * share


def pace(every: timedelta, gap: timedelta | None, last_new: datetime | None, now: datetime) -> Due:
    """Return the due time by the source's own rhythm, whatever its origin asks for.

    Square-root allocation: a fixed number of polls delays releases least if each source is polled in
    proportion to the square root of its release rate. An ordinary source, and one of which nothing is known
    yet, is polled every `every`; one that has something new at each poll comes to a fourth of it. A silence
    longer than usual counts too.
    """
    usual, quiet = gap or ORDINARY * every, timedelta(0) if last_new is None else now - last_new
    if last_new is None or (gap is None and quiet <= usual):
        return Due(now + every, DueReason.EVERY, wait=every)
    reason, basis = (DueReason.QUIET, quiet) if quiet > usual else (DueReason.RHYTHM, usual)
    if quiet > usual:
        usual = (7 * usual + 3 * quiet) / 10
    soonest = max(every / 4, min(every, MINUTE))
    wait = min(max(every * sqrt(usual / every / ORDINARY), soonest), max(every, DAY))
    return Due(now + wait, reason, wait=wait, basis=basis)


def after_success(own: Due, fetched: Fetched, hints: Hints, *, now: datetime, jitter: float) -> Due:
    """Return the due time after a successful poll: `own` pace, or the longest interval the origin asks for.

    `jitter` spreads polls over a tenth of the wait.
    """
    for wish, reason in _wishes(fetched, hints, now):
        if own.wait < wish:
            own = Due(now + wish, reason, wait=wish)
    return replace(own, at=now + own.wait * (1 + jitter / 10))


def after_failure(every: timedelta, error: PollError, failures: int, *, now: datetime, jitter: float) -> Due:
    """Return the due time after `failures` failed polls in a row before this one: Retry-After or back-off."""
    if error.cause is Cause.GONE:
        return Due(now + NEVER, DueReason.ORIGIN_GONE, wait=NEVER)
    asked = _asked(error.retry_after, now) if isinstance(error, FetchError) else None
    if asked is not None:
        wait = max(min(asked, RETRY_AFTER_MAX), every)  # "Retry-After: 0" does not ask for a request at once
        return Due(now + wait, DueReason.ORIGIN_WAIT, wait=wait, basis=asked)
    return _backed_off(error.cause, failures, every, now=now, jitter=jitter)


def after_over_budget(own: Due, every: timedelta, failures: int, *, now: datetime, jitter: float) -> Due:
    """Return the due time after a poll beyond a source's budget: back-off, at most until the next day (UTC).

    `own` is the due time of a poll within the budget, which is never hastened.
    """
    tomorrow = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + DAY
    due = _backed_off(Cause.OVER_BUDGET, failures, every, now=now, jitter=jitter)
    wait = min(due.wait, tomorrow - now)
    due = replace(due, at=now + wait * (1 + jitter / 10), wait=wait)
    return max(own, due, key=lambda each: each.at)


def _backed_off(cause: Cause, failures: int, every: timedelta, *, now: datetime, jitter: float) -> Due:
    times, longest = BACK_OFF.get(cause, (1, DAY))
    wait = min(every * times * 2 ** min(failures, 10), max(longest, every))
    at = now + wait * (1 + jitter / 10)
    return Due(at, DueReason.BACK_OFF, wait=wait, cause=cause, failures=failures + 1)


def after_rate_limit(claimed: Due, limited: Due) -> Due:
    """Return the due time after a poll that sent no request because its host is rate-limited.

    A longer wait that the origin asked for before, or 410, stays.
    """
    return claimed if claimed.reason in ORIGIN_WISHES and claimed.at > limited.at else limited


def skipping(due: Due, hints: Hints) -> Due:
    """Return `due` moved out of skipHours (UTC) and skipDays (RSS 2.0); applied last.

    Moved by whole hours, so that jitter is kept. A feed that names all hours or days is not believed.
    """
    at = due.at
    for hours in range(24 * 7):
        if at.hour not in hints.skip_hours and at.weekday() not in hints.skip_days:
            return replace(due, at=at, is_skipping=True) if hours else due
        at += HOUR
    return due


def is_plausible(due: Due, every: timedelta, now: datetime) -> bool:
    """Return whether a stored due time can be explained by its reason; a wrong clock may have set it.

    `every` may be long; Retry-After and skipDays add a week; a feed that is gone stays so.
    """
    if due.reason in (DueReason.ORIGIN_GONE, DueReason.PAUSED):
        return True
    is_long = due.reason in ORIGIN_WISHES or due.is_skipping
    return due.at <= now + DUE_AHEAD_MAX + every * 1.1 + (RETRY_AFTER_MAX if is_long else timedelta(0))


def replaces(claimed: Due, stored: Due, after: Due) -> bool:
    """Return whether a poll's own due time replaces the stored one: it is still that of the claim.

    One that was stored meanwhile stays, as the operator's request. A hub's delivery, and the same due time by
    a clock that was set back, give way to the origin's own wish.
    """
    if stored == claimed:
        return True
    is_set_back = stored.at < claimed.at and replace(stored, at=claimed.at) == claimed
    return (is_set_back or stored.reason is DueReason.HUB_DELIVERY) and after.reason in ORIGIN_WISHES


def hastens(stored: Due, delivery: datetime, *, is_polled: bool) -> bool:
    """Return whether a hub's delivery makes a source due earlier: never against the origin's own wish, nor
    while it is paused.

    A source that is being polled is due again: the origin may not have shown yet what was announced.
    """
    return stored.reason not in FIXED and (is_polled or delivery < stored.at)


def is_delayed(stored: Due, limit: HostLimit, *, is_polled: bool) -> bool:
    """Return whether the rate limit of its host delays a source: not one that the operator asked for, nor one
    that has waited under an earlier limit, unless a source that waited with it asked for all."""
    if stored.reason is DueReason.HOST_LIMIT and not limit.is_renewed:
        return False
    return stored.at < limit.until and (is_polled or stored.reason is not DueReason.OPERATOR)


def leap(wall: timedelta, ran: timedelta) -> timedelta:
    """Return by how much the clock was set: `wall` time passed minus monotonic time `ran`, 0 within the
    drift."""
    return wall - ran if abs(wall - ran) > CLOCK_DRIFT_MAX else timedelta()


def retry_after(value: str, now: datetime) -> timedelta | None:
    """Return a Retry-After header (RFC 9110 section 10.2.3) as a wait of at most 7 days, None when
    unreadable."""
    asked = _asked(value, now)
    return None if asked is None else min(asked, RETRY_AFTER_MAX)


def _asked(value: str, now: datetime) -> timedelta | None:
    seconds, date = _seconds(value.strip()), _http_date(value)
    if seconds is None and date is not None and date > now:
        return date - now
    return seconds


def _wishes(fetched: Fetched, hints: Hints, now: datetime) -> Iterator[tuple[timedelta, DueReason]]:
    """Yield each interval the origin asks for, at most a day."""
    fresh, reason = _fresh(fetched, now)
    yield min(fresh, DAY), reason
    yield timedelta(minutes=min(hints.ttl or 0, 1440)), DueReason.TTL
    yield min(hints.update_period or timedelta(0), DAY), DueReason.UPDATE_PERIOD


def time_at(fetched: Fetched) -> datetime | None:
    """Return the present time by the host of a response just received: its Date and Age (RFC 9110 section
    6.6.1, RFC 9111 section 5.1); None without a Date."""
    date, age = _http_date(_header(fetched, "date")), _seconds(_header(fetched, "age"))
    return None if date is None else date + (age or timedelta())


def _fresh(fetched: Fetched, now: datetime) -> tuple[timedelta, DueReason]:
    """Return the remaining freshness lifetime of a response and its header (RFC 9111 section 4.2).

    Expires counts by the origin's own clock, without a Date from its receipt (RFC 9110 section 6.6.1).
    """
    control = _header(fetched, "cache-control").lower()
    pairs = [directive.strip().partition("=") for directive in control.split(",")]
    directives = {name: value.strip('"') for name, _, value in pairs}
    fresh, reason = _seconds(directives.get("max-age", "")), DueReason.CACHE_CONTROL
    if fresh is None and (expires := _http_date(_header(fetched, "expires"))) is not None:
        date = _http_date(_header(fetched, "date"))  # parsed only here: each date takes 4 µs
        fresh, reason = expires - (date or now), DueReason.EXPIRES
    if fresh is None or "no-cache" in directives or "no-store" in directives:
        return timedelta(0), reason  # not to be stored, which does not say when to ask again
    return fresh - (_seconds(_header(fetched, "age")) or timedelta(0)), reason


def _header(fetched: Fetched, name: str) -> str:
    return ", ".join(value for field, value in fetched.headers if field == name)


def _seconds(value: str) -> timedelta | None:
    is_number = value.isascii() and value.isdigit()
    return timedelta(seconds=int(value[:9])) if is_number else None


def _http_date(value: str) -> datetime | None:
    if not value:
        return None
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date if date.tzinfo is not None else date.replace(tzinfo=UTC)
