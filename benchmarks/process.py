"""Wall time, CPU time and peak PSS of a process tree, read from /proc (Linux)."""

import ctypes
import os
import resource
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")
PR_SET_CHILD_SUBREAPER = 36
SAMPLE_EVERY = 0.02
SAMPLE_SHARE = 50  # the sampler sleeps this many times the duration of a sample: under 2 % of a core


@dataclass(frozen=True, slots=True)
class Usage:
    """Seconds of wall and CPU time, and the highest sum of PSS seen, in bytes.

    `others` is the CPU time of all other processes of the machine, in seconds: where it is not small, the
    wall time is less reliable.
    """

    wall: float
    cpu: float
    peak_pss: int
    others: float = 0.0


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that ended, by itself or killed at its time limit."""

    usage: Usage
    exit_code: int
    output: str


def adopt_orphans() -> None:
    """Make this process a subreaper: the CPU time of orphaned descendants counts too."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


def children(pid: int) -> list[int]:
    """Return the direct children of all threads of a process; none when it has ended."""
    found: list[int] = []
    try:
        for task in (PROC / str(pid) / "task").iterdir():
            found += map(int, (task / "children").read_text().split())
    except OSError:
        return found
    return found


class Tree:
    """The processes under this one that were started after the tree was made."""

    def __init__(self) -> None:
        self._others = frozenset(children(os.getpid()))

    def pids(self) -> list[int]:
        """Return all living members, parents first."""
        found = [pid for pid in children(os.getpid()) if pid not in self._others]
        for pid in found:
            found += children(pid)
        return found

    def pss(self) -> int:
        """Return the sum of their proportional set sizes, in bytes."""
        return sum(map(_pss, self.pids()))

    def cpu(self) -> float:
        """Return seconds of CPU time of living members and of the children they have reaped."""
        return sum(map(_cpu, self.pids()))

    def rig_cpu(self) -> float:
        """Return seconds of CPU time of this process and of its children outside the tree."""
        return time.process_time() + sum(map(_cpu, self._others))

    def end(self, patience: float = 5.0) -> None:
        """Wait `patience` seconds for the members to end, then kill them; reap all of them."""
        deadline = time.monotonic() + patience
        while pids := self.pids():
            for pid in pids:
                if time.monotonic() > deadline:
                    _kill(pid)
                _reap(pid)
            time.sleep(0.005)


def _pss(pid: int) -> int:
    try:
        with (PROC / str(pid) / "smaps_rollup").open() as lines:
            for line in lines:
                if line.startswith("Pss:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass  # the process ended between the listing and the reading
    return 0


def _cpu(pid: int) -> float:
    try:
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / TICKS  # utime, stime, cutime, cstime: proc(5)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _reap(pid: int) -> None:
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return  # its own parent will


class Peak:
    """Highest PSS of a tree while `watching`."""

    def __init__(self, tree: Tree) -> None:
        self.pss = 0
        self._tree = tree
        self._stop = threading.Event()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Sample beside the block."""
        sampler = threading.Thread(target=self._sample, daemon=True)
        sampler.start()
        try:
            yield
        finally:
            self._stop.set()
            sampler.join()

    def _sample(self) -> None:
        rest = 0.0
        while not self._stop.wait(rest):
            started = time.thread_time()
            self.pss = max(self.pss, self._tree.pss())
            rest = max(SAMPLE_EVERY, SAMPLE_SHARE * (time.thread_time() - started))


def run(command: list[str], *, env: Mapping[str, str], cwd: Path, limit: float = 600.0) -> Ended:
    """Run a command to its end, killing it after `limit` seconds, and measure its whole tree."""
    tree = Tree()
    peak = Peak(tree)
    before, machine = _cpu_of_children(), _machine_cpu() - tree.rig_cpu()
    with (cwd / "output").open("w+b") as output:
        started = time.monotonic()
        process = start(command, env=env, cwd=cwd, output=output.fileno())
        timer = threading.Timer(limit, process.kill)
        timer.start()
        with peak.watching():
            exit_code = process.wait()
            wall = time.monotonic() - started
        timer.cancel()
        tree.end()
        output.seek(0)
        text = output.read().decode(errors="replace")
    cpu = _cpu_of_children() - before
    others = _machine_cpu() - tree.rig_cpu() - machine - cpu
    return Ended(Usage(wall, cpu, peak.pss, max(others, 0.0)), exit_code, text)


def start(command: list[str], *, env: Mapping[str, str], cwd: Path, output: int) -> subprocess.Popen[bytes]:
    """Start a command in its own session, with the given environment alone."""
    return subprocess.Popen(
        command,
        env=dict(env),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def during(tree: Tree, action: Callable[[], None]) -> Usage:
    """Return the usage of a running tree during `action`."""
    peak = Peak(tree)
    before, machine = tree.cpu(), _machine_cpu() - tree.rig_cpu()
    with peak.watching():
        started = time.monotonic()
        action()
        wall = time.monotonic() - started
    cpu = tree.cpu() - before
    others = _machine_cpu() - tree.rig_cpu() - machine - cpu
    return Usage(wall, cpu, peak.pss, max(others, 0.0))


def _machine_cpu() -> float:
    """Return the seconds that all cores together were busy since boot."""
    first = (PROC / "stat").read_text().partition("\n")[0]
    user, nice, system, _, _, irq, softirq, steal = map(int, first.split()[1:9])
    return (user + nice + system + irq + softirq + steal) / TICKS


def _cpu_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
