"""The contract's OriginStore: what the origins of items ask for besides their text: withdrawals, probes."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from aggregator.model.changes import Carried, DueSteps, Transition
from aggregator.model.stored import Stored
from aggregator.model.withdrawal import OriginStep, Probe
from aggregator.storage.sql import origin_steps, probes
from aggregator.storage.sql.engine import JOURNAL, Engine


class OriginStore:
    """Steps of items that origins cause, and probes, of one store."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def due(self, now: datetime, limit: int, *, by_clock: bool) -> tuple[DueSteps, ...]:
        """(poller) Return up to `limit` steps that are due, expiries only `by_clock`. Cheap if none is."""
        with self._engine.reading() as db:
            if not origin_steps.is_due(db, now, by_clock=by_clock):
                return ()
            return origin_steps.due(db, now, limit, by_clock=by_clock)

    def carry_out(self, source: int, decided: Carried, now: datetime, *, by_clock: bool) -> None:
        """(poller) Carry out the decision on due steps of a source; Outdated when an item has changed."""
        with self._engine.writing() as db:
            origin_steps.carry_out(
                db,
                self._engine.index,
                decided,
                now,
                source=source,
                by_clock=by_clock,
                journal=self._journal,
            )

    def suspended(self, source: str = "") -> tuple[tuple[Stored, OriginStep], ...]:
        """Return the suspended steps of a source, or of all, with their items."""
        with self._engine.reading() as db:
            return origin_steps.suspended(db, source)

    def decide(self, steps: Sequence[Transition], done: Sequence[OriginStep], now: datetime) -> None:
        """Carry out the operator's decision on suspended steps, which are over; Outdated when an item has
        changed."""
        with self._engine.writing() as db:
            origin_steps.decide(db, self._engine.index, steps, done, now, journal=self._journal)

    def probe(self, item: str, now: datetime) -> Probe | None:
        """Return the probe of an item by its id."""
        with self._engine.reading() as db:
            return probes.find(db, item, now)

    def probed(
        self, probe: Probe, *, asked: datetime | None, missing: datetime | None, step: OriginStep | None
    ) -> None:
        """(poller) Write what a probe has found, with the step that follows of it."""
        with self._engine.writing() as db:
            probes.record(db, probe, asked=asked, missing=missing, step=step)

    @property
    def _journal(self) -> Path:
        return self._engine.directory / JOURNAL
