"""Content distribution by the own hub: what is delivered when, and what becomes of callbacks that fail."""

import asyncio
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from msgspec.structs import replace

from aggregator.errors import StoreFull
from aggregator.model.format import Format
from aggregator.model.push import HubMode, HubRequest, PushOutcome, Topic
from aggregator.model.push_settings import Hub
from aggregator.policy.hub import DEAD_AFTER
from tests.events import capture_logs
from tests.fetch.given import LOOPBACK
from tests.given import DAY, HOUR, MINUTE, NOON
from tests.server import HANG, Request, answer, redirect
from tests.web.newsroom import item
from tests.websub.subscribers import OK, SECOND, HubHarness, run_hub

pytestmark = pytest.mark.usefixtures("engine")
BROKEN = answer(status="500 Internal Server Error")


async def given_subscribers(harness: HubHarness, *callbacks: str) -> None:
    harness.room.publishes(item("First"))
    for callback in callbacks:
        await harness.subscribes(callback)


def test_each_change_is_delivered_once_to_every_subscriber(tmp_path: Path) -> None:
    async def scenario(harness: HubHarness) -> None:
        await given_subscribers(harness, "/a", "/b", "/c")
        for title in ("Second", "Third"):
            harness.room.publishes(item(title))
            assert await harness.distributes() == ["/a", "/b", "/c"]
            assert await harness.distributes(MINUTE) == []

    run_hub(tmp_path, scenario)


def test_a_correction_and_a_withdrawal_are_delivered(tmp_path: Path) -> None:
    async def scenario(harness: HubHarness) -> None:
        await given_subscribers(harness, "/a")
        harness.room.publishes(item("Second"))
        await harness.distributes()
        harness.room.corrects("Second", item("Second", text="Other words.", fingerprint=b"another one 1234"))
        assert await harness.distributes() == ["/a"]
        harness.room.withdraws("Second")
        harness.room.now += MINUTE
        await harness.distributor.step()
        await harness.distributor.running.idle()
        (delivery,) = harness.callbacks.delivered
        assert b"Second" not in delivery.body

    run_hub(tmp_path, scenario)


@pytest.mark.parametrize("kind", ["atom", "json"])
def test_a_subscriber_of_withdrawals_gets_these_and_corrections_alone(tmp_path: Path, kind: str) -> None:
    async def scenario(harness: HubHarness) -> None:
        topic = f"https://releases.example/withdrawals.{kind}"
        harness.room.publishes(item("First"), item("Second"))
        await harness.subscribes(topic=topic)
        harness.room.publishes(item("Third"))
        assert await harness.distributes() == []
        harness.room.corrects("Second", item("Second", text="Other words.", fingerprint=b"another one 1234"))
        assert await harness.distributes() == ["/cb"]
        harness.room.withdraws("First")
        harness.room.now += MINUTE
        await harness.distributor.step()
        await harness.distributor.running.idle()
        (delivery,) = harness.callbacks.delivered
        document = harness.room.publisher.withdrawals.current(Format(kind))
        assert document is not None
        assert delivery.body == document.body
        assert (delivery.request.header("Link") or "").endswith(f'<{topic}>; rel="self"')
        await harness.distributes()
        harness.restart()
        assert await harness.distributes() == []
        await harness.subscribes(topic=topic, mode="unsubscribe")
        assert harness.room.storage.push.subscribers() == 0

    run_hub(tmp_path, scenario)


def test_a_burst_of_changes_is_one_delivery_of_the_last_document(tmp_path: Path) -> None:
    async def scenario(harness: HubHarness) -> None:
        await given_subscribers(harness, "/a")
        for title in ("Second", "Third", "Fourth"):
            harness.room.publishes(item(title))
        await harness.distributor.step()
        await harness.distributor.running.idle()
        (delivery,) = harness.callbacks.delivered
        assert b"Fourth" in delivery.body
        assert await harness.distributes() == ["/a"]  # the same: `paths` counts it
        assert await harness.distributes() == []

    run_hub(tmp_path, scenario)


def test_a_document_that_is_the_same_is_not_delivered_again(tmp_path: Path) -> None:
    async def scenario(harness: HubHarness) -> None:
        await given_subscribers(harness, "/a")
        harness.room.publishes(item("Second"))
        await harness.distributes()
        harness.room.reconfigures(
            sources=tuple(
                replace(each, organisation="Other") if each.id == "ministere" else each
                for each in harness.room.config.sources
            )
        )
        assert await harness.distributes() == []

    run_hub(tmp_path, scenario)


