"""Items that fall due together go live and enter channels in short transactions, between the polls of others."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from aggregator.errors import StoreUnavailable
from aggregator.model.amendment import Amendment
from aggregator.model.decision import State, Trigger
from aggregator.model.stored import ItemQuery, Stored
from aggregator.policy.amendments import amended
from aggregator.policy.lifecycle import amend, step
from aggregator.policy.search_query import parse
from aggregator.service.releases import ENTERED_AT_ONCE, RELEASED_AT_ONCE, Releases
from aggregator.storage import Storage
from aggregator.storage.sql import search
from aggregator.storage.sql.engine import Engine
from aggregator.storage.sql.search import INDEXED_CHARS, INDEXED_ITEMS
from aggregator.storage.sqlite import storage as storage_of
from tests.engines import execute, open_storage
from tests.given import DAY, HOUR, MINUTE, NOON, SourceDriver, all_items, entry, iso
from tests.roles import altered
from tests.storage.given import given_origin, move
from tests.storage.test_contract_crowding import count, entered, flood

pytestmark = pytest.mark.usefixtures("engine")

LATER = NOON + 5 * HOUR


@dataclass
class Work:
    """Statements of one write transaction, those with lists of parameters apart, and the rows that they write."""

    statements: list[str] = field(default_factory=list)
    inserts: list[str] = field(default_factory=list)
    rows: int = 0


@dataclass
class Counted:
    """A connection that counts; beyond `rows_max` the database is too slow to answer."""

    connection: Any
    work: Work
    rows_max: int

    def execute(self, sql: str, parameters: Any = (), /) -> Any:
        self.work.statements.append(" ".join(sql.split()))
        return self.connection.execute(sql, parameters)

    def executemany(self, sql: str, parameters: Any, /) -> Any:
        self.work.inserts.append(sql)
        self.work.rows += len(parameters)
        if self.work.rows > self.rows_max:
            raise StoreUnavailable("the database does not answer in time")
        return self.connection.executemany(sql, parameters)


class CountedEngine:
    """An engine that counts the work of each write transaction."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.works: list[Work] = []
        self.rows_max = 1_000_000
        self.before_writing: Callable[[], object] | None = None  # what another process does, once

    def __getattr__(self, name: str) -> Any:
        return getattr(self.engine, name)

    @contextmanager
    def writing(self, *, checked: bool = True, shared: bool = False) -> Iterator[Counted]:
        if meanwhile := self.before_writing:
            self.before_writing = None
            meanwhile()
        work = Work()
        with self.engine.writing(checked=checked, shared=shared) as connection:
            yield Counted(connection, work, self.rows_max)
        self.works.append(work)


@dataclass
class Line:
    """A store of a ministry with a release in the merged channel, and of an agency, on a counted engine."""

    storage: Storage
    engine: CountedEngine
    ministry: SourceDriver
    agency: SourceDriver


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    engine = CountedEngine(open_storage(tmp_path).admin._engine)
    with closing(storage_of(engine)) as storage:
        ministry = given_origin(storage, "ministry", topics=("coast",))
        agency = given_origin(storage, "agency", topics=("coast",))
        ministry.says(entry("Ours", "m0"))
        yield Line(storage, engine, ministry, agency)


def given_held(line: Line, number: int) -> None:
    """So many items of the agency with the same date ahead."""
    line.agency.says(*(entry(f"Flood {n}", f"f{n}", published=iso(LATER)) for n in range(number)))
    line.engine.works.clear()


def live(line: Line) -> int:
    return sum(each.state is State.LIVE for each in all_items(line.storage)) - 1


