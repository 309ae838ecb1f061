"""Reports of the figures: tables as text, and the same as JSON."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.figures import MB, MEASURES, POLL, SERVE, TARGETS, Figure, Medians, Target, ratio
from benchmarks.states import RUNS

CACHE = Path(__file__).parent / ".cache"
QUIET = 0.05  # share of all cores that other processes may use before the figures are doubtful
COLUMNS = ("contestant", "wall s", "CPU s", "PSS MB", "others' CPU s", "200", "304", "stored")


def as_text(versions: Mapping[str, str], figures: Medians, repeated: int) -> str:
    """Return all tables: one a run with the ratio to each peer, then idle, then the targets."""
    parts = [_heading(versions, repeated)]
    parts += [f"{state.name}: {state.title}\n{_run(state.name, figures)}" for state in RUNS]
    parts += [f"idle: {figure_line(figure)}" for (_, run), figure in figures.items() if run == "idle"]
    parts.append("targets\n" + _targets(figures) + _caution(figures))
    return "\n\n".join(parts)


def figure_line(figure: Figure) -> str:
    """Return one measurement as a line."""
    text = (
        f"{figure.run:16} {figure.contestant:17} {figure.wall:7.2f} s wall {figure.cpu:7.2f} s CPU "
        f"{figure.peak_pss / MB:6.0f} MB  others {figure.others:5.2f} s  "
        f"200: {figure.full}  304: {figure.unchanged}  stored: {figure.stored}"
    )
    if figure.asleep:
        text += f"  before the first request: {figure.asleep:.2f} s"
    return f"{text}  FAILED {figure.failure}" if figure.failure else text


def as_json(versions: Mapping[str, str], figures: Medians, taken: Sequence[Figure]) -> str:
    """Return the medians with their ratios, the targets, and every single measurement."""
    document = {
        "taken": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "cores": os.cpu_count(),
            "system": platform.platform(),
            "load": os.getloadavg(),
        },
        "python": platform.python_version(),
        "versions": dict(versions),
        "medians": [asdict(figure) for figure in figures.values()],
        "ratios": [
            {"run": run, "contestant": own, "peer": peer.contestant, **_ratios(figures, own, peer)}
            for own in (POLL, SERVE)
            for (contestant, run), peer in figures.items()
            if contestant not in (POLL, SERVE) and (own, run) in figures
        ],
        "targets": [_target_record(target, figures) for target in TARGETS],
        "measurements": [asdict(figure) for figure in taken],
    }
    return json.dumps(document, indent=1) + "\n"


def record(name: str, figures: Mapping[str, object]) -> None:
    """Write the figures of a benchmark as JSON into benchmarks/.cache; `benchmarks.goals` reads them."""
    document = {"taken": datetime.now(UTC).isoformat(timespec="seconds"), **figures}
    write(CACHE / f"{name}.json", json.dumps(document, indent=1) + "\n")


def write(path: Path, text: str) -> None:
    """Write a file; its directory is created when missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _heading(versions: Mapping[str, str], repeated: int) -> str:
    names = "\n".join(f"  {name:17} {version or 'not installed'}" for name, version in versions.items())
    cores = os.cpu_count()
    return f"medians of {repeated}, {cores} cores, {platform.platform()}\n{names}"


def _run(run: str, figures: Medians) -> str:
    taking_part = [figure for (_, of), figure in figures.items() if of == run]
    rows: list[tuple[str, ...]] = [(*COLUMNS, f"{POLL} is", f"{SERVE} is")]
    rows += [_row(figure, figures) for figure in taking_part]
    failed = [f"\n  {one.contestant} FAILED {one.failure}" for one in taking_part if one.failure]
    return table(rows) + "".join(failed)


def _row(figure: Figure, figures: Medians) -> tuple[str, ...]:
    is_own = figure.contestant in (POLL, SERVE)
    return (
        figure.contestant,
        f"{figure.wall:.2f}",
        f"{figure.cpu:.2f}",
        f"{figure.peak_pss / MB:.0f}",
        f"{figure.others:.2f}",
        str(figure.full),
        str(figure.unchanged),
        str(figure.stored),
        *("" if is_own else _times(figures.get((own, figure.run)), figure) for own in (POLL, SERVE)),
    )


def _times(own: Figure | None, peer: Figure) -> str:
    wall, cpu = ratio(own, peer, "wall"), ratio(own, peer, "cpu")
    return "" if wall is None or cpu is None else f"{wall:.3f} x, CPU {cpu:.3f} x"


def _ratios(figures: Medians, own: str, peer: Figure) -> dict[str, float | None]:
    mine = figures[(own, peer.run)]
    return {measure: ratio(mine, peer, measure) for measure in MEASURES}


def _targets(figures: Medians) -> str:
    rows = [("run", "contestant", "target", "measured", "", "without the wait for its tick")]
    for target in TARGETS:
        value, awake = target.value(figures), target.value(figures, awake=True)
        unit = f" x {target.peer}" if target.peer else " MB PSS"
        claim = f"<= {target.at_most:g}{unit}"
        verdict = "" if value is None else "reached" if value <= target.at_most else "MISSED"
        besides = "" if awake == value else _number(target, awake)
        rows.append((target.run, target.contestant, claim, _number(target, value), verdict, besides))
    return table(rows)


def _caution(figures: Medians) -> str:
    cores = os.cpu_count() or 1
    busy = sum(figure.others for figure in figures.values())
    share = busy / cores / max(sum(figure.wall for figure in figures.values()), 1.0)
    if share < QUIET:
        return ""
    return (
        f"\n\nCaution: {share:.0%} of the machine went to others meanwhile; wall times and what is "
        "judged by them are not to be trusted. CPU ratios are less affected."
    )


def _number(target: Target, value: float | None) -> str:
    if value is None:
        return "not measured"
    return f"{value:.3f}" if target.peer else f"{value:.0f}"


def _target_record(target: Target, figures: Medians) -> dict[str, object]:
    value = target.value(figures)
    return {
        **asdict(target),
        "measure": "wall" if target.peer else "peak_pss_mb",
        "value": value,
        "value_awake": target.value(figures, awake=True),
        "is_reached": None if value is None else value <= target.at_most,
    }


def table(rows: Sequence[tuple[str, ...]]) -> str:
    """Return rows as lines with columns of one width."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
