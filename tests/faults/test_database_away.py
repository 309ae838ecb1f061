"""A PostgreSQL that restarts, crashes or freezes: pages are served from memory, polls go on when it is back."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.postgres import Server, server
from tests.running import Service, feed, given_a_site, item, until
from tests.server import answer, http_server_in_thread

BACK_WITHIN = 30.0  # seconds; the soak asserts COMMITS_WITHIN
COMMITS_WITHIN = 3.0
SOURCES, FROZEN_SECONDS = 60, 60
FAULTS_IN_TURN = 5


@pytest.fixture
def database() -> Iterator[Server]:
    with server(is_durable=True) as running:
        yield running


def restarts(database: Server, meanwhile: Callable[[], None]) -> None:
    database.stop()
    meanwhile()
    database.start()


def crashes(database: Server, meanwhile: Callable[[], None]) -> None:
    database.stop("immediate")
    meanwhile()
    database.start()


def freezes(database: Server, meanwhile: Callable[[], None]) -> None:
    database.freeze()
    meanwhile()
    database.thaw()


@pytest.mark.needs("postgres")
@pytest.mark.parametrize("fault", [restarts, crashes, freezes])
def test_pages_are_served_and_polls_go_on_after_a_fault_of_the_database(
    database: Server, tmp_path: Path, fault: Callable[[Server, Callable[[], None]], None]
) -> None:
    with http_server_in_thread({"/feed": answer(body=feed(item("one", "First")))}) as origin:
        here = given_a_site(
            tmp_path, {"harbour": origin.url("/feed")}, database=database.schema("publicwire")
        )
        with here.serving() as running:
            until(lambda: running.titles() == ["First"])
            paths = ("/", "/feed.atom", "/feed.json", "/sources/harbour")
            before = [running.get(path).content for path in paths]

            def meanwhile() -> None:
                until(lambda: _readiness(running).status_code == 503, seconds=60)
                assert "not ready: the database" in _readiness(running).text
                assert [running.get(path).content for path in paths] == before

            fault(database, meanwhile)
            origin.answers["/feed"] = answer(body=feed(item("two", "Second"), item("one", "First")))
            until(lambda: _readiness(running).status_code == 200, seconds=BACK_WITHIN)
            assert here.run("poll", "harbour").returncode == 0
            assert running.titles() == ["Second", "First"]
            assert running.process.poll() is None


def _readiness(running: Service) -> httpx.Response:
    return httpx.get(f"{running.admin}/readyz", timeout=30)


@pytest.mark.soak
@pytest.mark.needs("postgres")
@pytest.mark.parametrize("fault", [restarts, crashes, freezes])
def test_commits_go_on_within_seconds_and_nothing_is_lost_or_doubled(
    database: Server, tmp_path: Path, fault: Callable[[Server, Callable[[], None]], None]
) -> None:
    """60 sources, all due when the database is back; it is away five times."""
    url = database.schema("publicwire")
    with http_server_in_thread() as origin:

        def publish(count: int) -> None:
            for n in range(SOURCES):
                names = [f"{n}-{each}" for each in range(count)]
                items = (item(name, f"Release {name}", f"Office {n} tells of {name}.") for name in names)
                origin.answers[f"/{n}"] = answer(body=feed(*items))

        publish(1)
        feeds = {f"s{n}": origin.url(f"/{n}") for n in range(SOURCES)}
        here = given_a_site(tmp_path, feeds, ", every: 1m", database=url)
        with here.serving() as running:
            until(lambda: counted(url, "item") == SOURCES, seconds=120)

            def meanwhile() -> None:
                threading.Event().wait(FROZEN_SECONDS if fault is freezes else 5)
                assert running.get("/feed.json").status_code == 200

            for turn in range(FAULTS_IN_TURN):
                publish(turn + 2)
                assert running.titles()
                before = counted(url, "poll")
                fault(database, meanwhile)
                back = time.monotonic()
                with psycopg.connect(url) as db:
                    db.execute("UPDATE source SET due = 0")
                until(lambda: counted(url, "poll") > before, seconds=60)  # noqa: B023
                assert time.monotonic() - back <= COMMITS_WITHIN
            until(lambda: counted(url, "item") == SOURCES * (FAULTS_IN_TURN + 1), seconds=180)
            assert running.process.poll() is None
        assert counted(url, "(SELECT DISTINCT title FROM item)") == SOURCES * (FAULTS_IN_TURN + 1)
        assert "Traceback" not in running.log.read_text()


def counted(url: str, rows: str) -> int:
    with psycopg.connect(url) as db:
        ((count,),) = db.execute(f"SELECT count(*) FROM {rows} AS counted").fetchall()
        return int(count)
