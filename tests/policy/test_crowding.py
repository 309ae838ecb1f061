"""Crowding: turns of a source in a shared channel, sources in turn, and entries that stand as excerpts."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.policy.crowding import (
    DELAY_MAX,
    PERIOD,
    entering,
    expected,
    heaviest,
    in_turn,
    left_out,
    next_turn,
)

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def entered(waiting: int, taken: list[datetime], *, burst: int = 2, ago: timedelta = 0 * SECOND) -> int:
    """Return how many of so many items enter that came `ago`."""
    return entering([NOON - ago] * waiting, taken, burst=burst, now=NOON)


def test_a_burst_enters_and_the_rest_wait() -> None:
    assert entered(5, []) == 2
    assert entered(1, []) == 1
    assert entered(0, []) == 0


def test_items_of_the_last_hour_count_and_older_ones_do_not() -> None:
    assert entered(5, [NOON - PERIOD, NOON - PERIOD / 2]) == 1
    assert entered(5, [NOON, NOON, NOON]) == 0


def test_no_item_waits_longer_than_a_day() -> None:
    assert entered(5, [NOON, NOON], ago=DELAY_MAX - SECOND) == 0
    assert entered(5, [NOON, NOON], ago=DELAY_MAX) == 5
    assert entering([NOON - DELAY_MAX, NOON], [NOON, NOON], burst=2, now=NOON) == 1


def test_the_next_turn_is_when_the_hour_has_room_or_the_day_is_over() -> None:
    assert next_turn(NOON, [NOON - PERIOD / 2, NOON], burst=2, now=NOON) == NOON + PERIOD / 2
    assert next_turn(NOON, [NOON], burst=2, now=NOON) == NOON
    late = NOON - DELAY_MAX
    assert next_turn(late + SECOND, [NOON, NOON], burst=2, now=NOON) == NOON + SECOND
    assert next_turn(late, [NOON, NOON], burst=2, now=NOON) == NOON


@given(st.lists(st.integers(0, 3_600), max_size=20), st.integers(1, 40), st.integers(1, 6))
def test_any_hour_has_at_most_a_burst_until_the_day_is_over(ago: list[int], count: int, burst: int) -> None:
    times = sorted(NOON - seconds * SECOND for seconds in ago)[-burst:]
    first, turn, left = len(times), NOON, count
    while left and turn < NOON + DELAY_MAX:
        ready = entering([NOON] * left, times, burst=burst, now=turn)
        times, left = [*times, *[turn] * ready], left - ready
        turn = next_turn(NOON, times, burst=burst, now=turn)
    for time in times[first:]:
        assert sum(time - PERIOD < each <= time for each in times) <= burst
    assert not left or turn == NOON + DELAY_MAX


def test_the_time_that_is_expected_counts_the_items_ahead() -> None:
    found = [expected(NOON + PERIOD, NOON, ahead=ahead, burst=2) - NOON for ahead in (0, 1, 2, 5, 500)]
    assert found == [PERIOD, PERIOD, 2 * PERIOD, 3 * PERIOD, DELAY_MAX]
    assert expected(NOON, NOON - 2 * DELAY_MAX, ahead=500, burst=2) == NOON


def test_queues_are_served_in_turn() -> None:
    assert [*in_turn(["abc", "", "d", "ef"])] == list("adebfc")
    assert [*in_turn([])] == []


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
