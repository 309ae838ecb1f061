"""The contract's ChangeStore: the public changes of items, as subscribers and deliveries read them."""

from aggregator.model import PublicChange
from aggregator.storage.sql import public_changes
from aggregator.storage.sql.engine import Engine


class ChangeStore:
    """The log of public changes of one store."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def last(self) -> int:
        """Return the number of the last change, 0 without one. Cheap."""
        with self._engine.reading() as db:
            return public_changes.last(db)

    def since(self, after: int, limit: int) -> tuple[PublicChange, ...]:
        """Return up to `limit` changes after a number, oldest first: each once, in the order of their
        commits. Cheap if there are none."""
        with self._engine.reading() as db:
            return public_changes.since(db, after, limit)