def test_what_changed_while_no_service_ran_is_delivered_at_its_start(tmp_path: Path) -> None:
    async def scenario(harness: HubHarness) -> None:
        await given_subscribers(harness, "/a")
        harness.room.publishes(item("Second"))
        harness.restart()
        assert await harness.distributes() == ["/a"]
        harness.restart()
        assert await harness.distributes() == []

    run_hub(tmp_path, scenario)


def test_a_delivery_cut_off_before_its_record_is_made_again(tmp_path: Path) -> None:
    async def scenario(harness: HubHarness) -> None:
        await given_subscribers(harness, "/a")
        harness.room.publishes(item("Second"))
        await harness.distributor.step()
        await harness.distributor.running.idle()
        assert harness.callbacks.paths() == ["/a"]
        harness.restart()
        assert await harness.distributes() == ["/a"]

    run_hub(tmp_path, scenario)


@pytest.mark.parametrize("response", [BROKEN, redirect("/b"), redirect("/b", "308 Permanent Redirect")])
def test_a_failed_delivery_is_retried_later_and_later_with_the_document_of_then(
    tmp_path: Path, response: bytes
) -> None:
    async def scenario(harness: HubHarness) -> None:
        await given_subscribers(harness, "/a")
        harness.callbacks.responses["/a"] = response
        harness.room.publishes(item("Second"))
        assert await harness.distributes() == ["/a"]  # and "/b" gets nothing: no redirect is followed
        assert await harness.distributes(9 * SECOND) == []
        assert await harness.distributes(SECOND) == ["/a"]
        assert await harness.distributes(39 * SECOND) == []
        harness.room.publishes(item("Third"))
        harness.callbacks.responses["/a"] = OK
        await harness.distributor.step()
        await harness.distributor.running.idle()
        (delivery,) = harness.callbacks.delivered
        assert b"Third" in delivery.body
        assert await harness.distributes(DAY) == ["/a"]
        assert await harness.distributes(DAY) == []

    run_hub(tmp_path, scenario)


def test_a_retry_obeys_retry_after(tmp_path: Path) -> None:
    async def scenario(harness: HubHarness) -> None:
        await given_subscribers(harness, "/a")
        harness.callbacks.responses["/a"] = answer("Retry-After: 3600", status="503 Service Unavailable")
        harness.room.publishes(item("Second"))
        assert await harness.distributes() == ["/a"]
        assert await harness.distributes(HOUR - SECOND) == []
        assert await harness.distributes(SECOND) == ["/a"]

    run_hub(tmp_path, scenario)


def test_retries_and_leases_go_back_with_a_clock_that_is_set_back(tmp_path: Path) -> None:
    async def scenario(harness: HubHarness) -> None:
        await given_subscribers(harness, "/a")
        harness.callbacks.responses["/a"] = BROKEN
        harness.room.publishes(item("Second"))
        assert await harness.distributes() == ["/a"]
        harness.room.now -= DAY
        harness.room.storage.push.set_back(DAY)
        assert await harness.distributes(9 * SECOND) == []
        assert await harness.distributes(SECOND) == ["/a"]

    run_hub(tmp_path, scenario)


def test_410_ends_a_subscription(tmp_path: Path) -> None:
    async def scenario(harness: HubHarness) -> None:
        await given_subscribers(harness, "/a", "/b")
        harness.callbacks.responses["/a"] = answer(status="410 Gone")
        harness.room.publishes(item("Second"))
        assert await harness.distributes() == ["/a", "/b"]
        assert harness.room.storage.push.subscribers() == 1

    run_hub(tmp_path, scenario)


def test_a_dead_callback_is_dropped_after_days(tmp_path: Path) -> None:
    async def scenario(harness: HubHarness) -> None:
        await given_subscribers(harness, "/a")
        harness.callbacks.responses["/a"] = BROKEN
        harness.room.publishes(item("Second"))
        begun = harness.room.now
        with capture_logs() as logs:
            while harness.room.storage.push.subscribers():
                await harness.distributes(HOUR)
        assert harness.room.now - begun >= DEAD_AFTER
        assert harness.room.now - begun < DEAD_AFTER + DAY
        assert harness.results[-1].outcome is PushOutcome.DROPPED
        assert "hub: dead callback dropped" in repr(logs)

    run_hub(tmp_path, scenario)


