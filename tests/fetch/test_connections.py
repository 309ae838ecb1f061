"""Connections: broken responses, reuse, slots per host."""

import asyncio
from datetime import timedelta

import pytest
from msgspec.structs import replace

from aggregator.errors import FetchError
from aggregator.fetch.client import Client
from aggregator.model.document import Fetched
from tests.fetch.given import CHUNKED, FEED, client, failing, fetched, poll_settings, polling
from tests.server import Answers, HttpServer, answer, redirect, then_close, then_hang


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<rss>",
        CHUNKED + b"5\r\n<rss>\r\n",
        CHUNKED + b"5\r\n<rs",
        CHUNKED + b"zz\r\n<rss>",
        CHUNKED + b"5\r\n<rss>garbage\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\n<rss>",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n<rss>x",
        b"SSH-2.0-OpenSSH_9.9\r\n\r\n",
        b"HTTP/1.1 2\x1b[2J\r\n\r\n",
    ],
)
def test_an_answer_that_is_cut_short_or_garbled_is_an_error(data: bytes) -> None:
    error = failing({"/": then_close(data)})
    assert (error.cause, str(error).isprintable()) == ("network", True)


def test_a_body_may_end_with_its_connection() -> None:
    assert fetched({"/": then_close(b"HTTP/1.0 200 OK\r\n\r\n" + FEED)}).body == FEED


def test_waiting_for_a_slot_does_not_count_against_the_deadline() -> None:
    async def scenario(origin: HttpServer, fetcher: Client) -> list[object]:
        urls = [origin.url("/hangs"), origin.url("/hangs"), origin.url("/")]
        return list(await asyncio.gather(*map(fetcher.fetch, urls), return_exceptions=True))

    answers: Answers = {"/": answer(body=FEED), "/hangs": then_hang(b"")}
    *_, last = polling(answers, scenario, poll_settings(timeout=0.2, per_host=1))
    assert isinstance(last, Fetched)


def test_each_request_has_a_connection_of_its_own() -> None:
    async def scenario(origin: HttpServer, fetcher: Client) -> int:
        await fetcher.fetch(origin.url("/"))
        await fetcher.fetch(origin.url("/"))
        return origin.connections

    assert polling({"/": answer(body=FEED)}, scenario) == 2


def test_a_failure_quotes_no_more_of_an_answer_than_can_be_read() -> None:
    error = failing({"/": then_close(b"HTTP/1.1 \x01" + b"x" * 30_000 + b"\r\n\r\n")})
    assert (error.cause, len(str(error)) < 400) == ("network", True)


def test_a_refused_connection_is_reported_in_a_sentence() -> None:
    async def scenario() -> str:
        async with client() as fetcher:
            with pytest.raises(FetchError) as caught:
                await fetcher.fetch("http://127.0.0.1:9/feed")
        return f"{caught.value.cause}: {caught.value}"

    message = asyncio.run(scenario())
    assert message == "network: http://127.0.0.1:9/feed failed: Connection refused"


def test_many_bodies_at_once_all_arrive() -> None:
    body = bytes(range(256)) * 8_000

    async def scenario(origin: HttpServer, fetcher: Client) -> list[bool]:
        results = await asyncio.gather(*(fetcher.fetch(origin.url("/", f"h{n}.test")) for n in range(40)))
        return [result.body == body for result in results]

    big = poll_settings(max_bytes=10_000_000)
    assert polling({"/": answer(body=body)}, scenario, big) == [True] * 40


def test_waiting_for_the_gap_of_a_redirect_target_does_not_count_against_the_deadline() -> None:
    async def scenario(origin: HttpServer, fetcher: Client) -> Fetched:
        origin.answers["/"] = redirect(origin.url("/feed", host="busy.example"))
        await fetcher.fetch(origin.url("/feed", host="busy.example"))
        return await fetcher.fetch(origin.url("/"))

    settings = replace(poll_settings(timeout=1), host_gap=timedelta(seconds=1.5))
    fetched = polling({"/feed": answer(body=FEED)}, scenario, settings)
    assert fetched.body == FEED


def test_the_standing_of_a_host_is_found_under_its_punycode_name() -> None:
    async def scenario(origin: HttpServer, fetcher: Client) -> bool | None:
        await fetcher.fetch(origin.url("/", host="XN--bcher-kva.example"))
        return fetcher.hosts.is_prompt(fetcher.hosts.end_of("xn--bcher-kva.example"))

    assert polling({"/": answer(body=FEED)}, scenario)
