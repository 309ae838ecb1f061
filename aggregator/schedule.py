"""When to look at a source again, with the reason in words. Pure: `now` and `jitter` are given.

The operator's `every` is the least gap between polls; what the origin asks for can only make it longer.
Reasons that begin with "origin" are the origin's own wish and outlive a restart.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from aggregator.errors import FetchError, PollError
from aggregator.model import Fetched, Hints

DAY = timedelta(days=1)
LONGEST_WISH = timedelta(days=7)  # of a Retry-After
NEVER = timedelta(days=3650)
LEAP = timedelta(seconds=5)  # by which clocks drift, or are corrected, without anybody setting them


@dataclass(frozen=True, slots=True)
class Due:
    """When to look again, and why then."""

    at: datetime
    why: str


def after_success(every: timedelta, fetched: Fetched, hints: Hints, *, now: datetime, jitter: float) -> Due:
    """The next poll after one that came back; `jitter`, 0 to 1, spreads polls over a tenth of it."""
    gap, why = every, f"every {_words(every)}"
    for wish, reason in _wishes(fetched, hints):
        if gap < wish:
            gap, why = min(wish, DAY), f"{reason} {_words(min(wish, DAY))}"
    at = now + gap * (1 + jitter / 10)
    skipped = _skip(at, hints)
    return Due(skipped, f"{why}, skipping hours the feed names") if skipped != at else Due(at, why)


def after_failure(every: timedelta, error: PollError, failures: int, *, now: datetime, jitter: float) -> Due:
    """The next poll after `failures` failed ones in a row before this one."""
    wish = retry_after(error.retry_after, now) if isinstance(error, FetchError) else None
    if wish is not None:
        wish = max(wish, every)  # "Retry-After: 0" is no leave to ask again at once, for ever
        return Due(now + wish, f"origin asked to wait {_words(wish)}")
    if error.cause == "gone":
        return Due(now + NEVER, "origin says the feed is gone (410): no longer polled")
    slow = 4 if error.cause in ("blocked", "not-a-feed") else 1
    gap = min(every * slow * 2 ** min(failures, 10), DAY)
    count = failures + 1
    return Due(now + gap * (1 + jitter / 10), f"{count} failure{'s' * (count > 1)} in a row: {_words(gap)}")


def retry_after(value: str, now: datetime) -> timedelta | None:
    """A Retry-After header (RFC 9110 section 10.2.3) as a wait of at most 7 days; None if it says nothing."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return min(timedelta(seconds=int(value[:9])), LONGEST_WISH)
    date = _http_date(value)
    return None if date is None or date <= now else min(date - now, LONGEST_WISH)


def leap(wall: timedelta, ran: timedelta) -> timedelta:
    """By how much the clock was set, when by it `wall` has passed and in truth `ran`; 0 when they agree."""
    return wall - ran if abs(wall - ran) > LEAP else timedelta()


def _wishes(fetched: Fetched, hints: Hints) -> list[tuple[timedelta, str]]:
    headers = dict(fetched.headers)
    wishes = [(fresh, "fresh by its Cache-Control for")] if (fresh := _max_age(headers)) else []
    if hints.ttl:
        wishes.append((timedelta(minutes=min(hints.ttl, 1440)), "its ttl asks for"))
    if hints.update_period:
        wishes.append((hints.update_period, "its updatePeriod asks for"))
    return wishes


def _max_age(headers: Mapping[str, str]) -> timedelta | None:
    for directive in headers.get("cache-control", "").lower().split(","):
        name, _, value = directive.strip().partition("=")
        if name == "max-age" and value.strip('"').isdigit():
            return min(timedelta(seconds=int(value.strip('"')[:9])), DAY)
    expires, date = _http_date(headers.get("expires", "")), _http_date(headers.get("date", ""))
    return expires - date if expires is not None and date is not None and expires > date else None


def _http_date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date if date.tzinfo is not None else date.replace(tzinfo=UTC)


def _skip(at: datetime, hints: Hints) -> datetime:
    """The first hour from `at` on that neither skipHours nor skipDays names; `at` if they name them all."""
    later = at
    for _ in range(24 * 8):
        if later.hour not in hints.skip_hours and later.weekday() not in hints.skip_days:
            return later
        later = later.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return at


def _words(gap: timedelta) -> str:
    seconds = round(gap.total_seconds())
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size and (seconds % size == 0 or seconds >= 3 * size):
            return f"{round(seconds / size)} {unit}"
    return f"{seconds} s"
