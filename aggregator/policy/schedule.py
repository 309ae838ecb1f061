"""When to look at a source again, with the reason in words. Pure: `now` and `jitter` are given.

A source is polled at its own rhythm around the operator's `every`; what the origin asks for only makes it
longer. Reasons that begin with "origin" are the origin's own wish and outlive a restart.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from math import sqrt

from aggregator.errors import FetchError, PollError
from aggregator.model import Due, Fetched, Hints

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LONGEST_WISH = timedelta(days=7)  # of a Retry-After
NEVER = timedelta(days=3650)
LEAP = timedelta(seconds=5)  # by which clocks drift, or are corrected, without anybody setting them
ORDINARY = 4  # `every` is right for a source that has something new once in so many of them

# How failures are waited out: the first wait in multiples of `every`, doubled by each further failure; the
# longest wait; what it is called.
BACK_OFF = {
    "network": (1, 6 * HOUR, "not reached"),  # asking costs nobody much, and most come back the same day
    "http": (1, DAY, "answered with an error"),
    "blocked": (4, DAY, "turned away as a robot"),  # whoever knocks on is blocked for longer
    "not-a-feed": (4, DAY, "answered with no feed"),  # a page of maintenance, or the feed is no more
    "limit": (4, DAY, "beyond a limit"),  # each try costs all that the limit allows
    "crash": (4, DAY, "broke what reads it"),  # each try costs a worker
    "refused": (4, DAY, "leads to a refused address"),  # until its operator, or ours, changes something
}


def usual_gap(every: timedelta, gap: timedelta | None, found: timedelta) -> timedelta:
    """The usual gap between polls that found something new, with one more of `found` after the last one.

    A geometric average: gaps of nights, week-ends and outages are ten times the others and must not count
    ten times. Releases of one poll are one finding, however many: what matters is when there is one.
    """
    before, found = gap or ORDINARY * every, max(found, MINUTE)  # clocks are set
    share: float = (found / before) ** 0.3
    return before * share


def pace(every: timedelta, gap: timedelta | None, last_new: datetime | None, now: datetime) -> Due:
    """When the source's own rhythm makes another look worth while, whatever its origin asks for.

    A given number of polls brings the least delay over all releases when each source has them as the square
    root of its releases. An ordinary source, and one of which nothing is known yet, is polled every `every`;
    one that has something new at each poll comes to a fourth of it. A silence longer than usual counts too.
    """
    usual, quiet = gap or ORDINARY * every, timedelta(0) if last_new is None else now - last_new
    if last_new is None or (gap is None and quiet <= usual):
        return Due(now + every, f"every {_words(every)}")
    if quiet > usual:
        usual = (7 * usual + 3 * quiet) / 10
    soonest = max(every / 4, min(every, MINUTE))
    wait = min(max(every * sqrt(usual / every / ORDINARY), soonest), max(every, DAY))
    seen = f"nothing new for {_words(quiet)}" if quiet > usual else f"something new every {_words(usual)}"
    return Due(now + wait, f"{seen}: looked at every {_words(wait)}")


def after_success(own: Due, fetched: Fetched, hints: Hints, *, now: datetime, jitter: float) -> Due:
    """The next poll after one that came back: at its own pace, or when the origin would rather be asked.

    `jitter`, 0 to 1, spreads polls over a tenth of the wait.
    """
    gap, why = own.at - now, own.why
    for wish, reason in _wishes(fetched, hints):
        if gap < wish:
            gap, why = wish, f"{reason} {_words(wish)}"
    return Due(now + gap * (1 + jitter / 10), why)


def after_failure(every: timedelta, error: PollError, failures: int, *, now: datetime, jitter: float) -> Due:
    """The next poll after `failures` failed ones in a row before this one."""
    if error.cause == "gone":
        return Due(now + NEVER, "origin says the feed is gone (410): not polled until you ask for it")
    asked = _asked(error.retry_after, now) if isinstance(error, FetchError) else None
    if asked is not None:
        wait = max(min(asked, LONGEST_WISH), every)  # "Retry-After: 0" is no leave to ask at once, for ever
        capped = f", more than the {_words(wait)} granted" if asked > wait else ""
        return Due(
            now + wait, f"origin asked to wait {_words(max(asked, wait))}{capped}", is_capped=asked > wait
        )
    times, longest, what = BACK_OFF.get(error.cause, (1, DAY, error.cause))
    gap = min(every * times * 2 ** min(failures, 10), max(longest, every))
    count = f"{failures + 1} times in a row" if failures else "once"
    return Due(now + gap * (1 + jitter / 10), f"{what} {count}: again after {_words(gap)}")


def skipping(due: Due, hints: Hints) -> Due:
    """The same, moved out of the hours (UTC) and days that the feed asks to skip; comes last of all.

    Moved by whole hours, so that what was spread stays so. One that names them all is not believed.
    """
    at = due.at
    for hours in range(24 * 7):
        if at.hour not in hints.skip_hours and at.weekday() not in hints.skip_days:
            return (
                due
                if not hours
                else replace(due, at=at, why=f"{due.why}; skips hours or days the feed names")
            )
        at += HOUR
    return due


def retry_after(value: str, now: datetime) -> timedelta | None:
    """A Retry-After header (RFC 9110 section 10.2.3) as a wait of at most 7 days; None if it says nothing."""
    asked = _asked(value, now)
    return None if asked is None else min(asked, LONGEST_WISH)


def _asked(value: str, now: datetime) -> timedelta | None:
    seconds, date = _seconds(value.strip()), _http_date(value)
    if seconds is None and date is not None and date > now:
        return date - now
    return seconds


def leap(wall: timedelta, ran: timedelta) -> timedelta:
    """By how much the clock was set, when by it `wall` has passed and in truth `ran`; 0 when they agree."""
    return wall - ran if abs(wall - ran) > LEAP else timedelta()


def _wishes(fetched: Fetched, hints: Hints) -> list[tuple[timedelta, str]]:
    """What the origin asks for, each at most a day."""
    fresh, header = _fresh(fetched)
    wishes = [
        (fresh, f"fresh by its {header} for"),
        (timedelta(minutes=min(hints.ttl or 0, 1440)), "its ttl asks for"),
        (hints.update_period or timedelta(0), "its updatePeriod asks for"),
    ]
    return [(min(wish, DAY), reason) for wish, reason in wishes]


def _fresh(fetched: Fetched) -> tuple[timedelta, str]:
    """For how long the answer says it stays fresh, and where (RFC 9111 section 4.2)."""
    control, expires = _header(fetched, "cache-control").lower(), _http_date(_header(fetched, "expires"))
    pairs = [directive.strip().partition("=") for directive in control.split(",")]
    directives = {name: value.strip('"') for name, _, value in pairs}
    date, age = _http_date(_header(fetched, "date")), _seconds(_header(fetched, "age")) or timedelta(0)
    fresh, header = _seconds(directives.get("max-age", "")), "Cache-Control"
    if fresh is None and expires is not None and date is not None:  # by the origin's own clock
        fresh, header = expires - date, "Expires"
    if fresh is None or "no-cache" in directives or "no-store" in directives:
        return timedelta(0), header  # not to be kept, which says nothing of when to ask again
    return fresh - age, header


def _header(fetched: Fetched, name: str) -> str:
    return ", ".join(value for field, value in fetched.headers if field == name)


def _seconds(value: str) -> timedelta | None:
    is_number = value.isascii() and value.isdigit()
    return timedelta(seconds=int(value[:9])) if is_number else None


def _http_date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date if date.tzinfo is not None else date.replace(tzinfo=UTC)


def _words(gap: timedelta) -> str:
    seconds = round(gap.total_seconds())
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size and (seconds % size == 0 or seconds >= 3 * size):
            return f"{round(seconds / size)} {unit}"
    return f"{seconds} s"
