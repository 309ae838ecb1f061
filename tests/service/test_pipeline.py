"""Decisions that no longer hold at the commit, and polls that must not be recorded."""

import asyncio
import dataclasses
from collections.abc import Callable, Set
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import pytest
from msgspec.structs import replace

from aggregator.errors import Cause, LeaseLost, Outdated
from aggregator.fetch.memory import Budget
from aggregator.model.document import ReadResult
from aggregator.model.poll import Claim, Outcome, PollResult, Relocation
from aggregator.model.settings import Config, Republish
from aggregator.model.stored import Knowledge
from aggregator.service.pipeline import DECISIONS_BESIDE, DECISIONS_MAX, RESULT_BYTES_MAX
from aggregator.storage import Storage
from aggregator.storage.sql.polls import PollStore
from tests.engines import open_storage
from tests.faults.given import OFFICE, PILOT, STORM, says
from tests.fetch.given import client
from tests.given import HOUR, MINUTE, NOON, all_items, config, pipeline, titles
from tests.roles import altered
from tests.server import answer, http_server

pytestmark = pytest.mark.usefixtures("engine")

T = TypeVar("T")


class BusyPolls(PollStore):
    """A store in which another item takes the ids of the new ones before each of the first `conflicts` commits."""

    conflicts = 0
    refused = 0
    is_lost = False
    taken: frozenset[str] = frozenset()

    def record(self, result: PollResult) -> None:
        if self.is_lost:
            raise LeaseLost("the poll came too late")
        if result.changes is not None and self.refused < self.conflicts:
            self.refused += 1
            self.taken |= {new.public_id for new in result.changes.new}
            raise Outdated("ids are taken", self.taken)
        super().record(result)


def polled(
    directory: Path,
    conflicts: int = 0,
    then: Callable[[Config], Config] = lambda settings: settings,
    *,
    too_late: bytes = b"",
    body: bytes = b"",
) -> tuple[Outcome, Storage, BusyPolls]:
    """Poll one source in a store with so many conflicts, with the configuration that `then` makes of its own.

    `too_late` is a response that comes after the lease has ended, `body` another one than that with two items.
    """
    opened = open_storage(directory)
    polls = BusyPolls(opened.polls._engine)
    polls.conflicts, polls.is_lost = conflicts, bool(too_late)
    store = altered(opened, polls=polls)

    async def run() -> Outcome:
        async with (
            http_server({"/feed": too_late or body or says(PILOT, STORM)}) as origin,
            client() as fetcher,
        ):
            settings = config(replace(OFFICE, feed=origin.url("/feed")), store=directory)
            store.admin.sync(settings, NOON)
            polls = pipeline(store, fetcher, lambda: then(settings))
            (outcome,) = await polls.run([OFFICE.id])
            polls.close()
            return outcome

    return asyncio.run(run()), store, polls


def test_a_decision_is_made_again_when_something_has_changed(tmp_path: Path) -> None:
    outcome, store, polls = polled(tmp_path, conflicts=3)
    with closing(store):
        assert (outcome.new, polls.refused) == (2, 3)
        assert sorted(titles(all_items(store))) == ["New pilot boat", "Storm warning"]
        assert len(polls.taken) == 6
        assert polls.taken.isdisjoint(each.public_id for each in all_items(store))


def test_a_poll_with_outdated_decisions_only_fails_and_backs_off(tmp_path: Path) -> None:
    outcome, store, polls = polled(tmp_path, conflicts=1_000)
    with closing(store):
        assert (outcome.cause, polls.refused) == (Cause.CRASH, DECISIONS_MAX)
        (health,) = store.overview.health()
        assert (health.failures, all_items(store)) == (1, ())
        assert health.due.at > NOON


class WatchedPolls(PollStore):
    """A store that notes how much of a budget is free at each commit."""

    budget: Budget
    free: tuple[int, ...] = ()

    def record(self, result: PollResult) -> None:
        self.free += (self.budget.free,)
        super().record(result)


def test_a_result_counts_against_its_memory_budget_until_it_is_committed(tmp_path: Path) -> None:
    opened = open_storage(tmp_path)
    polls = WatchedPolls(opened.polls._engine)
    store = altered(opened, polls=polls)

    async def run() -> int:
        async with http_server({"/feed": says(PILOT, STORM)}) as origin, client() as fetcher:
            settings = config(replace(OFFICE, feed=origin.url("/feed")), store=tmp_path)
            store.admin.sync(settings, NOON)
            polling = pipeline(store, fetcher, lambda: settings)
            polls.budget = polling.results
            await polling.run([OFFICE.id])
            polling.close()
            return polling.results.free

    with closing(store):
        free = asyncio.run(run())
        assert [free - each > 500 for each in polls.free] == [True]
        assert free == RESULT_BYTES_MAX


