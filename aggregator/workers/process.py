"""One worker process, both ends: the handle in the service, and the loop that serves jobs in the child.

The child is forked from multiprocessing's forkserver, has limits on memory and CPU time, is confined by the
kernel (`sandbox`), and reads jobs from a pipe of its own. Pools whose processes share a pipe stall when a
process that holds its lock is killed (pebble 5, for minutes). Both ends make the decoders
of answers at the first one, which a poll without an answer saves.
"""

import fcntl
import json
import math
import multiprocessing
import os
import pickle
import resource
import signal
import sys
import threading
import time
from contextlib import suppress
from importlib.machinery import ModuleSpec
from multiprocessing import forkserver, parent_process, resource_tracker
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from msgspec.structs import asdict

from aggregator.model.document import ReadJob, ReadResult, StyleJob
from aggregator.model.image import Drawn, ImageJob
from aggregator.model.page import PageJob, PageText, RobotsJob
from aggregator.workers.sandbox import Confinement, confine

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

    from aggregator.workers.answers import Failure

JOBS_MAX = 1000  # of one worker, then it is replaced, which releases memory that one huge document fragmented
ANSWER_BYTES_MAX = 1 << 26  # of one answer; items of the largest document allowed are below
EXIT_TIMEOUT = 5.0  # seconds for a killed or closed process to be gone
START_TIMEOUT = 30.0  # seconds until a process is confined
CONFINEMENT_BYTES_MAX = 1_000

_CPU_CLOCK_OF_PROCESS = 2  # CPUCLOCK_SCHED of linux/posix-timers.h, as clock_getcpuclockid(3) makes the id

_context = multiprocessing.get_context("forkserver")
# Loaded once into the forkserver: workers start at once and share the pages.
_context.set_forkserver_preload(["aggregator.workers.preload"])


def start_forkserver() -> None:
    """Start the process that workers are forked from, ahead of a job: 0.2 s beside the first fetches."""
    _keep_main_out()
    # Ctrl-C reaches every process of a terminal: one that is still loading modules would print a traceback.
    resource_tracker.ensure_running()  # before, as it unblocks the signal
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Worker:
    """Handle of one process and its pipe. Belongs to one thread; any thread may kill it.

    `zones` are the time zones (IANA names) of the jobs it can do, `styles` whether it can apply house
    styles; `cpu_seconds` are for each of them. `extracts`: it can do the jobs of pages, too, `draws`:
    those of images. `confinement` is what it reported before its first job. OSError or EOFError when it does
    not start.
    """

    def __init__(
        self,
        memory: int,
        cpu_seconds: int,
        zones: frozenset[str],
        *,
        extracts: bool = False,
        styles: bool = False,
        draws: bool = False,
    ) -> None:
        start_forkserver()
        self._pipe, theirs = _context.Pipe()
        self._zones, self._styles = zones, styles
        self._cpu_seconds = cpu_seconds
        parts = (theirs, memory, zones, extracts, styles, draws)
        self._process = _context.Process(target=serve, args=parts, daemon=True)
        self._jobs = 0
        try:
            self._process.start()
        finally:
            theirs.close()
        try:
            self.confinement = self._confinement()
        except BaseException:
            self.kill()
            self.close()
            raise

    def _confinement(self) -> Confinement:
        if not self._pipe.poll(START_TIMEOUT):
            raise TimeoutError("it did not start")
        return Confinement(**json.loads(self._pipe.recv_bytes(CONFINEMENT_BYTES_MAX)))

    def is_usable(self, zone: str, *, styles: bool = False) -> bool:
        """Return whether it can take a job in a time zone, or with a house style. The pipe of an idle worker
        is readable only after its death."""
        is_loaded = zone in self._zones and (self._styles or not styles)
        return self._jobs < JOBS_MAX and is_loaded and not self._pipe.poll()

    def answer(self, job: bytes, seconds: float) -> "ReadResult | PageText | Drawn | Failure":
        """Return the answer to a pickled job.

        Raises TimeoutError after `seconds` of wall time, EOFError or OSError when the process died, and
        ValueError for an answer that cannot be decoded.
        """
        from aggregator.workers.answers import decode

        self._jobs += 1
        self._limit_cpu()
        self._pipe.send_bytes(job)
        if not self._pipe.poll(seconds):
            raise TimeoutError
        deadline = threading.Timer(seconds, self.kill)  # an answer that begins and does not end
        deadline.start()
        try:
            return decode(self._pipe.recv_bytes(ANSWER_BYTES_MAX))
        finally:
            deadline.cancel()

    def _limit_cpu(self) -> None:
        """Allow the next job its CPU time, from outside: a confined worker cannot change its own limits.

        The kernel counts from the start of the process.
        """
        pid = self._process.pid
        assert pid is not None, "it was started"
        used = time.clock_gettime(~pid << 3 | _CPU_CLOCK_OF_PROCESS)
        _, hard = resource.prlimit(pid, resource.RLIMIT_CPU)
        resource.prlimit(pid, resource.RLIMIT_CPU, (math.ceil(used) + self._cpu_seconds, hard))

    def kill(self) -> None:
        """Kill the process, idle or busy."""
        self._process.kill()

    def close(self) -> int | None:
        """Let an idle process end, wait until it is gone and return its exit code."""
        self._pipe.close()
        self._process.join(EXIT_TIMEOUT)
        return self._process.exitcode


