"""A hostile document costs one job, whatever it does to its worker. Every test runs real processes."""

import asyncio
import json
import multiprocessing
import os
import pickle
import re
import select
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from multiprocessing import forkserver
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.errors import Cause, ParseError, WorkerError
from aggregator.fetch.memory import Budget, Share
from aggregator.model.document import ReadJob, ReadResult
from aggregator.model.settings import Rule, Source
from aggregator.workers.answers import encode
from aggregator.workers.pool import WorkerPool
from aggregator.workers.process import ANSWER_BYTES_MAX, start_forkserver
from tests.virtual_time import settled
from tests.workers.given import runs

NOW = datetime(2026, 11, 24, tzinfo=UTC)
ROOT = Path(__file__).parents[2]


def test_the_process_that_workers_are_forked_from_takes_no_interrupt() -> None:
    """Not even before its own code runs: Ctrl-C reaches every process of a terminal."""
    start_forkserver()
    process = forkserver._forkserver._forkserver_pid  # type: ignore[attr-defined]  # no public name
    blocked = re.search(r"SigBlk:\s*(\w+)", Path(f"/proc/{process}/status").read_text())
    assert blocked is not None
    assert int(blocked[1], 16) & 1 << (signal.SIGINT - 1)


def rss(*items: str) -> bytes:
    return f'<rss version="2.0"><channel><title>T</title>{"".join(items)}</channel></rss>'.encode()


def item(title: str) -> str:
    return f"<item><title>{title}</title><link>https://one.example/{title}</link></item>"


def job(body: bytes, *skip: str) -> ReadJob:
    rules = tuple(Rule("title", pattern) for pattern in skip)
    source = Source(id="one", feed="https://one.example/feed", skip=rules)
    return ReadJob(body, "", source.feed, source, frozenset(), b"", NOW)


def endless() -> ReadJob:
    """Return a job with a catastrophic regular expression of the operator's."""
    return job(rss(item("a" * 60 + "b")), "(a+)+$")


def with_workers(act: Callable[[WorkerPool], Awaitable[None]], **limits: float) -> None:
    async def run() -> None:
        workers = WorkerPool(
            2,
            seconds=limits.get("seconds", 30),
            cpu_seconds=int(limits.get("cpu_seconds", 15)),
            memory=int(limits.get("memory", 1 << 30)),
        )
        try:
            await act(workers)
        finally:
            await workers.close()

    asyncio.run(run())


def titles(worked: ReadResult) -> list[str]:
    return [made.title for made in worked.items]


async def still_work(workers: WorkerPool) -> None:
    assert titles(await workers.run(job(rss(item("fine"))))) == ["fine"]


def pids() -> set[int]:
    return {child.pid for child in multiprocessing.active_children() if child.pid}


def test_a_document_becomes_items_skipped_ones_are_counted_and_invalid_ones_named() -> None:
    async def act(workers: WorkerPool) -> None:
        worked = await workers.run(
            job(rss(item("kept"), item("dropped"), "<item><guid>empty</guid></item>"), "drop")
        )
        assert (titles(worked), worked.skipped, worked.document.entries) == (["kept"], 1, ())
        assert len(worked.document.listed) == 3
        (invalid,) = worked.invalid
        assert invalid.startswith("empty: ")

    with_workers(act)


def test_the_name_a_document_gives_itself_is_one_printable_line() -> None:
    said = "Ministry\x1b[31m2J\u202e\u2066 of\r\nX-Evil: " + "x" * 5_000
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": said, "items": []}

    async def act(workers: WorkerPool) -> None:
        title = (await workers.run(job(json.dumps(feed).encode()))).document.title
        assert (title[:28], len(title), title.isprintable()) == ("Ministry[31m2J of X-Evil: xx", 200, True)

    with_workers(act)


def test_a_confined_worker_knows_every_time_zone_that_a_date_names() -> None:
    named = ("Asia/Kathmandu", "America/St_Johns", "Europe/Vienna", "Mitteleuropäische Sommerzeit")
    body = rss(
        *(f"<item><title>{zone}</title><pubDate>6 Nov 2026 12:00 {zone}</pubDate></item>" for zone in named)
    )

    async def act(workers: WorkerPool) -> None:
        read = await workers.run(job(body))
        hours = [f"{made.claimed:%H:%M}" for made in read.items if made.claimed]
        assert hours == ["06:15", "15:30", "11:00", "10:00"]

    with_workers(act)


