"""Bounds of an item's history."""

import pytest

from aggregator.model.stored import HistoryPage
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


def test_a_history_has_no_other_addresses_than_its_pages_link_to() -> None:
    revisions = [(100 - index, 10) for index in range(25)]
    pages, before = [page(revisions)], page(revisions).older
    while before is not None:
        pages.append(page(revisions, before))
        before = pages[-1].older
    assert [len(each.revisions) for each in pages] == [10, 10, 5]
    assert [each for one in pages for each in one.revisions] == revisions
    linked = [one.older for one in reversed(pages) if one.older is not None]
    assert [number for number in range(-5, 120) if page(revisions, number).revisions] == linked
    assert page(revisions, 2**70) == page([], 1) == HistoryPage()
