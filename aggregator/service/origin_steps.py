"""Steps that origins cause, at each tick: withdrawals by tombstones, expiries and probes, and their undoing.

One short transaction for each source; `policy.origin_steps` decides.
"""

from datetime import datetime

from aggregator.errors import Outdated
from aggregator.log import log
from aggregator.policy.origin_steps import decided
from aggregator.storage.sql.origin_store import OriginStore

CARRIED_OUT_AT_ONCE = 50  # steps of one tick


class OriginSteps:
    """Carries out the steps that are due."""

    def __init__(self, store: OriginStore) -> None:
        self._store = store

    def __call__(self, now: datetime, *, by_clock: bool = True) -> bool:
        """Carry out a batch; returns whether more may be due. Expiries only `by_clock`, while the clock is
        to be trusted. StorageError."""
        found = self._store.due(now, CARRIED_OUT_AT_ONCE, by_clock=by_clock)
        for due in found:
            carried = decided(due, now)
            try:
                self._store.carry_out(due.number, carried, now, by_clock=by_clock)
            except Outdated:  # an operator or a poll was first with one of them: read anew at the next tick
                continue
            for made in carried.transitions:
                log.info(
                    "origin",
                    source=due.source,
                    item=made.id,
                    act=made.trigger.value,
                    state=made.after.value,
                    reason=made.reason,
                )
            if carried.suspends:
                log.warning("withdrawals suspended", source=due.source, items=due.counting)
        return bool(found)

    def all(self, now: datetime) -> None:
        """Carry out all that is due, one transaction after the other; StorageError."""
        while self(now):
            pass
