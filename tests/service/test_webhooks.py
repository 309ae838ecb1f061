"""Webhooks of releases: created, corrected and withdrawn, each told at least once, in order for each item."""

import asyncio
import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from msgspec.structs import replace

from aggregator.fetch.push import Pusher
from aggregator.fetch.transport import Transport
from aggregator.model.alert import AlertKind
from aggregator.model.changes import Transition
from aggregator.model.decision import State, Trigger
from aggregator.model.item import Item
from aggregator.model.push import PushOutcome, PushResult
from aggregator.model.push_settings import Network, ReleaseWebhook, WebhookFormat
from aggregator.model.settings import Config, Republish
from aggregator.policy.webhook import ALERT_AFTER
from aggregator.service.watch import Watch
from aggregator.service.webhooks import TOLD_AT_ONCE, Webhooks
from tests.events import capture_logs
from tests.fetch.given import LOOPBACK, every_name_is_here
from tests.given import DAY, HOUR, MINUTE, at_once
from tests.server import HANG, HttpServer, Request, Script, answer, http_server
from tests.web.newsroom import Newsroom, item, newsroom

pytestmark = pytest.mark.usefixtures("engine")
T = TypeVar("T")
OK, BROKEN = answer(status="204 No Content"), answer(status="500 Internal Server Error")
SECRET = "a-secret-of-the-desk"
CAPABILITY = "/a-capability"


