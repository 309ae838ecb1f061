"""Pool of worker processes for the event loop: started at the first job, killed on a limit, ended when idle.

A killed process costs its one job. Never parses here; the event loop never waits for a process.
"""

import asyncio
import ctypes
import os
import pickle
import signal
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import KW_ONLY, dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from aggregator.errors import Cause, ParseError, WorkerError
from aggregator.log import log
from aggregator.model.document import ReadJob, ReadResult, StyleJob
from aggregator.model.image import Drawn, ImageJob
from aggregator.model.page import PageJob, PageText, RobotsJob
from aggregator.workers.process import Worker
from aggregator.workers.sandbox import Confinement

if TYPE_CHECKING:
    from aggregator.workers.answers import Failure

JOB_SECONDS = 30.0  # wall time
JOB_CPU_SECONDS = 15
MEMORY = 1 << 30  # bytes of address space of one worker
IDLE_SECONDS = 60.0  # without a job, then the processes are ended
# A ParseError of any other cause is forged by a compromised worker: "gone" would stop the
# polls of its source.
PARSE_CAUSES = frozenset({Cause.NOT_A_FEED, Cause.LIMIT})


@dataclass(eq=False)
class WorkerPool:
    """Reads documents, and if it `extracts`, pages, if it `draws`, images. `seconds` (wall time),
    `cpu_seconds` and `memory` (bytes) bound one job.

    One thread hands jobs to each process. As many processes as processors, because the service needs its
    share: one more slowed a large pass down. At least two, so that one hostile document blocks no other.
    """

    processes: int = field(default_factory=lambda: max(os.cpu_count() or 1, 2))
    _: KW_ONLY
    seconds: float = JOB_SECONDS
    cpu_seconds: int = JOB_CPU_SECONDS
    memory: int = MEMORY
    extracts: bool = False
    draws: bool = False

    def __post_init__(self) -> None:
        self._threads: ThreadPoolExecutor | None = None
        self._of_thread = threading.local()
        self._workers: set[Worker] = set()
        self._zones: frozenset[str] = frozenset()  # of all jobs: a worker cannot load one once it is confined
        self._styles = False  # of all jobs, likewise: whether one has a house style
        # Backpressure: a pickled job is a second copy of its body, so only these many are pickled ahead.
        self._slots = asyncio.Semaphore(2 * self.processes)
        self._running = 0
        self._last_job = 0.0
        self._is_closing = False
        self.killed = 0  # processes that died of a job, or on its limits
        self.confinement: Confinement | None = None  # of the last process, None before the first

    async def run(
        self, job: ReadJob | StyleJob, room: Callable[[], Awaitable[None]] | None = None
    ) -> ReadResult:
        """Return the result of `job.work` or `job.restyle`. Raises its ParseError, or WorkerError on a limit
        or a crash.

        `room` is awaited in the job's turn: results that wait for their commit put off further ones.
        """
        kind = "house style" if isinstance(job, StyleJob) else "document"
        subject = f"the {kind} of {job.source.id}"
        answer = await self._run(job, job.source.timezone, subject, room)
        if isinstance(answer, ReadResult):
            return answer
        raise WorkerError(f"{subject} was answered as a page", cause=Cause.CRASH)

    async def extract(self, job: PageJob) -> PageText:
        """Return the text of a page, or the reason why it is not taken; WorkerError as `run`."""
        return await self._page(job, job.source.timezone, f"a page of {job.source.id}")

    async def ask(self, job: RobotsJob) -> PageText:
        """Return WAITS if a robots.txt allows the fetch of an address, else ROBOTS; WorkerError as `run`."""
        return await self._page(job, "UTC", "a robots.txt")

    async def draw(self, job: ImageJob) -> Drawn:
        """Return an image drawn anew, or that it is refused; WorkerError as `run`."""
        subject = f"an image of {job.source}"
        answer = await self._run(job, "UTC", subject)
        if isinstance(answer, Drawn):
            return answer
        raise WorkerError(f"{subject} was answered as a document", cause=Cause.CRASH)

    async def _page(self, job: PageJob | RobotsJob, zone: str, subject: str) -> PageText:
        answer = await self._run(job, zone, subject)
        if isinstance(answer, PageText):
            return answer
        raise WorkerError(f"{subject} was answered as a document", cause=Cause.CRASH)

    async def _run(
        self,
        job: ReadJob | StyleJob | PageJob | RobotsJob | ImageJob,
        zone: str,
        subject: str,
        room: Callable[[], Awaitable[None]] | None = None,
    ) -> ReadResult | PageText | Drawn:
        self._running += 1
        try:
            async with self._slots:
                if room is not None:
                    await room()
                if self._threads is None:
                    self._threads = ThreadPoolExecutor(self.processes, "worker")
                pickled = pickle.dumps(job, pickle.HIGHEST_PROTOCOL)
                styles = not isinstance(job, RobotsJob | ImageJob) and bool(job.source.house_style)
                read = partial(self._read, pickled, zone, subject, styles=styles)
                return await asyncio.get_running_loop().run_in_executor(self._threads, read)
        finally:
            self._running -= 1
            self._last_job = asyncio.get_running_loop().time()

    async def release_if_idle(self, now: float) -> bool:
        """End the processes after IDLE_SECONDS without a job; `now` is the event loop's time.

        Return whether they were ended.
        """
        if self._threads is None or self._running or now - self._last_job < IDLE_SECONDS:
            return False
        await self.close()
        trim_heap()
        return True

    async def close(self) -> None:
        """End the processes; running jobs are lost. A later job starts processes again."""
        threads, self._threads = self._threads, None
        if threads is None:
            return
        self._is_closing = True
        threads.shutdown(wait=False, cancel_futures=True)
        for worker in tuple(self._workers):
            worker.kill()
        await asyncio.to_thread(threads.shutdown)
        for worker in tuple(self._workers):
            worker.close()
        self._workers.clear()
        self._is_closing = False

    def _read(
        self, job: bytes, zone: str, subject: str, *, styles: bool = False
    ) -> ReadResult | PageText | Drawn:
        """Have this thread's worker do a job; `subject` starts the error sentences."""
        worker = self._worker(zone, subject, styles=styles)
        try:
            answer = worker.answer(job, self.seconds)
        except TimeoutError:
            self._discard(worker)
            raise WorkerError(f"{subject} took over {self.seconds:g} s", cause=Cause.LIMIT) from None
        except ValueError as error:
            self._discard(worker)
            raise WorkerError(
                f"{subject} made its worker send an undecodable answer", cause=Cause.CRASH
            ) from error
        except (EOFError, OSError) as error:
            code = self._discard(worker)
            if code == -signal.SIGXCPU:
                took = f"took over {self.cpu_seconds} s of CPU time"
                raise WorkerError(f"{subject} {took}", cause=Cause.LIMIT) from error
            raise WorkerError(f"{subject} killed its worker (exit code {code})", cause=Cause.CRASH) from error
        if isinstance(answer, ReadResult | PageText | Drawn):
            return answer
        raise self._error(answer, subject)

    def _error(self, failure: "Failure", subject: str) -> ParseError | WorkerError:
        if failure.kind == ParseError.__name__ and failure.cause in PARSE_CAUSES:
            return ParseError(failure.message, cause=failure.cause)
        if failure.kind == MemoryError.__name__:
            return WorkerError(f"{subject} needed over {self.memory >> 20} MB of memory", cause=Cause.LIMIT)
        failed = f"made its worker fail ({failure.kind}: {failure.message})"
        return WorkerError(f"{subject} {failed}", cause=Cause.CRASH)

    def _worker(self, zone: str, subject: str, *, styles: bool) -> Worker:
        """Return this thread's worker; a new one after JOBS_MAX jobs, the death of an idle one, or for what
        it has not loaded: a time zone, house styles."""
        self._zones |= {zone}
        self._styles |= styles
        worker: Worker | None = getattr(self._of_thread, "worker", None)
        if worker is not None and worker.is_usable(zone, styles=styles):
            return worker
        if worker is not None:
            self._forget(worker)
        try:
            worker = self._of_thread.worker = Worker(
                self.memory,
                self.cpu_seconds,
                self._zones,
                extracts=self.extracts,
                styles=self._styles,
                draws=self.draws,
            )
        except (OSError, EOFError) as error:
            raise WorkerError(f"{subject} got no worker: {error}", cause=Cause.CRASH) from error
        self._workers.add(worker)
        if self.confinement != worker.confinement:
            self.confinement = worker.confinement
            event = log.info if worker.confinement.is_whole else log.warning
            event(worker.confinement.words)
        if self._is_closing:
            worker.kill()
        return worker

    def _discard(self, worker: Worker) -> int | None:
        """Kill a worker that failed a job, and return its exit code."""
        self.killed += not self._is_closing
        worker.kill()
        return self._forget(worker)

    def _forget(self, worker: Worker) -> int | None:
        self._of_thread.worker = None
        self._workers.discard(worker)
        return worker.close()


def trim_heap() -> None:
    """Return freed memory to the system (malloc_trim): glibc keeps that of documents long gone."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
