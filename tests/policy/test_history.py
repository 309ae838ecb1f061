"""Bounds of an item's history."""

import pytest

from aggregator.model import HistoryPage
from aggregator.policy.history import dropped, page


@pytest.mark.parametrize(
    ("sizes", "gone"),
    [
        ([], 0),
        ([6_000_000], 0),
        ([6_000_000, 1], 1),
        ([1_000_000] * 24, 19),
        ([10] * 50, 0),
        ([10] * 60, 10),
    ],
)
def test_an_item_keeps_the_newest_fifty_revisions_and_five_megabytes(sizes: list[int], gone: int) -> None:
    revisions = [(100 - index, size) for index, size in enumerate(sizes)]
    assert dropped(revisions) == tuple(number for number, _ in revisions[len(revisions) - gone :])


@pytest.mark.parametrize(
    ("sizes", "shown"),
    [([], 0), ([10] * 10, 10), ([10] * 11, 10), ([1_000_000, 10], 1), ([100_000] * 9, 5)],
)
def test_a_page_shows_ten_revisions_or_512_kilobytes(sizes: list[int], shown: int) -> None:
    revisions = [(100 - index, size) for index, size in enumerate(sizes)]
    older = revisions[shown - 1][0] if shown < len(revisions) else None
    assert page(revisions) == HistoryPage(tuple(revisions[:shown]), older)
