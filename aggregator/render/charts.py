"""Charts as inline SVG. Colours come from classes of the style sheet, so that no inline style is needed.

A chart is an image with a text alternative; the page shows its numbers in a table beside it. Series differ by
pattern as well as by colour: the style sheet hatches those of `HATCHED`.
"""

from html import escape
from itertools import accumulate, pairwise

from msgspec import Struct

WIDTH, HEIGHT = 640, 160  # user units of the plot
LEFT, BELOW, ABOVE = 64, 28, 12  # units for the labels of the axes
BARS_MAX = 400  # of one chart
NAMED_MAX = 8  # bars that have their labels below them
HATCHED = 4  # series in one chart; each has a class s0, s1, … and from the second on a pattern
DIGITS = 4  # of a coordinate


class Series(Struct, frozen=True):
    """Numbers of one kind, one for each label of its chart."""

    name: str
    values: tuple[float, ...]


class Chart(Struct, frozen=True):
    """Stacked bars in the order of time. `id` is unique on the page; `summary` says it in one sentence."""

    id: str
    title: str
    summary: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    unit: str = ""

    def __post_init__(self) -> None:
        if self.labels and not self.series:
            raise ValueError("a chart with labels has a series")
        if any(len(each.values) != len(self.labels) for each in self.series):
            raise ValueError("a series has as many values as its chart has labels")
        if len(self.labels) > BARS_MAX or len(self.series) > HATCHED:
            raise ValueError(f"a chart has at most {BARS_MAX} bars of {HATCHED} series")

    @property
    def rows(self) -> tuple[tuple[str, tuple[float, ...]], ...]:
        """Return the table behind the chart: a label, and the value of each series."""
        return tuple(zip(self.labels, zip(*(each.values for each in self.series), strict=True), strict=True))

    @property
    def is_empty(self) -> bool:
        """Return whether every value is zero."""
        return not any(value for each in self.series for value in each.values)


def bars(chart: Chart) -> str:
    """Return a chart as an SVG element; the values of a label are stacked in the order of the series."""
    sums = [sum(values) for _, values in chart.rows]
    top = scale(max(sums, default=0.0))
    plot = [*_grid(top), *_stacks(chart, top), *_below(chart.labels)]
    name, says = f"{chart.id}-title", f"{chart.id}-summary"
    return (
        f'<svg class="chart" role="img" aria-labelledby="{escape(name)} {escape(says)}" '
        f'viewBox="0 0 {LEFT + WIDTH} {ABOVE + HEIGHT + BELOW}">'
        f'<title id="{escape(name)}">{escape(chart.title)}</title>'
        f'<desc id="{escape(says)}">{escape(chart.summary)}</desc>{"".join(plot)}</svg>'
    )


def bar(value: float, largest: float) -> str:
    """Return a bar for a row of a table, which says the number: as long as its share of the largest one."""
    long = 100 * value / largest if largest else 0.0
    return (
        '<svg class="bar" aria-hidden="true" viewBox="0 0 100 4" preserveAspectRatio="none">'
        f'<rect class="s0" width="{long:.{DIGITS}g}" height="4"/></svg>'
    )


def scale(largest: float) -> float:
    """Return the top of an axis: the least of 1, 2, 5 times a power of ten that is not below a value."""
    power = 1.0
    while power * 10 <= largest:
        power *= 10
    return next(power * step for step in (1, 2, 5, 10) if power * step >= largest)


def number(value: float) -> str:
    """Format a value for people: "12,345", "0.5"."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def _grid(top: float) -> list[str]:
    """Return lines and labels of the value axis at 0, a half and the whole."""
    lines = []
    for part in (0.0, 0.5, 1.0):
        y = ABOVE + HEIGHT * (1 - part)
        lines.append(f'<line class="grid" x1="{LEFT}" x2="{LEFT + WIDTH}" y1="{y:g}" y2="{y:g}"/>')
        label = number(top * part)
        lines.append(f'<text class="axis" x="{LEFT - 5}" y="{y + 4:g}" text-anchor="end">{label}</text>')
    return lines


def _stacks(chart: Chart, top: float) -> list[str]:
    step = WIDTH / max(1, len(chart.labels))
    wide = max(step * 0.8, 1.0)
    drawn = []
    for place, (label, values) in enumerate(chart.rows):
        x = LEFT + step * place + (step - wide) / 2
        ends = [0.0, *accumulate(values)]
        for index, (low, high) in enumerate(pairwise(ends)):
            if high > low:
                y, tall = ABOVE + HEIGHT * (1 - high / top), HEIGHT * (high - low) / top
                said = f"{label}: {chart.series[index].name} {number(values[index])} {chart.unit}".strip()
                drawn.append(
                    f'<rect class="s{index}" x="{x:.{DIGITS}g}" y="{y:.{DIGITS}g}" width="{wide:.{DIGITS}g}" '
                    f'height="{tall:.{DIGITS}g}"><title>{escape(said)}</title></rect>'
                )
    return drawn


def _below(labels: tuple[str, ...]) -> list[str]:
    """Return each label below its bar; of many the first and the last one."""
    y = ABOVE + HEIGHT + BELOW - 8
    step = WIDTH / max(1, len(labels))
    placed = [("middle", LEFT + step * (place + 0.5), label) for place, label in enumerate(labels)]
    if len(labels) > NAMED_MAX:
        placed = [("start", LEFT, labels[0]), ("end", LEFT + WIDTH, labels[-1])]
    return [
        f'<text class="axis" x="{x:g}" y="{y}" text-anchor="{anchor}">{escape(label)}</text>'
        for anchor, x, label in placed
    ]