@pytest.mark.parametrize("number", [200, pytest.param(2_000, marks=pytest.mark.soak)])
def test_items_due_at_once_go_live_in_short_transactions_between_polls(line: Line, number: int) -> None:
    given_held(line, number)
    releases, ticks = Releases(line.storage), 0
    while releases(LATER + MINUTE):
        works, line.engine.works = line.engine.works, []
        assert max(work.rows for work in works) <= 8 * RELEASED_AT_ONCE
        assert max(len(work.statements) for work in works) <= 40
        ticks += 1
        line.ministry.says(entry("Ours", f"m{ticks}"), now=LATER + MINUTE)
    assert number // RELEASED_AT_ONCE <= ticks <= number // RELEASED_AT_ONCE + 1
    assert len(entered(line.storage, "sources/agency")) == min(number, 500)
    assert len(entered(line.storage)) == len(entered(line.storage, "topics/coast")) == 20


@pytest.mark.parametrize("number", [900, pytest.param(4_800, marks=pytest.mark.soak)])
def test_items_that_waited_for_a_day_enter_in_short_transactions_between_polls(
    line: Line, number: int
) -> None:
    for first in range(0, number, 600):
        line.agency.says(*(entry(f"Flood {n}", f"f{n}") for n in range(first, min(first + 600, number))))
    for hours in range(1, 24):
        while line.storage.acts.enter_waiting(NOON + hours * HOUR, ENTERED_AT_ONCE):
            pass
    line.engine.works.clear()
    ticks, left, now = 0, 2 * (number - 480), NOON + DAY
    while line.storage.acts.enter_waiting(now, ENTERED_AT_ONCE):
        (work,), line.engine.works = line.engine.works, []
        assert (work.rows, len(work.statements) <= 25) == (0, True)
        assert left - count(line.storage, "waiting") <= ENTERED_AT_ONCE
        left, ticks = count(line.storage, "waiting"), ticks + 1
        line.ministry.says(entry("Ours", f"m{ticks}"), now=now)
        line.engine.works.clear()
    assert left == 0
    assert count(line.storage, "turn") == 0
    assert (
        count(line.storage, "membership m JOIN item i ON i.number = m.item WHERE m.source = 2") == 3 * number
    )


def test_a_turn_writes_no_item_that_waits_on(line: Line) -> None:
    flood(line.agency, 600)
    line.engine.works.clear()
    line.storage.acts.enter_waiting(NOON + HOUR, ENTERED_AT_ONCE)
    (work,) = line.engine.works
    assert work.rows == 0
    assert [sql for sql in work.statements if sql.startswith("UPDATE waiting")] == []
    assert count(line.storage, "waiting") == 2 * 560


def test_a_source_is_asked_once_a_channel_whether_it_is_alone(line: Line) -> None:
    line.engine.works.clear()
    flood(line.agency, 100)
    asked = [sql for work in line.engine.works for sql in work.statements if "m.source <>" in sql]
    assert len(asked) == 2  # the merged channel and the topic


def test_groups_with_more_items_due_go_behind_the_others(line: Line, tmp_path: Path) -> None:
    flood(line.agency, 600)
    line.ministry.says(*(entry(f"M{n}", f"m{n}") for n in range(1, 41)))
    execute(tmp_path, "UPDATE waiting SET since = since - 86400000 WHERE source = 2")
    for tick in range(4):  # two groups of the agency, two of the ministry
        line.storage.acts.enter_waiting(NOON + HOUR + (1 + tick) * MINUTE, 10)
    rows = execute(tmp_path, "SELECT source, count(*) FROM waiting GROUP BY source ORDER BY source")
    assert rows == [(1, 2 * 10 + 2), (2, 2 * 570)]


def test_a_transaction_the_database_does_not_answer_in_time_is_halved(line: Line) -> None:
    given_held(line, 60)
    line.engine.rows_max = 60
    releases, failed = Releases(line.storage), 0
    for _ in range(60):
        try:
            if not releases(LATER + MINUTE):
                break
        except StoreUnavailable:
            failed += 1
    assert live(line) == 60
    assert 0 < failed < 10


def given_unindexed(line: Line, number: int, *, chars: int) -> None:
    """So many items of the agency with texts of so many characters: all that the index has not."""
    indexes(line)
    body = f"<p>{'tide ' * (chars // 5)}</p>"
    line.agency.says(*(entry(f"Flood {n}", f"f{n}", body=body) for n in range(number)))


