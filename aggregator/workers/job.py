"""What a worker process does: reads documents, one after the other, until nobody sends any more.

Parses, normalises and applies the operator's rules to hostile input. Never fetches, stores or decides.
"""

import fcntl
import math
import os
import pickle
import resource
import signal
from dataclasses import replace
from multiprocessing import parent_process
from multiprocessing.connection import Connection

from aggregator.model import Item, ReadJob, ReadResult


def work(job: ReadJob) -> ReadResult:
    """The document's new entries become items; those that cannot are named. Raises ParseError."""
    from aggregator.editorial.rules import keeps  # the service, which only names this, loads none of them
    from aggregator.normalise import normalise
    from aggregator.normalise.labels import NAME_CHARS_MAX
    from aggregator.normalise.text import line
    from aggregator.parse import parse

    document = parse(
        job.body,
        content_type=job.content_type,
        url=job.url,
        seen=job.seen,
        pipeline_version=job.pipeline_version,
    )
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
    # It names the source wherever its operator does not.
    document = replace(document, entries=(), title=line(document.title, NAME_CHARS_MAX))
    return ReadResult(document, tuple(items), skipped, tuple(invalid))


def serve(pipe: "Connection[bytes, bytes]", memory: int, cpu_seconds: int) -> None:
    """Answer jobs from the pipe, pickled both ways; ends when its other side is closed.

    An answer is a ReadResult, or the exception that came instead.
    """
    _confine(memory)
    while True:
        try:
            asked = pipe.recv_bytes()
        except (EOFError, OSError):
            return
        _limit_cpu(cpu_seconds)
        try:
            pipe.send_bytes(_answer(asked))
        except OSError:
            return


def _answer(asked: bytes) -> bytes:
    answer: ReadResult | Exception
    try:
        answer = work(pickle.loads(asked))  # noqa: S301 - of our own service
        return pickle.dumps(answer, pickle.HIGHEST_PROTOCOL)
    except Exception as error:  # it is told to the service, which names the source
        answer = error
    try:
        return pickle.dumps(answer, pickle.HIGHEST_PROTOCOL)
    except Exception:  # an exception of some library that cannot travel
        return pickle.dumps(RuntimeError(f"{type(answer).__name__}: {answer}"))


def _confine(memory: int) -> None:
    """No more memory than this, no core files, no signals of the terminal, no life without its service."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # One that is busy does not see its pipe closed, and a thread would not run beside a regular expression.
    # The kernel's SIGIO at the end of the service ends it: nothing else ever comes on this descriptor.
    service = parent_process()
    assert service is not None, "a worker is started by a service"
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    fcntl.fcntl(service.sentinel, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(service.sentinel, fcntl.F_SETFL, fcntl.fcntl(service.sentinel, fcntl.F_GETFL) | os.O_ASYNC)
    if not service.is_alive():  # it ended before the kernel was asked to tell
        os._exit(1)


def _limit_cpu(seconds: int) -> None:
    """Allow the job that begins now its CPU time; the kernel counts from the start of the process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(usage.ru_utime + usage.ru_stime) + seconds, hard))
