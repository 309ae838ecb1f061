"""Tombstone entries take turns at the beginning of a document."""

from datetime import datetime, timedelta

from aggregator.policy.reentering import Left, Room, chosen
from tests.given import DAY, HOUR, NOON

ROOM = Room(20, 5)


def gone(count: int, source: int = 1, at: datetime = NOON) -> list[Left]:
    """Return releases of one source that left within some minutes, newest first."""
    return [Left(source, at - number * timedelta(minutes=1)) for number in range(count)]


def test_entries_for_which_there_is_room_all_begin_the_document() -> None:
    left = [*gone(5), *gone(5, source=2)]
    assert chosen(left, ROOM, NOON) == chosen(left, ROOM, NOON + 29 * DAY) == (*range(10),)
    assert chosen([], ROOM, NOON) == ()


def test_of_more_each_has_its_day() -> None:
    left = gone(12)
    days = [chosen(left, ROOM, NOON + day * DAY) for day in range(3)]
    assert days == [(0, 1, 2, 3, 4), (5, 6, 7, 8, 9), (0, 1, 2, 10, 11)]
    assert chosen(left, ROOM, NOON + 4 * HOUR) == days[0]


def test_a_new_one_comes_first_on_its_day() -> None:
    left = [*gone(1, at=NOON + DAY), *gone(12)]
    assert chosen(left, ROOM, NOON + DAY) == (0, 6, 7, 8, 9)


def test_within_30_days_150_of_a_source_have_begun_the_document() -> None:
    left = gone(150)
    assert {index for day in range(30) for index in chosen(left, ROOM, NOON + day * DAY)} == {*range(150)}


def test_a_source_with_many_takes_no_place_of_another() -> None:
    left = [*gone(100), *(Left(number, NOON - HOUR) for number in range(2, 40))]
    for day in range(10):
        found = [left[index].source for index in chosen(left, ROOM, NOON + day * DAY)]
        assert len(found) == 20
        assert found.count(1) <= 5
