"""130,000 sources at 13,000 hosts, each polled every 15 minutes: lateness, memory and CPU of one service.

`SCALE_SOURCES` and `SCALE_MINUTES` make it smaller; sources are always due as often as in the whole.
"""

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path

import pytest

from benchmarks.process import Tree
from tests.engines import execute
from tests.load.origins import AGE, ROOT, Answer, Polls, kind, polls, running_origins, url
from tests.load.test_crowd import at
from tests.running import COMMAND, LOOPBACK, free_port, until

pytestmark = [
    pytest.mark.usefixtures("engine"),
    pytest.mark.one_engine("one process on SQLite; benchmarks/cluster.py compares PostgreSQL"),
]

SOURCES = int(os.environ.get("SCALE_SOURCES", 130_000))
MINUTES = float(os.environ.get("SCALE_MINUTES", 10))
EVERY = 15 * 60.0  # seconds
POLLS_A_SECOND = 130_000 / EVERY
LATE_MAX = EVERY / 10
PSS_MAX = 500_000_000
CORES_MAX = 1.0
LOOK_EVERY = 5.0
START_MAX = 300.0  # seconds until the service is ready
POLLS_RECORDED = "SELECT count(*) FROM poll"
OUTCOMES = """SELECT kind, count(*), sum(new), sum(edited) FROM poll
    WHERE number > (SELECT count(*) FROM source) GROUP BY kind"""
HEAD = """\
publication: {{name: Scale, url: 'http://127.0.0.1:{public}/', language: en, contact: desk@releases.test}}
listen: 127.0.0.1:{public}
admin: 127.0.0.1:{admin}
poll: {{every: 15m}}
retention: {{backups: 0}}
sources:
"""


@dataclass
class Run:
    """What is measured of a running service: PSS in bytes of its process tree, CPU in seconds, and seconds from
    an edit to its reload."""

    idle: int = 0
    before: list[int] = field(default_factory=list)
    reloading: list[int] = field(default_factory=list)
    after: list[int] = field(default_factory=list)
    reload: float = 0.0
    cpu: float = 0.0
    seconds: float = 0.0


def given_all_configured(directory: Path, sources: int, port: int) -> int:
    """Write sources.yaml and return the port of the admin side."""
    public, admin = free_port(), free_port()
    listed = (
        f"  - {{id: s{n}, organisation: Office {n}, feed: '{url(n, sources, port)}', {LOOPBACK}}}\n"
        for n in range(sources)
    )
    (directory / "sources.yaml").write_text(HEAD.format(public=public, admin=admin) + "".join(listed))
    return admin


def given_all_polled_once(directory: Path, first: datetime) -> None:
    """Fill the store; no source is due for an hour."""
    command = [
        sys.executable,
        "-m",
        "tests.load.warm_store",
        str(directory / "sources.yaml"),
        first.isoformat(),
    ]
    subprocess.run(command, cwd=ROOT, check=True)
    execute(directory / "store", f"UPDATE source SET due = {int((time.time() + 3600) * 1000)}")


def given_all_fall_due(directory: Path, *, a_second: float) -> float:
    """Have all sources fall due one after the other, so many a second; return when the first one does."""
    begin = time.time() + 2
    step = 1000 / a_second
    execute(
        directory / "store",
        f"UPDATE source SET due = CAST({int(begin * 1000)} + {step} * CAST(substr(id, 2) AS INTEGER) AS INTEGER)",
    )
    return begin