class OvertakenPolls(PollStore):
    """A store in which another poll commits between each decision and its commit, unless both are in one write."""

    is_writing = False
    read_in_turn = False
    refused = 0

    def knowledge(
        self, claim: Claim, read: ReadResult, now: datetime, taken: Set[str] = frozenset()
    ) -> Knowledge:
        self.read_in_turn = self.is_writing
        return super().knowledge(claim, read, now, taken)

    def record(self, result: PollResult) -> None:
        if not self.read_in_turn:
            self.refused += 1
            raise Outdated("another poll has committed")
        super().record(result)

    async def write(self, call: Callable[[], T]) -> T:
        self.is_writing = True
        try:
            return call()
        finally:
            self.is_writing = False


def test_a_poll_overtaken_again_and_again_is_decided_in_the_turn_of_the_writer(tmp_path: Path) -> None:
    opened = open_storage(tmp_path)
    overtaken = OvertakenPolls(opened.polls._engine)

    async def run() -> Outcome:
        async with http_server({"/feed": says(PILOT, STORM)}) as origin, client() as fetcher:
            settings = config(replace(OFFICE, feed=origin.url("/feed")), store=tmp_path)
            store.admin.sync(settings, NOON)
            polls = dataclasses.replace(pipeline(store, fetcher, lambda: settings), write=overtaken.write)
            (outcome,) = await polls.run([OFFICE.id])
            polls.close()
            return outcome

    with closing(altered(opened, polls=overtaken)) as store:
        assert (asyncio.run(run()).new, overtaken.refused) == (2, DECISIONS_BESIDE)


def test_a_poll_of_a_source_without_configuration_is_void_and_counts_as_no_failure(tmp_path: Path) -> None:
    outcome, store, _ = polled(tmp_path, then=lambda settings: replace(settings, sources=()))
    with closing(store):
        assert (outcome.cause, outcome.message) == (
            Cause.LEASE,
            "office is no longer configured with this feed",
        )
        (health,) = store.overview.health()
        assert (health.failures, health.last) == (0, None)
        assert len(store.polls.claim(NOON, limit=9, lease=HOUR)) == 1


def test_a_429_met_by_a_void_poll_outlives_a_restart(tmp_path: Path) -> None:
    outcome, store, _ = polled(tmp_path, too_late=answer(status="429 Too Many Requests"))
    with closing(store):
        (host,) = store.polls.hosts()
        assert (outcome.cause, host.host) == (Cause.LEASE, "127.0.0.1")
        assert host.refused_until is not None
        assert NOON < host.refused_until <= NOON + MINUTE


@pytest.mark.parametrize(("max_bytes", "cause"), [(1_000, Cause.LIMIT), (10_000, Cause.NONE)])
def test_the_text_of_a_document_is_bound_by_twice_its_bytes(
    tmp_path: Path, max_bytes: int, cause: Cause
) -> None:
    def then(settings: Config) -> Config:
        return replace(settings, poll=replace(settings.poll, max_bytes=max_bytes))

    assert 2 * 1_000 < len(says(*[PILOT] * 16)) < 4_000
    outcome, store, _ = polled(tmp_path, then=then, body=says(*[PILOT] * 16))
    with closing(store):
        assert outcome.cause is cause


@pytest.mark.parametrize("at", ["", "/adopted"])
def test_an_adopted_address_rate_limits_no_host(tmp_path: Path, at: str) -> None:
    limited = answer("Retry-After: 3600", status="429 Too Many Requests")

    async def run() -> str:
        async with http_server({"/feed": limited, "/adopted": limited}) as origin, client() as fetcher:
            with closing(open_storage(tmp_path)) as store:
                settings = config(replace(OFFICE, feed=origin.url("/feed")), store=tmp_path)
                store.admin.sync(settings, NOON)
                polls = pipeline(store, fetcher, lambda: settings)
                (claim,) = await polls.claim(1)
                relocation = Relocation(at and origin.url(at), NOON if at else None)
                await polls.poll(replace(claim, relocation=relocation))
                polls.close()
                (health,) = store.overview.health()
                return health.due.host

    assert asyncio.run(run()) == ("" if at else "127.0.0.1")


