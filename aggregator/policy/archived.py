"""Changes of a source by an archived document: items that the store never had. Pure: `now` is given.

An archive says how things were. It edits no item, moves no schedule and clears no alert; its items are those
of a first import, so that old ones enter their source's own channel only. An entry that a tombstone deletes,
or that has expired, is not published; the feed itself alone withdraws what is stored.
"""

from collections.abc import Callable
from datetime import datetime

from msgspec.structs import replace

from aggregator.dedupe import changes as dedupe
from aggregator.model.document import ReadResult
from aggregator.model.poll import Claim, Outcome, OutcomeKind, PollResult
from aggregator.model.settings import Source
from aggregator.model.stored import Knowledge
from aggregator.policy import budget, embargo, withdrawals


def decide(
    claim: Claim,
    source: Source,
    read: ReadResult,
    known: Knowledge,
    *,
    now: datetime,
    is_foreign: Callable[[str], bool] = lambda guid: False,
) -> PollResult:
    """Return what an archived document writes: new items, and what they spend of the daily budget."""
    first = replace(claim, first_import=True)
    read, _ = withdrawals.heeded(read, (), now)
    place = embargo.placing(source, now)
    changes = dedupe.decide(read, known, first, source, now=now, place=place, is_foreign=is_foreign)
    changes = replace(changes, edits=(), seen=claim.seen, volatile=claim.volatile, restated=(), left=())
    changes, spent, over = budget.within(changes, claim.spent, source.budget, first_import=True, now=now)
    changes = withdrawals.completed(changes, (), now)
    after = replace(claim, mode=changes.mode, spent=spent)
    if changes.new and claim.is_empty:
        after = replace(after, findings=1)  # the store has items of the source now
    outcome = Outcome(
        source=claim.id,
        kind=OutcomeKind.CHANGED if changes.new else OutcomeKind.UNCHANGED,
        started=now,
        new=len(changes.new),
        due=claim.due,
    )
    return PollResult(claim, after, outcome, claim.due, changes=changes, over=over)
