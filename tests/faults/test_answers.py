"""Wrong, truncated and wrongly encoded responses: no item is withdrawn or cut, and the next poll recovers."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.errors import ParseError
from aggregator.model.decision import State
from aggregator.model.document import ReadJob, ReadResult, StyleJob
from aggregator.service.pipeline import Pipeline
from tests.engines import open_storage
from tests.faults.given import OFFICE, PILOT, STORM, PollHarness, run_scenario, says
from tests.fetch.given import client
from tests.given import DAY, NOON, InProcessReader, config, pipeline
from tests.hostile.documents import FORMATS, document
from tests.line.line import Line, plain
from tests.running import feed, item
from tests.server import Request, Script, answer, http_server, then_close

pytestmark = pytest.mark.usefixtures("engine")


class Broken(InProcessReader):
    """A reader with a fault that only some documents trigger."""

    async def run(
        self, job: ReadJob | StyleJob, room: Callable[[], Awaitable[None]] | None = None
    ) -> ReadResult:
        if isinstance(job, ReadJob) and b"evil" in job.body:
            raise UnicodeError("nobody thought of this")
        return await super().run(job)


def test_an_unexpected_error_costs_one_poll_and_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> list[tuple[str, str, str]]:
        async with (
            http_server({"/evil": says(item("evil", "evil")), "/fine": says(STORM)}) as origin,
            client() as fetcher,
        ):
            with closing(open_storage(tmp_path)) as storage:
                sources = [replace(plain(name), feed=origin.url(f"/{name}")) for name in ("evil", "fine")]
                settings = config(*sources, store=tmp_path)
                storage.admin.sync(settings, NOON)
                polls = pipeline(storage, fetcher, lambda: settings, reader=Broken())
                outcomes = await polls.run(["evil", "fine"])
                polls.close()
                assert [health.failures for health in storage.overview.health()] == [1, 0]
                return sorted((each.source, each.kind, each.message) for each in outcomes)

    assert asyncio.run(run()) == [
        ("evil", "failed", "an unexpected error (UnicodeError), which is a bug of Publicwire"),
        ("fine", "changed", ""),
    ]
    assert "nobody thought of this" in caplog.text


def test_a_server_that_always_answers_304_is_fetched_unconditionally_after_a_month(tmp_path: Path) -> None:
    async def scenario(harness: PollHarness, polls: Pipeline) -> None:
        harness.origin.answers["/feed"] = says(STORM)
        assert (await harness.poll(polls)).new == 1

        async def lies(request: Request, writer: asyncio.StreamWriter) -> None:
            is_conditional = request.header("If-None-Match")
            same = answer('ETag: "1"', status="304 Not Modified")
            writer.write(same if is_conditional else says(PILOT, STORM))

        harness.origin.answers["/feed"] = lies
        assert [(await harness.poll(polls)).kind for _ in range(3)] == ["not-modified"] * 3
        assert harness.titles() == ["Storm warning"]
        assert (await harness.poll(polls, 29 * DAY)).kind == "not-modified"
        assert (await harness.poll(polls, DAY)).new == 1
        assert harness.titles() == ["New pilot boat", "Storm warning"]

    run_scenario(tmp_path, scenario)


def test_an_etag_that_never_changes_hides_nothing_that_is_sent(tmp_path: Path) -> None:
    async def scenario(harness: PollHarness, polls: Pipeline) -> None:
        for number, items in enumerate([(STORM,), (PILOT, STORM), (PILOT, STORM)]):
            harness.origin.answers["/feed"] = says(*items)
            outcome = await harness.poll(polls)
            assert outcome.kind == ("changed" if number < 2 else "unchanged")
        assert harness.titles() == ["New pilot boat", "Storm warning"]

    run_scenario(tmp_path, scenario)


def test_an_etag_that_always_changes_makes_nothing_new(tmp_path: Path) -> None:
    async def scenario(harness: PollHarness, polls: Pipeline) -> None:
        new = []
        for number in range(4):
            harness.origin.answers["/feed"] = says(STORM, headers=(f'ETag: "{number}"',))
            new.append((await harness.poll(polls)).new)
        assert new == [1, 0, 0, 0]

    run_scenario(tmp_path, scenario)


@pytest.mark.parametrize(
    "bad",
    [
        answer("Content-Type: text/html", body=b"<!doctype html><title>Oops</title><h1>Error 500</h1>"),
        answer("Content-Type: application/rss+xml", body=b"<html><body>Down for maintenance</body></html>"),
        answer("Content-Type: application/rss+xml", body=b""),
        answer(body=b"null"),
        answer(body=b'{"error": "rate limited"}'),
        answer(body=b"\x00" * 500),
        answer(status="304 Not Modified"),  # to a question that was unconditional
        answer("Content-Encoding: gzip", body=b"no gzip"),
        answer(status="500 Internal Server Error", body=feed()),
        then_close(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n" + feed(STORM)),
        then_close(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<rss>\r\nZZ\r\n"),
        then_close(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n<rss>"),
        then_close(b"SSH-2.0-OpenSSH_9.2\r\n"),
        then_close(b""),
    ],
)
def test_an_answer_that_is_no_feed_changes_nothing_and_the_next_one_heals(
    tmp_path: Path, bad: bytes | Script
) -> None:
    async def scenario(harness: PollHarness, polls: Pipeline) -> None:
        harness.origin.answers["/feed"] = says(PILOT, STORM, headers=())
        await harness.poll(polls)
        harness.origin.answers["/feed"] = bad
        outcome = await harness.poll(polls)
        assert (outcome.kind, outcome.new) == ("failed", 0)
        assert outcome.message.isprintable()
        assert harness.titles() == ["New pilot boat", "Storm warning"]
        harness.origin.answers["/feed"] = says(item("third", "A third"), PILOT, STORM, headers=())
        assert (await harness.poll(polls)).new == 1

    run_scenario(tmp_path, scenario)


def test_an_emptied_feed_withdraws_nothing_and_republishes_nothing(tmp_path: Path) -> None:
    async def scenario(harness: PollHarness, polls: Pipeline) -> None:
        for items in ((PILOT, STORM), (), (PILOT, STORM)):
            harness.origin.answers["/feed"] = says(*items)
            outcome = await harness.poll(polls)
        assert outcome.new == outcome.edited == 0
        assert harness.titles() == ["New pilot boat", "Storm warning"]

    run_scenario(tmp_path, scenario)


GRUSS = "Grüße, “Ωμέγα” – наводнение 洪水"


@pytest.mark.parametrize(
    ("encoded", "content_type"),
    [
        ("utf-8-sig", "text/xml; charset=iso-8859-1"),
        ("utf-16-le mark", "text/xml"),
        ("utf-16-be mark", "text/xml; charset=utf-8"),
        ("utf-16-le", "text/xml"),
        ("utf-16-be", "text/xml; charset=iso-8859-1"),
        ("utf-32-le mark", ""),
        ("utf-7", "text/xml; charset=utf-7"),
        ("utf-8", "text/xml; charset=utf-16"),
        ("utf-8", "text/xml; charset=no-such-charset"),
        ("gb18030", "text/xml; charset=gb2312"),
    ],
)
def test_the_encoding_of_a_body_is_found_despite_a_wrong_declaration(
    tmp_path: Path, encoded: str, content_type: str
) -> None:
    name, _, mark = encoded.partition(" ")
    text = feed(item("gruss", GRUSS)).decode().replace('<?xml version="1.0"?>', "")
    body = (("\ufeff" if mark else "") + text).encode(name)

    async def scenario(harness: PollHarness, polls: Pipeline) -> None:
        harness.origin.answers["/feed"] = answer(f"Content-Type: {content_type}", body=body)
        await harness.poll(polls)
        assert harness.titles() == [GRUSS]

    run_scenario(tmp_path, scenario)


ATOM = (
    b"<feed xmlns='http://www.w3.org/2005/Atom'><title>Feed</title><id>urn:example:feed</id>"
    b"<entry><title>Storm</title><id>urn:example:1</id><link href='https://origin.example/1'/>"
    b"<updated>2026-03-02T11:00:00Z</updated><content>All of the storm.</content></entry>"
    b"<entry><title>Pilot</title><id>urn:example:2</id><link href='https://origin.example/2'/>"
    b"<updated>2026-03-02T11:00:00Z</updated><content>All of the pilot.</content></entry></feed>"
)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("step", [7, pytest.param(1, marks=pytest.mark.soak)])
def test_a_feed_cut_off_at_any_byte_publishes_no_half_and_withdraws_nothing(
    form: str, step: int, tmp_path: Path
) -> None:
    whole = {"rss": feed(STORM, PILOT), "atom": ATOM, "json": document("json", (), ["x"] * 2)}[form]
    with Line(tmp_path / "whole", OFFICE, now=NOON) as line:
        line.reads(OFFICE, whole, NOON)
        complete = {each.item.title: (each.item.content, each.item.url) for each in line.items()}
    assert len(complete) == 2
    with (
        Line(tmp_path / "cut", OFFICE, now=NOON) as line,
        Line(tmp_path / "fresh", OFFICE, now=NOON) as fresh,
    ):
        line.reads(OFFICE, whole, NOON)
        for end in range(0, len(whole), step):
            for each in (line, fresh):
                try:
                    each.reads(OFFICE, whole[:end], NOON + timedelta(minutes=end))
                except ParseError:
                    continue
        assert {each.item.title for each in line.items()} == set(complete)
        for stored in (*line.items(), *fresh.items()):
            assert stored.state is State.LIVE
            assert (stored.item.content, stored.item.url) == complete[stored.item.title]
        fresh.reads(OFFICE, whole, NOON + DAY)
        assert {each.item.title for each in fresh.items()} == set(complete)