def _keep_main_out() -> None:
    """Keep multiprocessing from running the main script (run.py, the console script) and all its imports
    again in every worker; it skips the __main__ of a package."""
    main = sys.modules["__main__"]
    if getattr(main, "__spec__", None) is None:
        main.__spec__ = ModuleSpec("aggregator.__main__", None)


def serve(
    pipe: "Connection[bytes, bytes]",
    memory: int,
    zones: frozenset[str],
    extracts: bool = False,
    styles: bool = False,
    draws: bool = False,
) -> None:
    """Report how this process is confined, then answer jobs until the service closes the pipe.

    Runs in the child.
    """
    _limit(memory)
    loaded = [ZoneInfo(zone) for zone in zones]  # noqa: F841 - referenced, they stay in zoneinfo's cache
    if extracts:
        from aggregator.workers import extraction

        extraction.load()
    if styles:
        from aggregator.workers.job import load_styles

        load_styles()
    if draws:
        from aggregator.workers import drawing

        drawing.load()
    _close_descriptors({pipe.fileno(), _service().sentinel})
    pipe.send_bytes(json.dumps(asdict(confine())).encode())
    while True:
        try:
            job = pipe.recv_bytes()
        except (EOFError, OSError):
            return
        try:
            pipe.send_bytes(_answer(job))
        except OSError:
            return


def _answer(pickled: bytes) -> bytes:
    from aggregator.workers.answers import encode

    try:
        answer = encode(_done(pickle.loads(pickled)))  # noqa: S301 - from the service, the trusted side
        if len(answer) > ANSWER_BYTES_MAX:
            raise MemoryError
    except Exception as error:  # the service reports it with the source's name
        return encode(error)
    return answer


def _done(job: ReadJob | StyleJob | PageJob | RobotsJob | ImageJob) -> ReadResult | PageText | Drawn:
    if isinstance(job, StyleJob):
        from aggregator.workers.job import restyle

        return restyle(job)
    if isinstance(job, ReadJob):
        from aggregator.workers.detection import language
        from aggregator.workers.job import work

        return work(job, language)
    if isinstance(job, ImageJob):
        from aggregator.workers.drawing import drawn

        return drawn(job)
    from aggregator.workers.extraction import allowed, extracted

    return extracted(job) if isinstance(job, PageJob) else allowed(job)


def _service() -> "BaseProcess":
    service = parent_process()
    assert service is not None, "a worker is started by a service"
    return service


def _close_descriptors(kept: set[int]) -> None:
    """Close what multiprocessing leaves open beside the standard streams: the pipe of its resource tracker,
    which acts on what it reads, among others."""
    for descriptor in [int(name) for name in os.listdir("/proc/self/fd")]:  # noqa: PTH208 - numbers, no paths
        if descriptor > 2 and descriptor not in kept:
            with suppress(OSError):  # of the listing itself
                os.close(descriptor)


def _limit(memory: int) -> None:
    """Bound the memory, forbid core files, ignore Ctrl-C, and tie this process to the service's life."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A busy worker does not notice that its pipe closed, and a regular expression lets no thread run. The
    # kernel sends SIGIO, which kills, at the end of the service: this descriptor never becomes readable else.
    service = _service()
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    fcntl.fcntl(service.sentinel, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(service.sentinel, fcntl.F_SETFL, fcntl.fcntl(service.sentinel, fcntl.F_GETFL) | os.O_ASYNC)
    if not service.is_alive():  # it ended before SIGIO was armed
        os._exit(1)
