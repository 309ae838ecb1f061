"""Medians, ratios and targets of single measurements. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import Literal

MB = 1_000_000
Measure = Literal["wall", "cpu", "peak_pss"]
MEASURES: tuple[Measure, ...] = ("wall", "cpu", "peak_pss")


@dataclass(frozen=True, slots=True)
class Figure:
    """Usage of one contestant in one run: seconds, bytes, responses of the origins; see Usage."""

    contestant: str
    run: str
    wall: float
    cpu: float
    peak_pss: int
    others: float = 0.0
    asleep: float = 0.0
    full: int = 0
    unchanged: int = 0
    stored: int = 0
    failure: str = ""


Medians = dict[tuple[str, str], Figure]  # by contestant and run


@dataclass(frozen=True, slots=True)
class Target:
    """Target to be reached: a share of a peer's wall time, or without a peer a bound on PSS in MB."""

    run: str
    contestant: str
    at_most: float
    peer: str = ""

    def value(self, figures: Medians, *, awake: bool = False) -> float | None:
        """Return the measured value, or None when one of the two did not run.

        `awake` leaves out the wait for the service's next tick.
        """
        own = figures.get((self.contestant, self.run))
        if own is None or own.failure:
            return None
        if not self.peer:
            return own.peak_pss / MB
        peer = figures.get((self.peer, self.run))
        if peer is None or peer.failure:
            return None
        return (own.wall - own.asleep * awake) / peer.wall


POLL, SERVE = "publicwire poll", "publicwire serve"
TARGETS = (
    Target("cold", POLL, 0.75, "newsboat"),
    Target("cold", POLL, 1.0, "sfeed"),
    Target("cold", SERVE, 0.75, "newsboat"),
    Target("cold", SERVE, 1.0, "sfeed"),
    Target("304", POLL, 0.6, "reader"),
    Target("304", SERVE, 0.3, "reader"),
    Target("304", SERVE, 0.3, "reader (warm)"),
    Target("same-bytes", POLL, 0.035, "reader"),
    Target("same-bytes", SERVE, 0.035, "reader"),
    Target("ten-percent", POLL, 0.25, "reader"),
    Target("ten-percent", SERVE, 0.25, "reader"),
    Target("ten-percent-200", POLL, 0.04, "reader"),
    Target("ten-percent-200", SERVE, 0.04, "reader"),
    Target("cold", POLL, 220),
    Target("cold", SERVE, 220),
    Target("idle", SERVE, 110),
)


def medians(figures: Iterable[Figure]) -> Medians:
    """Return one figure for each contestant and run: the median of its repetitions, measure by measure."""
    groups: dict[tuple[str, str], list[Figure]] = {}
    for figure in figures:
        groups.setdefault((figure.contestant, figure.run), []).append(figure)
    return {key: _median(group) for key, group in groups.items()}


def _median(group: list[Figure]) -> Figure:
    last = group[-1]
    return Figure(
        contestant=last.contestant,
        run=last.run,
        wall=median(figure.wall for figure in group),
        cpu=median(figure.cpu for figure in group),
        peak_pss=int(median(figure.peak_pss for figure in group)),
        others=median(figure.others for figure in group),
        asleep=median(figure.asleep for figure in group),
        full=last.full,
        unchanged=last.unchanged,
        stored=last.stored,
        failure=next((figure.failure for figure in group if figure.failure), ""),
    )


def ratio(own: Figure | None, peer: Figure, measure: Measure) -> float | None:
    """Return our measure divided by a peer's; None when one of them failed or is zero."""
    if own is None or own.failure or peer.failure:
        return None
    theirs: float = getattr(peer, measure)
    mine: float = getattr(own, measure)
    return mine / theirs if theirs else None
