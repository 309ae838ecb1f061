"""A PostgreSQL that restarts, crashes or freezes: pages are served from memory, polls go on when it is back."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.postgres import Server, server
from tests.running import Service, feed, given_a_site, item, until
from tests.server import answer, http_server_in_thread

BACK_WITHIN = 30.0  # seconds; `make soak` asserts 3


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
