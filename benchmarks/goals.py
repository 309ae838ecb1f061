"""Table of the goals of speed: for each run what was measured, the goal, and whether it is reached.

    python -m benchmarks.goals

Reads what the other benchmarks have written into benchmarks/.cache. A run is "not measured" if its benchmark
has written nothing, or not the peer's figure.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from benchmarks import many
from benchmarks.figures import TARGETS, Target
from benchmarks.report import CACHE, record, table

Figures = Mapping[str, Any]
Reader = Callable[[Figures], float]


@dataclass(frozen=True, slots=True)
class Goal:
    """One row: the figure that `value` finds in JSON of `file`, and its bound; `unit` is "×" in ratios."""

    run: str
    file: str
    value: Reader
    bound: float
    unit: str
    is_least: bool = False

    def measured(self) -> float | None:
        """Return the figure, None where it was not measured."""
        try:
            return self.value(json.loads((CACHE / f"{self.file}.json").read_text()))
        except (OSError, LookupError):
            return None

    def is_reached(self, figure: float) -> bool:
        """Return whether a figure keeps the bound."""
        return figure >= self.bound if self.is_least else figure <= self.bound


def of(*path: str, times: float = 1.0) -> Reader:
    """Return a reader of the number at a path, multiplied."""

    def read(figures: Figures) -> float:
        found: Any = figures
        for name in path:
            found = found[name]
        return float(found) * times

    return read


def quotient(ours: Reader, theirs: Reader) -> Reader:
    """Return a reader of the ratio of two numbers."""
    return lambda figures: ours(figures) / theirs(figures)


def sized(sources: int, read: Reader) -> Reader:
    """Return a reader of figures that were taken with so many sources; LookupError for others."""

    def checked(figures: Figures) -> float:
        if figures["sources"] != sources:
            raise LookupError(sources)
        return read(figures)

    return checked


def _polling() -> list[Goal]:
    def read(target: Target, figures: Figures) -> float:
        key = (target.run, target.contestant, target.peer)
        for each in figures["targets"]:
            if (each["run"], each["contestant"], each["peer"]) == key and each["value"] is not None:
                return float(each["value"])
        raise LookupError(key)

    return [
        Goal(
            f"{target.run}, {target.contestant}" + (f" / {target.peer}" if target.peer else ", PSS"),
            "results",
            partial(read, target),
            target.at_most,
            "×" if target.peer else "MB",
        )
        for target in TARGETS
    ]


def _fetching() -> list[Goal]:
    parts = (("transport", "connect to response"), ("client", "whole fetch"))
    return [
        Goal(
            f"{run}, {part}, CPU / pycurl", "fetching", quotient(of(run, name), of(run, "pycurl")), most, "×"
        )
        for run, most in (("plain 304", 4), ("TLS 304", 2))
        for name, part in parts
    ]


def _serving() -> list[Goal]:
    runs = (("feed 200", 0.7), ("feed 304", 0.2), ("front page", 0.15), ("item page", 0.15))
    return [
        Goal(
            f"{run} served / nginx",
            "serving",
            quotient(of(run, "a_second"), of(run, "nginx_a_second")),
            bound,
            "×",
            is_least=True,
        )
        for run, bound in runs
    ]


def _starting() -> list[Goal]:
    return [
        Goal(
            f"publicwire items / python -c pass, {measure}",
            "starting",
            quotient(of("items", measure), of("pass", measure)),
            8.0,
            "×",
        )
        for measure in ("wall", "cpu")
    ]


def _exporting() -> list[Goal]:
    return [
        Goal(run, "exporting", sized(1_000, of(name, "wall")), bound, "s")
        for run, name, bound in (
            ("export of 1,000 sources", "whole", 10.0),
            ("export again, one item new", "one new", 2.0),
        )
    ]


def _scale() -> list[Goal]:
    def status(figures: Figures) -> float:
        return max(float(figures[name]["wall_ms"]) for name in many.STATUS)

    rows = [
        ("100,000 bare addresses read", "reading", of("bare", "cpu"), 3.0, "s"),
        ("100,000 full sources read", "reading", of("full", "cpu"), 10.0, "s"),
        ("reload, one changed: beyond the reading", "many", of(many.PLAN, "wall_ms", times=0.001), 1.0, "s"),
        ("reload, one changed: the writer", "many", of(many.TRANSACTION, "wall_ms"), 50.0, "ms"),
        ("/status: what its pages read, slowest", "many", status, 100.0, "ms"),
    ]
    return [Goal(run, file, sized(100_000, read), bound, unit) for run, file, read, bound, unit in rows]


def goals() -> list[Goal]:
    """Return all rows in their order."""
    return [
        *_polling(),
        *_fetching(),
        *_starting(),
        *_serving(),
        *_exporting(),
        Goal("p99 served during a cold poll", "answering", of("all", "p99_ms"), 50.0, "ms"),
        *_scale(),
    ]


def main() -> None:
    """Print and record the table."""
    rows = [("run", "today", "goal", "")]
    figures = {}
    for goal in goals():
        figure = goal.measured()
        figures[goal.run] = {"today": figure, "goal": goal.bound, "unit": goal.unit}
        sign = "≥" if goal.is_least else "≤"
        today = "not measured" if figure is None else f"{figure:.3g} {goal.unit}"
        verdict = "" if figure is None else "reached" if goal.is_reached(figure) else "MISSED"
        rows.append((goal.run, today, f"{sign} {goal.bound:g} {goal.unit}", verdict))
    print(f"goals of speed\n{table(rows)}")
    record("goals", figures)


if __name__ == "__main__":
    main()
