"""Permanent redirects: a move after a week, and undone by the operator."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from aggregator.model.poll import Outcome
from aggregator.policy import reasons
from aggregator.service.pipeline import Pipeline
from tests.events import capture_logs
from tests.faults.given import PILOT, STORM, PollHarness, run_scenario, says
from tests.given import DAY, HOUR
from tests.server import GONE, NOT_FOUND, answer, redirect

pytestmark = pytest.mark.usefixtures("engine")

FOR_GOOD, FOR_NOW = "301 Moved Permanently", "302 Found"


def paths(harness: PollHarness) -> list[str]:
    """Return the paths requested since the last call."""
    asked = harness.origin.paths
    harness.origin.requests.clear()
    return asked


async def given_a_move(harness: PollHarness, pipeline: Pipeline) -> None:
    """Poll for a week while the feed redirects to /new."""
    harness.origin.answers["/feed"], harness.origin.answers["/new"] = redirect("/new", FOR_GOOD), says(STORM)
    for day in (0, 1, 6, 1):
        assert (await harness.poll(pipeline, after=day * DAY)).kind in (
            "changed",
            "unchanged",
            "not-modified",
        )
    paths(harness)


def events(logs: Sequence[object]) -> list[str]:
    return [str(each["event"]) for each in logs if isinstance(each, dict) and each["event"] != "poll"]


def test_a_feed_redirected_for_a_week_is_fetched_at_its_new_address(tmp_path: Path) -> None:
    async def scenario(harness: PollHarness, pipeline: Pipeline) -> None:
        harness.origin.answers["/feed"], harness.origin.answers["/new"] = (
            redirect("/new", FOR_GOOD),
            says(STORM),
        )
        with capture_logs() as logs:
            for _ in range(8):
                await harness.poll(pipeline, after=DAY)
            assert paths(harness) == ["/feed", "/new"] * 8
            harness.origin.answers["/new"] = says(PILOT, STORM, headers=('ETag: "2"',))
            assert (await harness.poll(pipeline, after=HOUR)).new == 1
        assert paths(harness) == ["/new"]
        assert events(logs) == ["permanently redirected", "moved for good"]
        assert harness.titles() == ["New pilot boat", "Storm warning"]
        (health,) = harness.storage.overview.health()
        assert (bool(health.relocation.at), health.relocation.target[0], health.feed.feed) == (
            True,
            harness.origin.url("/new"),
            health.relocation.at,
        )

    run_scenario(tmp_path, scenario)


def test_a_temporary_redirect_in_the_chain_moves_nothing(tmp_path: Path) -> None:
    async def scenario(harness: PollHarness, pipeline: Pipeline) -> None:
        harness.origin.answers["/feed"], harness.origin.answers["/mid"] = (
            redirect("/mid", FOR_GOOD),
            redirect("/new", FOR_NOW),
        )
        harness.origin.answers["/new"] = says(STORM)
        for _ in range(10):
            await harness.poll(pipeline, after=DAY)
        (health,) = harness.storage.overview.health()
        assert health.relocation.target == ("", None)

    run_scenario(tmp_path, scenario)


def test_a_redirect_to_no_feed_is_no_relocation(tmp_path: Path) -> None:
    async def scenario(harness: PollHarness, pipeline: Pipeline) -> None:
        page = answer("Content-Type: text/html", body=b"<html><body>Under construction</body></html>")
        harness.origin.answers["/feed"], harness.origin.answers["/new"] = redirect("/new", FOR_GOOD), page
        for _ in range(10):
            assert (await harness.poll(pipeline, after=DAY)).cause == "not-a-feed"
        (health,) = harness.storage.overview.health()
        assert health.relocation.target == ("", None)

    run_scenario(tmp_path, scenario)


def why(outcome: Outcome) -> str:
    assert outcome.due is not None
    return reasons.words(outcome.due)


def test_a_new_address_that_fails_has_the_old_one_tried_again(tmp_path: Path) -> None:
    async def scenario(harness: PollHarness, pipeline: Pipeline) -> None:
        await given_a_move(harness, pipeline)
        harness.origin.answers["/feed"], harness.origin.answers["/new"] = says(PILOT, STORM), NOT_FOUND
        failures = [await harness.poll(pipeline) for _ in range(3)]
        assert [each.kind for each in failures] == ["failed"] * 3
        assert (
            why(failures[2])
            == "answered with an error 3 times in a row: back-off of 1 h, at its other address"
        )
        assert (await harness.poll(pipeline)).new == 1
        await harness.poll(pipeline)
        assert paths(harness) == ["/new", "/new", "/new", "/feed", "/feed"]

    run_scenario(tmp_path, scenario)


def test_a_new_address_that_is_gone_is_left_and_polling_goes_on(tmp_path: Path) -> None:
    async def scenario(harness: PollHarness, pipeline: Pipeline) -> None:
        await given_a_move(harness, pipeline)
        harness.origin.answers["/feed"], harness.origin.answers["/new"] = says(PILOT, STORM), GONE
        gone = await harness.poll(pipeline)
        assert (gone.cause, gone.status) == ("http", 410)
        assert why(gone) == "answered with an error once: back-off of 15 min, at its other address"
        assert (await harness.poll(pipeline)).new == 1
        harness.origin.answers["/feed"] = GONE
        assert why(await harness.poll(pipeline)).startswith("origin says the feed is gone")

    run_scenario(tmp_path, scenario)


def test_a_move_that_the_operator_took_back_is_not_made_again(tmp_path: Path) -> None:
    async def scenario(harness: PollHarness, pipeline: Pipeline) -> None:
        await given_a_move(harness, pipeline)
        harness.storage.polls.unmove("office", harness.now)
        for _ in range(9):
            await harness.poll(pipeline, after=DAY)
        assert paths(harness) == ["/feed", "/new"] * 9
        (health,) = harness.storage.overview.health()
        assert health.relocation.target == ("", None)

    run_scenario(tmp_path, scenario)
