"""Releases at each tick: held items whose time has come, and turns of items that wait for shared channels.

One short transaction of each kind a tick; polls and other processes write between two.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from aggregator.dedupe.decided import held_reason
from aggregator.errors import Outdated, StoreUnavailable
from aggregator.log import log
from aggregator.model.decision import Trigger
from aggregator.policy.lifecycle import step
from aggregator.storage import Storage

T = TypeVar("T")

RELEASED_AT_ONCE = 50  # held items in one transaction: about 30 ms
ENTERED_AT_ONCE = 100  # waiting items in one transaction: about 10 ms
DUE, LISTED_AGAIN = "release time reached", "reinstated, and its origin lists it again"  # in the audit


class Batch:
    """Size of the next transaction: half after one that failed, one more after one that succeeded.

    A transaction that takes longer than the database has to answer would fail at every attempt.
    """

    def __init__(self, most: int) -> None:
        self._most = self.size = most

    def run(self, work: Callable[[int], T]) -> T:
        """Run the work with the size of the next transaction, and return its result."""
        try:
            done = work(self.size)
        except StoreUnavailable:
            self.size = max(1, self.size // 2)
            raise
        self.size = min(self._most, self.size + 1)
        return done


class Releases:
    """Publishes what is due."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._held, self._waiting = Batch(RELEASED_AT_ONCE), Batch(ENTERED_AT_ONCE)

    def __call__(self, now: datetime, *, releases_held: bool = True) -> bool:
        """Publish a batch of each; returns whether more may be due. Unless it `releases_held`, of held items
        only reinstated ones that no date holds. StorageError."""
        released = self._held.run(lambda size: self._release(now, size, by_clock=releases_held))
        entered = self._waiting.run(lambda size: self._storage.acts.enter_waiting(now, size))
        return released or entered

    def all(self, now: datetime, *, releases_held: bool = True) -> None:
        """Publish all that is due, one transaction after the other; StorageError."""
        while self(now, releases_held=releases_held):
            pass

    def _release(self, now: datetime, limit: int, *, by_clock: bool) -> bool:
        items = self._storage.items.release_due(now, limit, by_clock=by_clock)
        copies = self._storage.acts.copies(items)  # of releases that the operator has withdrawn meanwhile
        steps = [
            step(item, Trigger.COPY, reason=held_reason(copies[item.number]), actor="publicwire", at=now)
            if item.number in copies
            else step(
                item,
                Trigger.TIME,
                reason=LISTED_AGAIN if item.reinstated else DUE,
                actor="publicwire",
                at=now,
            )
            for item in items
        ]
        if steps:
            try:
                self._storage.acts.apply_transitions(steps)
            except Outdated:  # an operator was first with one of them: the next batch is read anew
                return True
            log.info("released", items=[each.id for each in steps if each.trigger is Trigger.TIME])
        return bool(steps)
