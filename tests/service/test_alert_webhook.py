"""Alerts reach the log and the operator's address, once each, whatever that address answers."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from msgspec.structs import replace

from aggregator.errors import Cause, FetchError
from aggregator.fetch.client import Client
from aggregator.model.push_settings import Network, Webhook
from aggregator.model.websub import TaskKind
from aggregator.service.alert_webhook import DROPPED_AFTER, AlertNotifier
from aggregator.storage import Storage
from aggregator.tasks import Tasks
from tests.engines import open_storage
from tests.events import capture_logs
from tests.fetch.given import LOOPBACK, client, poll_settings
from tests.given import DAY, HOUR, MINUTE, NOON, at_once, config, due_at, failed, source, succeeded
from tests.server import Answers, HttpServer, answer, http_server, redirect

pytestmark = pytest.mark.usefixtures("engine")

HARBOUR, PILOTS = source("harbour"), source("pilots")
TAKEN, BROKEN = answer(status="204 No Content"), answer(status="500 Internal Server Error")
SECRET = "s3cret-token"
T = TypeVar("T")


@dataclass
class WebhookHarness:
    """Storage and notifier of alerts, beside a webhook whose answers are scripted."""

    storage: Storage
    hook: HttpServer
    fetcher: Client
    address: str
    now: datetime = NOON
    logged: Sequence[Mapping[str, object]] = ()  # of the last tick
    networks: tuple[Network, ...] = ()

    def gone(self, name: str) -> None:
        (claim,) = self.storage.polls.claim(self.now, limit=1, lease=HOUR, ids=[name])
        error = FetchError("410", cause=Cause.GONE, status=410)
        self.storage.polls.record(due_at(failed(claim, self.now, error), self.now + HOUR))

    def fine(self, name: str) -> None:
        (claim,) = self.storage.polls.claim(self.now, limit=1, lease=HOUR, ids=[name])
        self.storage.polls.record(succeeded(claim, source(name), self.now))

    async def tick(self, after: timedelta = timedelta(0)) -> list[str]:
        """Run the tick of a new service, as after a kill, and return its log."""
        self.now += after
        webhook = Webhook(self.address, self.networks) if self.address else None
        settings = replace(config(HARBOUR, PILOTS), alerts=webhook)

        alarm = AlertNotifier(
            self.storage.tasks, lambda: self.fetcher, at_once, config=lambda: settings, clock=lambda: self.now
        )
        tasks = Tasks(self.storage.tasks, at_once, {TaskKind.ALERTS: alarm.run}, clock=lambda: self.now)
        with capture_logs() as logs:
            await alarm.log_new()
            for task in await tasks.claim():
                await tasks.run(task)
        assert SECRET not in str(logs)
        self.logged = logs
        return [str(each["event"]) for each in logs]

    def posted(self) -> list[list[str]]:
        """Return the alerts of each post."""
        return [[f"{a['source']} {a['state']}" for a in body["alerts"]] for body in self.hook.posted_json()]  # type: ignore[attr-defined]  # a list of alerts


def run_scenario(
    directory: Path, scenario: Callable[[WebhookHarness], Awaitable[None]], answers: Answers
) -> list[dict[str, object]]:
    """Run one scenario and return the JSON bodies posted to the webhook."""

    async def run() -> list[dict[str, object]]:
        async with http_server(answers) as hook, client() as fetcher:
            with closing(open_storage(directory)) as storage:
                storage.admin.sync(config(HARBOUR, PILOTS), NOON)
                await scenario(WebhookHarness(storage, hook, fetcher, hook.url(f"/{SECRET}")))
                return hook.posted_json()

    return asyncio.run(run())


def test_alerts_are_logged_once_and_posted_in_one_list(tmp_path: Path) -> None:
    async def scenario(harness: WebhookHarness) -> None:
        harness.gone("harbour")
        harness.gone("pilots")
        assert await harness.tick() == ["alert", "alert"]
        assert await harness.tick(MINUTE) == await harness.tick(DAY) == []
        assert harness.posted() == [["harbour raised", "pilots raised"]]
        harness.fine("harbour")
        assert await harness.tick() == ["alert over"]
        assert harness.posted()[1:] == [["harbour cleared"]]

    first, _ = run_scenario(tmp_path, scenario, {f"/{SECRET}": TAKEN})
    sentences = [
        f"{name.title()} ({name}), alert gone: its origin answers 410 (gone), no longer polled: 410"
        for name in ("harbour", "pilots")
    ]
    assert first == {
        "text": "\n".join(sentences),
        "publication": config().publication.name,
        "alerts": [
            {
                "id": f"{number}-20260302T120000000000-raised",
                "text": sentences[number - 1],
                "state": "raised",
                "kind": "gone",
                "source": name,
                "organisation": name.title(),
                "message": "its origin answers 410 (gone), no longer polled: 410",
                "since": NOON.isoformat(),
                "cleared": None,
            }
            for number, name in ((1, "harbour"), (2, "pilots"))
        ],
    }


def test_there_is_no_more_than_one_post_a_minute(tmp_path: Path) -> None:
    async def scenario(harness: WebhookHarness) -> None:
        harness.gone("harbour")
        await harness.tick()
        harness.gone("pilots")
        await harness.tick(MINUTE / 2)
        assert len(harness.hook.requests) == 1
        await harness.tick(MINUTE / 2)
        assert harness.posted() == [["harbour raised"], ["pilots raised"]]

    run_scenario(tmp_path, scenario, {f"/{SECRET}": TAKEN})


def test_a_post_that_fails_is_tried_again_later_and_later(tmp_path: Path) -> None:
    async def scenario(harness: WebhookHarness) -> None:
        harness.gone("harbour")
        assert await harness.tick() == ["alert", "alerts not posted"]
        assert await harness.tick(MINUTE / 2) == []
        assert await harness.tick(MINUTE / 2) == ["alerts not posted"]
        assert await harness.tick(MINUTE) == []
        harness.hook.answers[f"/{SECRET}"] = TAKEN
        assert await harness.tick(MINUTE) == []
        assert harness.posted() == [["harbour raised"]] * 3  # with one id: two were answered with 500
        assert await harness.tick(DAY) == []
        assert len(harness.hook.requests) == 3

    run_scenario(tmp_path, scenario, {f"/{SECRET}": BROKEN})


def test_a_refused_address_is_logged_with_the_setting_that_permits_it(tmp_path: Path) -> None:
    async def scenario(harness: WebhookHarness) -> None:
        harness.address = f"http://10.0.0.1/{SECRET}"
        harness.gone("harbour")
        assert await harness.tick() == ["alert", "alerts not posted"]
        assert (
            harness.logged[-1]["cause"],
            "`alerts: {url: …, allow_networks" in str(harness.logged[-1]),
        ) == (
            Cause.REFUSED,
            True,
        )

    run_scenario(tmp_path, scenario, {})


def test_posting_is_given_up_after_some_days_and_logged(tmp_path: Path) -> None:
    async def scenario(harness: WebhookHarness) -> None:
        harness.gone("harbour")
        assert await harness.tick(DAY) == ["alert", "alerts not posted"]
        assert await harness.tick(DROPPED_AFTER) == ["alerts dropped"]
        assert await harness.tick(DAY) == []

    run_scenario(tmp_path, scenario, {f"/{SECRET}": BROKEN})


def test_without_an_address_alerts_are_logged_only(tmp_path: Path) -> None:
    async def scenario(harness: WebhookHarness) -> None:
        harness.address = ""
        harness.gone("harbour")
        assert await harness.tick() == ["alert"]
        assert await harness.tick(DAY) == []

    assert run_scenario(tmp_path, scenario, {}) == []


def test_a_redirected_webhook_is_posted_to_its_target(tmp_path: Path) -> None:
    async def scenario(harness: WebhookHarness) -> None:
        harness.gone("harbour")
        await harness.tick()
        assert len(harness.hook.requests) == 2

    answers = {f"/{SECRET}": redirect("/new", "307 Temporary Redirect"), "/new": TAKEN}
    first, second = run_scenario(tmp_path, scenario, answers)
    assert json.dumps(first) == json.dumps(second)


@pytest.mark.parametrize(("networks", "posts"), [((), 0), (LOOPBACK, 1)])
def test_the_webhook_is_reached_in_the_private_networks_that_it_is_allowed(
    tmp_path: Path, networks: tuple[Network, ...], posts: int
) -> None:
    guarded = Client(poll_settings(), contact="desk@example.org", publication_url="https://example.org/")

    async def run() -> int:
        async with http_server({"/hook": TAKEN}) as hook, aclosing(guarded) as fetcher:
            with closing(open_storage(tmp_path)) as storage:
                storage.admin.sync(config(HARBOUR), NOON)
                harness = WebhookHarness(storage, hook, fetcher, hook.url("/hook"), networks=networks)
                harness.gone("harbour")
                await harness.tick()
                return len(hook.requests)

    assert asyncio.run(run()) == posts
