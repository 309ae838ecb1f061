"""Alerts reach the log and the operator's address, once each, whatever that address answers."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from aggregator.fetch.client import Client
from aggregator.model import Outcome, Poll
from aggregator.service.alert_webhook import GIVEN_UP, KIND, AlertNotifier
from aggregator.storage import Storage, open_storage
from aggregator.tasks import Tasks
from tests.events import capture_logs
from tests.fetch.origin import Origin, Script, answer, client, redirect, running
from tests.given import DAY, HOUR, MINUTE, NOON, config, source

HARBOUR, PILOTS = source("harbour"), source("pilots")
TAKEN, BROKEN = answer(status="204 No Content"), answer(status="500 Internal Server Error")
SECRET = "s3cret-token"
T = TypeVar("T")


@dataclass
class Desk:
    """A store whose alerts are posted to an address that answers as it likes."""

    storage: Storage
    hook: Origin
    answers: dict[str, bytes | Script]
    fetcher: Client
    address: str
    bodies: list[dict[str, object]]
    now: datetime = NOON

    def gone(self, name: str) -> None:
        (claim,) = self.storage.claim(self.now, limit=1, lease=HOUR, ids=[name])
        outcome = Outcome(name, "failed", self.now, 0.1, cause="gone", message="410")
        self.storage.record(Poll(claim, outcome, self.now + HOUR))

    def fine(self, name: str) -> None:
        (claim,) = self.storage.claim(self.now, limit=1, lease=HOUR, ids=[name])
        self.storage.record(Poll(claim, Outcome(name, "unchanged", self.now, 0.1), self.now + HOUR))

    async def tick(self, after: timedelta = timedelta(0)) -> list[str]:
        """What a new service, as after a kill, does at a tick; returns its log."""
        self.now += after
        settings = replace(config(HARBOUR, PILOTS), alerts=self.address)

        async def write(call: Callable[[], T]) -> T:
            return call()

        alarm = AlertNotifier(
            self.storage, lambda: self.fetcher, write, config=lambda: settings, clock=lambda: self.now
        )
        tasks = Tasks(self.storage, write, {KIND: alarm.run}, clock=lambda: self.now)
        with capture_logs() as logs:
            await alarm.tell()
            for task in await tasks.claim():
                await tasks.run(task)
        assert SECRET not in str(logs)
        return [str(each["event"]) for each in logs]

    def posted(self) -> list[list[str]]:
        """Each post as its alerts."""
        return [[f"{a['source']} {a['state']}" for a in body["alerts"]] for body in self.bodies]  # type: ignore[attr-defined]  # a list of alerts


def at_a_desk(
    directory: Path, scenario: Callable[[Desk], Awaitable[None]], answers: dict[str, bytes | Script]
) -> list[dict[str, object]]:
    bodies: list[dict[str, object]] = []

    async def run() -> None:
        async with running(answers, bodies=bodies) as hook, client() as fetcher:
            with closing(open_storage(directory)) as storage:
                storage.sync(config(HARBOUR, PILOTS), NOON)
                await scenario(Desk(storage, hook, answers, fetcher, hook.url(f"/{SECRET}"), bodies))

    asyncio.run(run())
    return bodies


def test_alerts_are_logged_once_and_posted_in_one_list(tmp_path: Path) -> None:
    async def scenario(desk: Desk) -> None:
        desk.gone("harbour")
        desk.gone("pilots")
        assert await desk.tick() == ["alert", "alert"]
        assert await desk.tick(MINUTE) == await desk.tick(DAY) == []
        assert desk.posted() == [["harbour raised", "pilots raised"]]
        desk.fine("harbour")
        assert await desk.tick() == ["alert over"]
        assert desk.posted()[1:] == [["harbour cleared"]]

    first, _ = at_a_desk(tmp_path, scenario, {f"/{SECRET}": TAKEN})
    assert first == {
        "publication": config().publication.name,
        "alerts": [
            {
                "id": f"{number}-20260302T120000000000-raised",
                "state": "raised",
                "kind": "gone",
                "source": name,
                "organisation": name.title(),
                "message": "its origin says it is gone for good, it is no longer polled: 410",
                "since": NOON.isoformat(),
                "cleared": None,
            }
            for number, name in ((1, "harbour"), (2, "pilots"))
        ],
    }


def test_there_is_no_more_than_one_post_a_minute(tmp_path: Path) -> None:
    async def scenario(desk: Desk) -> None:
        desk.gone("harbour")
        await desk.tick()
        desk.gone("pilots")
        await desk.tick(MINUTE / 2)
        assert len(desk.bodies) == 1
        await desk.tick(MINUTE / 2)
        assert desk.posted() == [["harbour raised"], ["pilots raised"]]

    at_a_desk(tmp_path, scenario, {f"/{SECRET}": TAKEN})


def test_a_post_that_fails_is_tried_again_later_and_later(tmp_path: Path) -> None:
    async def scenario(desk: Desk) -> None:
        desk.gone("harbour")
        assert await desk.tick() == ["alert", "alerts not posted"]
        assert await desk.tick(MINUTE / 2) == []
        assert await desk.tick(MINUTE / 2) == ["alerts not posted"]
        assert await desk.tick(MINUTE) == []
        desk.answers[f"/{SECRET}"] = TAKEN
        assert await desk.tick(MINUTE) == []
        assert desk.posted() == [["harbour raised"]] * 3  # with one id: two were answered with 500
        assert await desk.tick(DAY) == []
        assert len(desk.bodies) == 3

    at_a_desk(tmp_path, scenario, {f"/{SECRET}": BROKEN})


def test_after_some_days_it_is_given_up_and_said_so(tmp_path: Path) -> None:
    async def scenario(desk: Desk) -> None:
        desk.gone("harbour")
        assert await desk.tick(DAY) == ["alert", "alerts not posted"]
        assert await desk.tick(GIVEN_UP) == ["alerts given up"]
        assert await desk.tick(DAY) == []

    at_a_desk(tmp_path, scenario, {f"/{SECRET}": BROKEN})


def test_without_an_address_alerts_are_logged_only(tmp_path: Path) -> None:
    async def scenario(desk: Desk) -> None:
        desk.address = ""
        desk.gone("harbour")
        assert await desk.tick() == ["alert"]
        assert await desk.tick(DAY) == []

    assert at_a_desk(tmp_path, scenario, {}) == []


def test_an_address_that_leads_elsewhere_gets_the_post_only_where_it_says_so(tmp_path: Path) -> None:
    async def scenario(desk: Desk) -> None:
        desk.gone("harbour")
        await desk.tick()
        assert len(desk.bodies) == 2

    answers: dict[str, bytes | Script] = {
        f"/{SECRET}": redirect("/new", "307 Temporary Redirect"),
        "/new": TAKEN,
    }
    first, second = at_a_desk(tmp_path, scenario, answers)
    assert json.dumps(first) == json.dumps(second)