def waiting_for_index(line: Line) -> int:
    return count(line.storage, "item WHERE indexed = 0")


def indexes(line: Line) -> None:
    """Search until the index has all items."""
    while not line.storage.searches.matching(parse("tide"), None, 100).is_complete:
        pass


def test_a_poll_leaves_the_search_index_to_searches(line: Line) -> None:
    given_unindexed(line, 0, chars=0)
    line.engine.works.clear()
    given_unindexed(line, 60, chars=100)
    polls = line.engine.works
    assert [sql for work in polls for sql in (*work.statements, *work.inserts) if "item_words" in sql] == []
    assert waiting_for_index(line) == 60
    indexes(line)
    assert waiting_for_index(line) == 0


def maintains(line: Line) -> None:
    line.storage.items.index()


@pytest.mark.parametrize("index", [indexes, maintains])
@pytest.mark.parametrize(
    ("number", "chars", "items_max"),
    [(2 * INDEXED_ITEMS + 20, 100, INDEXED_ITEMS), (6, INDEXED_CHARS * 3 // 5, 2)],
)
def test_searches_and_maintenance_index_few_items_and_characters_in_a_transaction(
    line: Line, number: int, chars: int, items_max: int, index: Callable[[Line], None]
) -> None:
    given_unindexed(line, number, chars=chars)
    line.engine.works.clear()
    index(line)
    rows = [work.rows for work in line.engine.works]
    assert (max(rows), sum(rows)) == (items_max, number)


def edited(line: Line) -> None:
    line.agency.says(entry("Ebb", "f0", body="<p>ebb</p>"), now=LATER)


def amended_by_the_desk(line: Line) -> None:
    item = all_items(line.storage)[-1]
    change = amended(item, Amendment(headline="Ebb"))
    line.storage.acts.apply_transitions([amend(item, change, reason="clearer", actor="desk", at=LATER)])


def erased(line: Line) -> None:
    item = all_items(line.storage)[-1]
    line.storage.admin.erase([step(item, Trigger.ERASE, reason="court", actor="desk", at=LATER)])


def indexed_elsewhere(line: Line) -> None:
    line.storage.items.index()


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (edited, {"tide": 0, "ebb": 1}),
        (amended_by_the_desk, {"tide": 1, "ebb": 1}),
        (erased, {"tide": 0, "ebb": 0}),
        (indexed_elsewhere, {"tide": 1, "ebb": 0}),
    ],
)
def test_an_item_that_changes_while_it_is_indexed_is_found_by_its_present_words_alone(
    line: Line, change: Callable[[Line], None], found: dict[str, int]
) -> None:
    given_unindexed(line, 1, chars=100)
    line.engine.before_writing = partial(change, line)
    assert search.update(line.engine)
    assert line.engine.before_writing is None
    items = line.storage.items.items
    assert {word: len(items(ItemQuery(search=word))) for word in found} == found
    line.agency.says(entry("Neap", "f0", body="<p>neap</p>"), now=LATER + HOUR)
    assert items(ItemQuery(search="tide")) == ()  # the words that are removed are those that were added


class Interrupted:
    """Reads of items; an operator withdraws the first that is due right after it was read."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._is_withdrawn = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._storage.items, name)

    def release_due(self, now: datetime, limit: int, *, by_clock: bool = True) -> tuple[Stored, ...]:
        due = self._storage.items.release_due(now, limit)
        if not self._is_withdrawn:
            self._is_withdrawn = True
            move(self._storage, due[0], Trigger.WITHDRAW)
        return due


def test_an_item_withdrawn_while_it_falls_due_stops_no_release(line: Line) -> None:
    given_held(line, 3)
    interrupted: Any = Interrupted(line.storage)
    Releases(altered(line.storage, items=interrupted)).all(LATER + MINUTE)
    assert live(line) == 2
    assert [each.state for each in all_items(line.storage)].count(State.WITHDRAWN) == 1
