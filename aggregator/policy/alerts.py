"""Alerts about a source: one poll raises some and clears others. Pure: times are given.

A poll judges each kind of alert: a sentence raises it, "" clears it; a kind that is missing stays as it is.
The store knows which alerts are open.
"""

from collections.abc import Mapping
from datetime import timedelta

from aggregator.errors import Cause
from aggregator.model import AlertKind, OutcomeKind, PollResult, SubscriptionState
from aggregator.policy import reasons, relocation

# A restart or an evening of maintenance raises no alert, and a morning shows a dead source.
FAILURES_MIN, FAILING_MIN = 3, timedelta(hours=6)
BLOCKED_MIN = 2  # failures in a row: an origin unblocks a robot only after its operator was asked
# Many usual gaps, and never less than the longest usual week-end, Thursday evening to Tuesday at Easter. Gaps
# are between polls that found something; the usual one begins as a guess, which weighs 4 % after ten of them.
# By the dates of 162 real feeds ten gaps are a false alarm once in 2.3 years of a source; when the second
# finding was already enough, twice in each year.
QUIET_GAPS, QUIET_MIN, FINDINGS_MIN = 10, timedelta(days=5), 10

ENDED_BY_SUCCESS = (AlertKind.GONE, AlertKind.FAILING, AlertKind.BLOCKED, AlertKind.WAITING)


def judged(result: PollResult) -> Mapping[AlertKind, str]:
    """Return what a poll shows of each kind of alert: its sentence while it holds, "" when it is over.

    The poll says nothing of kinds that are missing.
    """
    claim, after, outcome = result.claim, result.after, result.outcome
    if outcome.kind is OutcomeKind.FAILED:
        return _failed(result)
    moved = relocation.advice(claim.id, after.relocation) if after.relocation.at else ""
    return {
        **dict.fromkeys(ENDED_BY_SUCCESS, ""),
        AlertKind.MOVED: moved,
        AlertKind.QUIET: "" if outcome.new else _quiet(result),
        AlertKind.HUB: _hub(result),
        **_renamed(result),
    }


def _failed(result: PollResult) -> Mapping[AlertKind, str]:
    outcome, failures = result.outcome, result.after.failures
    message, since = outcome.message, result.after.failing_since or outcome.started
    long = f"{failures} times in a row since {since:%Y-%m-%d %H:%M} UTC"
    shown: dict[AlertKind, str] = {}
    if outcome.cause is Cause.RATE_LIMITED:  # no request was sent
        return shown
    if outcome.cause is Cause.GONE:
        shown[AlertKind.GONE] = f"its origin answers 410 (gone), no longer polled: {message}"
    elif outcome.cause is Cause.BLOCKED and failures >= BLOCKED_MIN:
        shown[AlertKind.BLOCKED] = f"blocked as a robot {long}, ask its operator for access: {message}"
    elif failures >= FAILURES_MIN and outcome.started - since >= FAILING_MIN:
        shown[AlertKind.FAILING] = f"failed {long}: {message}"
    if result.due.is_capped:
        shown[AlertKind.WAITING] = f"{reasons.words(result.due)}: {message}"
    return shown


def _hub(result: PollResult) -> str:
    """Return the alert of a broken hub. It holds while the hub is tried again, until it announces
    something."""
    hub = result.after.subscription
    if hub is None or hub.state is SubscriptionState.LEAVING or not hub.breaks:
        return ""
    reason = hub.reason or "it did not announce a release"
    return f"its hub is broken, polled at the usual interval: {reason}"


def _renamed(result: PollResult) -> Mapping[AlertKind, str]:
    """Return the alert of a feed with another title than the pinned one; nothing when it was not read."""
    pinned, title = result.after.title, result.feed_title
    if title is None:
        return {}
    if title in ("", pinned):
        return {AlertKind.RENAMED: ""}
    words = f"its feed calls itself {title!r}, published is {pinned!r}: write `organisation:` to change that"
    return {AlertKind.RENAMED: words}


def _quiet(result: PollResult) -> str:
    claim, now = result.claim, result.outcome.started
    gap, last = claim.usual_gap, claim.last_new
    if (
        claim.findings < FINDINGS_MIN
        or gap is None
        or last is None
        or now - last < max(QUIET_GAPS * gap, QUIET_MIN)
    ):
        return ""
    hours = round(gap / timedelta(hours=1))
    usual = f"{hours} h" if hours < 48 else f"{round(hours / 24)} d"
    return f"nothing new since {last:%Y-%m-%d}, though it answers; usual gap between releases: {usual}"
