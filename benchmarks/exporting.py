"""CPU of `publicwire export` of many sources with one item each: whole, with nothing new, with one item new.

    python -m benchmarks.exporting [--sources 1000] [--repeat 3]

Each export is a process of its own; the figures are medians.
"""

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from shutil import rmtree

from aggregator import config as configuration
from aggregator.storage import open_storage
from benchmarks.fill import fill, fill_source
from benchmarks.report import record

TARGETS = {"whole": 10.0, "one new": 2.0}  # seconds for 1,000 sources
HEAD = "publication: {url: https://releases.example/, contact: desk@releases.example}\nsources:\n"
SOURCE = "  - {{id: s{0}, organisation: Organisation {0}, feed: https://h{0}.example/, topics: [t{1}]}}\n"
TOPICS = 20


def measure(file: Path, directory: Path) -> tuple[float, float]:
    """Export, and return seconds of CPU and of wall time."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = (sys.executable, "-m", "aggregator", "export", str(directory), "--config", str(file))
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, time.perf_counter() - start


def with_one_new(file: Path, number: int) -> None:
    """Store one more item of the first source."""
    config = configuration.load(file)
    storage = open_storage(config.store)
    now = datetime.now(UTC)
    try:
        with storage.admin.poller(now):
            fill_source(storage, config.sources[0], range(number, number + 1), now)
    finally:
        storage.close()


def runs(directory: Path, sources: int, repeat: int) -> Mapping[str, list[tuple[float, float]]]:
    """Return CPU and wall time of each kind of run."""
    file, www = directory / "sources.yaml", directory / "www"
    file.write_text(HEAD + "".join(SOURCE.format(number, number % TOPICS) for number in range(sources)))
    fill(file, sources)
    found = defaultdict(list)
    for number in range(repeat):
        rmtree(www, ignore_errors=True)
        found["whole"].append(measure(file, www))
        found["nothing new"].append(measure(file, www))
        with_one_new(file, sources + number)
        found["one new"].append(measure(file, www))
    return found


def main() -> None:
    """Print a line for each kind of run."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sources", type=int, default=1_000)
    options.add_argument("--repeat", type=int, default=3)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        found = runs(Path(directory), given.sources, given.repeat)
        medians = {
            name: [statistics.median(each) for each in zip(*taken, strict=True)]
            for name, taken in found.items()
        }
        for name, (cpu, wall) in medians.items():
            target = f"target {TARGETS[name]:.0f} s" if name in TARGETS else ""
            print(f"{name:12} CPU {cpu:6.2f} s, wall {wall:6.2f} s  {target}", flush=True)
    figures = {name: {"cpu": cpu, "wall": wall} for name, (cpu, wall) in medians.items()}
    record("exporting", {"sources": given.sources, **figures})


if __name__ == "__main__":
    main()
