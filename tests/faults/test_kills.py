"""Processes killed and commands run concurrently around a running service: each release is stored once."""

import os
import random
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import httpx
import pytest

from tests.engines import execute, open_storage
from tests.running import (
    COMMAND,
    Service,
    Site,
    children,
    feed,
    given_a_site,
    is_running,
    item,
    json_of,
    until,
)
from tests.server import HttpServer, answer, http_server_in_thread

pytestmark = pytest.mark.usefixtures("engine")

FEEDS, ITEMS = 30, 4
QUICK = ", concurrency: 16, per_host: 16"


@pytest.fixture
def offices() -> Iterator[HttpServer]:
    """30 feeds of 4 releases each."""
    with http_server_in_thread() as serving:
        for number in range(FEEDS):
            serving.answers[f"/{number}.xml"] = releases(number, ITEMS)
        yield serving


def releases(number: int, count: int) -> bytes:
    names = [f"{number}/{each}" for each in reversed(range(count))]
    items = (item(name, f"Release {name}", f"Office {number} tells of {name}.") for name in names)
    return answer(body=feed(*items))


def feeds_of(offices: HttpServer) -> dict[str, str]:
    return {f"s{n}": offices.url(f"/{n}.xml") for n in range(FEEDS)}


def count(here: Site) -> int:
    (found,) = execute(here.store, "SELECT count(*) FROM item")[0]
    assert isinstance(found, int)
    return found


def is_whole(here: Site, items: int) -> None:
    """Assert that every release and position exists once and that the database is sound."""
    titles = Counter(str(row[0]) for row in execute(here.store, "SELECT title FROM item"))
    assert len(titles) == items
    assert set(titles.values()) == {1}
    merged = "(SELECT number FROM channel WHERE name = '')"
    positions = [
        row[0] for row in execute(here.store, f"SELECT position FROM membership WHERE channel = {merged}")
    ]
    assert len(set(positions)) == len(positions) == items
    with closing(open_storage(here.store)) as storage:
        assert storage.admin.check() == ()


def workers(service: Service) -> list[int]:
    """Return the running worker processes and their forkserver, without the resource tracker."""
    return [each for each in children(service.process.pid) if is_running(each) and not _keeps_books(each)]


def _keeps_books(process: int) -> bool:
    try:
        return b"resource_tracker" in Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return False  # the process ended meanwhile


def at_work_or_done(service: Service, polling: subprocess.Popen[bytes]) -> bool:
    return bool(workers(service)) or polling.poll() is not None


def kill(processes: list[int]) -> None:
    for each in processes:
        try:
            os.kill(each, signal.SIGKILL)
        except ProcessLookupError:
            continue  # the process ended by itself


@pytest.mark.soak
def test_workers_killed_again_and_again_cost_polls_and_never_the_service(
    tmp_path: Path, offices: HttpServer
) -> None:
    here = given_a_site(tmp_path, feeds_of(offices), poll=QUICK)
    with here.serving() as service:
        chance = random.Random(7)
        for turn in range(1, 4):
            for number in range(FEEDS):
                offices.answers[f"/{number}.xml"] = releases(number, ITEMS + turn)
            polling = here.start("poll")  # asks the service to poll, and waits for it
            for _ in range(3):
                until(partial(at_work_or_done, service, polling))
                threading.Event().wait(chance.uniform(0, 0.2))
                kill(chance.sample(alive, min(2, len(alive))) if (alive := workers(service)) else [])
            polling.wait(timeout=250)
        assert service.process.poll() is None
        until(lambda: here.run("poll").returncode == 0, seconds=60)
        assert len(json_of(here.run("items", "--json", "--limit", "500").stdout)) == FEEDS * (ITEMS + 3)
        assert service.stop() == 0
    is_whole(here, FEEDS * (ITEMS + 3))
    assert "Traceback" not in service.log.read_text()


