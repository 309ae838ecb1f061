"""Modules that the forkserver loads, and the files that it keeps for workers, which open none."""

import subprocess
import sys
from pathlib import Path
from zoneinfo import available_timezones

ROOT = Path(__file__).parents[2]
MODULES = (
    "print(*(name for name in sys.modules if name.startswith(('aggregator.', 'yaml', 'httpx', 'sqlite3'))))"
)
# Values that only the service has, its storage and its configuration.
SERVICE_ONLY = (
    *(f"aggregator.model.{name}" for name in ("changes", "decision", "poll", "release", "stored", "websub")),
    *(f"aggregator.{name}" for name in ("cli", "config", "fetch", "policy", "service", "storage")),
    *(f"aggregator.dedupe.{name}" for name in ("changes", "decided", "edits", "stories", "within")),
    *("yaml", "httpx", "sqlite3"),
)


def in_a_process(code: str) -> str:
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return run.stdout


def test_the_forkserver_loads_no_module_of_the_service_alone() -> None:
    loaded = in_a_process(f"import sys, aggregator.workers.preload; {MODULES}").split()
    assert "aggregator.workers.job" in loaded
    assert not {name for name in loaded if name in SERVICE_ONLY}


def test_what_the_forkserver_loads_is_left_alone_by_the_garbage_collector_of_workers() -> None:
    code = "import gc, aggregator.workers.preload; print(gc.get_freeze_count() > 10_000, gc.isenabled())"
    assert in_a_process(code).split() == ["True", "True"]


def test_the_forkserver_keeps_every_time_zone_that_a_date_may_name() -> None:
    code = (
        "import aggregator.workers.preload; from aggregator.normalise import zones;"
        "print(*(name for name in zones.NAMES.values() if name in zones._files))"
    )
    assert {"Europe/Berlin", "America/Indiana/Knox"} <= {*in_a_process(code).split()} & available_timezones()