def test_a_worker_reads_any_encoding_and_the_time_zone_of_each_source() -> None:
    dated = rss(item("新闻").replace("<link>", "<pubDate>2026-11-20 12:00</pubDate><link>")).decode()

    async def act(workers: WorkerPool) -> None:
        read = []
        for encoding, zone in (("gb18030", "Asia/Shanghai"), ("big5", "America/New_York"), ("utf-16", "UTC")):
            plain = job(
                f'<?xml version="1.0" encoding="{encoding}"?>{dated}'.replace("闻", "聞").encode(encoding)
            )
            (made,) = (await workers.run(replace(plain, source=replace(plain.source, timezone=zone)))).items
            read.append((made.title, made.claimed and made.claimed.hour))
        assert read == [("新聞", 4), ("新聞", 17), ("新聞", 12)]
        assert workers.killed == 0

    with_workers(act)


def test_a_parse_error_comes_through_as_it_was_raised() -> None:
    async def act(workers: WorkerPool) -> None:
        with pytest.raises(ParseError, match="the document is empty") as caught:
            await workers.run(job(b""))
        assert caught.value.cause == "not-a-feed"

    with_workers(act)


def test_a_job_past_its_time_dies_alone() -> None:
    async def act(workers: WorkerPool) -> None:
        slow, quick = await asyncio.gather(
            workers.run(endless()), workers.run(job(rss(item("quick")))), return_exceptions=True
        )
        assert isinstance(slow, WorkerError)
        assert (str(slow), slow.cause) == ("the document of one took over 1 s", "limit")
        assert isinstance(quick, ReadResult)
        await still_work(workers)
        assert workers.killed == 1

    with_workers(act, seconds=1)


def test_a_job_past_its_cpu_time_dies_alone() -> None:
    async def act(workers: WorkerPool) -> None:
        with pytest.raises(WorkerError, match="took over 1 s of CPU time") as caught:
            await workers.run(endless())
        assert caught.value.cause == "limit"
        await still_work(workers)

    with_workers(act, cpu_seconds=1)


def test_a_job_that_wants_too_much_memory_fails_alone() -> None:
    async def act(workers: WorkerPool) -> None:
        with pytest.raises(ParseError, match="more memory") as caught:
            await workers.run(job(b'{"items": [' + b"[]," * 6_000_000))
        assert caught.value.cause == "limit"
        await still_work(workers)

    with_workers(act, memory=400 << 20)


def test_a_pattern_that_cannot_be_used_fails_its_job_alone() -> None:
    async def act(workers: WorkerPool) -> None:
        with pytest.raises(WorkerError, match="made its worker fail") as caught:
            await workers.run(job(rss(item("a")), "("))
        assert caught.value.cause == "crash"
        await still_work(workers)

    with_workers(act)


def takes_over(answer: bytes) -> ReadJob:
    """Return a job that takes its worker over and sends `answer` through the worker's own pipe."""
    return runs(f"answer({answer!r})")


