"""Comparison of Publicwire with its peers, in one run.

Local origins serve 500 feeds of 30 items on 500 loopback addresses and go through five states. Each
contestant polls each state after the former, alone on the machine, from an empty directory with a
fresh home. No figure passes or fails: the figures are printed and written.
"""

import argparse
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks import publicwire, reader_peer, report
from benchmarks.contestants import Contestant, Newsboat, Sfeed
from benchmarks.figures import Figure, medians
from benchmarks.origins import Origins, running_origins
from benchmarks.process import adopt_orphans
from benchmarks.states import RUNS, items_published

RESULTS = Path(__file__).parent / ".cache" / "results.json"


def contestants() -> tuple[Contestant, ...]:
    """Return all contestants, in the order of the tables."""
    return (
        publicwire.Poll(),
        publicwire.Serve(),
        reader_peer.Reader(),
        reader_peer.WarmReader(),
        Newsboat(),
        Sfeed(),
    )


def main() -> None:
    """Measure the contestants, print the tables and write the JSON."""
    arguments = _arguments()
    chosen = [one for one in contestants() if not arguments.only or one.name in arguments.only]
    adopt_orphans()
    versions = {contestant.name: contestant.version() for contestant in chosen}
    taken: list[Figure] = []
    with running_origins() as origins:
        for _ in range(arguments.repeat):
            for contestant in chosen:
                if versions[contestant.name]:
                    taken += _measure(contestant, origins)
    figures = medians(taken)
    print("\n" + report.as_text(versions, figures, arguments.repeat))
    report.write(arguments.json, report.as_json(versions, figures, taken))
    print(f"\nwritten to {arguments.json}")


def _measure(contestant: Contestant, origins: Origins) -> list[Figure]:
    """Poll all states once; each figure is printed as it is taken."""
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="publicwire-bench-") as directory:
        contestant.open(Path(directory), origins)
        try:
            for figure in _polls(contestant, origins):
                print(report.figure_line(figure), flush=True)
                figures.append(figure)
        finally:
            contestant.close()
    return figures


def _polls(contestant: Contestant, origins: Origins) -> Iterator[Figure]:
    for state in RUNS:
        os.sync()  # keep the write-back of the previous contestant out of the next one's figures
        origins.enter(state)
        polled = contestant.poll(state)
        answers, stored = origins.answers(), contestant.stored()
        failure = polled.failure
        if not failure and stored != items_published(state):
            failure = f"holds {stored} of {items_published(state)} items"
        yield Figure(
            contestant=contestant.name,
            run=state.name,
            wall=polled.usage.wall,
            cpu=polled.usage.cpu,
            peak_pss=polled.usage.peak_pss,
            others=polled.usage.others,
            asleep=polled.asleep,
            full=answers.full,
            unchanged=answers.unchanged,
            stored=stored,
            failure=failure,
        )
    if usage := contestant.idle():
        yield Figure(contestant.name, "idle", usage.wall, usage.cpu, usage.peak_pss, usage.others)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Publicwire beside its peers.")
    parser.add_argument("--repeat", type=int, default=1, metavar="N", help="medians of N runs")
    parser.add_argument(
        "--only",
        action="append",
        choices=[contestant.name for contestant in contestants()],
        help="measure this contestant only (may be repeated)",
    )
    parser.add_argument("--json", type=Path, default=RESULTS, metavar="FILE", help="figures as JSON")
    return parser.parse_args()
