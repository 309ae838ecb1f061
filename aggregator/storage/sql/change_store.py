"""The contract's ChangeStore: the public changes of items, as subscribers and deliveries read them."""

from collections.abc import Sequence
from datetime import datetime

from aggregator.model.indexed import Indexed
from aggregator.model.public_change import Archived, PublicChange, ToldPage
from aggregator.storage.sql import archives, indexed, public_changes, told
from aggregator.storage.sql.engine import Engine, read
from aggregator.storage.sql.rows import moment


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

    def archive(self, name: str, number: int) -> Archived | None:
        """Return one archive of a channel, None for an unknown one and for one that is not closed yet."""
        with self._engine.reading() as db:
            channel = db.execute("SELECT number FROM channel WHERE name = ?", (name,)).fetchone()
            return None if channel is None else archives.read(db, channel["number"], number)

    def last_told(self) -> int:
        """Return the number of the last withdrawal or correction, 0 without one. Cheap."""
        with self._engine.reading() as db:
            return told.last(db)

    def told(self, page: int | None) -> ToldPage | None:
        """Return a closed page of withdrawals and corrections, the newest ones for None, newest first; None
        for a page that is not full yet."""
        with self._engine.reading() as db:
            return told.page(db, page)

    def told_after(self, cursor: int) -> ToldPage:
        """Return withdrawals and corrections after a cursor, oldest first."""
        with self._engine.reading() as db:
            return told.after(db, cursor)

    def withdrawn(self, item: int) -> datetime | None:
        """Return when an item left the outputs, None for one that is public or never was."""
        found = read(
            self._engine,
            "SELECT kind, at FROM public_change WHERE item = ? ORDER BY number DESC LIMIT 1",
            (item,),
        )
        return next((moment(row["at"]) for row in found if row["kind"] == "withdrawn"), None)

    def indexed(self, limit: int) -> Sequence[Indexed]:
        """Return the newest items whose pages search engines may list."""
        with self._engine.reading() as db:
            return indexed.newest(db, limit)

    def news(self, since: datetime, limit: int) -> Sequence[Indexed]:
        """Return those of them that were released since."""
        with self._engine.reading() as db:
            return indexed.news(db, since, limit)
