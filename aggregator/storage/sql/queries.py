"""The contract's ItemStore: items, channels and stories read for publishers and people; transitions."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from aggregator.model import (
    WINDOW,
    FeedInfo,
    HistoryPage,
    ItemQuery,
    Revision,
    Stored,
    StoryMember,
    Transition,
    Window,
)
from aggregator.normalise.words import query
from aggregator.policy import history
from aggregator.policy.languages import primary
from aggregator.storage.sql import lifecycle, listing, rows, search, selection, values, waiting
from aggregator.storage.sql.engine import Connection, Engine, as_json, ints, read, texts
from aggregator.storage.sql.places import visible
from aggregator.storage.sql.rows import moment
from aggregator.storage.sql.selection import ITEM

JOURNAL = "withdrawals.jsonl"
# A revision with the link of the state that replaced it.
REVISION = """SELECT r.number, r.at, r.title, r.url, r.size, coalesce(
    (SELECT n.url FROM revision n WHERE n.item = r.item AND n.number > r.number ORDER BY n.number LIMIT 1),
    i.url) AS next_url"""
REVISED = "FROM revision r JOIN item i ON i.number = r.item WHERE"


class ItemStore:
    """The items of one store."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def apply_transitions(self, transitions: Sequence[Transition]) -> None:
        """Carry out transitions with their audit lines; all or, if a `before` is stale, StorageError."""
        with self._engine.writing() as db:
            lifecycle.apply(db, transitions, self._engine.directory / JOURNAL)

    def enter_waiting(self, now: datetime, limit: int) -> bool:
        """(poller) Let up to `limit` items enter the shared channels whose turn has come, in one short
        transaction; returns whether a turn had come. Cheap when none has."""
        with self._engine.reading() as db:
            is_turn = waiting.is_turn(db, now)
        if is_turn:
            with self._engine.writing() as db:
                waiting.enter(db, now, limit)
        return is_turn

    def enters(self, number: int) -> datetime | None:
        """Return when an item is expected to enter the merged channel; None if it does not wait for it."""
        with self._engine.reading() as db:
            return waiting.expected(db, number)

    def index(self) -> None:
        """Bring the search index up to date, in several short transactions."""
        while self._is_index_behind():  # several short transactions: polls go on between them
            with self._engine.writing() as db:
                search.update(db, self._engine.index)

    def _is_index_behind(self) -> bool:
        with self._engine.reading() as db:
            return search.is_behind(db)

    def channels(self) -> tuple[str, ...]:
        """Return the names of channels that navigation and exports list."""
        with self._engine.reading() as db:
            return listing.names(db)

    def seq(self) -> int:
        """Return the newest change of the store that anything published may show. Cheap."""
        (row,) = read(self._engine, "SELECT value FROM counter WHERE name = 'seq'")
        return int(row["value"])

    def channel_seq(self, name: str) -> tuple[int, datetime] | None:
        """Return the newest change to what a channel shows, and when. Cheap.

        None for an unknown channel, and for a language that is not registered or has no live item.
        """
        with self._engine.reading() as db:
            row = db.execute("SELECT number, seq, changed FROM channel WHERE name = ?", (name,)).fetchone()
            if row is None or (
                name.startswith(listing.LANGUAGES)
                and not (
                    primary(name.removeprefix(listing.LANGUAGES))
                    and listing.sources_of_first(db, row["number"], 1)
                )
            ):
                return None
            return row["seq"], moment(row["changed"])

    def select(self, name: str, window: Window = WINDOW) -> tuple[Stored, ...]:
        """Return what a channel shows of its window, highest position first; at most ITEMS_MAX and the
        corrected, of sources in turn."""
        with self._engine.reading() as db:
            channel = db.execute("SELECT number, changed FROM channel WHERE name = ?", (name,)).fetchone()
            if channel is None:
                return ()
            found = selection.shown(db, channel["number"], window, moment(channel["changed"]))
            return _with_story(db, [values.stored(row) for row in found])

    def earlier(self, limit: int) -> tuple[Stored, ...]:
        """Return live items that were older than the service when it first saw them and so never entered the
        merged channel; of those of a story that say the same only one, none if one did; of sources in turn,
        newest shown date first. Cheap."""
        with self._engine.reading() as db:
            return _with_story(db, [values.stored(row) for row in selection.earlier(db, limit)])

    def find(self, name: str) -> Stored | None:
        """Return the item with this id."""
        with self._engine.reading() as db:
            row = db.execute(f"{ITEM} WHERE i.id = ?", (name,)).fetchone()
            return None if row is None else _with_story(db, [values.stored(row)])[0]

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
            return _with_story(db, [values.stored(row) for row in found])

    def story(self, number: int) -> tuple[Stored, ...]:
        """Return all members of the story of an item (itself alone when it has none)."""
        found = read(
            self._engine,
            f"""{ITEM} WHERE i.number = :number
            OR i.story = (SELECT story FROM item WHERE number = :number) ORDER BY i.number""",
            {"number": number},
        )
        return tuple(map(values.stored, found))

    def release_due(self, now: datetime, limit: int) -> tuple[Stored, ...]:
        """Return held items whose time has come, earliest first, of sources in turn."""
        with self._engine.reading() as db:
            return tuple(map(values.stored, selection.due(db, now, limit)))

    def over_budget(self, source: str, limit: int) -> tuple[Stored, ...]:
        """Return items that the budget of their source holds, the first stored first."""
        found = read(
            self._engine,
            f"{ITEM} WHERE i.over_budget = 1 AND s.id = ? ORDER BY i.number LIMIT ?",
            (source, limit),
        )
        return tuple(map(values.stored, found))

    def items(self, wanted: ItemQuery) -> tuple[Stored, ...]:
        """Return items in any state, the last stored first."""
        if wanted.search:
            self.index()
        with self._engine.reading() as db:
            index, terms = self._engine.index, query(wanted.search)
            if wanted.search and not terms:
                return ()
            filters: Sequence[tuple[str, object]] = (
                (index.condition, index.query(terms)),
                ("s.id = ?", wanted.source),
                (f"? {texts('s.topics')}", wanted.topic),
                (
                    f"substr(lower(i.language) || '-', 1, {len(wanted.language) + 1}) = lower(?) || '-'",
                    wanted.language,
                ),
                (f"i.state {texts()}", as_json(wanted.states) if wanted.states else ""),
                ("i.number < ?", "" if wanted.before is None else wanted.before),
            )
            conditions = [each for each in filters if each[1] != ""]
            where = " AND ".join(condition for condition, _ in conditions) or "1 = 1"
            found = db.execute(
                f"{ITEM} WHERE {where} ORDER BY i.number DESC LIMIT ?",
                (*(parameter for _, parameter in conditions), wanted.limit),
            ).fetchall()
            return _with_story(db, [values.stored(row) for row in found])

    def history(self, number: int, before: int | None = None) -> HistoryPage:
        """Return the page of an item's history whose revisions were replaced before that one, without any
        where no page begins. Cheap: reads an index alone."""
        found = read(
            self._engine, "SELECT number, size FROM revision WHERE item = ? ORDER BY number DESC", (number,)
        )
        return history.page([(row["number"], row["size"]) for row in found], before)

    def revisions(self, page: HistoryPage) -> tuple[Revision, ...]:
        """Return the earlier public states of an item on one page of its history, newest first."""
        numbers = as_json(number for number, _ in page.revisions)
        found = read(
            self._engine,
            f"{REVISION}, r.content {REVISED} r.number {ints()} ORDER BY r.number DESC",
            (numbers,),
        )
        return tuple(rows.value(Revision, row) for row in found)

    def corrections(self, number: int) -> tuple[Revision, ...]:
        """Return all earlier states of an item without their content, newest first."""
        found = read(
            self._engine, f"{REVISION}, '' AS content {REVISED} r.item = ? ORDER BY r.number DESC", (number,)
        )
        return tuple(rows.value(Revision, row) for row in found)

    def audit(self, number: int) -> tuple[Transition, ...]:
        """Return the transitions of an item, oldest first."""
        found = read(self._engine, "SELECT * FROM audit WHERE item = ? ORDER BY number", (number,))
        return tuple(rows.value(Transition, row, number=row["item"], id="") for row in found)

    def held_for_operator(self) -> tuple[int, int]:
        """Return how many items only an operator releases, and the number of the newest."""
        (row,) = read(
            self._engine,
            """SELECT count(*) AS items, coalesce(max(number), 0) AS newest FROM item
            WHERE state = 'held' AND release IS NULL AND over_budget = 0 AND reinstated = 0""",
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
        return tuple(
            (row["number"], rows.value(Transition, row, number=row["item"], id=row["name"])) for row in found
        )

    def last_removal(self, after: int) -> int:
        """Return the number of the last transition that took an item out of the outputs; `after`, a number of
        before, when there was none since."""
        found = read(
            self._engine,
            """SELECT coalesce(max(number), :after) AS number FROM audit
            WHERE number > :after AND before = 'live'""",
            {"after": after},
        )
        return int(found[0]["number"])

    def feeds(self) -> tuple[FeedInfo, ...]:
        """Return every source ever stored, configured or not, by id."""
        return tuple(map(values.feed_info, read(self._engine, "SELECT * FROM source ORDER BY id")))

    def feed(self, source: str) -> FeedInfo | None:
        """Return what is published of a source's feed."""
        found = read(self._engine, "SELECT * FROM source WHERE id = ?", (source,))
        return next(map(values.feed_info, found), None)


def _with_story(db: Connection, items: list[Stored]) -> tuple[Stored, ...]:
    """Name the other organisations that released the same."""
    told = {item.story for item in items if item.story is not None}
    if not told:
        return tuple(items)
    others: dict[int | None, list[tuple[int, StoryMember]]] = {}
    for row in db.execute(
        f"""SELECT i.number, i.story, i.id, s.organisation, s.title, s.id AS source_id FROM item i
        JOIN source s ON s.number = i.source
        WHERE i.story {ints()} AND {visible()} ORDER BY i.number""",
        (as_json(told),),
    ):
        also = StoryMember(values.organisation(row, row["source_id"]), row["id"])
        others.setdefault(row["story"], []).append((row["number"], also))
    return tuple(replace(item, also=_besides(item.number, others.get(item.story, ()))) for item in items)


def _besides(number: int, members: Sequence[tuple[int, StoryMember]]) -> tuple[StoryMember, ...]:
    return tuple(also for member, also in members if member != number)
