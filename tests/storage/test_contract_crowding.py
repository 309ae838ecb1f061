"""Contract of every storage engine: a source cannot crowd others out of a shared channel."""

from datetime import datetime, timedelta

import pytest

from aggregator.model.decision import Trigger
from aggregator.service.releases import Releases
from aggregator.storage import Storage
from tests.given import DAY, HOUR, MINUTE, NOON, SourceDriver, all_items, config, entry, iso, source, titles
from tests.storage.given import again, given_origin, move, translated


def given_neighbours(storage: Storage, **settings: object) -> tuple[SourceDriver, SourceDriver]:
    """A ministry with one release in the merged channel, and an agency with none yet."""
    ministry = given_origin(storage, "ministry")
    agency = given_origin(storage, "agency", **settings)
    ministry.says(entry("Ours", "m1"))
    return ministry, agency


def flood(driver: SourceDriver, count: int, now: datetime = NOON) -> None:
    """The source publishes this many items at once; number 0 is the oldest."""
    driver.says(*(entry(f"Flood {n}", f"f{n}") for n in reversed(range(count))), now=now)


def entered(storage: Storage, name: str = "") -> list[str]:
    return [title for title in reversed(titles(storage.items.select(name))) if title.startswith("Flood")]


def enter(storage: Storage, now: datetime, limit: int = 100) -> int:
    """Let all items enter whose turn has come; returns the number of transactions."""
    transactions = 0
    while storage.acts.enter_waiting(now, limit):
        transactions += 1
        assert transactions < 1_000
    return transactions


def test_a_flood_enters_a_shared_channel_twenty_an_hour_oldest_first(storage: Storage) -> None:
    _, agency = given_neighbours(storage)
    flood(agency, 50)
    assert len(entered(storage, "sources/agency")) == 50
    expected = [f"Flood {n}" for n in range(50)]
    assert entered(storage) == expected[:20]
    enter(storage, NOON + HOUR - MINUTE)
    assert entered(storage) == expected[:20]
    enter(storage, NOON + HOUR)
    assert entered(storage) == expected[:40]
    enter(storage, NOON + 2 * HOUR)
    assert entered(storage) == expected


def test_positions_are_in_the_order_of_entering(storage: Storage) -> None:
    ministry, agency = given_neighbours(storage)
    flood(agency, 21)
    ministry.says(entry("Ours", "m1"), entry("Ours again", "m2"), now=NOON + MINUTE)
    enter(storage, NOON + HOUR)
    assert titles(storage.items.select(""))[:3] == ["Flood 20", "Ours again", "Flood 19"]


def test_a_turn_moves_only_the_channel_that_is_entered(storage: Storage) -> None:
    _, agency = given_neighbours(storage)
    flood(agency, 21)
    before = {name: storage.items.channel_seq(name) for name in storage.items.channels()}
    enter(storage, NOON + HOUR - MINUTE)
    assert {name: storage.items.channel_seq(name) for name in before} == before
    enter(storage, NOON + HOUR)
    assert [name for name in before if storage.items.channel_seq(name) != before[name]] == [""]


def test_nothing_waits_longer_than_a_day_and_nothing_is_skipped(storage: Storage) -> None:
    _, agency = given_neighbours(storage)
    flood(agency, 600)
    for hours in range(1, 24):
        enter(storage, NOON + hours * HOUR)
        assert len(entered(storage)) == 20 * (hours + 1)
    enter(storage, NOON + DAY)
    assert count(storage, "waiting") == count(storage, "turn") == 0
    assert count(storage, "membership m JOIN channel c ON c.number = m.channel WHERE c.name = ''") == 601


def count(storage: Storage, table: str) -> int:
    with storage.items._engine.reading() as db:
        row = db.execute(f"SELECT count(*) AS items FROM {table}").fetchone()
    assert row is not None
    return int(row["items"])


def test_a_source_alone_in_a_channel_has_no_limit(storage: Storage) -> None:
    _, agency = given_neighbours(storage, topics=("coast",))
    flood(agency, 50)
    assert len(entered(storage, "topics/coast")) == 50
    assert len(entered(storage)) == 20


