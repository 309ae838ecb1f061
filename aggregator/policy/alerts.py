"""What the operator is to be told of a source: when it begins, and when it is over. Pure: times are given.

A poll judges each kind of alert: a sentence holds it true, "" says that it is over; of a kind that is not
judged the poll says nothing. Nothing is counted twice here: what is already told is the store's to know.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from aggregator.editorial.safe import feed_address
from aggregator.model import AlertKind, Outcome, Poll
from aggregator.policy import relocation

# So that neither a restart nor an evening of maintenance wakes anybody, and a morning shows a dead source.
FAILURES, FAILING = 3, timedelta(hours=6)
BLOCKED = 2  # in a row: a robot is let in again only when people talk
# Many usual gaps, and never less than the longest usual week-end, Thursday evening to Tuesday at Easter. Gaps
# are between polls that found something; the usual one begins as a guess, which weighs 4 % after ten of them.
# By the dates of 162 real feeds ten gaps are a false alarm once in 2.3 years of a source; when the second
# finding was already enough, twice in each year.
QUIET, LEAST_QUIET, ENOUGH = 10, timedelta(days=5), 10

ENDED_BY_SUCCESS = (AlertKind.GONE, AlertKind.FAILING, AlertKind.BLOCKED, AlertKind.WAITING)


def judged(
    poll: Poll, outcome: Outcome, *, failing_since: datetime | None, hub: str, findings: int
) -> Mapping[AlertKind, str]:
    """What one recorded poll shows.

    `failing_since`: when the first of its failures in a row began; `hub`: why its hub is broken, or "";
    `findings`: how many polls found something new, counted up to ENOUGH.
    """
    if outcome.kind == "failed":
        return _failed(poll, outcome, failing_since)
    move = poll.move or poll.claim.move
    moved = relocation.advice(poll.claim.id, feed_address(move.at), move.since, is_adopted=True)
    return {
        **dict.fromkeys(ENDED_BY_SUCCESS, ""),
        AlertKind.MOVED: moved,
        AlertKind.QUIET: "" if outcome.new else _quiet(poll, findings, outcome.started),
        AlertKind.HUB: hub and f"its hub is broken, it is polled as often as ever: {hub}",
    }


def _failed(poll: Poll, outcome: Outcome, since: datetime | None) -> Mapping[AlertKind, str]:
    failures, message = poll.claim.failures + 1, outcome.message
    since = since or outcome.started
    long = f"{failures} times in a row since {since:%Y-%m-%d %H:%M} UTC"
    shown: dict[AlertKind, str] = {}
    if outcome.cause in ("lease", "rests"):  # nobody was asked
        return shown
    if outcome.cause == "gone":
        shown[AlertKind.GONE] = f"its origin says it is gone for good, it is no longer polled: {message}"
    elif outcome.cause == "blocked" and failures >= BLOCKED:
        shown[AlertKind.BLOCKED] = f"turned away as a robot {long}, ask its operator to let us in: {message}"
    elif failures >= FAILURES and outcome.started - since >= FAILING:
        shown[AlertKind.FAILING] = f"failed {long}: {message}"
    if poll.is_capped:
        shown[AlertKind.WAITING] = f"{outcome.why}: {message}"
    return shown


def _quiet(poll: Poll, findings: int, now: datetime) -> str:
    gap, last = poll.claim.gap, poll.claim.last_new
    if findings < ENOUGH or gap is None or last is None or now - last < max(QUIET * gap, LEAST_QUIET):
        return ""
    hours = round(gap / timedelta(hours=1))
    usual = f"{hours} h" if hours < 48 else f"{round(hours / 24)} d"
    return f"nothing new since {last:%Y-%m-%d}, though it answers; usual is something every {usual}"
