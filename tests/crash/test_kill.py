"""kill -9 after a random number of commits of a poll of 200 feeds, then a run to the end: each release once."""

import random
import subprocess
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.engines import Row, execute, open_storage, remove
from tests.running import Site, feed, given_a_site, item
from tests.server import HttpServer, answer, http_server_in_thread

pytestmark = pytest.mark.usefixtures("engine")

FEEDS, ITEMS = 200, 3
CONCURRENT = ", concurrency: 64, per_host: 64"


@pytest.fixture(scope="module")
def origins() -> Iterator[HttpServer]:
    """200 feeds of 3 releases each."""
    with http_server_in_thread() as serving:
        for number in range(FEEDS):
            body = feed(*(release(number, each) for each in range(ITEMS)))
            serving.answers[f"/{number}.xml"] = answer(body=body)
        yield serving


def release(number: int, each: int) -> str:
    name = f"{number}/{each}"
    return item(
        name, f"Release {name}", f"&lt;p&gt;Office {number} has release {each} to announce.&lt;/p&gt;"
    )


@pytest.fixture(scope="module")
def undisturbed(origins: HttpServer, tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    """The rows of a poll without a kill, on SQLite."""
    here = given_a_site(tmp_path_factory.mktemp("undisturbed"), feeds_of(origins), poll=CONCURRENT)
    assert here.run("poll").returncode == 0
    return stored(here)


def feeds_of(origins: HttpServer) -> dict[str, str]:
    return {f"s{n}": origins.url(f"/{n}.xml") for n in range(FEEDS)}


def stored(here: Site) -> list[Row]:
    """Return the rows that must not depend on the time of a kill."""
    return execute(
        here.store,
        "SELECT i.id, i.public_id, i.state, i.title, i.url, s.id, s.imported, s.mode"
        " FROM item i JOIN source s ON s.number = i.source ORDER BY i.id",
    )


def positions(here: Site) -> list[Row]:
    merged = "(SELECT number FROM channel WHERE name = '')"
    return execute(here.store, f"SELECT position FROM membership WHERE channel = {merged} ORDER BY position")


def items_of_sources(here: Site) -> dict[object, object]:
    """Return how many items each source has that has any."""
    found = execute(here.store, "SELECT source, count(*) FROM item GROUP BY source")
    return {row[0]: row[1] for row in found}


def kill_beyond(here: Site, sources: int) -> None:
    """Kill a poll once so many sources and one more have items, wherever it is then."""
    poll = here.start("poll")
    while poll.poll() is None and len(items_of_sources(here)) <= sources:
        with suppress(subprocess.TimeoutExpired):
            poll.wait(0.05)
    poll.kill()
    poll.wait()


def survives(here: Site, undisturbed: list[Row], kills: int, seed: int) -> None:
    chance, interrupted, done = random.Random(seed), 0, dict[object, object]()
    open_storage(here.store).close()
    for kill in range(kills):
        kill_beyond(here, chance.randint(len(done), min(len(done) + FEEDS // 4, FEEDS - 1)))
        told = f"kill {kill} of seed {seed}"
        with closing(open_storage(here.store)) as storage:
            assert storage.admin.check() == (), told
        done = items_of_sources(here)
        assert {*done.values()} <= {ITEMS}, f"{told}: half a poll was committed"
        interrupted += 0 < len(done) < FEEDS
        if len(done) == FEEDS:
            finish(here, undisturbed, told)
            remove(here.store)  # begin anew, so that every kill finds work to interrupt
            open_storage(here.store).close()
            done = {}
    finish(here, undisturbed, f"seed {seed}")
    assert interrupted, f"seed {seed} killed nothing in the middle of its work"


def finish(here: Site, undisturbed: list[Row], told: str) -> None:
    """Poll to the end and compare the store with that of an undisturbed poll."""
    assert here.run("poll").returncode == 0, told
    assert stored(here) == undisturbed, told
    assert positions(here) == [(number + 1,) for number in range(FEEDS * ITEMS)], told
    with closing(open_storage(here.store)) as storage:
        assert storage.admin.check() == (), told


def test_some_kills_lose_nothing_and_publish_nothing_twice(
    tmp_path: Path, origins: HttpServer, undisturbed: list[Row]
) -> None:
    survives(
        given_a_site(tmp_path, feeds_of(origins), poll=CONCURRENT), undisturbed, 4, random.randrange(10**9)
    )


@pytest.mark.soak
def test_a_hundred_kills_lose_nothing_and_publish_nothing_twice(
    tmp_path: Path, origins: HttpServer, undisturbed: list[Row]
) -> None:
    survives(
        given_a_site(tmp_path, feeds_of(origins), poll=CONCURRENT), undisturbed, 100, random.randrange(10**9)
    )
