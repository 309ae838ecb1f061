"""CPU and memory of reading a sources.yaml of very many sources: bare addresses, and sources with ten keys.

    python -m benchmarks.reading [--sources 100000]

Each file is read in a process of its own, as a start and a reload read it.
"""

import argparse
import gc
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from aggregator.cli import GC_THRESHOLD
from aggregator.config import load
from benchmarks.report import record

TARGETS = {"bare": 3.0, "full": 10.0}  # seconds of CPU for 100,000 sources
BARE = "  - https://h{0}.example/feed.xml\n"
FULL = """\
  - id: s{0}
    organisation: Organisation {0}
    feed: https://h{0}.example/feed.xml
    domains: [h{0}.example, www.h{0}.example]
    topics: [security, health]
    every: 10m
    language: en
    timezone: Europe/Vienna
    rights: {{licence: CC-BY-4.0, republish: full}}
    priority: 10
    only: [{{title: "(?i)rights"}}]
"""


def measure(file: Path) -> tuple[float, int]:
    """Read one file and return seconds of CPU and the peak of memory in MB."""
    start = time.process_time()
    assert load(file).sources
    return time.process_time() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    """Write both files and read each."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sources", type=int, default=100_000)
    options.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.file:
        gc.set_threshold(GC_THRESHOLD, 20, 20)  # as the command does
        print(json.dumps(measure(given.file)))
        return
    figures = {}
    with tempfile.TemporaryDirectory() as directory:
        for name, source in (("bare", BARE), ("full", FULL)):
            file = Path(directory, f"{name}.yaml")
            file.write_text("sources:\n" + "".join(source.format(number) for number in range(given.sources)))
            command = (sys.executable, "-m", "benchmarks.reading", "--file", str(file))
            seconds, peak = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
            print(f"{name:5} {given.sources:9,} sources {seconds:7.2f} s {peak:6,} MB", flush=True)
            print(f"      target for 100,000: {TARGETS[name]:g} s")
            figures[name] = {"cpu": seconds, "peak_mb": peak}
    record("reading", {"sources": given.sources, **figures})


if __name__ == "__main__":
    main()
