"""Paging: the first page of a list, and the cursors of the next."""

import pytest

from aggregator.policy.paging import (
    PAGE,
    PAGE_OF_SOURCE_MAX,
    Cursor,
    Listed,
    at,
    cursor,
    first_page,
    following,
)


def listed(*sources: int, hours: float = 1) -> list[Listed]:
    """Return items of these sources, so many hours after each other."""
    day = 1_790_000_000_000
    return [Listed(100 - n, each, day - int(n * hours * 3_600_000)) for n, each in enumerate(sources)]


def test_the_first_page_of_a_shared_channel_leaves_room_for_as_recent_ones_of_others() -> None:
    flood = listed(*[1] * 50, *[2] * 10, *[3] * 10, hours=0.1)
    shown, older = first_page(flood, is_shared=True)
    assert len(shown) == PAGE
    assert [each.source for each in shown].count(1) == PAGE_OF_SOURCE_MAX
    assert older == at(flood[PAGE_OF_SOURCE_MAX - 1])  # the next begins with what was passed over
    assert first_page(flood, is_shared=False) == (flood[:PAGE], at(flood[PAGE - 1]))


def test_a_source_that_is_alone_or_recent_fills_the_page() -> None:
    for quiet in (listed(*[1] * 40), listed(*[1] * 30, 2, hours=60)):
        assert first_page(quiet, is_shared=True) == (quiet[:PAGE], at(quiet[PAGE - 1]))


@pytest.mark.parametrize("is_shared", [True, False])
def test_a_list_of_one_page_has_no_next(is_shared: bool) -> None:
    assert first_page([], is_shared=is_shared) == ([], None)
    for few in (listed(1, 2), listed(*[1] * PAGE)):
        assert first_page(few, is_shared=is_shared) == (few, None)


def test_a_page_behind_a_cursor_follows_the_order() -> None:
    many = listed(*[1] * 31)
    assert following(many) == (many[:PAGE], at(many[PAGE - 1]))
    assert following(many[1:]) == (many[1:], None)


def test_a_cursor_is_written_in_one_way() -> None:
    for place in (Cursor(0, 1), Cursor(-5, 2), Cursor(1_790_000_000_000, 2**63 - 1)):
        assert cursor(str(place)) == place
    assert f"{Cursor(1_790_000_000_000, 1).shown:%Y-%m-%d %H:%M}" == "2026-09-21 14:13"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "1.",
        ".1",
        "01.1",
        "1.01",
        "-0.1",
        "1.0",
        "1.1.1",
        f"1.{2**63}",
        f"{10**15}.1",
        "١.١",
        "1.1\n",
    ],
)
def test_other_texts_are_no_cursor(text: str) -> None:
    assert cursor(text) is None