@pytest.mark.parametrize(("later", "number"), [(2 * DAY, 20), (3 * DAY, 50)])
def test_a_source_is_alone_whose_neighbours_left_the_window(
    storage: Storage, later: timedelta, number: int
) -> None:
    _, agency = given_neighbours(storage)
    agency.says(*(entry(f"Early {n}", f"e{n}") for n in range(60)), now=NOON)
    for hours in range(1, 4):
        enter(storage, NOON + hours * HOUR)
    flood(agency, 50, now=NOON + later)
    assert len(entered(storage)) == number


def test_a_source_beside_one_of_the_newest_items_is_not_alone_however_old(storage: Storage) -> None:
    _, agency = given_neighbours(storage)
    flood(agency, 50, now=NOON + 9 * DAY)
    assert len(entered(storage)) == 20


def test_every_shared_channel_has_the_limit(storage: Storage) -> None:
    both = {"topics": ("coast",), "language": "en"}
    ministry, agency = (given_origin(storage, name, **both) for name in ("ministry", "agency"))
    ministry.says(entry("Ours", "m1"))
    flood(agency, 50)
    lengths = [len(entered(storage, name)) for name in ("", "topics/coast", "languages/en", "sources/agency")]
    assert lengths == [20, 20, 20, 50]


def test_a_new_item_enters_behind_those_whose_turn_has_come(storage: Storage) -> None:
    _, agency = given_neighbours(storage)
    flood(agency, 41)
    agency.says(entry("Flood 41", "f41"), now=NOON + HOUR)
    assert len(entered(storage)) == 20
    enter(storage, NOON + HOUR)
    assert entered(storage) == [f"Flood {n}" for n in range(40)]
    enter(storage, NOON + 2 * HOUR)
    assert entered(storage) == [f"Flood {n}" for n in range(42)]


def test_withdrawn_items_that_wait_keep_none_behind_them(storage: Storage) -> None:
    _, agency = given_neighbours(storage)
    flood(agency, 21)
    (last,) = (each for each in all_items(storage) if each.item.title == "Flood 20")
    move(storage, last, Trigger.WITHDRAW)
    agency.says(entry("Flood 21", "f21"), now=NOON + HOUR)
    assert entered(storage)[-1] == "Flood 21"


def test_a_clock_set_back_moves_the_turns(storage: Storage) -> None:
    _, agency = given_neighbours(storage)
    flood(agency, 21)
    storage.polls.set_back(DAY)
    assert not storage.acts.enter_waiting(NOON + HOUR - DAY - MINUTE, 100)
    assert storage.acts.enter_waiting(NOON + HOUR - DAY, 100)


def test_the_turns_of_a_source_go_with_it(storage: Storage) -> None:
    _, agency = given_neighbours(storage)
    flood(agency, 21)
    storage.admin.sync(config(source("ministry")), NOON)
    storage.admin.forget("agency", NOON)
    assert count(storage, "turn") == 0


def test_the_operator_sees_what_waits_and_until_when(storage: Storage) -> None:
    _, agency = given_neighbours(storage)
    flood(agency, 50)
    waits = {each.feed.id: each.waiting for each in storage.overview.health()}
    assert waits == {"agency": 30, "ministry": 0}
    by_title = {each.item.title: storage.acts.enters(each.number) for each in all_items(storage)}
    found = [by_title[f"Flood {n}"] for n in (19, 20, 39, 40)]
    assert found == [None, NOON + HOUR, NOON + HOUR, NOON + 2 * HOUR]


def test_members_of_one_story_released_together_stand_once_in_the_merged_feed(storage: Storage) -> None:
    ministry, agency = given_neighbours(storage)
    body = "<p>" + "the bridge is open again after nine months of careful work by many hands " * 3 + "</p>"
    ahead = iso(NOON + HOUR)
    for driver in (agency, ministry):
        driver.says(entry("Bridge", "b", "https://bridge.example/", body=body, published=ahead))
    Releases(storage).all(NOON + HOUR)
    assert [each.source for each in storage.items.select("") if each.item.title == "Bridge"] == ["agency"]
    for name in ("agency", "ministry"):
        assert "Bridge" in titles(storage.items.select(f"sources/{name}"))


