"""Crowding: turns of a source in a shared channel, and entries that stand as excerpts."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.policy.crowding import DELAY_MAX, PERIOD, heaviest, left_out, turns

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def given_turns(
    count: int, taken: list[datetime], *, burst: int = 2, is_alone: bool = False
) -> list[timedelta]:
    found = turns([NOW] * count, taken, burst=burst, is_alone=is_alone, now=NOW)
    return [turn - NOW for turn in found]


def test_a_burst_enters_at_once_and_the_rest_hour_by_hour() -> None:
    assert given_turns(5, []) == [0 * PERIOD, 0 * PERIOD, PERIOD, PERIOD, 2 * PERIOD]


def test_items_of_the_last_hour_count() -> None:
    assert given_turns(2, [NOW - PERIOD / 2]) == [0 * PERIOD, PERIOD / 2]


def test_later_items_enter_behind_those_that_wait() -> None:
    assert given_turns(1, [NOW, NOW, NOW + PERIOD]) == [PERIOD]
    assert given_turns(1, [NOW + PERIOD, NOW + PERIOD]) == [2 * PERIOD]


def test_a_source_alone_has_no_limit_unless_some_of_its_items_wait() -> None:
    assert given_turns(3, [NOW] * 2, is_alone=True) == [0 * PERIOD] * 3
    assert given_turns(1, [NOW + PERIOD], burst=1, is_alone=True) == [2 * PERIOD]


def test_no_item_waits_longer_than_a_day() -> None:
    assert given_turns(60, [])[-1] == DELAY_MAX
    late = turns([NOW - DELAY_MAX - SECOND], [NOW] * 2, burst=2, is_alone=False, now=NOW)
    assert late == (NOW,)


@given(st.lists(st.integers(0, 3_600), max_size=20), st.integers(0, 40), st.integers(1, 6))
def test_any_hour_has_at_most_a_burst_until_the_day_is_over(ago: list[int], count: int, burst: int) -> None:
    taken = sorted(NOW - seconds * SECOND for seconds in ago)[-burst:]
    given_times = turns([NOW] * count, taken, burst=burst, is_alone=False, now=NOW)
    assert list(given_times) == sorted(given_times)
    times = [*taken, *(time for time in given_times if time < NOW + DELAY_MAX)]
    for time in times[len(taken) :]:
        assert sum(time - PERIOD < each <= time for each in times) <= burst


@pytest.mark.parametrize(
    ("sizes", "found"),
    [
        ([], set()),
        ([("a", 60), ("b", 40)], set()),
        ([("a", 60), ("b", 41)], {"a"}),
        ([("a", 30), ("b", 50), ("a", 30), ("c", 60)], {"a", "c"}),
        ([("a", 101), ("b", 102)], {"a", "b"}),
    ],
)
def test_the_sources_with_most_bytes_give_way(sizes: list[tuple[str, int]], found: set[str]) -> None:
    assert heaviest(sizes, 100) == found


@pytest.mark.parametrize(
    ("sizes", "places"),
    [
        ([], set()),
        ([("a", 60), ("b", 40)], set()),
        ([("b", 20), ("a", 30), ("a", 30), ("a", 30)], {3}),
        ([("a", 40), ("b", 20), ("a", 40), ("a", 40), ("b", 20)], {2, 3}),
        ([("a", 60), ("b", 61)], {1}),
        ([("a", 101)], {0}),
    ],
)
def test_the_oldest_of_the_source_with_most_bytes_are_left_out(
    sizes: list[tuple[str, int]], places: set[int]
) -> None:
    assert left_out(sizes, 100) == places


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 50))), st.integers(0, 200))
def test_a_source_with_its_share_of_a_document_loses_nothing(
    sizes: list[tuple[str, int]], bytes_max: int
) -> None:
    gone = left_out(sizes, bytes_max)
    assert sum(size for place, (_, size) in enumerate(sizes) if place not in gone) <= bytes_max
    for source in "abc":
        if sum(size for each, size in sizes if each == source) <= bytes_max / 3:
            assert not any(sizes[place][0] == source for place in gone)
