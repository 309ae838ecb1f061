"""Subscribers as readers report them, and answers counted by status."""

from collections.abc import Iterable

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from aggregator.model.overview import Subscribers
from aggregator.web.audience import COUNT_MAX, READERS_MAX, SHOWN, Audience, Counted
from tests.web.newsroom import Client


def heard(agents: Iterable[tuple[str, str]]) -> tuple[Subscribers, ...]:
    audience = Audience()
    for path, agent in agents:
        audience.hear(path, agent.encode())
    return audience.subscribers()


@pytest.mark.parametrize(
    ("path", "agent", "found"),
    [
        ("/feed.rss", "Feedly/1.0 (+http://feedly.com/fetcher.html; 37 subscribers; )", ("", "Feedly", 37)),
        (
            "/topics/health/feed.atom",
            "NewsBlur Feed Fetcher - 1 subscriber",
            ("topics/health", "NewsBlur Feed Fetcher - 1 subscriber", 1),
        ),
        ("/feed.json", "Inoreader/1.0 (9999999999 Subscribers)", ("", "Inoreader", COUNT_MAX)),
        ("/feed.rss", "Feedly/1.0", None),
        ("/feed.rss", "37 subscribers", None),
        ("/items/1", "Feedly/1.0 (37 subscribers)", None),
        ("/topics/" + "x" * 100 + "/feed.rss", "Feedly/1.0 (37 subscribers)", None),
        ("/feed.rss", "Feedly/1.0 (12345678901 subscribers)", None),
    ],
)
def test_a_number_of_subscribers_is_read_from_the_user_agent(
    path: str, agent: str, found: tuple[str, str, int] | None
) -> None:
    assert heard([(path, agent)]) == ((Subscribers(*found),) if found else ())


def test_a_later_report_replaces_an_earlier_one() -> None:
    said = [("/feed.rss", f"Feedly/1 ({count} subscribers)") for count in (10, 12)]
    assert heard(said) == (Subscribers("", "Feedly", 12),)


def test_reports_are_bounded() -> None:
    audience = Audience()
    for number in range(READERS_MAX + 5):
        audience.hear(f"/topics/t{number}/feed.rss", b"Feedly/1 (%d subscribers)" % number)
    assert len(audience._known) == READERS_MAX
    assert [each.count for each in audience.subscribers()] == list(
        range(READERS_MAX + 4, READERS_MAX + 4 - SHOWN, -1)
    )


def test_each_answer_is_counted_and_only_good_ones_are_heard() -> None:
    def feed(request: Request) -> PlainTextResponse:
        return PlainTextResponse("", int(request.query_params.get("status", "200")))

    counted: list[int] = []
    audience = Audience()
    client = Client(Counted(Starlette(routes=[Route("/feed.rss", feed)]), counted.append, audience))
    reader = {"User-Agent": "Feedly/1.0 (37 subscribers)"}
    client.get("/feed.rss?status=503", reader)
    client.get("/nothing", reader)
    assert audience.subscribers() == ()
    client.get("/feed.rss?status=304", reader)
    assert (counted, len(audience.subscribers())) == ([503, 404, 304], 1)
