"""The contract's ActStore: what is done to items, and what an operator reads before."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from aggregator.model.changes import Transition
from aggregator.model.item import Item
from aggregator.model.stored import ItemQuery, Stored
from aggregator.storage.sql import decisions, lifecycle, siblings, versions, waiting
from aggregator.storage.sql.engine import JOURNAL, Engine
from aggregator.storage.sql.queries import ItemStore


class ActStore:
    """The acts on the items of one store."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def apply_transitions(self, transitions: Sequence[Transition]) -> None:
        """Carry out transitions with their audit lines; all or, if a `before` is stale, StorageError."""
        with self._engine.writing() as db:
            lifecycle.apply(db, self._engine.index, transitions, self._engine.directory / JOURNAL)

    def enter_waiting(self, now: datetime, limit: int) -> bool:
        """(poller) Let up to `limit` items enter the shared channels whose turn has come, in one short
        transaction; returns whether a turn had come. Cheap when none has."""
        with self._engine.reading() as db:
            is_turn = waiting.is_turn(db, now)
        if is_turn:
            with self._engine.writing() as db:
                waiting.enter(db, now, limit)
        return is_turn

    def waiting_version(self, item: Stored) -> Item | None:
        """Return the content of the version of an item that waits for approval, None when none does."""
        with self._engine.reading() as db:
            return versions.waiting(db, item)

    def enters(self, number: int) -> datetime | None:
        """Return when an item is expected to enter the merged channel; None if it does not wait for it."""
        with self._engine.reading() as db:
            return waiting.expected(db, number)

    def siblings(self, item: Stored) -> tuple[Stored, ...]:
        """Return other items, live or held, of the story of an item, at its address, or with a text that says
        the same and the words of its title. Brings the search index up to date."""
        titled = ItemStore(self._engine).items(ItemQuery(search=item.item.title, limit=siblings.SEARCHED_MAX))
        with self._engine.reading() as db:
            return siblings.read(db, item, titled)

    def copies(self, items: Sequence[Stored]) -> Mapping[int, str]:
        """Return, by number, the id of the withdrawn release of which an item is a copy that the operator has
        not permitted since. Cheap without items or decisions."""
        with self._engine.reading() as db:
            return decisions.copies(db, items)
