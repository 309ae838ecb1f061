"""Searches of what is public: the same on every engine, bounded, and without a word of what is not."""

from typing import Any

import pytest

from aggregator.errors import StoreSlow
from aggregator.model.decision import Trigger
from aggregator.policy.search_query import parse
from aggregator.storage import Storage
from tests.given import DAY, HOUR, NOON, SourceDriver, config, entry, iso, source
from tests.storage.given import again, move

COAST = source(
    "coast-guard", licence="CC-BY-4.0", topics=("sea", "rescue"), organisation="Coast Guard", language="en"
)
RIVER = source("river-guard", topics=("rivers",), organisation="River Guard", language="en")
MINISTRY = source("ministere", topics=("health",), organisation="Ministère de l’Exemple", language="fr")


@pytest.fixture
def filled(storage: Storage) -> Storage:
    storage.admin.sync(config(COAST, MINISTRY), NOON)
    for one in (COAST, MINISTRY):
        SourceDriver(storage, one).says(now=NOON)
    coast, ministry = SourceDriver(storage, COAST), SourceDriver(storage, MINISTRY)
    coast.says(
        entry("Flood warning", "a", body="<p>A flood at the coast.</p>", published=iso(NOON + HOUR)),
        entry("Rescue", "b", body="<p>After the flood.</p>", published=iso(NOON + 2 * HOUR)),
        now=NOON + DAY,
    )
    ministry.says(
        entry("Santé", "c", body="<p>Une flood en français : inondation.</p>", published=iso(NOON + DAY)),
        now=NOON + 2 * DAY,
    )
    return storage


def found(storage: Storage, text: str, before: int | None = None, limit: int = 10) -> list[str]:
    matches = storage.searches.matching(parse(text), before, limit)
    return [each.item.title for each in storage.items.numbered(matches.numbers)]


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("flood", ["Santé", "Rescue", "Flood warning"]),
        ("FLO* coast", ["Flood warning"]),
        ('"the flood"', ["Rescue"]),
        ("francais", ["Santé"]),
        ("flood organisation:coast", ["Rescue", "Flood warning"]),
        ("organisation:ministere", ["Santé"]),
        ('organisation:"Coast Guard" before:2027-01-01', ["Rescue", "Flood warning"]),
        ("organisation:nobody flood", []),
        ("flood topic:sea", ["Rescue", "Flood warning"]),
        ("topic:health", ["Santé"]),
        ("licence:cc-by-4.0", ["Rescue", "Flood warning"]),
        ("flood licence:https://creativecommons.org/licenses/by/4.0/", ["Rescue", "Flood warning"]),
        ("licence:cc-by", []),
        ("flood language:fr", ["Santé"]),
        ("language:en", ["Rescue", "Flood warning"]),
        ("flood after:2100-01-01", []),
        ("before:2000-01-01", []),
        ("nothing", []),
    ],
)
def test_queries_find_live_items_the_last_stored_first(filled: Storage, text: str, titles: list[str]) -> None:
    assert found(filled, text) == titles


def test_dates_are_days_in_utc(filled: Storage) -> None:
    day, next_day = NOON.date(), (NOON + DAY).date()
    assert found(filled, f"flood after:{day} before:{next_day}") == ["Rescue", "Flood warning"]
    assert found(filled, f"after:{next_day}") == ["Santé"]


@pytest.mark.parametrize("text", ["flood", "organisation:coast", "language:en"])
def test_older_parts_go_on_where_the_last_one_ended(filled: Storage, text: str) -> None:
    titles, before = [], None
    while True:
        matches = filled.searches.matching(parse(text), before, 1)
        titles += [each.item.title for each in filled.items.numbered(matches.numbers)]
        if matches.before is None:
            break
        before = matches.before
    assert titles == found(filled, text)


@pytest.mark.parametrize("text", ["flood", "organisation:guard", "before:2100-01-01"])
def test_a_source_with_many_newer_matches_leaves_room_for_those_of_others(
    storage: Storage, text: str
) -> None:
    storage.admin.sync(config(COAST, RIVER), NOON)
    for one in (RIVER, COAST):
        SourceDriver(storage, one).says(now=NOON)
        many = (
            entry(f"{one.id} {n}", f"{n}", body="<p>A flood.</p>") for n in range(1 if one is RIVER else 60)
        )
        SourceDriver(storage, one).says(*many, now=NOON + DAY)
    parts = [storage.searches.matching(parse(text), None, 6)]
    while parts[-1].before is not None:
        parts.append(storage.searches.matching(parse(text), parts[-1].before, 6))
    titles = [[each.item.title for each in storage.items.numbered(each.numbers)] for each in parts]
    assert ("river-guard 0" in titles[0], len(titles[0])) == (True, 6)
    assert len({title for part in titles for title in part}) == 61  # none is left out


def test_without_words_a_bounded_number_of_items_is_looked_through(filled: Storage) -> None:
    first = filled.searches.matching(parse("language:en"), None, 10, scanned=1)
    assert first.numbers == ()
    assert first.before is not None
    assert len(filled.searches.matching(parse("language:en"), first.before, 10, scanned=1).numbers) == 1


def test_what_is_withdrawn_or_kept_back_is_not_found(filled: Storage) -> None:
    (number,) = filled.searches.matching(parse("warning"), None, 10).numbers
    (warning,) = filled.items.numbered([number])
    move(filled, warning, Trigger.WITHDRAW)
    assert found(filled, "warning") == []
    move(filled, again(filled, warning), Trigger.REINSTATE)
    assert found(filled, "warning") == []  # held until its origin lists it again


def test_a_search_that_takes_too_long_is_ended(filled: Storage, engine: str) -> None:
    endless = {
        "sqlite": "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n",
        "postgres": "SELECT pg_sleep(60)",
    }
    with pytest.raises(StoreSlow), filled.engine.searching(0.05) as db:
        db.execute(endless[engine]).fetchone()
    with filled.engine.searching(5) as db:
        row: Any = db.execute("SELECT 1 AS one").fetchone()
    assert row["one"] == 1
    assert found(filled, "warning") == ["Flood warning"]
