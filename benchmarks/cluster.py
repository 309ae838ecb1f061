"""Polls a second of a SQLite service, of one node and of two on PostgreSQL; CPU a poll; how late polls are at
100 a second.

`python -m benchmarks.cluster [SECONDS]`. All sources are due all the time: 2,000 at 200 hosts, without a
gap between fetches; the origin answers 304 but for a share of new items. PostgreSQL is one of the tests' own,
with fsync. Local, so not in `make bench`.
"""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from benchmarks.cluster_origin import running_origin
from benchmarks.process import children
from tests.postgres import Server, server
from tests.running import COMMAND, free_port

SOURCES, HOSTS = 2_000, 200
TICKS = os.sysconf("SC_CLK_TCK")
WARM_UP = 300.0  # seconds at most, until each source was polled once and its items can be searched
# All that is not under way: a service always has more to do than it can.
WAITING = "SELECT count(*) FROM source WHERE leased IS NULL AND due <= {now}"
UNSETTLED = """SELECT (SELECT count(*) FROM source WHERE last_success IS NULL)
    + (SELECT count(*) FROM item WHERE indexed = 0)"""
OFFERED = 100  # polls that become due in a second, where their delay is measured
REST = "UPDATE source SET due = {start} WHERE leased IS NULL"
SPREAD = f"UPDATE source SET due = {{start}} + number % {SOURCES} * {1000 // OFFERED}"
LATE = f"""SELECT p.started - ({{start}} + p.source % {SOURCES} * {1000 // OFFERED}) FROM poll p
    WHERE p.number > {{last}} ORDER BY 1"""
MAKE_DUE = "UPDATE source SET due = {now} WHERE leased IS NULL AND due > {now}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One run."""

    name: str
    new: float
    polls: float  # a second
    node_cpu: float  # milliseconds a poll, of all nodes
    server_cpu: float  # milliseconds a poll, of PostgreSQL
    late: tuple[float, float]  # seconds from due to begun at 100 polls a second: median and 99th percentile


def written(directory: Path, port: int, more: str = "") -> Path:
    """Write a configuration of all sources."""
    path = directory / "sources.yaml"
    lines = (
        f"  - {{id: s{n}, organisation: Office {n}, feed: 'http://{host(n)}:{port}/{n}', "
        "allow_networks: [127.0.0.0/8], budget: {items: 1000000}}"
        for n in range(SOURCES)
    )
    public, admin = free_port(), free_port()
    path.write_text(
        "publication: {name: Many, url: 'https://many.example/', language: en, contact: desk@many.example}\n"
        f"poll: {{every: 1h, host_gap: 0s, per_host: 8, websub: false}}\n{more}\n"
        f"listen: 127.0.0.1:{public}\nadmin: 127.0.0.1:{admin}\nretention: {{backups: 0}}\n"
        "sources:\n" + "\n".join(lines) + "\n"
    )
    return path


def host(source: int) -> str:
    """Return the host of a source, one of many names of this machine."""
    return f"127.0.1.{source % HOSTS + 1}"


Statement = Callable[[str], list[tuple[int, ...]]]


@contextmanager
def on_sqlite(directory: Path) -> Iterator[Statement]:
    """Yield what runs a statement on the store in a directory."""
    with closing(
        sqlite3.connect(directory / "store" / "publicwire.db", timeout=30, isolation_level=None)
    ) as db:
        yield lambda sql: db.execute(sql).fetchall()


@contextmanager
def on_postgres(url: str) -> Iterator[Statement]:
    """Yield what runs a statement on a database."""
    with psycopg.connect(url, autocommit=True) as db:

        def run(sql: str) -> list[tuple[int, ...]]:
            while True:
                try:
                    cursor = db.execute(sql)  # type: ignore[arg-type]  # put together from constants
                    break
                except psycopg.errors.DeadlockDetected:  # with commits of polls: in no order of theirs
                    continue
            return cursor.fetchall() if cursor.description else []

        yield run


@contextmanager
def processes(directory: Path, commands: list[list[str]], **environment: str) -> Iterator[list[int]]:
    """Run these commands and yield their process ids."""
    with (directory / "log").open("ab") as log:
        running = [
            subprocess.Popen(
                [*COMMAND, *command],
                cwd=directory,
                env={**os.environ, **environment},
                stdout=log,
                stderr=log,
            )
            for command in commands
        ]
    try:
        yield [each.pid for each in running]
    finally:
        for each in running:
            each.send_signal(signal.SIGTERM)
        for each in running:
            try:
                each.wait(timeout=30)
            except subprocess.TimeoutExpired:
                each.kill()