def test_a_killed_worker_costs_one_poll_and_not_the_pool(tmp_path: Path, offices: HttpServer) -> None:
    here, endless = given_a_site(tmp_path), ", skip: [{title: '(a+)+$'}]"
    offices.answers["/endless.xml"] = answer(body=feed(item("endless", "a" * 60 + "b")))
    names = feeds_of(offices)
    here.sources({**names, "endless": offices.url("/endless.xml")}, endless, poll=QUICK)
    with here.serving() as service:
        until(lambda: len(json_of(here.run("items", "--json", "--limit", "500").stdout)) == FEEDS * ITEMS)
        busy = until(lambda: [each for each in workers(service) if is_at_work(each)])
        kill(busy)
        until(lambda: "killed its worker" in service.status())
        told = {each["id"]: each["failures"] for each in json_of(here.run("sources", "--json").stdout)}
        assert {name for name, failures in told.items() if failures} == {"endless"}
        assert "publicwire_workers_killed_total 1.0" in httpx.get(f"{service.admin}/metrics").text
        assert here.run("poll", *names).returncode == 0
        assert service.stop() == 0


def is_at_work(process: int) -> bool:
    """Return whether the process has used more than 1.5 s of CPU, as only the endless job does."""
    try:
        times = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return False  # the process ended meanwhile
    return int(times[11]) > 1.5 * os.sysconf("SC_CLK_TCK") and times[0] == "R"


@pytest.mark.parametrize("whom", ["service", "service and workers"])
def test_a_service_killed_at_work_goes_on_where_it_was(
    tmp_path: Path, offices: HttpServer, whom: str
) -> None:
    here, chance = given_a_site(tmp_path, feeds_of(offices), poll=QUICK), random.Random(11)
    for turn in range(1, 5):
        for number in range(FEEDS):
            offices.answers[f"/{number}.xml"] = releases(number, ITEMS + turn)
        with here.serving() as service:
            polling = here.start("poll")
            threading.Event().wait(chance.uniform(0.3, 1.2))
            below = workers(service)
            service.stop(signal.SIGKILL)
            if whom != "service":
                kill(below)
            polling.kill()
            polling.wait()
    until(lambda: not [each for each in below if is_running(each)])
    assert here.run("poll").returncode == 0
    is_whole(here, FEEDS * (ITEMS + 4))


def test_commands_succeed_while_polls_commit(tmp_path: Path, offices: HttpServer) -> None:
    here = given_a_site(tmp_path, feeds_of(offices), poll=QUICK)
    assert here.run("poll").returncode == 0
    names = sorted(row["id"] for row in json_of(here.run("items", "--json", "--limit", "500").stdout))
    withdrawn, taken_back = names[:16], names[:4]
    with here.serving() as service:
        for number in range(FEEDS):
            offices.answers[f"/{number}.xml"] = releases(number, ITEMS + 3)
        polling = here.start("poll")
        said = verbs(here, [("withdraw", name, "--reason", "a court said so") for name in withdrawn])
        said += verbs(here, [("reinstate", name, "--reason", "it was overturned") for name in taken_back])
        said += verbs(here, [("backup", str(tmp_path / "at-work.db"))])
        polling.wait(timeout=60)
        assert [error for error in said if error] == []
        gone = [200] * 4 + [410] * 12  # reinstated ones once their origins are polled
        until(lambda: [service.get(f"/items/{name}").status_code for name in withdrawn] == gone)
        assert service.stop() == 0
    states = {
        row["id"]: row["state"] for row in json_of(here.run("items", "--json", "--limit", "500").stdout)
    }
    assert sorted(name for name, state in states.items() if state == "withdrawn") == withdrawn[4:]
    assert len(states) == FEEDS * (ITEMS + 3) == count(here)
    assert len((here.store / "withdrawals.jsonl").read_text().splitlines()) == 20
    with closing(open_storage(here.store)) as storage:
        assert storage.admin.check() == ()


def verbs(here: Site, commands: list[tuple[str, ...]]) -> list[str]:
    """Run commands concurrently and return the error output of each that failed."""
    running = [
        subprocess.Popen(
            [*COMMAND, *command], cwd=here.directory, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        for command in commands
    ]
    said = [(one.communicate(timeout=60)[1].decode(), one.returncode) for one in running]
    return [complaint for complaint, code in said if code]