def test_slow_and_dead_subscribers_delay_no_other(tmp_path: Path) -> None:
    async def scenario(harness: HubHarness) -> None:
        all_quick, left = asyncio.Event(), 20

        async def taking(request: Request, writer: asyncio.StreamWriter) -> None:
            nonlocal left
            left -= 1
            if not left:
                all_quick.set()
            writer.write(OK)

        dead, quick = [f"/dead{n}" for n in range(20)], [f"/quick{n}" for n in range(20)]
        await given_subscribers(harness)
        for callback in dead:  # at a host of their own, before all others
            harness.callbacks.responses[callback] = HANG
            await harness.subscribes(harness.server.url(callback, host="dead.example"))
        for number, callback in enumerate(quick):
            harness.callbacks.responses[callback] = taking
            await harness.subscribes(harness.server.url(callback, host=f"host{number}.example"))
        harness.room.publishes(item("Second"))
        harness.room.now += SECOND
        await harness.distributor.step()
        await asyncio.wait_for(all_quick.wait(), 30)
        assert len({each.path for each in harness.callbacks.delivered} & set(dead)) <= 8  # of one host
        await harness.distributor.running.cancel()

    run_hub(tmp_path, scenario)


def test_a_callback_that_takes_nothing_of_a_large_document_fails_alone(tmp_path: Path) -> None:
    async def scenario(harness: HubHarness) -> None:
        many = [item(f"Release {n}", content="<p>" + "long words of it " * 1_700 + "</p>") for n in range(60)]
        harness.room.publishes(*many)
        await harness.subscribes("/a")
        await harness.subscribes("/b")

        async def early(request: Request, writer: asyncio.StreamWriter) -> None:
            writer.write(answer(status="413 Content Too Large"))

        harness.callbacks.responses["/a"] = early
        harness.room.publishes(item("Second"))
        await harness.distributes()
        outcomes = {each.outcome for each in harness.results}
        assert outcomes == {PushOutcome.DELIVERED, PushOutcome.FAILED}

    run_hub(tmp_path, scenario)


def test_while_the_store_takes_nothing_no_document_is_delivered_twice(tmp_path: Path) -> None:
    async def scenario(harness: HubHarness) -> None:
        await given_subscribers(harness, "/a")
        harness.room.publishes(item("Second"))
        is_full = True

        async def write(call):  # type: ignore[no-untyped-def]
            if is_full:
                raise StoreFull("there is no room")
            return call()

        harness.distributor.write = write
        harness.room.now += SECOND
        await harness.distributor.step()
        await harness.distributor.running.idle()
        for _ in range(3):
            harness.room.now += MINUTE
            with pytest.raises(StoreFull):
                await harness.distributor.step()
        is_full = False
        assert await harness.distributes(MINUTE) == ["/a"]
        assert await harness.distributes(MINUTE) == []

    run_hub(tmp_path, scenario)


def test_a_renamed_source_keeps_its_subscribers(tmp_path: Path) -> None:
    async def scenario(harness: HubHarness) -> None:
        harness.room.publishes(item("First"))
        await harness.subscribes(topic="https://releases.example/sources/observatory/feed.atom")
        observatory, ministry = harness.room.config.sources
        harness.room.reconfigures(sources=(replace(observatory, id="coast"), ministry))
        harness.room.publishes(item("Second"), source="coast")
        harness.room.now += SECOND
        await harness.distributor.step()
        await harness.distributor.running.idle()
        (delivery,) = harness.callbacks.delivered
        assert "/sources/coast/feed.atom" in (delivery.request.header("Link") or "")

    run_hub(tmp_path, scenario)


def test_the_subscribers_of_a_source_that_is_forgotten_are_denied(tmp_path: Path) -> None:
    async def scenario(harness: HubHarness) -> None:
        topic = "https://releases.example/sources/observatory/feed.atom"
        harness.room.publishes(item("First"))
        await harness.subscribes("/a", topic=topic)
        await harness.subscribes("/b")
        harness.callbacks.asked.clear()
        harness.room.reconfigures(sources=harness.room.config.sources[1:])
        harness.room.storage.admin.forget("observatory", harness.room.now)
        assert harness.room.storage.push.subscribers() == 1
        await harness.verify()  # another process has forgotten it: looked for once a minute
        ((path, asked),) = harness.callbacks.asked
        assert path.startswith("/a?")
        assert (asked["hub.mode"], asked["hub.topic"]) == ("denied", topic)
        harness.room.now += MINUTE
        await harness.verify()
        assert len(harness.callbacks.asked) == 1

    run_hub(tmp_path, scenario)


def test_the_withdrawal_of_the_last_item_of_a_language_is_delivered(tmp_path: Path) -> None:
    async def scenario(harness: HubHarness) -> None:
        harness.room.publishes(item("First", language="fr"))
        await harness.subscribes(topic="https://releases.example/languages/fr/feed.atom")
        harness.room.withdraws("First")
        assert await harness.distributes() == ["/cb"]
        harness.room.publishes(item("Second", language="fr"))
        assert await harness.distributes() == ["/cb"]

    run_hub(tmp_path, scenario)


