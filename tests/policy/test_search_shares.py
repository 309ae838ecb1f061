"""Shares of sources in the first part of the matches of a search."""

import pytest

from aggregator.policy.search_shares import Match, part, size_read, with_their_share

LIMIT = 6


def matches(*sources: int) -> list[Match]:
    """Return matches of these sources, the last stored first."""
    return [Match(1_000 - n, each) for n, each in enumerate(sources)]


def test_the_first_part_has_room_for_all_sources_and_the_next_begins_with_what_it_passed_over() -> None:
    found = matches(*[1] * 9, 2, 3, 3, 3)
    numbers, older = part(found, LIMIT, is_first=True)
    assert [each.source for each in found if each.number in numbers] == [1, 1, 1, 2, 3, 3]
    assert list(numbers) == sorted(numbers, reverse=True)
    assert older == found[3].number + 1  # 1,000 to 998 are shown, 997 is the first passed over
    following = [each for each in found if each.number < older]
    assert part(following, LIMIT, is_first=False) == (
        tuple(each.number for each in following[:LIMIT]),
        following[LIMIT].number + 1,
    )


def test_a_source_that_matches_alone_fills_the_part() -> None:
    found = matches(*[1] * 9)
    shown = tuple(each.number for each in found[:LIMIT])
    assert part(found, LIMIT, is_first=True) == (shown, found[LIMIT].number + 1)


@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize("sources", [[], [1], [1, 2, 1, 1, 1, 1]])
def test_matches_of_one_part_have_no_next(sources: list[int], is_first: bool) -> None:
    found = matches(*sources)
    assert part(found, LIMIT, is_first=is_first) == (tuple(each.number for each in found), None)


@pytest.mark.parametrize(
    ("sources", "full"),
    [([1] * 9, {1}), ([1, 1, 2], {1}), ([1, 1, 2, 2], {1, 2}), ([1, 1, 2, 2, 3, 3], set()), ([], set())],
)
def test_sources_that_have_their_share_are_left_out_until_the_part_is_full(
    sources: list[int], full: set[int]
) -> None:
    assert with_their_share(matches(*sources), LIMIT) == full


def test_a_part_of_one_is_the_newest() -> None:
    assert part(matches(1, 2), 1, is_first=True) == ((1_000,), 1_000)


@pytest.mark.parametrize(("limit", "first", "other"), [(1, 4, 2), (60, 240, 61)])
def test_more_is_read_than_a_part_shows(limit: int, first: int, other: int) -> None:
    assert size_read(limit, is_first=True) == first
    assert size_read(limit, is_first=False) == other
