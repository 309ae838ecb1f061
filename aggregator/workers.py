"""Processes that run parse, normalise and the operator's rules on hostile input, and die of it alone.

One killed process costs one job, never the pool. Started at the first job and let go when idle.
Never fetches, stores or decides; the event loop never waits for it in blocking code.
"""

import asyncio
import ctypes
import math
import multiprocessing
import os
import resource
import signal
import sys
from dataclasses import replace
from importlib.machinery import ModuleSpec
from typing import TYPE_CHECKING

from aggregator.errors import PollError, WorkerError
from aggregator.model import Item, Job, Worked

if TYPE_CHECKING:
    from pebble import ProcessPool

SECONDS = 30.0  # wall time of one job
CPU_SECONDS = 15  # of one job
MEMORY = 1 << 30  # bytes of address space of one worker
JOBS = 1000  # after so many a worker is replaced: one huge document must not swell it for ever
IDLE = 60.0  # seconds without a job until the processes are let go

# Loaded once into the server that workers are forked from, so that they start at once and share the pages.
_PRELOAD = [
    "pebble",
    "aggregator.workers",
    "aggregator.parse.xml",
    "aggregator.normalise",
    "aggregator.editorial.rules",
]


class Workers:
    """The pool, for the event loop. `seconds` (of wall time), `cpu_seconds` and `memory` bound one job."""

    def __init__(
        self,
        processes: int | None = None,
        *,
        seconds: float = SECONDS,
        cpu_seconds: int = CPU_SECONDS,
        memory: int = MEMORY,
    ) -> None:
        self._processes = processes or os.cpu_count() or 1
        self._seconds = seconds
        self._cpu_seconds = cpu_seconds
        self._memory = memory
        self._pool: ProcessPool | None = None
        self._starting = asyncio.Lock()
        # Two a process: the next document waits in the pipe, the other bodies stay in one copy.
        self._room = asyncio.Semaphore(2 * self._processes)
        self._running = 0
        self._last_job = 0.0
        self.killed = 0  # processes that died of a job, or on its limits

    async def run(self, job: Job) -> Worked:
        """What `work` makes of a job. Raises its ParseError, or WorkerError when the worker did not live."""
        self._running += 1
        try:
            async with self._room:
                return await self._attempt(job)
        except PollError:
            raise
        except Exception as error:
            raise self._failure(job, error) from error
        finally:
            self._running -= 1
            self._last_job = asyncio.get_running_loop().time()

    async def start(self) -> None:
        """Have the processes ready, so that their start overlaps with the first fetches."""
        await self._started()

    async def release_if_idle(self, now: float, idle: float = IDLE) -> bool:
        """Let the processes go after `idle` seconds without a job; `now` is the event loop's time."""
        if self._pool is None or self._running or now - self._last_job < idle:
            return False
        await self.close()
        _give_back()
        return True

    async def close(self) -> None:
        """End the processes; jobs still running are lost. A later job starts them again."""
        await self._end(self._pool)

    async def _end(self, pool: "ProcessPool | None") -> None:
        async with self._starting:  # whoever comes second finds another pool, and leaves it alone
            if pool is not None and self._pool is pool:
                self._pool = None
                await asyncio.to_thread(_stop, pool)

    async def _attempt(self, job: Job) -> Worked:
        from concurrent.futures.process import BrokenProcessPool

        for _ in range(3):
            pool = await self._started()
            if not pool.active:
                await self._end(pool)
                continue
            scheduled = pool.schedule(_work_within, args=[job, self._cpu_seconds], timeout=self._seconds)
            try:
                # Beyond pebble's own limit: a worker killed between taking a job and saying so loses it.
                return await asyncio.wait_for(asyncio.wrap_future(scheduled), 4 * self._seconds)
            except BrokenProcessPool:  # an idle worker was killed from outside; pebble gives the pool up
                await self._end(pool)
        raise WorkerError("the worker processes keep dying", cause="crash")

    async def _started(self) -> "ProcessPool":
        async with self._starting:
            if self._pool is None:
                self._pool = await asyncio.to_thread(_pool, self._processes, self._memory)
                self._last_job = asyncio.get_running_loop().time()
            return self._pool

    def _failure(self, job: Job, error: Exception) -> WorkerError:
        from pebble import ProcessExpired

        cause, what = "crash", f"made its worker fail ({type(error).__name__}: {error})"
        self.killed += isinstance(error, TimeoutError | ProcessExpired)
        if isinstance(error, TimeoutError):
            cause, what = "limit", f"took over {self._seconds:g} s"
        elif isinstance(error, MemoryError):
            cause, what = "limit", f"needed over {self._memory >> 20} MB of memory"
        elif isinstance(error, ProcessExpired) and error.exitcode == -signal.SIGXCPU:
            cause, what = "limit", f"took over {self._cpu_seconds} s of CPU time"
        elif isinstance(error, ProcessExpired):
            what = f"killed its worker (exit code {error.exitcode})"
        return WorkerError(f"the document of {job.source.id} {what}", cause=cause)


def _work_within(job: Job, cpu_seconds: int) -> Worked:
    """`work` as a worker does it: this process' CPU time is limited for the job."""
    _limit_cpu(cpu_seconds)
    return work(job)


def work(job: Job) -> Worked:
    """The document's new entries become items; those that cannot are named."""
    from aggregator.editorial.rules import keeps
    from aggregator.normalise import normalise
    from aggregator.parse import parse

    document = parse(job.body, content_type=job.content_type, url=job.url, seen=job.seen, recipe=job.recipe)
    items: list[Item] = []
    invalid: list[str] = []
    skipped = 0
    for entry in document.entries:
        try:
            item = normalise(entry, document=document, source=job.source, url=job.url, now=job.now)
        except ValueError as error:
            name = entry.title.value or entry.guid or entry.link or "an entry"
            invalid.append(f"{name[:80]}: {error}")
            continue
        if keeps(item, job.source):
            items.append(item)
        else:
            skipped += 1
    return Worked(replace(document, entries=()), tuple(items), skipped, tuple(invalid))


def _pool(processes: int, memory: int) -> "ProcessPool":
    """A pool that is up: the fork server has loaded its modules, the workers are waiting."""
    from pebble import ProcessPool

    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOAD)
    main = sys.modules["__main__"]
    if getattr(main, "__spec__", None) is None:
        # Started as run.py or as the console script: multiprocessing would run that file again in every
        # worker, with all it imports. It knows to leave a package's __main__ alone.
        main.__spec__ = ModuleSpec("aggregator.__main__", None)
    pool = ProcessPool(processes, JOBS, initializer=_confine, initargs=[memory], context=context)
    _ = pool.active  # pebble starts its processes when first asked
    return pool


def _give_back() -> None:
    """Let the system have the memory of documents long gone; glibc keeps it where it can."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _stop(pool: "ProcessPool") -> None:
    pool.stop()  # type: ignore[no-untyped-call]  # pebble annotates only most of itself
    pool.join()


def _confine(memory: int) -> None:
    """Runs in a worker before its first job. A worker whose parent died ends by itself: at the end of its
    job when the pipe is closed, or on the CPU limit."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_cpu(seconds: int) -> None:
    """Allow the job that begins now its CPU time; the kernel counts from the start of the process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(usage.ru_utime + usage.ru_stime) + seconds, hard))
