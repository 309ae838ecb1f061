"""Probes through the real client: what a page answers, and when it is fetched again."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from aggregator.fetch.client import Client
from aggregator.model.decision import Lapse, State, Trigger
from aggregator.model.entry import Entry
from aggregator.model.stored import Stored
from aggregator.model.websub import TaskKind
from aggregator.policy.probes import ATTEMPTS_MAX, MISSING_FOR, PAGE_BYTES_MAX, POSTPONED_FOR
from aggregator.service.origin_steps import OriginSteps
from aggregator.service.probes import Probes
from aggregator.service.releases import Releases
from aggregator.storage import Storage
from aggregator.tasks import Tasks
from tests.engines import execute, open_storage
from tests.events import capture_logs
from tests.fetch.given import LOOPBACK, client
from tests.given import DAY, HOUR, NOON, SourceDriver, all_items, at_once, config, entry, iso, source
from tests.server import Answers, HttpServer, answer, http_server
from tests.storage.given import again, move

pytestmark = pytest.mark.usefixtures("engine")

FOUND, GONE = answer(body=b"<html>Bridge opens</html>"), answer(status="410 Gone")
MISSING, BROKEN = answer(status="404 Not Found"), answer(status="500 Internal Server Error")
LARGE = answer(body=b"x" * (PAGE_BYTES_MAX + 1))
LIMITED = answer(status="429 Too Many Requests")


class ProbeHarness:
    """A source whose middle item has left its feed, and the tasks of a service."""

    def __init__(self, storage: Storage, server: HttpServer, fetcher: Client) -> None:
        self.storage, self.server, self.fetcher = storage, server, fetcher
        self.now = NOON + HOUR
        of = source("ministry", domains=("127.0.0.1",), allow_networks=LOOPBACK)
        self.config = config(of)
        storage.admin.sync(self.config, NOON)
        self.origin = SourceDriver(storage, of)
        self.origin.says(*self.entries(0, 1, 2))
        self.origin.says(*self.entries(0, 2), now=self.now)
        (self.item,) = (each for each in all_items(storage) if each.item.title == "Item 1")

    def entries(self, *names: int) -> list[Entry]:
        return [
            entry(f"Item {n}", f"urn:{n}", self.server.url(f"/{n}"), published=iso(NOON - n * HOUR))
            for n in names
        ]

    def stored(self) -> Stored:
        found = self.storage.items.find(self.item.id)
        assert found is not None
        return found

    async def tick(self, after: timedelta = timedelta(0)) -> list[str]:
        """Run what is due and return what pages answered."""
        self.now += after
        probes = Probes(
            self.storage.origins,
            lambda: self.fetcher,
            at_once,
            config=lambda: self.config,
            clock=lambda: self.now,
        )
        tasks = Tasks(self.storage.tasks, at_once, {TaskKind.PROBE: probes.run}, clock=lambda: self.now)
        with capture_logs() as logs:
            for task in await tasks.claim():
                await tasks.run(task)
        OriginSteps(self.storage.origins).all(self.now)
        Releases(self.storage).all(self.now)
        return [str(each["page"]) for each in logs if each["event"] == "page probed"]

    def due(self) -> datetime | None:
        """Return when the page is fetched again."""
        far = self.now + 400 * DAY
        found = self.storage.tasks.claim_tasks(far, kinds=[TaskKind.PROBE], limit=9, lease=HOUR)
        return far if found else None


def run(directory: Path, answers: Answers, scenario: Callable[[ProbeHarness], Awaitable[None]]) -> None:
    async def main() -> None:
        async with http_server(answers) as server, client() as fetcher:
            with closing(open_storage(directory)) as storage:
                await scenario(ProbeHarness(storage, server, fetcher))

    asyncio.run(main())


@pytest.mark.parametrize("page", [MISSING, GONE])
def test_a_page_that_is_missing_twice_withdraws_its_item(tmp_path: Path, page: bytes) -> None:
    async def scenario(here: ProbeHarness) -> None:
        assert await here.tick() == ["missing"]
        assert await here.tick(MISSING_FOR - timedelta(minutes=1)) == []
        assert here.stored().state is State.LIVE
        assert await here.tick(timedelta(minutes=1)) == ["missing"]
        assert (here.stored().state, here.stored().lapsed) == (State.WITHDRAWN, Lapse.PROBE)
        assert await here.tick(30 * DAY) == []

    run(tmp_path, {"/1": page}, scenario)


@pytest.mark.parametrize(
    ("page", "told"), [(FOUND, "answers"), (LARGE, "answers"), (BROKEN, "unknown"), (LIMITED, "unknown")]
)
def test_anything_else_ends_a_probe(tmp_path: Path, page: bytes, told: str) -> None:
    async def scenario(here: ProbeHarness) -> None:
        assert await here.tick() == [told]
        assert await here.tick(30 * DAY) == []
        assert here.stored().state is State.LIVE

    run(tmp_path, {"/1": page}, scenario)


def test_an_item_that_is_listed_again_is_probed_no_more(tmp_path: Path) -> None:
    async def scenario(here: ProbeHarness) -> None:
        await here.tick()
        here.origin.says(*here.entries(0, 1, 2), now=here.now)
        assert await here.tick(2 * DAY) == []
        assert here.stored().state is State.LIVE

    run(tmp_path, {"/1": MISSING}, scenario)


def test_a_withdrawn_item_comes_back_with_its_entry_and_its_page(tmp_path: Path) -> None:
    async def scenario(here: ProbeHarness) -> None:
        await here.tick()
        await here.tick(MISSING_FOR)
        here.origin.says(*here.entries(0, 1, 2), now=here.now)
        assert await here.tick(HOUR) == ["missing"]
        assert here.stored().state is State.WITHDRAWN
        here.server.answers["/1"] = FOUND
        assert await here.tick(DAY) == ["answers"]
        here.origin.says(*here.entries(0, 1, 2), now=here.now)
        await here.tick()
        assert (here.stored().state, here.stored().lapsed) == (State.LIVE, Lapse.NONE)

    run(tmp_path, {"/1": MISSING}, scenario)


def test_a_probe_waits_while_the_document_of_its_source_is_read_anew(tmp_path: Path) -> None:
    async def scenario(here: ProbeHarness) -> None:
        other = next(each for each in all_items(here.storage) if each.item.title == "Item 0")
        move(here.storage, other, Trigger.WITHDRAW)
        move(here.storage, again(here.storage, other), Trigger.REINSTATE)
        assert await here.tick() == []
        here.origin.says(*here.entries(0, 2), now=here.now)
        assert await here.tick() == []
        assert await here.tick(POSTPONED_FOR) == ["missing"]

    run(tmp_path, {"/1": MISSING}, scenario)


def test_a_probe_ends_with_its_source_and_after_many_attempts(tmp_path: Path) -> None:
    async def scenario(here: ProbeHarness) -> None:
        execute(tmp_path, f"UPDATE task SET attempts = {ATTEMPTS_MAX - 1}")
        assert await here.tick() == []
        assert here.due() is None

    run(tmp_path, {"/1": MISSING}, scenario)

    async def without(here: ProbeHarness) -> None:
        here.config = config()
        assert await here.tick() == []
        assert here.due() is None

    run(tmp_path / "other", {"/1": MISSING}, without)
