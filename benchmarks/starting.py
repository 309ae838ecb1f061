"""The start of a command: `publicwire items` on a small store beside `python -c pass`, in alternated runs.

python -m benchmarks.starting [--repeat 21]
"""

import argparse
import resource
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks.contestants import environment
from benchmarks.fill import fill
from benchmarks.installation import BIN, COMMAND, write_configuration
from benchmarks.report import record
from benchmarks.states import feed_url

ITEMS, SOURCES = 60, 10
TARGET = 8.0  # times the interpreter that does nothing
WARM_UP = 2


def main() -> None:
    """Print and record the medians."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--repeat", type=int, default=21, metavar="N", help="medians of N alternated runs")
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="publicwire-bench-") as name:
        directory = Path(name)
        write_configuration(directory, [feed_url(feed, 80) for feed in range(SOURCES)])
        fill(directory / "sources.yaml", ITEMS)
        commands = {"items": [*COMMAND, "items"], "pass": [str(BIN / "python"), "-c", "pass"]}
        taken = [
            {what: _spent(command, directory) for what, command in commands.items()}
            for _ in range(WARM_UP + given.repeat)
        ][WARM_UP:]
    measures = ("wall", "cpu")
    figures = {
        what: {name: median(each[what][at] for each in taken) for at, name in enumerate(measures)}
        for what in commands
    }
    for measure in measures:
        ours, theirs = figures["items"][measure], figures["pass"][measure]
        verdict = "reached" if ours / theirs <= TARGET else "MISSED"
        print(
            f"publicwire items: {1000 * ours:.0f} ms {measure}, python -c pass {1000 * theirs:.0f} ms: "
            f"{ours / theirs:.1f} x; <= {TARGET:g} {verdict}"
        )
    record("starting", figures)


def _spent(command: Sequence[str], directory: Path) -> tuple[float, float]:
    """Run a command to its end and return seconds of wall and CPU time."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, cwd=directory, env=environment(directory), check=True, stdout=subprocess.DEVNULL)
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