def cpu(process: int) -> float:
    """Return the seconds of CPU of a process and its descendants."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / TICKS + sum(map(cpu, children(process)))


def measured(
    name: str, new: float, seconds: float, run: Statement, nodes: list[int], postmaster: int
) -> Figure:
    """Keep all sources due for so long, and return what was done meanwhile."""
    deadline = time.monotonic() + WARM_UP
    while run(UNSETTLED)[0][0]:
        assert time.monotonic() < deadline, "not each source was polled and indexed"
        time.sleep(0.5)
    run("ANALYZE")  # as autovacuum does, a minute after so many new rows
    run(MAKE_DUE.format(now=int(time.time() * 1000)))
    time.sleep(3)
    (last,) = run("SELECT max(number) FROM poll")[0]
    used = sum(map(cpu, nodes)), cpu(postmaster) if postmaster else 0.0
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        if run(WAITING.format(now=int(time.time() * 1000)))[0][0] < SOURCES // 2:
            run(MAKE_DUE.format(now=int(time.time() * 1000)))
        time.sleep(0.25)
    wall = time.monotonic() - began
    polls = run(f"SELECT count(*) FROM poll WHERE number > {last}")[0][0]
    after = sum(map(cpu, nodes)), cpu(postmaster) if postmaster else 0.0
    return Figure(
        name,
        new,
        polls / wall,
        1000 * (after[0] - used[0]) / max(polls, 1),
        1000 * (after[1] - used[1]) / max(polls, 1),
        lateness(run),
    )


def lateness(run: Statement) -> tuple[float, float]:
    """Let each source become due once, OFFERED a second; return how late they were polled."""
    run(REST.format(start=int(1000 * (time.time() + 3600))))
    while run("SELECT count(*) FROM source WHERE leased IS NOT NULL")[0][0]:
        time.sleep(0.5)
    (last,) = run("SELECT max(number) FROM poll")[0]
    start = int(1000 * (time.time() + 2))
    run(SPREAD.format(start=start))
    time.sleep(2 + SOURCES / OFFERED + 3)
    late = [each for (each,) in run(LATE.format(start=start, last=last))]
    assert len(late) == SOURCES, f"{len(late)} polls"
    return late[len(late) // 2] / 1000, late[len(late) * 99 // 100] / 1000


def of_sqlite(new: float, seconds: float) -> Figure:
    """Measure `serve` on SQLite."""
    with TemporaryDirectory() as name, running_origin(new) as port:
        directory = Path(name)
        written(directory, port)
        with processes(directory, [["serve"]]) as nodes:
            while not (directory / "store" / "publicwire.db").exists():
                time.sleep(0.1)
            time.sleep(2)
            with on_sqlite(directory) as run:
                return measured("serve on SQLite", new, seconds, run, nodes, 0)


def of_nodes(database: Server, count: int, new: float, seconds: float) -> Figure:
    """Measure so many nodes on PostgreSQL."""
    url = database.schema(f"bench_{int(time.time())}")
    postmaster = int((database.directory / "data" / "postmaster.pid").read_text().split()[0])
    with ExitStack() as stack:
        directory = Path(stack.enter_context(TemporaryDirectory()))
        port = stack.enter_context(running_origin(new))
        written(directory, port)
        for command in ("migrate", "apply"):
            with processes(directory, [[command]], PUBLICWIRE_DATABASE=url) as (pid,):
                os.waitpid(pid, 0)
        commands = [["work", "--store", f"n{n}", "--admin", f"127.0.0.1:{free_port()}"] for n in range(count)]
        nodes = stack.enter_context(processes(directory, commands, PUBLICWIRE_DATABASE=url))
        run = stack.enter_context(on_postgres(url))
        return measured(f"{count} node(s)", new, seconds, run, nodes, postmaster)


def main() -> None:
    """Print a table."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 30.0
    wanted = sys.argv[2:] or ["sqlite", "1", "2"]
    with server(is_durable=True) as database:
        for new in (0.02, 0.10):
            for each in wanted:
                found = (
                    of_sqlite(new, seconds)
                    if each == "sqlite"
                    else of_nodes(database, int(each), new, seconds)
                )
                sys.stdout.write(
                    f"{found.name:<18} {found.new:4.0%} new  {found.polls:7.1f} polls/s  "
                    f"{found.node_cpu:5.2f} ms of nodes, {found.server_cpu:5.2f} ms of PostgreSQL a poll; "
                    f"at {OFFERED} a second late by {found.late[0]:.2f} s, p99 {found.late[1]:.2f} s\n"
                )
                sys.stdout.flush()


if __name__ == "__main__":
    main()
