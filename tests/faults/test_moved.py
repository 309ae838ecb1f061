"""Origins that say their feed has moved: believed when they mean it, undone when the operator says so."""

from collections.abc import Sequence
from pathlib import Path

from aggregator.service.pipeline import Pipeline
from tests.events import capture_logs
from tests.faults.test_answers import PILOT, STORM, Desk, polling, says
from tests.fetch.origin import answer, redirect
from tests.given import DAY, HOUR

FOR_GOOD, FOR_NOW = "301 Moved Permanently", "302 Found"
GONE, NOT_FOUND = answer(status="410 Gone"), answer(status="404 Not Found")


def paths(desk: Desk) -> list[str]:
    """What was asked for since the last look."""
    asked = [request.split(" ")[1] for request in desk.origin.requests]
    desk.origin.requests.clear()
    return asked


async def given_a_move(desk: Desk, pipeline: Pipeline) -> None:
    """The feed has been at /new for a week."""
    desk.answers["/feed"], desk.answers["/new"] = redirect("/new", FOR_GOOD), says(STORM)
    for day in (0, 1, 6, 1):
        assert (await desk.poll(pipeline, after=day * DAY)).kind in ("changed", "unchanged", "not-modified")
    paths(desk)


def events(logs: Sequence[object]) -> list[str]:
    return [str(each["event"]) for each in logs if isinstance(each, dict) and each["event"] != "poll"]


def test_a_feed_that_has_moved_for_a_week_is_asked_for_at_its_new_address(tmp_path: Path) -> None:
    async def scenario(desk: Desk, pipeline: Pipeline) -> None:
        desk.answers["/feed"], desk.answers["/new"] = redirect("/new", FOR_GOOD), says(STORM)
        with capture_logs() as logs:
            for _ in range(8):
                await desk.poll(pipeline, after=DAY)
            assert paths(desk) == ["/feed", "/new"] * 8
            desk.answers["/new"] = says(PILOT, STORM, headers=('ETag: "2"',))
            assert (await desk.poll(pipeline, after=HOUR)).new == 1
        assert paths(desk) == ["/new"]
        assert events(logs) == ["permanently redirected", "moved for good"]
        assert desk.titles() == ["New pilot boat", "Storm warning"]
        (health,) = desk.storage.health()
        assert (health.moved, health.moved_to, health.feed.feed) == (
            True,
            desk.origin.url("/new"),
            health.moved_to,
        )

    polling(tmp_path, scenario)


def test_a_temporary_redirect_in_the_chain_moves_nothing(tmp_path: Path) -> None:
    async def scenario(desk: Desk, pipeline: Pipeline) -> None:
        desk.answers["/feed"], desk.answers["/mid"] = redirect("/mid", FOR_GOOD), redirect("/new", FOR_NOW)
        desk.answers["/new"] = says(STORM)
        for _ in range(10):
            await desk.poll(pipeline, after=DAY)
        (health,) = desk.storage.health()
        assert (health.moved_to, health.moved) == ("", False)

    polling(tmp_path, scenario)


def test_a_redirect_to_what_is_no_feed_moves_nothing(tmp_path: Path) -> None:
    async def scenario(desk: Desk, pipeline: Pipeline) -> None:
        page = answer("Content-Type: text/html", body=b"<html><body>Under construction</body></html>")
        desk.answers["/feed"], desk.answers["/new"] = redirect("/new", FOR_GOOD), page
        for _ in range(10):
            assert (await desk.poll(pipeline, after=DAY)).cause == "not-a-feed"
        (health,) = desk.storage.health()
        assert (health.moved_to, health.moved) == ("", False)

    polling(tmp_path, scenario)


def test_a_new_address_that_fails_has_the_old_one_tried_again(tmp_path: Path) -> None:
    async def scenario(desk: Desk, pipeline: Pipeline) -> None:
        await given_a_move(desk, pipeline)
        desk.answers["/feed"], desk.answers["/new"] = says(PILOT, STORM), NOT_FOUND
        failures = [await desk.poll(pipeline) for _ in range(3)]
        assert [each.kind for each in failures] == ["failed"] * 3
        assert (
            failures[2].why
            == "answered with an error 3 times in a row: again after 1 h, at its other address"
        )
        assert (await desk.poll(pipeline)).new == 1
        await desk.poll(pipeline)
        assert paths(desk) == ["/new", "/new", "/new", "/feed", "/feed"]

    polling(tmp_path, scenario)


def test_a_new_address_that_is_gone_is_left_and_polling_goes_on(tmp_path: Path) -> None:
    async def scenario(desk: Desk, pipeline: Pipeline) -> None:
        await given_a_move(desk, pipeline)
        desk.answers["/feed"], desk.answers["/new"] = says(PILOT, STORM), GONE
        gone = await desk.poll(pipeline)
        assert (gone.cause, gone.status) == ("http", 410)
        assert gone.why == "answered with an error once: again after 15 min, at its other address"
        assert (await desk.poll(pipeline)).new == 1
        desk.answers["/feed"] = GONE
        assert (await desk.poll(pipeline)).why.startswith("origin says the feed is gone")

    polling(tmp_path, scenario)


def test_a_move_that_the_operator_took_back_is_not_made_again(tmp_path: Path) -> None:
    async def scenario(desk: Desk, pipeline: Pipeline) -> None:
        await given_a_move(desk, pipeline)
        desk.storage.unmove("office", desk.now)
        for _ in range(9):
            await desk.poll(pipeline, after=DAY)
        assert paths(desk) == ["/feed", "/new"] * 9
        (health,) = desk.storage.health()
        assert (health.moved_to, health.moved) == ("", False)

    polling(tmp_path, scenario)
