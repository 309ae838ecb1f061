"""The processes that read documents, seen from the service: started when needed, killed on a limit.

One killed process costs the one job it was at. Each has a pipe of its own: a pool whose processes share
one stalls when somebody kills a process that holds its lock (pebble 5 did, for minutes). What they do is
in `work`; never parses here, and the event loop never waits for a process.
"""

import asyncio
import ctypes
import multiprocessing
import os
import pickle
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib.machinery import ModuleSpec
from multiprocessing import forkserver

from aggregator.errors import Cause, PollError, WorkerError
from aggregator.model import ReadJob, ReadResult
from aggregator.workers.job import serve

SECONDS = 30.0  # wall time of one job
CPU_SECONDS = 15  # of one job
MEMORY = 1 << 30  # bytes of address space of one worker
JOBS = 1000  # after so many a worker is replaced: one huge document must not swell it for ever
IDLE = 60.0  # seconds without a job until the processes are let go
ENDING = 5.0  # seconds a process gets to be gone that was killed or told to end

_context = multiprocessing.get_context("forkserver")
# Loaded once into the server that workers are forked from, so that they start at once and share the pages.
_context.set_forkserver_preload(
    ["aggregator.workers.job", "aggregator.parse.xml", "aggregator.normalise", "aggregator.editorial.rules"]
)


class WorkerPool:
    """The processes, for the event loop. `seconds` (of wall time), `cpu_seconds` and `memory` bound one job.

    Each has a thread that hands it jobs. There are as many as processors, because the service itself needs
    its share: one more made a large pass slower. At least two, so that one hostile document stops no other.
    """

    def __init__(
        self,
        processes: int | None = None,
        *,
        seconds: float = SECONDS,
        cpu_seconds: int = CPU_SECONDS,
        memory: int = MEMORY,
    ) -> None:
        self._processes = processes or max(os.cpu_count() or 1, 2)
        self._seconds = seconds
        self._limits = (memory, cpu_seconds)
        self._threads: ThreadPoolExecutor | None = None
        self._mine = threading.local()
        self._alive: set[_Worker] = set()
        # Jobs beyond these wait as what they are: pickled ones would be a second copy of their bodies.
        self._room = asyncio.Semaphore(2 * self._processes)
        self._running = 0
        self._last_job = 0.0
        self._is_closing = False
        self.killed = 0  # processes that died of a job, or on its limits

    def prepare(self) -> None:
        """Start what processes are forked from, a fifth of a second's work, beside what else there is to do:
        for who knows that there will be something to read."""
        _keep_main_out()
        forkserver.ensure_running()

    async def run(self, job: ReadJob) -> ReadResult:
        """What `work` makes of a job. Raises its ParseError, or WorkerError when the worker did not live."""
        self._running += 1
        try:
            async with self._room:
                if self._threads is None:
                    self._threads = ThreadPoolExecutor(self._processes, "worker")
                asked = pickle.dumps(job, pickle.HIGHEST_PROTOCOL)
                return await asyncio.get_running_loop().run_in_executor(
                    self._threads, self._answer, asked, job.source.id
                )
        finally:
            self._running -= 1
            self._last_job = asyncio.get_running_loop().time()

    async def release_if_idle(self, now: float, idle: float = IDLE) -> bool:
        """Let the processes go after `idle` seconds without a job; `now` is the event loop's time."""
        if self._threads is None or self._running or now - self._last_job < idle:
            return False
        await self.close()
        give_back()
        return True

    async def close(self) -> None:
        """End the processes; jobs still running are lost. A later job starts them again."""
        threads, self._threads = self._threads, None
        if threads is None:
            return
        self._is_closing = True
        threads.shutdown(wait=False, cancel_futures=True)
        for worker in tuple(self._alive):
            worker.kill()
        await asyncio.to_thread(threads.shutdown)
        for worker in tuple(self._alive):
            worker.end()
        self._alive.clear()
        self._is_closing = False

    def _answer(self, asked: bytes, source: str) -> ReadResult:
        """On the thread of one worker: its answer to a job."""
        subject = f"the document of {source}"
        worker = self._worker(subject)
        try:
            answer = worker.answer(asked, self._seconds)
        except TimeoutError:
            self._lost(worker)
            raise WorkerError(f"{subject} took over {self._seconds:g} s", cause=Cause.LIMIT) from None
        except (EOFError, OSError) as error:
            code = self._lost(worker)
            if code == -signal.SIGXCPU:
                took = f"took over {self._limits[1]} s of CPU time"
                raise WorkerError(f"{subject} {took}", cause=Cause.LIMIT) from error
            raise WorkerError(f"{subject} killed its worker (exit code {code})", cause=Cause.CRASH) from error
        if isinstance(answer, ReadResult):
            return answer
        if isinstance(answer, PollError):
            raise answer
        if isinstance(answer, MemoryError):
            needed = f"needed over {self._limits[0] >> 20} MB of memory"
            raise WorkerError(f"{subject} {needed}", cause=Cause.LIMIT) from answer
        assert isinstance(answer, Exception), "a worker answers with nothing else"
        what = f"made its worker fail ({type(answer).__name__}: {answer})"
        raise WorkerError(f"{subject} {what}", cause=Cause.CRASH) from answer

    def _worker(self, subject: str) -> "_Worker":
        """This thread's worker; a new one when it is used up, or was killed while idle."""
        worker: _Worker | None = getattr(self._mine, "worker", None)
        if worker is not None and worker.is_usable():
            return worker
        if worker is not None:
            self._forget(worker)
        try:
            worker = self._mine.worker = _Worker(*self._limits)
        except (OSError, EOFError) as error:
            raise WorkerError(f"{subject} got no worker: {error}", cause=Cause.CRASH) from error
        self._alive.add(worker)
        if self._is_closing:
            worker.kill()
        return worker

    def _lost(self, worker: "_Worker") -> int | None:
        self.killed += not self._is_closing
        worker.kill()
        return self._forget(worker)

    def _forget(self, worker: "_Worker") -> int | None:
        self._mine.worker = None
        self._alive.discard(worker)
        return worker.end()


