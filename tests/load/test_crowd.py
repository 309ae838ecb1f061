"""10,000 sources on 1,000 hosts of which 900 are dead or slow: the others keep their schedule."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from aggregator.fetch.politeness import SLOW_FETCHES_MAX
from tests.engines import execute
from tests.load.crowd import HOSTS, LIVE, host, kind
from tests.running import Service, Site, children, free_port, given_a_site

pytestmark = pytest.mark.usefixtures("engine")

MINUTES = 10
SOURCES = 10  # of each host
EVERY = 60.0  # seconds
TIMEOUT = 10  # seconds
ROOT = Path(__file__).parents[2]


@contextmanager
def crowd() -> Iterator[int]:
    """Run the hosts and yield their port."""
    port = free_port()
    command = [sys.executable, "-m", "tests.load.crowd", str(port)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == b"ready\n"
            yield port
        finally:
            process.kill()


def given_all_configured(here: Site, port: int) -> None:
    feeds = {
        f"h{number}-{source}": f"http://{host(number)}:{port}/{source}"
        for number in range(HOSTS)
        for source in range(SOURCES)
    }
    here.sources(feeds, ", every: 1m", poll=f", timeout: {TIMEOUT}s")


@dataclass
class Watch:
    """Samples of a running service, taken once a second."""

    lateness: list[float] = field(default_factory=list)  # of polls of live sources after their first
    first: dict[str, float] = field(default_factory=dict)  # when a live source was first had, in seconds
    memory: list[int] = field(default_factory=list)
    sockets: list[int] = field(default_factory=list)
    due: dict[str, int] = field(default_factory=dict)

    def look(self, store: Path, ran: float, processes: list[int]) -> None:
        now = time.time() * 1000
        for name, due in execute(store, "SELECT id, due FROM source WHERE last_success > 0"):
            assert isinstance(name, str) and isinstance(due, int)
            if name in self.due and self.due[name] != due:  # up to a second and the fetch too much
                self.lateness.append(max(0.0, now - self.due[name]) / 1000)
            self.first.setdefault(name, ran)
            self.due[name] = due
        if int(ran) % 5 == 0:
            self.memory.append(sum(map(pss, processes)))
            self.sockets.append(sockets(processes[0]))


def pss(process: int) -> int:
    """Return the proportional set size of a process in bytes, 0 once it has ended."""
    try:
        text = Path(f"/proc/{process}/smaps_rollup").read_text()
    except OSError:
        return 0
    return next(int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("Pss:"))


def sockets(process: int) -> int:
    found = 0
    for each in Path(f"/proc/{process}/fd").iterdir():
        try:
            found += str(each.readlink()).startswith("socket:")
        except OSError:
            continue  # closed meanwhile
    return found


def watched(here: Site, service: Service) -> Watch:
    watch, began, pause = Watch(), time.monotonic(), threading.Event()
    while (ran := time.monotonic() - began) < MINUTES * 60:
        pid = service.process.pid
        watch.look(here.store, ran, [pid, *children(pid)])
        pause.wait(1)
    return watch


def at(share: float, values: list[float]) -> float:
    return sorted(values)[int(share * (len(values) - 1))]


@pytest.mark.soak
def test_sources_that_answer_keep_their_schedule_beside_nine_times_as_many_that_do_not(
    tmp_path: Path,
) -> None:
    here = given_a_site(tmp_path)
    with crowd() as port:
        given_all_configured(here, port)
        with here.serving() as service:
            watch = watched(here, service)
    live = sum(kind(number) == LIVE for number in range(HOSTS)) * SOURCES
    half = len(watch.memory) // 2
    early, late = (sum(part) / len(part) for part in (watch.memory[:half], watch.memory[half:]))
    lateness = [at(share, watch.lateness) for share in (0.5, 0.99, 1.0)]
    figures = (
        f"{len(watch.first)} live, first had after {at(0.5, list(watch.first.values())):.0f} s (half), "
        f"{max(watch.first.values()):.0f} s (all); {len(watch.lateness)} polls late by "
        f"{lateness[0]:.1f}, {lateness[1]:.1f}, {lateness[2]:.1f} s (half, 99 %, all); "
        f"memory {early / 1e6:.0f} then {late / 1e6:.0f} MB; {max(watch.sockets)} sockets"
    )
    print(figures)
    assert len(watch.first) == live, figures
    assert lateness[1] <= EVERY / 10, figures
    assert late <= early * 1.1, figures
    assert max(watch.sockets) <= 64 + SLOW_FETCHES_MAX + 32, figures
