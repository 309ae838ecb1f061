"""Charts as SVG: escaped, to scale, with the numbers in a table."""

import pytest
from lxml import etree

from aggregator.render.charts import BARS_MAX, HEIGHT, Chart, Series, bar, bars, number, scale

SVG = "{http://www.w3.org/2000/svg}"


def chart(*series: Series, labels: tuple[str, ...] = ("1 March", "2 March"), **said: str) -> Chart:
    return Chart(
        said.get("id", "polls"),
        said.get("title", "Polls"),
        said.get("summary", ""),
        labels,
        series,
        said.get("unit", ""),
    )


def drawn(made: Chart) -> etree._Element:
    return etree.fromstring(bars(made).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" '))


@pytest.mark.parametrize(
    ("largest", "top"),
    [(0, 1), (1, 1), (1.5, 2), (3, 5), (5, 5), (6, 10), (10, 10), (11, 20), (4_321, 5_000)],
)
def test_an_axis_ends_at_a_round_number(largest: float, top: float) -> None:
    assert scale(largest) == top


@pytest.mark.parametrize(
    ("value", "said"), [(0, "0"), (12_345, "12,345"), (0.5, "0.5"), (1_000.25, "1,000.2")]
)
def test_numbers_are_formatted_for_people(value: float, said: str) -> None:
    assert number(value) == said


def test_bars_are_stacked_to_scale() -> None:
    svg = drawn(chart(Series("changed", (3, 0)), Series("failed", (2, 10)), unit="polls"))
    found = [
        (each.get("class"), float(each.get("height") or 0), each.findtext(f"{SVG}title"))
        for each in svg.iter(f"{SVG}rect")
    ]
    assert found == [
        ("s0", HEIGHT * 0.3, "1 March: changed 3 polls"),
        ("s1", HEIGHT * 0.2, "1 March: failed 2 polls"),
        ("s1", HEIGHT, "2 March: failed 10 polls"),
    ]
    assert [each.text for each in svg.iter(f"{SVG}text")] == ["0", "5", "10", "1 March", "2 March"]


def test_a_chart_has_a_name_and_a_description() -> None:
    svg = drawn(chart(Series("x", (1, 1)), title="Polls & co", summary='<b> "quoted"'))
    assert (svg.get("role"), svg.get("aria-labelledby")) == ("img", "polls-title polls-summary")
    assert (svg.findtext(f"{SVG}title"), svg.findtext(f"{SVG}desc")) == ("Polls & co", '<b> "quoted"')


@pytest.mark.parametrize(("value", "largest", "width"), [(1, 4, "25"), (4, 4, "100"), (0, 0, "0")])
def test_a_bar_is_as_long_as_its_share_of_the_largest(value: float, largest: float, width: str) -> None:
    rect = etree.fromstring(bar(value, largest)).find("rect")
    assert rect is not None
    assert rect.get("width") == width


def test_names_of_feeds_cannot_leave_the_text() -> None:
    hostile = '"/><script>alert(1)</script>'
    made = chart(Series(hostile, (1,)), labels=(hostile,), id=hostile, title=hostile)
    assert "<script" not in bars(made)
    assert drawn(made).findtext(f"{SVG}title") == hostile


def test_the_table_has_a_row_for_each_label() -> None:
    made = chart(Series("changed", (3, 0)), Series("failed", (2, 10)))
    assert made.rows == (("1 March", (3, 2)), ("2 March", (0, 10)))
    assert not made.is_empty
    assert chart(Series("changed", (0, 0))).is_empty


def test_of_many_bars_the_first_and_the_last_are_named() -> None:
    labels = tuple(f"{day} March" for day in range(1, 31))
    svg = drawn(chart(Series("x", (1.0,) * 30), labels=labels))
    assert [each.text for each in svg.iter(f"{SVG}text")][3:] == ["1 March", "30 March"]


def test_a_chart_of_nothing_is_a_grid() -> None:
    svg = drawn(Chart("x", "x", "", (), ()))
    assert [each.text for each in svg.iter(f"{SVG}text")] == ["0", "0.5", "1"]
    assert [each.text for each in drawn(chart(Series("x", (1,)), labels=("a",))).iter(f"{SVG}text")][3:] == [
        "a"
    ]


@pytest.mark.parametrize(
    ("labels", "series"),
    [
        (("a",), (Series("x", (1, 2)),)),
        (("a",), ()),
        (("a",) * (BARS_MAX + 1), (Series("x", (1,) * (BARS_MAX + 1)),)),
        (("a",), (Series("x", (1,)),) * 5),
    ],
)
def test_a_chart_out_of_its_bounds_is_refused(labels: tuple[str, ...], series: tuple[Series, ...]) -> None:
    with pytest.raises(ValueError, match="chart"):
        Chart("x", "x", "", labels, series)
