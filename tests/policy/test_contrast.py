"""Contrast ratios, and shades with enough of it."""

import pytest

from aggregator.policy.contrast import TEXT_RATIO_MIN, ratio, readable, weakest


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#777777", "#ffffff", 4.478),  # the grey that famously fails by a hair
        ("#767676", "#ffffff", 4.542),
        ("#123456", "#123456", 1.0),
        ("#0000ff", "#ffffff", 8.592),
    ],
)
def test_the_ratio_is_that_of_wcag_in_either_order(one: str, other: str, expected: float) -> None:
    assert ratio(one, other) == pytest.approx(expected, abs=0.001)
    assert ratio(other, one) == ratio(one, other)


def test_a_colour_with_enough_contrast_stays() -> None:
    assert readable("#1d4f7c", ["#ffffff", "#eef2f5"]) == "#1d4f7c"


@pytest.mark.parametrize(
    ("colour", "ground"), [("#ff9900", "#ffffff"), ("#1d4f7c", "#15181b"), ("#777777", "#ffffff")]
)
def test_a_colour_without_has_a_shade_with_it(colour: str, ground: str) -> None:
    shade = readable(colour, [ground])
    assert shade != colour
    assert TEXT_RATIO_MIN <= weakest(shade, [ground]) < TEXT_RATIO_MIN + 0.5


def test_grounds_of_which_none_is_like_another_leave_black_or_white() -> None:
    assert readable("#808080", ["#000000", "#ffffff", "#808080"]) in ("#000000", "#ffffff")
