"""Changes to the items of a source by one document, in the order of the decisions. Pure."""

from collections.abc import Callable
from datetime import datetime

from msgspec.structs import replace

from aggregator.dedupe import changes as dedupe
from aggregator.model.changes import Changes
from aggregator.model.document import ReadResult
from aggregator.model.poll import Claim, OverBudget, Spent
from aggregator.model.settings import Source
from aggregator.model.stored import Knowledge
from aggregator.policy import budget, embargo, full_text, probes, withdrawals


def decide(
    claim: Claim,
    source: Source,
    read: ReadResult,
    known: Knowledge,
    *,
    now: datetime,
    is_foreign: Callable[[str], bool],
) -> tuple[Changes, Spent, OverBudget | None]:
    """Return the changes to store, the spent budget of the source, and the excess beyond it."""
    read, steps = withdrawals.heeded(read, known.referents, now)
    place = embargo.placing(source, now)
    found = dedupe.decide(read, known, claim, source, now=now, place=place, is_foreign=is_foreign)
    changes, spent, over = budget.within(
        found, claim.spent, source.budget, first_import=claim.first_import, now=now
    )
    changes = withdrawals.completed(changes, steps, now)
    wanted = probes.probed(source, changes, known.absences)
    pages = full_text.wanted(source, changes)
    return replace(changes, probes=wanted, pages=pages), spent, over