class _Worker:
    """One process and the pipe to it; belongs to one thread, but may be ended from another."""

    def __init__(self, memory: int, cpu_seconds: int) -> None:
        _keep_main_out()
        self._pipe, theirs = _context.Pipe()
        self._process = _context.Process(target=serve, args=(theirs, memory, cpu_seconds), daemon=True)
        self._jobs = 0
        try:
            self._process.start()
        finally:
            theirs.close()

    def is_usable(self) -> bool:
        """Whether it can take a job; the pipe of an idle one has something to read only when it died."""
        return self._jobs < JOBS and not self._pipe.poll()

    def answer(self, asked: bytes, seconds: float) -> object:
        """Its answer, unpickled. EOFError or OSError when it died, TimeoutError when it takes too long."""
        self._jobs += 1
        self._pipe.send_bytes(asked)
        if not self._pipe.poll(seconds):
            raise TimeoutError
        return pickle.loads(self._pipe.recv_bytes())  # noqa: S301 - of a process of ours

    def kill(self) -> None:
        """End it at once, whatever it does; from any thread."""
        self._process.kill()

    def end(self) -> int | None:
        """Let it end when it is idle, and see that it is gone; its exit code then."""
        self._pipe.close()
        self._process.join(ENDING)
        return self._process.exitcode


def _keep_main_out() -> None:
    """Started as run.py or as the console script, multiprocessing would run that file again in every worker,
    with all it imports. It knows to leave a package's __main__ alone."""
    main = sys.modules["__main__"]
    if getattr(main, "__spec__", None) is None:
        main.__spec__ = ModuleSpec("aggregator.__main__", None)


def give_back() -> None:
    """Let the system have the memory of documents long gone; glibc keeps it where it can."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