def test_latency_is_counted_from_the_commit(tmp_path: Path) -> None:
    async def scenario(harness: HubHarness) -> None:
        await given_subscribers(harness, "/a")
        harness.room.publishes(item("Second"))
        await harness.distributes(3 * SECOND)
        ((outcome, seconds),) = [(each.outcome, each.seconds) for each in harness.results]
        assert (outcome, seconds) == (PushOutcome.DELIVERED, 3.0)

    run_hub(tmp_path, scenario)


@pytest.mark.parametrize("is_taken", [True, False])
def test_another_hub_is_pinged_about_each_document_that_changed(tmp_path: Path, is_taken: bool) -> None:
    async def scenario(harness: HubHarness) -> None:
        url = harness.server.url("/other")
        networks = LOOPBACK
        harness.room.config = replace(
            harness.room.config, hub=Hub(is_own=False, url=url, allow_networks=networks)
        )
        harness.room.publishes(item("First"))
        await pings(harness)
        assert harness.callbacks.paths() == []  # what was published before is known to no one there
        harness.callbacks.responses["/other"] = OK if is_taken else BROKEN
        harness.room.publishes(item("Second"))
        await pings(harness)
        if not is_taken:
            assert harness.callbacks.paths() == ["/other"]
            await pings(harness)
            assert harness.callbacks.paths() == []
            harness.room.now += MINUTE
            harness.callbacks.responses["/other"] = OK
            await pings(harness)
        topics = [
            f"{path}feed.{kind}"
            for path in ("", "sources/observatory/", "topics/climate/", "topics/open-data/", "languages/en/")
            for kind in ("rss", "atom", "json")
        ]
        assert sorted(ping(each.body) for each in harness.callbacks.delivered) == sorted(
            ("publish", f"https://releases.example/{each}") for each in topics
        )
        harness.callbacks.delivered.clear()
        await pings(harness)
        assert harness.callbacks.paths() == []
        harness.room.withdraws("Second")
        await pings(harness)
        pinged = {ping(each.body)[1] for each in harness.callbacks.delivered}
        assert pinged > {f"https://releases.example/withdrawals.{kind}" for kind in ("atom", "json")}
        assert "https://releases.example/withdrawals.rss" not in pinged

    def ping(body: bytes) -> tuple[str, str]:
        form = parse_qs(body.decode())
        assert form["hub.url"] == form["hub.topic"]
        return form["hub.mode"][0], form["hub.url"][0]

    async def pings(harness: HubHarness) -> None:
        harness.room.now += SECOND
        await harness.pinger.step()
        await harness.pinger.running.idle()

    run_hub(tmp_path, scenario, hub=Hub(is_own=False))


def test_another_hub_that_is_away_is_retried_and_not_pinged_when_none_is_set(tmp_path: Path) -> None:
    async def scenario(harness: HubHarness) -> None:
        await harness.pinger.step()
        harness.room.config = replace(harness.room.config, hub=Hub(is_own=False, url="http://10.0.0.1/hub"))
        harness.room.publishes(item("First"))
        with capture_logs() as logs:
            for title in ("Second", "Third"):
                await harness.pinger.step()
                await harness.pinger.running.idle()
                harness.room.publishes(item(title))
        assert [each["event"] for each in logs] == ["hub not pinged"]

    run_hub(tmp_path, scenario)


@pytest.mark.soak
def test_a_thousand_subscribers_get_each_change_once_beside_fifty_dead_ones(tmp_path: Path) -> None:
    async def scenario(harness: HubHarness) -> None:
        harness.room.publishes(item("First"))
        quick = [f"/{number}" for number in range(1_000)]
        dead = [f"/dead{number}" for number in range(50)]
        harness.callbacks.responses |= dict.fromkeys(dead, HANG)
        for number, path in enumerate([*dead, *quick]):
            host = f"host{number % 500}.example" if path in quick else f"dead{number % 10}.example"
            harness.room.storage.push.answer(
                asked(harness.server.url(path, host=host)), ALL, harness.room.now
            )
        for title in ("Second", "Third", "Fourth"):
            harness.room.publishes(item(title))
            delivered = await harness.distributes(HOUR)
            assert [each for each in delivered if each not in dead] == sorted(quick)
            assert len(delivered) <= len(quick) + len(dead)

    run_hub(tmp_path, scenario, timeout=20)


ALL = Topic("", Format.ATOM)


def asked(callback: str) -> HubRequest:
    """Return a request to subscribe to all releases."""
    host = urlsplit(callback).hostname or ""
    return HubRequest(HubMode.SUBSCRIBE, "", callback, "", 30 * DAY, host, "203.0.113.5", NOON)