def test_burst_is_a_setting_of_the_source(storage: Storage) -> None:
    _, agency = given_neighbours(storage, burst=3)
    flood(agency, 10)
    assert len(entered(storage)) == 3
    storage.admin.sync(config(source("ministry"), source("agency", burst=6)), NOON)
    enter(storage, NOON + HOUR)
    assert len(entered(storage)) == 9


def test_a_second_flood_enters_behind_the_first(storage: Storage) -> None:
    _, agency = given_neighbours(storage)
    flood(agency, 30)
    later = [entry(f"Flood {n}", f"f{n}") for n in reversed(range(30, 35))]
    agency.says(*later, now=NOON + MINUTE)
    enter(storage, NOON + 2 * HOUR)
    assert entered(storage) == [f"Flood {n}" for n in range(35)]


def test_turns_missed_without_a_service_do_not_end_in_a_burst(storage: Storage) -> None:
    _, agency = given_neighbours(storage)
    flood(agency, 100)
    enter(storage, NOON + 10 * HOUR)
    assert len(entered(storage)) == 40
    enter(storage, NOON + 10 * HOUR + MINUTE)
    assert len(entered(storage)) == 40
    enter(storage, NOON + 11 * HOUR)
    assert entered(storage) == [f"Flood {n}" for n in range(60)]


def test_a_withdrawn_item_enters_only_once_it_is_reinstated(storage: Storage) -> None:
    _, agency = given_neighbours(storage)
    flood(agency, 21)
    (last,) = (each for each in all_items(storage) if each.item.title == "Flood 20")
    move(storage, last, Trigger.WITHDRAW)
    enter(storage, NOON + HOUR)
    assert len(entered(storage)) == 20
    found = storage.items.find(last.id)
    assert found is not None
    move(storage, found, Trigger.REINSTATE)
    flood(agency, 21, NOON + HOUR)  # says it again
    Releases(storage).all(NOON + HOUR)
    assert len(entered(storage)) == 21


def test_a_waiting_release_yields_to_another_member_of_its_story(storage: Storage) -> None:
    ministry, agency = given_neighbours(storage)
    body = "<p>" + "the bridge is open again after nine months of careful work by many hands " * 3 + "</p>"
    copied = entry("Bridge", "b", "https://ministry.example/bridge", body=body)
    agency.says(copied, *(entry(f"Flood {n}", f"f{n}") for n in range(20)))
    assert "Bridge" not in titles(storage.items.select(""))
    ministry.says(entry("Ours", "m1"), copied, now=NOON + MINUTE)
    enter(storage, NOON + HOUR)
    assert [each.source for each in storage.items.select("") if each.item.title == "Bridge"] == ["ministry"]


def test_a_change_of_topics_keeps_waiting_items_waiting(storage: Storage) -> None:
    _, agency = given_neighbours(storage)
    flood(agency, 30)
    storage.admin.sync(config(source("ministry"), source("agency", topics=("coast",))), NOON)
    assert len(entered(storage, "topics/coast")) == 20
    enter(storage, NOON + HOUR)
    assert len(entered(storage, "topics/coast")) == 30
    assert len(entered(storage)) == 30


@pytest.mark.parametrize("is_held", [False, True])
def test_waiting_items_wait_for_the_channel_of_their_new_language(storage: Storage, *, is_held: bool) -> None:
    _, agency = given_neighbours(storage, burst=1)
    said = [translated(entry(f"Flood {n}", f"f{n}"), "en") for n in reversed(range(4))]
    agency.says(*said)
    chosen = [each for each in all_items(storage) if each.item.title in ("Flood 0", "Flood 3")]
    if is_held:
        for each in chosen:
            move(storage, each, Trigger.HOLD)
    agency.says(*(translated(each, "fr") for each in said), now=NOON + MINUTE)
    if is_held:
        for each in chosen:
            move(storage, again(storage, each), Trigger.RELEASE)
    assert entered(storage, "languages/fr") == entered(storage) == ["Flood 0"]
    for hour in range(1, 6):
        enter(storage, NOON + hour * HOUR)
    assert sorted(entered(storage, "languages/fr")) == sorted(entered(storage))
    assert sorted(entered(storage)) == [f"Flood {n}" for n in range(4)]
    assert entered(storage, "languages/en") == []
    assert (count(storage, "waiting"), count(storage, "turn")) == (0, 0)
