"""Words for why a source is due. The state is `model.Due`; nothing reads the words back."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from aggregator.errors import Cause
from aggregator.model.schedule import Due, DueReason
from aggregator.model.settings import FOREVER

FAILED: Mapping[Cause, str] = {
    Cause.NETWORK: "not reached",
    Cause.HTTP: "answered with an error",
    Cause.BLOCKED: "blocked as a robot",
    Cause.NOT_A_FEED: "answered with no feed",
    Cause.LIMIT: "beyond a limit",
    Cause.CRASH: "crashed its worker",
    Cause.POISON: "was under way when nodes died",
    Cause.REFUSED: "leads to a refused address",
    Cause.REJECTED: "held values that the store rejects",
    Cause.OVER_BUDGET: "beyond its budget of a day",
    Cause.IDENTITY: "may be another source",
    Cause.RATE_LIMITED: "its host is rate-limited",
}


# In braces: the fields of `Due`, the wait that the origin asked for, and the count of failures.
WORDS: Mapping[DueReason, str] = {
    DueReason.NEW: "never polled yet",
    DueReason.EVERY: "every {wait}",
    DueReason.RHYTHM: "something new every {basis}: polled every {wait}",
    DueReason.QUIET: "nothing new for {basis}: polled every {wait}",
    DueReason.CACHE_CONTROL: "fresh by its Cache-Control for {wait}",
    DueReason.EXPIRES: "fresh by its Expires for {wait}",
    DueReason.TTL: "its ttl asks for {wait}",
    DueReason.UPDATE_PERIOD: "its updatePeriod asks for {wait}",
    DueReason.HUB: "its hub announces what is new: polled every {wait}",
    DueReason.HUB_DELIVERY: "its hub announced something",
    DueReason.HUB_SILENT: "its hub did not announce a release",
    DueReason.BACK_OFF: "{cause} {count}: back-off of {wait}",
    DueReason.ORIGIN_WAIT: "origin asked to wait {asked}",
    DueReason.HOST_LIMIT: "its host {host} is rate-limited (429)",
    DueReason.ORIGIN_GONE: "origin says the feed is gone (410): polled only when asked for",
    DueReason.OPERATOR: "asked for by the operator",
    DueReason.MOVED: "another address was configured",
    DueReason.CONFIGURED_AGAIN: "back in the configuration",
    DueReason.UNMOVED: "its relocation was taken back",
    DueReason.PAUSED: "paused in the configuration",
    DueReason.CLOCK: "scheduled while the clock was wrong",
}


def words(due: Due) -> str:
    """Return the reason of a due time as one phrase."""
    phrase = WORDS[due.reason].format(
        wait=span(due.wait),
        basis=span(due.basis or timedelta()),
        asked=span(max(due.basis or due.wait, due.wait)),
        host=due.host,
        cause=FAILED.get(due.cause, "failed"),
        count=f"{due.failures} times in a row" if due.failures > 1 else "once",
    )
    if due.is_capped:
        phrase += f", {span(due.wait)} granted"
    if due.host and due.reason is DueReason.ORIGIN_WAIT:
        phrase += f", the other sources at {due.host} up to an hour"
    if due.is_fallback:
        phrase += ", at its other address"
    return f"{phrase}; moved out of skipHours or skipDays" if due.is_skipping else phrase


def next_poll(due: Due, now: datetime) -> str:
    """Return the distance of a due time, "paused" for a source that is paused without an end."""
    return "paused" if due.at == FOREVER else ago(due.at, now)


def span(gap: timedelta) -> str:
    """Return a duration in its largest fitting unit, e.g. "15 min" or "3 d"."""
    seconds = round(gap.total_seconds())
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size and (seconds % size == 0 or seconds >= 3 * size):
            return f"{round(seconds / size)} {unit}"
    return f"{seconds} s"


def ago(when: datetime, now: datetime) -> str:
    """Format the distance of a time in its largest unit: "3 min ago", "in 1 h"."""
    distance = abs(when - now)
    for unit, length in (("d", timedelta(days=1)), ("h", timedelta(hours=1)), ("min", timedelta(minutes=1))):
        if distance >= length:
            count = f"{distance // length} {unit}"
            return f"in {count}" if when > now else f"{count} ago"
    return "now"
