"""Words for why a source is due. The state is `model.Due`; nothing reads the words back."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from aggregator.errors import Cause
from aggregator.model import Due, DueReason

FAILED: Mapping[Cause, str] = {
    Cause.NETWORK: "not reached",
    Cause.HTTP: "answered with an error",
    Cause.BLOCKED: "blocked as a robot",
    Cause.NOT_A_FEED: "answered with no feed",
    Cause.LIMIT: "beyond a limit",
    Cause.CRASH: "crashed its worker",
    Cause.REFUSED: "leads to a refused address",
    Cause.RATE_LIMITED: "its host is rate-limited",
}


def words(due: Due) -> str:
    """Return the reason of a due time as one phrase."""
    phrase = WORDS[due.reason](due)
    if due.host and due.reason is DueReason.ORIGIN_WAIT:
        phrase += f", for all sources at {due.host}"
    if due.is_fallback:
        phrase += ", at its other address"
    return f"{phrase}; moved out of skipHours or skipDays" if due.is_skipping else phrase


def _back_off(due: Due) -> str:
    count = f"{due.failures} times in a row" if due.failures > 1 else "once"
    return f"{FAILED.get(due.cause, 'failed')} {count}: back-off of {span(due.wait)}"


def _origin_wait(due: Due) -> str:
    asked = span(max(due.basis or due.wait, due.wait))
    return f"origin asked to wait {asked}{f', {span(due.wait)} granted' if due.is_capped else ''}"


def _basis(due: Due) -> str:
    return span(due.basis or timedelta())


WORDS: Mapping[DueReason, Callable[[Due], str]] = {
    DueReason.NEW: lambda due: "never polled yet",
    DueReason.EVERY: lambda due: f"every {span(due.wait)}",
    DueReason.RHYTHM: lambda due: f"something new every {_basis(due)}: polled every {span(due.wait)}",
    DueReason.QUIET: lambda due: f"nothing new for {_basis(due)}: polled every {span(due.wait)}",
    DueReason.CACHE_CONTROL: lambda due: f"fresh by its Cache-Control for {span(due.wait)}",
    DueReason.EXPIRES: lambda due: f"fresh by its Expires for {span(due.wait)}",
    DueReason.TTL: lambda due: f"its ttl asks for {span(due.wait)}",
    DueReason.UPDATE_PERIOD: lambda due: f"its updatePeriod asks for {span(due.wait)}",
    DueReason.HUB: lambda due: f"its hub announces what is new: polled every {span(due.wait)}",
    DueReason.HUB_DELIVERY: lambda due: "its hub announced something",
    DueReason.HUB_SILENT: lambda due: "its hub did not announce a release",
    DueReason.BACK_OFF: _back_off,
    DueReason.ORIGIN_WAIT: _origin_wait,
    DueReason.HOST_LIMIT: lambda due: f"its host {due.host} is rate-limited (429)",
    DueReason.ORIGIN_GONE: lambda due: "origin says the feed is gone (410): polled only when asked for",
    DueReason.OPERATOR: lambda due: "asked for by the operator",
    DueReason.MOVED: lambda due: "another address was configured",
    DueReason.CONFIGURED_AGAIN: lambda due: "back in the configuration",
    DueReason.UNMOVED: lambda due: "its relocation was taken back",
    DueReason.CLOCK: lambda due: "scheduled while the clock was wrong",
}


def span(gap: timedelta) -> str:
    """Return a duration in its largest fitting unit, e.g. "15 min" or "3 d"."""
    seconds = round(gap.total_seconds())
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size and (seconds % size == 0 or seconds >= 3 * size):
            return f"{round(seconds / size)} {unit}"
    return f"{seconds} s"