@dataclass
class HookHarness:
    """Webhooks of one publication; the clock is that of the newsroom."""

    room: Newsroom
    server: HttpServer
    pusher: Pusher
    results: list[PushResult] = field(default_factory=list)
    read: int = 0

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Begin anew, as after a kill of the service."""
        self.webhooks = Webhooks(
            self.room.storage,
            self.room.publisher,
            lambda: self.pusher,
            at_once,
            config=self._config,
            clock=self._clock,
            observe=self.results.append,
        )

    def _config(self) -> Config:
        return self.room.config

    def _clock(self) -> datetime:
        return self.room.now

    def configures(
        self,
        *channels: str,
        secret: str = SECRET,
        kind: WebhookFormat = WebhookFormat.JSON,
        networks: tuple[Network, ...] = LOOPBACK,
    ) -> None:
        """Configure a webhook at a path of its own for each channel."""
        hooks = tuple(
            ReleaseWebhook(self.server.url(f"{CAPABILITY}{number}"), channel, kind, secret, networks)
            for number, channel in enumerate(channels)
        )
        self.room.config = replace(self.room.config, webhooks=hooks)

    def answers(self, response: bytes | Script) -> None:
        """Answer the first webhook."""
        self.server.answers[f"{CAPABILITY}0"] = response

    async def step(self, after: timedelta = timedelta(seconds=1)) -> list[Request]:
        """Run webhooks until nothing is due, and return the requests that came of it."""
        self.room.now += after
        for _ in range(3):
            await self.webhooks.step()
            await self.webhooks.running.idle()
        found, self.read = self.server.requests[self.read :], len(self.server.requests)
        return found

    async def told(self, after: timedelta = timedelta(seconds=1)) -> list[str]:
        """Run webhooks and return what they were told: path, event, and title or id."""
        return [told(each) for each in await self.step(after)]


def told(request: Request) -> str:
    body = json.loads(request.body)
    return f"{request.path[-1]} {body['event']} {body['item'].get('title', '-')}"


def run_hooks(directory: Path, scenario: Callable[[HookHarness], Awaitable[T]], *, timeout: float = 5) -> T:
    """Run one scenario with a webhook for all releases, and return its result."""

    async def run() -> T:
        room = newsroom(directory)
        pusher = Pusher(
            contact="desk@releases.example",
            publication_url="https://releases.example/",
            transport=Transport(resolve=every_name_is_here),
            timeout=timeout,
        )
        async with http_server({f"{CAPABILITY}{n}": OK for n in range(5)}) as server, aclosing(pusher):
            harness = HookHarness(room, server, pusher)
            harness.configures("")
            try:
                await harness.step()
                return await scenario(harness)
            finally:
                room.storage.close()

    return asyncio.run(run())


def corrected(title: str, text: str = "Other words.") -> Item:
    return item(title, text=text, content=f"<p>{text}</p>", fingerprint=text.encode()[:16])


def test_a_webhook_is_told_what_is_created_corrected_and_withdrawn(tmp_path: Path) -> None:
    async def scenario(harness: HookHarness) -> None:
        harness.room.publishes(item("First"))
        (created,) = await harness.step()
        harness.room.corrects("First", corrected("First"))
        (corrects,) = await harness.step()
        harness.room.withdraws("First")
        (withdrawn,) = await harness.step()
        assert [told(each) for each in (created, corrects, withdrawn)] == [
            "0 created First",
            "0 corrected First",
            "0 withdrawn -",
        ]
        bodies = [json.loads(each.body) for each in (created, corrects, withdrawn)]
        ids = [body["id"] for body in bodies]
        assert len(set(ids)) == 3
        assert ids == [each.header("Webhook-Id") for each in (created, corrects, withdrawn)]
        reference = harness.room.ids["First"]
        assert {body["item_id"] for body in bodies} == {reference}
        assert {body["publication"] for body in bodies} == {"Example Public Releases"}
        assert {body["channel"] for body in bodies} == {"https://releases.example/"}
        assert "Standing text about Coastal Observatory." in bodies[0]["item"]["content_html"]
        assert bodies[0]["item"]["authors"] == [{"name": "Coastal Observatory"}]
        assert "Other words." in bodies[1]["item"]["content_html"]
        assert bodies[2]["item"] == {
            "id": bodies[0]["item"]["id"],
            "url": f"https://releases.example/items/{reference}",
            "_withdrawn": {"when": bodies[2]["at"]},
        }
        assert b"First" not in withdrawn.body.replace(bodies[0]["item"]["id"].encode(), b"")
        assert await harness.step(DAY) == []

    run_hooks(tmp_path, scenario)


def test_each_message_is_signed_over_its_id_time_and_body(tmp_path: Path) -> None:
    async def scenario(harness: HookHarness) -> None:
        harness.room.publishes(item("First"))
        (request,) = await harness.step()
        timestamp = request.header("Webhook-Timestamp")
        assert timestamp == str(int(harness.room.now.timestamp()))
        signed = f"{request.header('Webhook-Id')}.{timestamp}.".encode() + request.body
        digest = b64encode(hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()).decode()
        assert request.header("Webhook-Signature") == f"v1,{digest}"
        assert request.header("Content-Type") == "application/json"

    run_hooks(tmp_path, scenario)


def test_without_a_secret_nothing_is_signed(tmp_path: Path) -> None:
    async def scenario(harness: HookHarness) -> None:
        harness.configures("", secret="", kind=WebhookFormat.SLACK)
        harness.room.publishes(item("First"))
        (request,) = await harness.step()
        assert request.header("Webhook-Signature") is None
        assert "First" in json.loads(request.body)["text"]

    run_hooks(tmp_path, scenario)


def test_each_webhook_is_told_of_its_channel(tmp_path: Path) -> None:
    async def scenario(harness: HookHarness) -> None:
        harness.configures("", "topics/health", "sources/observatory", "languages/fr")
        await harness.step()
        harness.room.publishes(item("First"))
        assert sorted(await harness.told()) == ["0 created First", "2 created First"]
        harness.room.publishes(item("Deux", language="fr"), source="ministere")
        assert sorted(await harness.told()) == ["0 created Deux", "1 created Deux", "3 created Deux"]

    run_hooks(tmp_path, scenario)


def test_a_withdrawal_reaches_each_webhook_that_was_told_whatever_its_channel_is_now(tmp_path: Path) -> None:
    async def scenario(harness: HookHarness) -> None:
        harness.configures("", "topics/climate")
        await harness.step()
        harness.room.publishes(item("First"))
        assert len(await harness.told()) == 2
        harness.configures("topics/health", "topics/health")
        harness.room.publishes(item("Second"))
        assert await harness.told() == []
        harness.room.withdraws("Second")
        assert await harness.told() == []  # neither was told of it
        harness.room.withdraws("First")
        assert sorted(await harness.told()) == ["0 withdrawn -", "1 withdrawn -"]

    run_hooks(tmp_path, scenario)


def test_a_release_of_a_source_whose_rights_end_or_that_is_forgotten_is_withdrawn(tmp_path: Path) -> None:
    async def scenario(harness: HookHarness) -> None:
        harness.room.publishes(item("First"))
        await harness.step()
        observatory, ministry = harness.room.config.sources
        harness.room.reconfigures(sources=(replace(observatory, republish=Republish.NO), ministry))
        assert await harness.told() == ["0 withdrawn -"]
        harness.room.reconfigures(sources=(observatory, ministry))
        assert await harness.told() == ["0 created First"]
        harness.room.reconfigures(sources=(ministry,))
        harness.room.storage.admin.forget("observatory", harness.room.now)
        assert await harness.told() == ["0 withdrawn -"]

    run_hooks(tmp_path, scenario)


def test_held_again_is_withdrawn_and_released_is_created(tmp_path: Path) -> None:
    async def scenario(harness: HookHarness) -> None:
        harness.room.publishes(item("First"))
        await harness.step()
        for trigger, before, after, event in (
            (Trigger.HOLD, State.LIVE, State.HELD, "withdrawn -"),
            (Trigger.RELEASE, State.HELD, State.LIVE, "created First"),
        ):
            stored = harness.room.stored("First")
            harness.room.now += MINUTE
            step = Transition(stored.number, before, after, trigger, "why", "desk", harness.room.now)
            harness.room.storage.acts.apply_transitions((step,))
            assert await harness.told() == [f"0 {event}"]

    run_hooks(tmp_path, scenario)


def test_a_held_item_is_told_to_none_until_its_release(tmp_path: Path) -> None:
    async def scenario(harness: HookHarness) -> None:
        harness.room.publishes(item("First"), state=State.HELD)
        assert await harness.told() == []
        stored = harness.room.stored("First")
        step = Transition(
            stored.number, State.HELD, State.LIVE, Trigger.RELEASE, "why", "desk", harness.room.now
        )
        harness.room.storage.acts.apply_transitions((step,))
        assert await harness.told() == ["0 created First"]

    run_hooks(tmp_path, scenario)


def test_neither_a_first_import_nor_the_past_is_told(tmp_path: Path) -> None:
    async def scenario(harness: HookHarness) -> None:
        harness.room.publishes(item("Old"), backlog=True)
        harness.room.publishes(item("First"))
        assert await harness.told() == ["0 created First"]
        harness.configures("", "", "sources/observatory")
        assert await harness.told() == []  # to new webhooks all that was before is past
        harness.room.publishes(item("Older"), backlog=True)
        assert await harness.told() == []

    run_hooks(tmp_path, scenario)


def test_what_happened_while_no_service_ran_is_told_at_its_start(tmp_path: Path) -> None:
    async def scenario(harness: HookHarness) -> None:
        harness.room.publishes(item("First"))
        await harness.step()
        harness.room.withdraws("First")
        harness.room.publishes(item("Second"))
        harness.restart()
        assert await harness.told() == ["0 withdrawn -", "0 created Second"]
        harness.restart()
        assert await harness.told() == []

    run_hooks(tmp_path, scenario)


def test_items_that_entered_long_ago_are_no_news_to_a_webhook_that_returns(tmp_path: Path) -> None:
    async def scenario(harness: HookHarness) -> None:
        harness.room.publishes(item("First"))
        await harness.step()
        hooks, harness.room.config = harness.room.config, replace(harness.room.config, webhooks=())
        harness.room.publishes(item("Second"))
        harness.room.withdraws("First")
        assert await harness.told(40 * DAY) == []
        harness.room.config = hooks
        harness.room.publishes(item("Third"))
        assert await harness.told() == ["0 withdrawn -", "0 created Third"]

    run_hooks(tmp_path, scenario)


def test_of_an_item_that_changes_while_its_webhook_is_away_the_last_state_is_told(tmp_path: Path) -> None:
    async def scenario(harness: HookHarness) -> None:
        harness.answers(BROKEN)
        harness.room.publishes(item("First"), item("Second"))
        assert len(await harness.told()) == 2
        harness.room.corrects("First", corrected("First"))
        harness.room.withdraws("Second")
        harness.answers(OK)
        requests = await harness.step(DAY)
        assert [told(each) for each in requests] == ["0 withdrawn -", "0 created First"]
        assert "Other words." in json.loads(requests[1].body)["item"]["content_html"]

    run_hooks(tmp_path, scenario)


def test_a_message_whose_response_was_lost_comes_again_with_its_id(tmp_path: Path) -> None:
    async def scenario(harness: HookHarness) -> None:
        harness.answers(HANG)
        harness.room.publishes(item("First"))
        (lost,) = await harness.step()
        harness.answers(OK)
        assert await harness.step(timedelta(seconds=8)) == []
        (again,) = await harness.step(timedelta(seconds=2))
        assert again.header("Webhook-Id") == lost.header("Webhook-Id")
        assert again.body == lost.body

    run_hooks(tmp_path, scenario, timeout=0.3)


def test_a_release_that_its_webhook_refuses_blocks_no_other(tmp_path: Path) -> None:
    async def scenario(harness: HookHarness) -> None:
        async def picky(request: Request, writer: asyncio.StreamWriter) -> None:
            writer.write(BROKEN if b"Poison" in request.body else OK)

        harness.answers(picky)
        harness.room.publishes(item("Poison 1"), item("Poison 2"), item("First"))
        harness.room.publishes(item("Poison 3"), item("Second"), item("Third"))
        seen: list[str] = []
        for _ in range(6):
            seen += await harness.told(15 * MINUTE)
        assert {each for each in seen if "Poison" not in each} == {
            f"0 created {title}" for title in ("First", "Second", "Third")
        }
        assert sum("Poison" not in each for each in seen) == 3

    run_hooks(tmp_path, scenario)


def test_a_webhook_that_is_away_pauses_and_delays_no_other(tmp_path: Path) -> None:
    async def scenario(harness: HookHarness) -> None:
        harness.configures("", "")
        await harness.step()
        harness.answers(BROKEN)
        harness.room.publishes(*(item(f"Release {n}") for n in range(6)))
        found = await harness.told()
        assert [each[0] for each in found].count("0") == 3
        assert [each[0] for each in found].count("1") == 6
        assert await harness.told() == []
        assert len(await harness.told(10 * timedelta(seconds=1))) == 1  # one probe at a time
        assert {each.outcome for each in harness.results} == {PushOutcome.DELIVERED, PushOutcome.FAILED}

    run_hooks(tmp_path, scenario)


def test_a_retry_obeys_retry_after(tmp_path: Path) -> None:
    async def scenario(harness: HookHarness) -> None:
        harness.answers(answer("Retry-After: 600", status="429 Too Many Requests"))
        harness.room.publishes(item("First"), item("Second"))
        assert len(await harness.told()) == 1
        assert await harness.told(9 * MINUTE) == []
        harness.answers(OK)
        assert len(await harness.told(MINUTE)) == 2

    run_hooks(tmp_path, scenario)


def test_many_messages_are_told_in_order_and_a_withdrawal_goes_before_them(tmp_path: Path) -> None:
    async def scenario(harness: HookHarness) -> None:
        many = TOLD_AT_ONCE + 5
        observatory, ministry = harness.room.config.sources
        harness.room.reconfigures(sources=(replace(observatory, burst=1_000), ministry))
        harness.room.publishes(item("First"))
        await harness.step()
        harness.room.publishes(*(item(f"Release {n}") for n in range(many)))
        harness.room.withdraws("First")
        expected = ["0 withdrawn -", *(f"0 created Release {n}" for n in range(many))]
        assert await harness.told() == expected

    run_hooks(tmp_path, scenario)


def test_days_of_failures_raise_an_alert_until_the_messages_are_accepted(tmp_path: Path) -> None:
    async def scenario(harness: HookHarness) -> None:
        storage = harness.room.storage
        watch = Watch(
            storage, tmp_path, str, int, lambda: [each.url for each in harness.room.config.webhooks]
        )

        def alerts() -> list[AlertKind]:
            watch(harness.room.now)
            return [each.kind for each in storage.tasks.alerts() if each.kind is AlertKind.WEBHOOK]

        harness.answers(BROKEN)
        harness.room.publishes(item("First"))
        await harness.step()
        assert alerts() == []
        await harness.step(ALERT_AFTER)
        assert alerts() == [AlertKind.WEBHOOK]
        harness.answers(OK)
        await harness.step(2 * HOUR)
        assert alerts() == []

    run_hooks(tmp_path, scenario)


def test_neither_address_nor_secret_is_logged_or_stored(tmp_path: Path) -> None:
    async def scenario(harness: HookHarness) -> None:
        with capture_logs() as logs:
            harness.answers(BROKEN)
            harness.room.publishes(item("First"))
            await harness.step()
            harness.configures("", networks=())
            await harness.step(DAY)
        assert len(logs) == 2
        assert "a-capability" not in repr(logs)
        assert SECRET not in repr(logs)
        assert SECRET not in repr(harness.room.config)
        assert "a-capability" not in repr(harness.room.config)

    run_hooks(tmp_path, scenario)
