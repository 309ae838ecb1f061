"""The contract's ItemStore: items, channels and stories read for publishers and people; transitions."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from aggregator.model.changes import Transition
from aggregator.model.provenance import Provenance
from aggregator.model.public_change import Selected
from aggregator.model.release import WINDOW, Window
from aggregator.model.stored import FeedInfo, HistoryPage, ItemQuery, Revision, Stored
from aggregator.policy import history
from aggregator.policy.paging import Cursor, Listed
from aggregator.storage.sql import (
    activity,
    archives,
    listed_channels,
    listing,
    provenance,
    removals,
    revisions,
    search,
    selection,
    values,
)
from aggregator.storage.sql.also import with_story
from aggregator.storage.sql.engine import Engine, as_json, ints, read, texts
from aggregator.storage.sql.rows import moment
from aggregator.storage.sql.selection import ITEM


class ItemStore:
    """The items of one store."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def index(self) -> None:
        """Bring the search index up to date, in several short transactions."""
        while search.update(self._engine):  # polls go on in between
            pass

    def channels(self) -> tuple[str, ...]:
        """Return the names of channels that navigation and exports list."""
        with self._engine.reading() as db:
            return listed_channels.names(db)

    def seq(self) -> int:
        """Return the newest change of the store that anything published may show. Cheap."""
        (row,) = read(self._engine, "SELECT value FROM counter WHERE name = 'seq'")
        return int(row["value"])

    def channel_seq(self, name: str) -> tuple[int, datetime] | None:
        """Return the newest change to what a channel shows, and when. Cheap.

        None for an unknown channel, and for a language that is not registered or has had no item.
        """
        with self._engine.reading() as db:
            row = db.execute("SELECT number, seq, changed FROM channel WHERE name = ?", (name,)).fetchone()
            if row is None or not listed_channels.is_shown(db, name, row["number"]):
                return None
            return row["seq"], moment(row["changed"])

    def select(self, name: str, window: Window = WINDOW) -> tuple[Stored, ...]:
        """Return the items of a channel's document: those that re-enter it, then those of its window."""
        return self.selected(name, window).items

    def selected(self, name: str, window: Window = WINDOW) -> Selected:
        """Return what a channel's document holds; nothing for an unknown channel."""
        with self._engine.reading() as db:
            channel = db.execute("SELECT number, changed FROM channel WHERE name = ?", (name,)).fetchone()
            if channel is None:
                return Selected()
            number = channel["number"]
            shown = selection.shown(db, name, number, window, moment(channel["changed"]))
            items = with_story(db, [values.stored(row) for row in shown.rows])
            return Selected(shown.gone, items, shown.kept, archives.last(db, number)["number"])

    def listing(self, name: str, most: int, behind: Cursor | None = None) -> tuple[Listed, ...]:
        """Return up to `most` of what the pages of a channel list behind a place: what it shows, and of a
        shared one also items that were older than the service when it first saw them; newest shown date
        first. Cheap."""
        with self._engine.reading() as db:
            return listing.listing(db, name, most, behind)

    def is_place(self, cursor: Cursor) -> bool:
        """Return whether lists have, or had, an item at this place."""
        with self._engine.reading() as db:
            return listing.is_place(db, cursor)

    def dates(self, name: str, since: datetime, most: int) -> tuple[datetime, ...]:
        """Return the shown dates of a channel's releases since then, newest first, at most `most`. Cheap."""
        with self._engine.reading() as db:
            return activity.dates(db, name, since, most)

    def counts(self, prefix: str, since: datetime, most: int) -> Mapping[str, int]:
        """Return how many releases, at most `most`, each channel of a prefix has shown since then."""
        with self._engine.reading() as db:
            return activity.counts(db, prefix, since, most)

    def numbered(self, numbers: Iterable[int]) -> tuple[Stored, ...]:
        """Return the items with these numbers that exist, in the order given."""
        wanted = tuple(numbers)
        with self._engine.reading() as db:
            found = db.execute(f"{ITEM} WHERE i.number {ints()}", (as_json(wanted),))
            by_number = {row["number"]: values.stored(row) for row in found}
            return with_story(db, [by_number[number] for number in wanted if number in by_number])

    def find(self, name: str) -> Stored | None:
        """Return the item with this id."""
        with self._engine.reading() as db:
            row = db.execute(f"{ITEM} WHERE i.id = ?", (name,)).fetchone()
            return None if row is None else with_story(db, [values.stored(row)])[0]

    def named(self, reference: str) -> tuple[Stored, ...]:
        """Return all items with this id, public id or URL, of whatever source and state: an item's public id
        may be the URL of another's."""
        with self._engine.reading() as db:
            found = db.execute(
                f"""{ITEM} WHERE i.number IN (
                    SELECT number FROM item WHERE id = :reference
                    UNION SELECT number FROM item WHERE public_id = :reference
                    UNION SELECT number FROM item WHERE url = :reference)
                ORDER BY i.number""",
                {"reference": reference},
            ).fetchall()
            return with_story(db, [values.stored(row) for row in found])

    def story(self, number: int) -> tuple[Stored, ...]:
        """Return all members of the story of an item (itself alone when it has none)."""
        found = read(
            self._engine,
            f"""{ITEM} WHERE i.number = :number
            OR i.story = (SELECT story FROM item WHERE number = :number) ORDER BY i.number""",
            {"number": number},
        )
        return tuple(map(values.stored, found))

    def release_due(self, now: datetime, limit: int, *, by_clock: bool = True) -> tuple[Stored, ...]:
        """Return held items whose time has come, earliest first, of sources in turn; `selection.due`."""
        with self._engine.reading() as db:
            return tuple(map(values.stored, selection.due(db, now, limit, by_clock=by_clock)))

    def over_budget(self, source: str, limit: int) -> tuple[Stored, ...]:
        """Return items that the budget of their source holds, the first stored first."""
        found = read(
            self._engine,
            f"{ITEM} WHERE i.over_budget = 1 AND s.id = ? ORDER BY i.number LIMIT ?",
            (source, limit),
        )
        return tuple(map(values.stored, found))

    def items(self, wanted: ItemQuery) -> tuple[Stored, ...]:
        """Return items in any state, the last stored first, or those of the newest shown dates."""
        if wanted.search:
            self.index()
        with self._engine.reading() as db:
            found = listing.matching(db, self._engine.index, wanted)
            return with_story(db, [values.stored(row) for row in found])

    def history(self, number: int, before: int | None = None) -> HistoryPage:
        """Return the page of an item's history whose revisions were replaced before that one, without any
        where no page begins. Cheap: reads an index alone."""
        with self._engine.reading() as db:
            return history.page(revisions.sizes(db, number), before)

    def revisions(self, page: HistoryPage) -> tuple[Revision, ...]:
        """Return the earlier public states of an item on one page of its history, newest first."""
        with self._engine.reading() as db:
            return revisions.of_page(db, page)

    def corrections(self, number: int) -> tuple[Revision, ...]:
        """Return all earlier states of an item without their content, newest first."""
        with self._engine.reading() as db:
            return revisions.of_item(db, number)

    def provenance(self, number: int) -> tuple[Provenance, ...]:
        """Return the documents that the versions of an item were read from, newest version first."""
        with self._engine.reading() as db:
            return provenance.of_item(db, number)

    def audit(self, number: int) -> tuple[Transition, ...]:
        """Return the transitions of an item, oldest first."""
        found = read(self._engine, "SELECT * FROM audit WHERE item = ? ORDER BY number", (number,))
        return tuple(map(values.transition, found))

    def held_for_operator(self) -> tuple[int, int]:
        """Return how many items, or versions of items, only an operator releases, and the newest's number."""
        (row,) = read(
            self._engine,
            """SELECT count(*) AS items, coalesce(max(number), 0) AS newest FROM (
                SELECT number FROM item
                WHERE state = 'held' AND (release IS NULL OR (dated = 1 AND reason = 'review'))
                AND over_budget = 0 AND reinstated = 0
                UNION ALL SELECT number FROM item WHERE pending IS NOT NULL) AS awaiting""",
        )
        return int(row["items"]), int(row["newest"])

    def last_act(self) -> int:
        """Return the number of the last transition of any item. Cheap."""
        return int(read(self._engine, "SELECT coalesce(max(number), 0) AS number FROM audit")[0]["number"])

    def acts(self, after: int, limit: int) -> tuple[tuple[int, Transition], ...]:
        """Return the transitions after a number and their numbers, oldest first. Cheap if there are none."""
        found = read(
            self._engine,
            """SELECT a.*, i.id AS name FROM audit a JOIN item i ON i.number = a.item
            WHERE a.number > ? ORDER BY a.number LIMIT ?""",
            (after, limit),
        )
        return tuple((row["number"], values.transition(row, row["name"])) for row in found)

    def last_removal(self, after: tuple[int, int] = removals.NONE) -> tuple[int, int]:
        """Return a mark of the last time that anything left the outputs; `after`, the mark of before, when
        nothing has since. Cheap."""
        with self._engine.reading() as db:
            return removals.last(db, after)

    def feeds(self, ids: Iterable[str] | None = None) -> tuple[FeedInfo, ...]:
        """Return every source ever stored, configured or not, or those with these ids, by id."""
        which, given = ("", ()) if ids is None else (f"WHERE id {texts()}", (as_json(ids),))
        return tuple(
            map(values.feed_info, read(self._engine, f"SELECT * FROM source {which} ORDER BY id", given))
        )

    def renamed(self, source: str) -> str:
        """Return the present id of a source that had this one before it was renamed, "" for none."""
        return next((new for _, new in self.former_ids(source)), "")

    def former_ids(self, source: str = "") -> tuple[tuple[str, str], ...]:
        """Return the ids that sources had before they were renamed, or this one, with the present ones."""
        query = f"""SELECT f.id AS former, s.id FROM former_id f JOIN source s ON s.number = f.source
            WHERE NOT EXISTS (SELECT 1 FROM source WHERE id = f.id) {"AND f.id = ?" if source else ""}
            ORDER BY f.id"""
        found = read(self._engine, query, (source,) if source else ())
        return tuple((row["former"], row["id"]) for row in found)

    def feed(self, source: str) -> FeedInfo | None:
        """Return the published details of a source's feed."""
        found = read(self._engine, "SELECT * FROM source WHERE id = ?", (source,))
        return next(map(values.feed_info, found), None)
