"""Responses from memory: the same bytes as rendered ones, and none of a state that has changed."""

import asyncio
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aggregator.web.app import public_app
from aggregator.web.finished import Finished
from aggregator.web.remembered import AGE_MAX, Mark, Remembered
from tests.web.newsroom import Client, Newsroom, item, newsroom

pytestmark = pytest.mark.one_engine("PostgreSQL does not tell its newest change at once")
CODINGS = ("", "gzip", "br;q=1, gzip;q=0", "*")


@dataclass
class Counted:
    """An application whose requests are counted."""

    app: ASGIApp
    asked: list[str] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked.append(scope["path"])
        await self.app(scope, receive, send)


class Front:
    """A newsroom behind its responses in memory, with a clock that the test moves."""

    def __init__(self, directory: Path) -> None:
        self.room: Newsroom = newsroom(directory)
        self.seconds = 0.0
        remembered = Remembered(self.room.storage.items, 1_000_000, monotonic=lambda: self.seconds)
        self.behind = Counted(public_app(self.room.publisher, self.room.storage, remembered=remembered))
        newest = self.room.storage.engine.newest()

        def mark() -> Mark | None:
            seq = newest()
            return None if seq is None else Mark.of(seq, self.room.config)

        self.client = Client(Finished(self.behind, remembered, mark))


def test_a_second_request_is_answered_from_memory_by_the_same_response(tmp_path: Path) -> None:
    front = Front(tmp_path)
    front.room.publishes(item("Storm"))
    for path in (
        "/",
        "/feed.rss",
        "/feed.atom",
        "/feed.json",
        f"/items/{front.room.ids['Storm']}",
        "/robots.txt",
    ):
        for coding in CODINGS:
            asked = {"Accept-Encoding": coding}
            first, second = (front.client.get(path, headers=asked) for _ in range(2))
            assert (first.status_code, first.content, first.headers) == (200, second.content, second.headers)
            asked["If-None-Match"] = first.headers["etag"]
            current = front.client.get(path, headers=asked)
            assert (current.status_code, current.content) == (304, b"")
        assert front.behind.asked.count(path) <= 3, "one for each coding"


def test_a_change_of_the_store_or_the_configuration_is_seen_by_the_next_request(tmp_path: Path) -> None:
    front = Front(tmp_path)
    front.room.publishes(item("Storm"))
    assert b"Storm" in front.client.get("/feed.json").content
    front.room.withdraws("Storm")
    assert b"Storm" not in front.client.get("/feed.json").content
    front.room.reconfigures(sources=front.room.config.sources)
    before = len(front.behind.asked)
    front.client.get("/feed.json")
    assert len(front.behind.asked) == before + 1


def test_a_response_is_not_older_than_a_minute(tmp_path: Path) -> None:
    front = Front(tmp_path)
    front.client.get("/news-sitemap.xml")
    front.seconds = AGE_MAX - 1
    front.client.get("/news-sitemap.xml")
    front.seconds = AGE_MAX
    front.client.get("/news-sitemap.xml")
    assert front.behind.asked == ["/news-sitemap.xml"] * 2


@pytest.mark.parametrize("path", ["/nothing", "/feed.xml", "/feed.json?v=1", "/healthz"])
def test_other_responses_are_not_kept(tmp_path: Path, path: str) -> None:
    front = Front(tmp_path)
    assert [front.client.get(path).status_code for _ in range(2)].count(304) == 0
    assert len(front.behind.asked) == 2


def test_a_query_evicts_no_response(tmp_path: Path) -> None:
    front = Front(tmp_path)
    front.client.get("/feed.json")
    front.client.get("/feed.json?v=1")
    front.client.get("/feed.json")
    assert len(front.behind.asked) == 2  # the first, and the one with a query


def test_a_withdrawn_release_stays_gone(tmp_path: Path) -> None:
    front = Front(tmp_path)
    front.room.publishes(item("Storm"))
    address = f"/items/{front.room.ids['Storm']}"
    front.client.get(address)
    front.room.withdraws("Storm")
    assert [front.client.get(f"{address}{end}").status_code for end in ("", "/slug", "/history")] == [410] * 3


def test_of_many_requests_at_once_one_renders(tmp_path: Path) -> None:
    room = newsroom(tmp_path)
    room.publishes(item("Storm"))
    remembered = Remembered(room.storage.items, 1_000_000, monotonic=lambda: 0.0)
    behind = Counted(public_app(room.publisher, room.storage, remembered=remembered))
    front = Finished(behind, remembered, lambda: Mark.of(1, room.config))

    async def ask(*, is_slow: bool) -> int:
        status = 0

        async def send(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            if is_slow and message["type"] == "http.response.body":
                await all_answered.wait()

        async def receive() -> Message:
            return {"type": "http.request"}

        scope: MutableMapping[str, object] = {
            "type": "http",
            "method": "GET",
            "path": "/feed.json",
            "query_string": b"",
            "headers": [],
        }
        await front(scope, receive, send)
        return status

    async def all_ask() -> list[int]:
        slow = asyncio.create_task(ask(is_slow=True))
        others = await asyncio.gather(*(ask(is_slow=False) for _ in range(20)))
        all_answered.set()
        return [await slow, *others]

    all_answered = asyncio.Event()
    assert asyncio.run(all_ask()) == [200] * 21
    assert behind.asked == ["/feed.json"]