class Writes:
    """Pickle that writes a file when it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


def test_an_answer_that_is_a_pickle_is_never_loaded(tmp_path: Path) -> None:
    answer = pickle.dumps(Writes(tmp_path / "written"))

    async def act(workers: WorkerPool) -> None:
        with pytest.raises(WorkerError, match="made its worker send an undecodable answer") as caught:
            await workers.run(takes_over(answer))
        assert caught.value.cause == "crash"
        await still_work(workers)

    with_workers(act)
    assert not (tmp_path / "written").exists()
    pickle.loads(answer)
    assert (tmp_path / "written").exists(), "the answer would have run"


def test_a_worker_that_was_taken_over_cannot_stop_the_polls_of_its_source() -> None:
    async def act(workers: WorkerPool) -> None:
        with pytest.raises(WorkerError) as caught:
            await workers.run(takes_over(encode(ParseError("gone", cause=Cause.GONE))))
        assert caught.value.cause == "crash"

    with_workers(act)


def test_an_answer_beyond_its_size_ends_the_worker() -> None:
    async def act(workers: WorkerPool) -> None:
        with pytest.raises(WorkerError) as caught:
            await workers.run(runs(f"answer(bytes({ANSWER_BYTES_MAX + 1}))"))
        assert caught.value.cause == "crash"
        await still_work(workers)

    with_workers(act)


def test_a_worker_killed_at_work_costs_its_job_alone() -> None:
    async def act(workers: WorkerPool) -> None:
        await still_work(workers)
        running = asyncio.ensure_future(workers.run(endless()))
        await asyncio.wait({running}, timeout=0.3)
        for pid in pids():
            os.kill(pid, signal.SIGKILL)
        with pytest.raises(WorkerError) as caught:
            await running
        assert caught.value.cause == "crash"
        await still_work(workers)

    with_workers(act)


def test_workers_killed_while_idle_cost_nothing() -> None:
    async def act(workers: WorkerPool) -> None:
        await still_work(workers)
        for child in multiprocessing.active_children():
            child.kill()
            child.join()
        await still_work(workers)
        assert workers.killed == 0

    with_workers(act)


def test_a_job_waits_for_room_before_a_worker_takes_it() -> None:
    async def act(workers: WorkerPool) -> None:
        budget = Budget(100)
        with Share(budget) as results:
            results.take(100)
            waiting = asyncio.ensure_future(workers.run(job(rss(item("late"))), budget.room))
            await settled()
            assert (pids(), waiting.done()) == (set(), False)
        assert titles(await waiting) == ["late"]

    with_workers(act)


def test_a_result_has_the_size_of_its_answer() -> None:
    async def act(workers: WorkerPool) -> None:
        small, large = [(await workers.run(job(rss(item("t" * size))))).size for size in (10, 900)]
        assert 100 < small < large - 800

    with_workers(act)


def test_idle_processes_are_let_go_and_come_back() -> None:
    async def act(workers: WorkerPool) -> None:
        now = asyncio.get_running_loop().time
        assert not await workers.release_if_idle(now())
        await still_work(workers)
        assert len(pids()) == 1
        assert not await workers.release_if_idle(now() + 59)
        assert await workers.release_if_idle(now() + 61)
        assert pids() == set()
        await still_work(workers)

    with_workers(act)


def test_many_jobs_at_once_all_come_back() -> None:
    async def act(workers: WorkerPool) -> None:
        worked = await asyncio.gather(*(workers.run(job(rss(item(f"t{n}")))) for n in range(100)))
        assert [titles(each) for each in worked] == [[f"t{n}"] for n in range(100)]

    with_workers(act)


PROGRAM = """
import asyncio, multiprocessing, sys, threading
print("loaded", flush=True)
from aggregator.workers.pool import WorkerPool
from tests.workers.test_pool import endless, still_work

async def main():
    threading.Thread(target=threading.Event().wait, daemon=True).start()
    workers = WorkerPool(2)
    busy = asyncio.gather(*([workers.run(endless())] if "stay" in sys.argv else []))
    await still_work(workers)
    print(*(child.pid for child in multiprocessing.active_children()), flush=True)
    await busy
    await workers.close()

if __name__ == "__main__":
    asyncio.run(main())
"""


def given_program(tmp_path: Path, *arguments: str) -> "subprocess.Popen[str]":
    path = tmp_path / "program"  # as a console script: a file without .py
    path.write_text(PROGRAM)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(path), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, cwd=tmp_path)


def test_workers_never_load_the_main_program(tmp_path: Path) -> None:
    with given_program(tmp_path) as program:
        output, _ = program.communicate(timeout=60)
    assert (program.returncode, output.count("loaded")) == (0, 1)


def test_no_worker_outlives_a_killed_parent(tmp_path: Path) -> None:
    with given_program(tmp_path, "stay") as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "loaded\n"
        workers = [os.pidfd_open(int(pid)) for pid in program.stdout.readline().split()]
        program.kill()
    assert len(workers) == 2  # one of them busy with a job that never ends
    for worker in workers:
        assert select.select([worker], [], [], 5)[0] == [worker], "the worker is still there"
        os.close(worker)
