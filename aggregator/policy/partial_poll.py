"""Results of polls whose document was not stored whole: it is beyond the budget, or was cut off. Pure.

No validators are kept: a 304 would hide the rest.
"""

from msgspec.structs import replace

from aggregator.errors import Cause
from aggregator.model.document import Document, Validators
from aggregator.model.poll import OutcomeKind, OverBudget, PollResult
from aggregator.model.settings import Source
from aggregator.policy import alerts, schedule


def settled(result: PollResult, source: Source, document: Document | None, *, jitter: float) -> PollResult:
    """Return the result as it is when the document was stored whole; else a failure, without validators."""
    if result.over is not None and result.over.dropped:
        return _over_budget(result, source, result.over, jitter=jitter)
    if document is not None and document.truncated:
        return _incomplete(result)
    return result


def _over_budget(result: PollResult, source: Source, over: OverBudget, *, jitter: float) -> PollResult:
    """Return the result of a poll whose items were not all stored: failed, the next poll reads all again.

    A first import goes on, so that old items stored later are backlog, too.
    """
    claim, now = result.claim, result.outcome.started
    due = schedule.after_over_budget(result.due, source.every, claim.failures, now=now, jitter=jitter)
    due = schedule.skipping(due, result.after.hints)
    after = replace(
        result.after,
        validators=Validators(),
        body_digest=b"",
        failures=claim.failures + 1,
        failing_since=claim.failing_since or now,
        first_import=claim.first_import,
    )
    words = alerts.beyond(over, claim.id)
    outcome = replace(
        result.outcome, kind=OutcomeKind.FAILED, cause=Cause.OVER_BUDGET, message=words, due=due
    )
    return replace(result, after=after, outcome=outcome, due=due)


def _incomplete(result: PollResult) -> PollResult:
    """Return the result of a poll whose document was cut off: its whole items count, and it failed.

    Without validators the next poll reads the document again; a 304 would hide the rest for good.
    """
    claim, outcome = result.claim, result.outcome
    after = replace(
        result.after,
        validators=Validators(),
        body_digest=b"",
        failures=claim.failures + 1,
        failing_since=claim.failing_since or outcome.started,
        first_import=claim.first_import,
    )
    words = "the document was cut off: the end of its root element is missing; the items before it were read"
    outcome = replace(outcome, kind=OutcomeKind.FAILED, cause=Cause.INCOMPLETE, message=words)
    return replace(result, after=after, outcome=outcome)
