"""A rate limit holds for all sources of a host; silent hosts delay no other."""

import asyncio
import socket
import threading
from contextlib import aclosing, closing
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.fetch.client import Client
from aggregator.model.poll import Outcome
from aggregator.policy import reasons
from tests.engines import open_storage
from tests.faults.given import STORM, says
from tests.fetch.given import client, open_client, poll_settings
from tests.given import HOUR, NOON, config, pipeline, source
from tests.running import feed, given_a_site, item, until
from tests.server import Script, answer, http_server, http_server_in_thread, redirect

pytestmark = pytest.mark.usefixtures("engine")

NAMES = ("harbour", "pilots", "rescue")
SILENT = 24
TOO_MANY = answer("Retry-After: 7200", status="429 Too Many Requests")


def polls_at_one_host(
    directory: Path, answers: dict[str, bytes | Script], fetcher: Client
) -> dict[str, object]:
    """Poll three sources of one host; return requests, causes, due sources and reasons."""

    async def run() -> dict[str, object]:
        async with http_server(answers) as serving, aclosing(fetcher):
            with closing(open_storage(directory)) as storage:
                sources = [source(name, feed=serving.url(f"/{name}")) for name in NAMES]
                settings = config(*sources, store=directory)
                storage.admin.sync(settings, NOON)
                polls = pipeline(storage, fetcher, lambda: settings)
                outcomes = await polls.run(NAMES)
                polls.close()
            with (
                closing(open_storage(directory)) as storage,
                storage.admin.poller(NOON),
            ):  # as after a restart
                due = storage.polls.claim(NOON + HOUR, limit=9, lease=HOUR)
                why = {each.feed.id: reasons.words(each.due) for each in storage.overview.health()}
            return {
                "asked": serving.paths,
                "causes": [outcome.cause for outcome in outcomes],
                "due": sorted(claim.id for claim in due),
                "why": why,
            }

    return asyncio.run(run())


def test_a_host_that_answers_429_gets_no_request_for_an_hour(tmp_path: Path) -> None:
    told = polls_at_one_host(
        tmp_path, dict.fromkeys(("/harbour", "/pilots", "/rescue"), TOO_MANY), one_at_a_time()
    )
    assert told["asked"] == ["/harbour"]
    assert told["causes"] == ["http", "rate_limited", "rate_limited"]
    assert told["due"] == ["pilots", "rescue"]
    assert told["why"] == {
        "harbour": "origin asked to wait 2 h, the other sources at 127.0.0.1 up to an hour",
        "pilots": "its host 127.0.0.1 is rate-limited (429)",
        "rescue": "its host 127.0.0.1 is rate-limited (429)",
    }


def test_retry_after_with_503_delays_its_own_source_only(tmp_path: Path) -> None:
    busy = answer("Retry-After: 7200", status="503 Service Unavailable")
    told = polls_at_one_host(
        tmp_path, {"/harbour": busy, "/pilots": says(STORM), "/rescue": says(STORM)}, one_at_a_time()
    )
    assert told["asked"] == ["/harbour", "/pilots", "/rescue"]
    assert told["due"] == ["pilots", "rescue"]


def test_a_429_behind_a_redirect_limits_its_source_alone(tmp_path: Path) -> None:
    answers: dict[str, bytes | Script] = dict.fromkeys(("/pilots", "/rescue"), says(STORM))
    answers |= {"/harbour": redirect("/busy"), "/busy": TOO_MANY}
    told = polls_at_one_host(tmp_path, answers, one_at_a_time())
    assert sorted(map(str, told["causes"])) == ["", "", "http"]  # type: ignore[call-overload]  # a list
    assert told["due"] == ["pilots", "rescue"]


def one_at_a_time() -> Client:
    return open_client(poll_settings(per_host=1))


def test_hosts_that_never_answer_delay_no_other(tmp_path: Path) -> None:
    here = given_a_site(tmp_path)
    with http_server_in_thread() as serving, socket.create_server(("0.0.0.0", 0), backlog=1000) as silent:
        serving.answers["/live.xml"] = answer(body=feed(item("storm", "Storm warning")))
        port = silent.getsockname()[1]
        feeds = {f"a{n}": f"http://127.0.7.{n + 1}:{port}/feed.xml" for n in range(SILENT)}
        here.sources({**feeds, "live": serving.url("/live.xml")}, poll=", concurrency: 8, timeout: 60s")
        with here.serving() as service:
            until(lambda: service.titles() == ["Storm warning"], seconds=30)
            assert serving.paths == ["/live.xml"]


def test_hosts_that_never_answer_delay_no_other_in_one_pass_either(tmp_path: Path) -> None:
    silent = socket.create_server(("0.0.0.0", 0), backlog=1000)
    port = silent.getsockname()[1]
    told: list[str] = []

    def each(outcome: Outcome) -> None:
        told.append(outcome.source)
        if outcome.source == "live":
            silent.close()  # the fetches that wait there fail at once

    async def run() -> None:
        async with (
            http_server({"/live": says(STORM)}) as serving,
            client(poll_settings(concurrency=1)) as fetcher,
        ):
            with closing(open_storage(tmp_path)) as storage:
                sources = [source(f"s{n}", feed=f"http://127.0.7.{n + 1}:{port}/") for n in range(2)]
                sources.append(source("live", feed=serving.url("/live")))
                polling = replace(config().poll, concurrency=1)
                settings = replace(config(*sources, store=tmp_path), poll=polling)
                storage.admin.sync(settings, NOON)
                polls = pipeline(storage, fetcher, lambda: settings)
                await polls.run([each.id for each in sources], each)
                polls.close()

    asyncio.run(run())
    assert told[0] == "live"
    assert sorted(told) == ["live", "s0", "s1"]


def test_the_gap_between_two_fetches_of_a_host_is_kept_by_its_sources_together(tmp_path: Path) -> None:
    answers: dict[str, bytes | Script] = dict.fromkeys(("/harbour", "/pilots", "/rescue"), says(STORM))
    settings = replace(poll_settings(per_host=3), host_gap=timedelta(seconds=0.1))
    begin = asyncio.new_event_loop()
    started = begin.time()
    assert polls_at_one_host(tmp_path, answers, open_client(settings))["causes"] == ["", "", ""]
    assert begin.time() - started >= 0.2
    begin.close()


def test_many_hosts_that_all_lead_to_a_silent_one_keep_no_place_from_others(tmp_path: Path) -> None:
    here = given_a_site(tmp_path)
    with (
        http_server_in_thread() as serving,
        socket.create_server(("127.0.9.9", 0), backlog=1000) as silent,
        http_server_in_thread(host="0.0.0.0") as redirecting,
    ):
        redirecting.answers["/feed.xml"] = redirect(f"http://127.0.9.9:{silent.getsockname()[1]}/")
        serving.answers["/live.xml"] = answer(body=feed(item("storm", "Storm warning")))
        feeds = {f"a{n}": f"http://127.0.8.{n + 1}:{redirecting.port}/feed.xml" for n in range(SILENT)}
        here.sources({"live": serving.url("/live.xml"), **feeds}, poll=", concurrency: 1, timeout: 60s")
        with here.serving() as service:
            until(lambda: service.titles() == ["Storm warning"], seconds=30)
            threading.Event().wait(4)  # until all have been led there that will be
            serving.answers["/live.xml"] = answer(
                body=feed(item("calm", "All clear"), item("storm", "Storm warning"))
            )
            assert here.run("poll", "live").returncode == 0
            until(lambda: service.titles() == ["All clear", "Storm warning"], seconds=10)
