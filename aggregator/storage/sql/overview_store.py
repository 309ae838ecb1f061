"""The contract's OverviewStore: what the admin side shows of sources and counts, each a bounded query."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from aggregator.model.overview import PastPoll, SeenItem, SourceQuery, Subscribers, Tally, TallyKind
from aggregator.model.poll import Health, SourceState
from aggregator.storage.sql import health, rows, tallies
from aggregator.storage.sql.engine import Engine, read

POLLS_MAX = 3_000  # of one source: a month of polls every 15 minutes
ITEMS_MAX = 200  # newest, by which delays and feeds are judged
SUBSCRIBERS_MAX = 50
# In the order of the index of items by source and state, so that no other item is read.
OF_SOURCE = """SELECT number FROM (SELECT number FROM item
    WHERE source = (SELECT number FROM source WHERE id = :source) AND state = '{}'
    ORDER BY number DESC LIMIT :limit) found"""
# The first time that an item which had been held was published.
RELEASED = "(SELECT min(at) FROM audit WHERE item = item.number AND before = 'held' AND after = 'live')"
SHOWN = ("live", "held")
STATES = {
    SourceState.FAILING: "failures > 0",
    SourceState.WAITING: "failures = 0 AND last_success IS NULL",
    SourceState.WORKING: "failures = 0 AND last_success IS NOT NULL",
}


class OverviewStore:
    """Sources and counts of one store, for the pages of the admin side."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, counts: Iterable[Tally], now: datetime) -> None:
        """Add counts of hours."""
        with self._engine.writing(checked=False) as db:
            tallies.add(db, counts, now)

    def health(self) -> tuple[Health, ...]:
        """Return the health of each configured source, by id."""
        with self._engine.reading() as db:
            return health.of_all(db)

    def tallied(self, kind: TallyKind, start: datetime) -> tuple[Tally, ...]:
        """Return the counts of a kind from an hour on, oldest first."""
        with self._engine.reading() as db:
            return tallies.since(db, kind, start)

    def sources(self, wanted: SourceQuery) -> tuple[Health, ...]:
        """Return the health of a page of sources, by id."""
        chosen = ["configured = 1", "id > :after"]
        if wanted.state is not None:
            chosen.append(STATES[wanted.state])
        if wanted.words:
            texts = ("id", "lower(organisation)", "lower(title)")  # LIKE has other rules in each engine
            found = [f"replace({each}, :words, '') <> {each}" for each in texts]
            chosen.append(f"({' OR '.join(found)})")
        statement = f"SELECT * FROM source WHERE {' AND '.join(chosen)} ORDER BY id LIMIT :limit"
        parameters = {"after": wanted.after, "words": wanted.words.lower(), "limit": wanted.limit}
        with self._engine.reading() as db:
            return health.of(db, db.execute(statement, parameters).fetchall())

    def states(self) -> Mapping[SourceState, int]:
        """Return how many configured sources there are in each state, counted in indexes alone."""
        counted = [
            f"(SELECT count(*) FROM source WHERE configured = 1 AND {condition}) AS {state}"
            for state, condition in (*STATES.items(), ("all_of_them", "1 = 1"))
            if state is not SourceState.WORKING
        ]
        (row,) = read(self._engine, f"SELECT {', '.join(counted)}")
        failing, waiting = row[SourceState.FAILING.value], row[SourceState.WAITING.value]
        return {
            SourceState.FAILING: failing,
            SourceState.WAITING: waiting,
            SourceState.WORKING: row["all_of_them"] - failing - waiting,
        }

    def source(self, name: str) -> Health | None:
        """Return the health of a configured source."""
        with self._engine.reading() as db:
            found = db.execute("SELECT * FROM source WHERE configured = 1 AND id = ?", (name,)).fetchall()
            return next(iter(health.of(db, found)), None)

    def polls(self, source: str) -> tuple[PastPoll, ...]:
        """Return the last polls of a source, newest first."""
        found = read(
            self._engine,
            """SELECT started, kind, message, seconds, new, edited, status FROM poll
            WHERE source = (SELECT number FROM source WHERE id = ?) ORDER BY number DESC LIMIT ?""",
            (source, POLLS_MAX),
        )
        return tuple(rows.value(PastPoll, row) for row in found)

    def newest(self, source: str = "") -> tuple[SeenItem, ...]:
        """Return the newest items of a source, live and held, or of all, newest first."""
        of_source = f"number IN ({' UNION ALL '.join(OF_SOURCE.format(each) for each in SHOWN)})"
        of_all = "number > (SELECT max(number) FROM item) - :limit"
        found = read(
            self._engine,
            f"""SELECT title, first_seen, claimed, flags, backlog, coalesce({RELEASED},
            CASE WHEN state = 'live' THEN first_seen END) AS published FROM item
            WHERE {of_source if source else of_all}
            ORDER BY number DESC LIMIT :limit""",
            {"source": source, "limit": ITEMS_MAX},
        )
        return tuple(rows.value(SeenItem, row) for row in found)

    def subscribers(self) -> tuple[Subscribers, ...]:
        """Return the subscribers of the own hub by channel, most first."""
        found = read(
            self._engine,
            """SELECT coalesce(c.name, '') AS name, count(*) AS many FROM hub_subscriber h
            LEFT JOIN channel c ON c.number = h.channel
            GROUP BY coalesce(c.name, '') ORDER BY many DESC, name LIMIT ?""",
            (SUBSCRIBERS_MAX,),
        )
        return tuple(Subscribers(row["name"], "hub", row["many"]) for row in found)