@pytest.mark.parametrize(("name", "domains"), [("bureau", OFFICE.domains), ("office", ())])
def test_a_source_that_its_document_tells_again_is_continued_by_the_same_poll(
    tmp_path: Path, name: str, domains: tuple[str, ...]
) -> None:
    async def run() -> list[Outcome]:
        async with (
            http_server({"/feed": says(PILOT), "/new": says(STORM, PILOT)}) as origin,
            client() as fetcher,
        ):
            former = replace(OFFICE, feed=origin.url("/feed"))
            settings = config(former, store=tmp_path)
            store.admin.sync(settings, NOON)
            polls = pipeline(store, fetcher, lambda: settings)
            outcomes = [*await polls.run([former.id])]
            moved = replace(former, id=name, feed=origin.url("/new"), domains=domains, organisation="")
            settings = config(moved, store=tmp_path)
            store.admin.sync(settings, NOON)
            (health,) = store.overview.health()
            assert health.doubt.name == "office"
            outcomes += await polls.run([moved.id])
            polls.close()
            return outcomes

    with closing(open_storage(tmp_path)) as store:
        first, last = asyncio.run(run())
        assert (first.new, last.cause, last.message, last.new) == (1, Cause.NONE, "", 1)
        assert [each.source for each in all_items(store)] == [name, name]
        assert titles(all_items(store)) == ["New pilot boat", "Storm warning"]


def test_a_source_that_its_document_tells_to_be_new_is_imported_by_the_same_poll(tmp_path: Path) -> None:
    async def run() -> Outcome:
        async with http_server({"/new": says(STORM)}) as origin, client() as fetcher:
            store.admin.sync(config(OFFICE, store=tmp_path), NOON)
            other = replace(OFFICE, id="bureau", feed=origin.url("/new"), domains=(), organisation="")
            settings = config(other, store=tmp_path)
            store.admin.sync(settings, NOON)
            (health,) = store.overview.health()
            assert health.doubt.name == "office"
            polls = pipeline(store, fetcher, lambda: settings)
            (outcome,) = await polls.run([other.id])
            polls.close()
            return outcome

    with closing(open_storage(tmp_path)) as store:
        outcome = asyncio.run(run())
        assert (outcome.cause, outcome.new) == (Cause.NONE, 1)
        assert [each.source for each in all_items(store)] == ["bureau"]


def test_a_source_in_doubt_fails_with_the_question_until_it_is_answered(tmp_path: Path) -> None:
    async def run() -> tuple[Outcome, ...]:
        async with http_server({"/new": says(STORM)}) as origin, client() as fetcher:
            store.admin.sync(config(OFFICE, store=tmp_path), NOON)
            moved = replace(OFFICE, id="bureau", feed=origin.url("/new"))
            settings = config(moved, store=tmp_path)
            store.admin.sync(settings, NOON)
            polls = pipeline(store, fetcher, lambda: settings)
            asked = [*await polls.run([moved.id]), *await polls.run([moved.id])]
            store.admin.identify(settings, "bureau", None, NOON)
            asked += await polls.run([moved.id])
            polls.close()
            return tuple(asked)

    with closing(open_storage(tmp_path)) as store:
        *asked, last = asyncio.run(run())
        assert [each.cause for each in asked] == [Cause.IDENTITY, Cause.IDENTITY]
        assert "publicwire identify bureau --same office" in asked[0].message
        assert (last.cause, last.new) == (Cause.NONE, 1)


def test_the_answer_to_a_doubt_takes_back_no_configuration_that_came_meanwhile(tmp_path: Path) -> None:
    """Between request and commit a reload forbids to republish another source."""

    async def run() -> None:
        async with http_server({"/new": says(STORM)}) as origin, client() as fetcher:
            store.admin.sync(config(OFFICE, store=tmp_path), NOON)
            told = replace(OFFICE, id="bureau", feed=origin.url("/new"), domains=(), organisation="")
            port = replace(OFFICE, id="port", feed="https://port.example/feed", domains=("port.example",))
            settings = before = config(told, port, store=tmp_path)
            store.admin.sync(settings, NOON)

            async def write(call: Callable[[], T]) -> T:
                nonlocal settings
                if origin.requests and settings is before:
                    settings = config(told, replace(port, republish=Republish.NO), store=tmp_path)
                    store.admin.sync(settings, NOON)
                return call()

            polls = dataclasses.replace(pipeline(store, fetcher, lambda: settings), write=write)
            (outcome,) = await polls.run([told.id])
            polls.close()
            assert (outcome.cause, outcome.new) == (Cause.NONE, 1)

    with closing(open_storage(tmp_path)) as store:
        asyncio.run(run())
        with store.engine.reading() as db:
            found = db.execute("SELECT republish FROM source WHERE id = 'port'").fetchall()
        assert [row["republish"] for row in found] == [Republish.NO]