@contextmanager
def serving(directory: Path, admin: int) -> Iterator[Tree]:
    """Run the service from when it is ready; yield its processes."""
    tree = Tree()
    with (directory / "log").open("wb") as log:
        command = [*COMMAND, "serve"]
        process = subprocess.Popen(command, cwd=directory, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        until(lambda: _is_ready(process, admin, directory), seconds=START_MAX)
        yield tree
    finally:
        process.terminate()
        process.wait(timeout=60)


def _is_ready(process: subprocess.Popen[bytes], admin: int, directory: Path) -> bool:
    assert process.poll() is None, (directory / "log").read_text()
    with closing(HTTPConnection("127.0.0.1", admin, timeout=START_MAX)) as connection:  # costs next to no CPU
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except OSError:
            return False


def measured(directory: Path, tree: Tree, begin: float, seconds: float) -> Run:
    """Watch the service for so many seconds; after half of them one source is edited and all are read again."""
    run, cpu, started = Run(idle=tree.pss()), tree.cpu(), time.monotonic()
    edited, pause = 0.0, threading.Event()
    while (now := time.time()) < begin + seconds:
        if not edited and now > begin + seconds / 2:
            edit_one_source(directory)
            edited = now
        if not edited:
            run.before.append(tree.pss())
        elif not is_reloaded(directory):
            run.reloading.append(tree.pss())
        else:
            run.reload = run.reload or now - edited
            run.after.append(tree.pss())
        pause.wait(min(LOOK_EVERY, seconds / 20))
    run.cpu, run.seconds = tree.cpu() - cpu, time.monotonic() - started
    return run


def edit_one_source(directory: Path) -> None:
    file = directory / "sources.yaml"
    file.write_text(file.read_text().replace("organisation: Office 1,", "organisation: Office One,"))


def is_reloaded(directory: Path) -> bool:
    return b"configuration reloaded" in (directory / "log").read_bytes()


def lateness(found: Polls, sources: int, begin: float, *, a_second: float, end: float) -> list[float]:
    """Return by how many seconds each source that fell due was polled late; one that was not is late until the
    end."""
    due = ((n, begin + n / a_second) for n in range(sources))
    return [found.first.get(str(n), end) - then for n, then in due if then < end]


@pytest.mark.soak
def test_130_000_sources_are_polled_every_15_minutes_on_time(tmp_path: Path) -> None:
    first, seconds, a_second = datetime.now(UTC) - AGE, MINUTES * 60, POLLS_A_SECOND
    with running_origins(first) as port:
        admin = given_all_configured(tmp_path, SOURCES, port)
        given_all_polled_once(tmp_path, first)
        with serving(tmp_path, admin) as tree:
            begin = given_all_fall_due(tmp_path, a_second=a_second)
            run = measured(tmp_path, tree, begin, seconds)
            found, end = polls(port), time.time()
    late = lateness(found, SOURCES, begin, a_second=a_second, end=end)
    figures = _figures(found, late, run)
    print(figures)
    total = sum(found.answers.values())
    assert 0.9 * a_second * seconds <= total <= 1.1 * a_second * seconds, figures
    for answer, share in ((Answer.NEW, 0.05), (Answer.SAME, 0.475), (Answer.NOT_MODIFIED, 0.475)):
        assert abs(found.answers[answer] / total - share) < 0.01, figures
    assert at(0.99, late) <= LATE_MAX, figures
    assert max(run.idle, *run.before, *run.after) <= PSS_MAX, figures
    assert run.after, figures
    assert run.cpu / run.seconds <= CORES_MAX, figures


def _figures(found: Polls, late: list[float], run: Run) -> str:
    total = sum(found.answers.values())
    shown = {
        "idle": run.idle,
        "before a reload": max(run.before),
        "reading": max(run.reloading, default=0),
        "after it": max(run.after, default=0),
    }
    memory = ", ".join(f"{name} {size / 1e6:.0f} MB" for name, size in shown.items())
    return (
        f"{total} polls {found.answers}, late by {at(0.5, late):.1f}, {at(0.99, late):.1f}, {max(late):.1f} s "
        f"(half, 99 %, all); PSS: {memory}; reload in {run.reload:.0f} s; {run.cpu / run.seconds:.2f} cores, "
        f"{1000 * run.cpu / max(total, 1):.2f} ms of CPU a poll"
    )


def test_sources_of_a_warm_store_are_polled_once_each_and_find_what_their_origins_say(tmp_path: Path) -> None:
    sources, first = 120, datetime.now(UTC) - AGE
    with running_origins(first) as port:
        admin = given_all_configured(tmp_path, sources, port)
        given_all_polled_once(tmp_path, first)
        with serving(tmp_path, admin):
            given_all_fall_due(tmp_path, a_second=10 * sources)
            until(lambda: execute(tmp_path / "store", POLLS_RECORDED) == [(2 * sources,)], seconds=START_MAX)
        found = polls(port)
    kinds = Counter(kind(source, 0) for source in range(sources))
    assert found.answers == kinds
    assert sorted(execute(tmp_path / "store", OUTCOMES)) == [
        ("changed", kinds[Answer.NEW], kinds[Answer.NEW], 0),
        ("not-modified", kinds[Answer.NOT_MODIFIED], 0, 0),
        ("unchanged", kinds[Answer.SAME], 0, 0),
    ]


def test_a_source_that_was_not_polled_is_late_until_the_end() -> None:
    found = Polls(first={"0": 105.0, "2": 102.0})
    assert lateness(found, 4, 100.0, a_second=1.0, end=102.5) == [5.0, 1.5, 0.0]
