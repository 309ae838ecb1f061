import asyncio
import gzip
import logging
import zlib
from dataclasses import replace
from datetime import timedelta

import brotli  # type: ignore[import-untyped]  # it ships none
import httpx
import pytest
import zstandard

from aggregator import __version__
from aggregator.errors import FetchError
from aggregator.fetch.client import Client
from aggregator.fetch.transport import Resolver, Transport
from aggregator.model import Fetched, Validators
from aggregator.model.settings import PollSettings
from tests.fetch.origin import (
    Answers,
    Origin,
    Script,
    answer,
    client,
    failing,
    for_ever,
    poll_settings,
    polling,
    redirect,
    running,
    then_close,
    then_hang,
)

FEED = b"<rss version='2.0'/>"


def fetched(answers: Answers, path: str = "/", stored: tuple[str, str] | None = None) -> Fetched:
    """What fetching a path comes to; `stored` are the ETag and Last-Modified we have of it."""

    async def scenario(origin: Origin, fetcher: Client) -> Fetched:
        url = origin.url(path)
        return await fetcher.fetch(url, validators=Validators(url, *stored) if stored else Validators())

    return polling(answers, scenario)


# what is asked


def test_a_request_says_honestly_who_asks_and_what_is_understood() -> None:
    async def scenario(origin: Origin, fetcher: Client) -> list[str]:
        await fetcher.fetch(origin.url("/feed?a=1"), accept="text/html")
        return [line for line in origin.requests[0].split("\r\n") if not line.startswith("Host:")]

    assert polling({"/feed?a=1": answer(body=FEED)}, scenario) == [
        "GET /feed?a=1 HTTP/1.1",
        f"User-Agent: publicwire/{__version__} (+https://example.org/; desk@example.org)",
        "Accept: text/html",
        "Accept-Encoding: gzip, deflate, br, zstd",
        "Connection: close",
        "",
        "",
    ]


def test_nothing_configured_or_stored_can_add_a_header() -> None:
    async def scenario() -> Origin:
        async with running({"/": answer(body=FEED)}) as origin:
            settings = poll_settings()
            fetcher = Client(
                settings,
                contact="a@example.org\r\nX-One: 1",
                publication_url="https://example.org/\nX-Two: 2",
            )
            async with fetcher:
                url = origin.url("/")
                await fetcher.fetch(
                    url,
                    validators=Validators(url, '"a"\r\nX-Three: 3', "Mon\nX-Four: 4"),
                    accept="text/xml\r\nX-Five: 5",
                )
        return origin

    origin = asyncio.run(scenario())
    assert origin.requests[0].count("\r\n") == 9
    assert "\nX-" not in origin.requests[0]


def test_credentials_in_an_address_go_to_its_own_origin_only() -> None:
    async def scenario() -> list[str | None]:
        async with running({"/": answer(body=FEED)}) as other:
            answers = {"/": redirect("/next"), "/next": redirect(other.url("/"))}
            async with running(answers) as origin, client() as fetcher:
                url = origin.url("/").replace("//", "//user:p%40ss@")
                result = await fetcher.fetch(url)
                assert result.url == other.url("/")
                return [*(origin.header("Authorization", n) for n in (0, 1)), other.header("Authorization")]

    assert asyncio.run(scenario()) == ["Basic dXNlcjpwQHNz", "Basic dXNlcjpwQHNz", None]


def test_credentials_in_a_redirect_are_not_used() -> None:
    async def scenario(origin: Origin, fetcher: Client) -> tuple[str, str | None]:
        origin.answers = {"/": redirect(f"http://u:p@127.0.0.1:{origin.port}/b#top"), "/b": answer(body=FEED)}
        result = await fetcher.fetch(origin.url("/"))
        return result.url.replace(str(origin.port), "PORT"), origin.header("Authorization")

    assert polling({}, scenario) == ("http://127.0.0.1:PORT/b", None)


def test_credentials_are_neither_returned_nor_shown() -> None:
    async def scenario(origin: Origin, fetcher: Client) -> tuple[str, str]:
        good = await fetcher.fetch(origin.url("/").replace("//", "//user:secret@"))
        with pytest.raises(FetchError) as caught:
            await fetcher.fetch(origin.url("/bad?key=secret").replace("//", "//user:secret@"))
        return good.url + good.validators.url, str(caught.value)

    answers = {"/": answer(body=FEED), "/bad?key=secret": answer(status="404 Not Found")}
    assert "secret" not in "".join(polling(answers, scenario))


def test_no_cookie_is_kept() -> None:
    async def scenario(origin: Origin, fetcher: Client) -> str | None:
        await fetcher.fetch(origin.url("/"))
        await fetcher.fetch(origin.url("/"))
        return origin.header("Cookie")

    assert polling({"/": answer("Set-Cookie: a=b", body=FEED)}, scenario) is None


# what is answered


def test_a_body_comes_with_the_headers_that_later_stages_use() -> None:
    async def scenario(origin: Origin, fetcher: Client) -> tuple[Fetched, Fetched]:
        url = origin.url("/")
        return await fetcher.fetch(url), Fetched(
            url=url,
            status=200,
            body=FEED,
            content_type="application/rss+xml; charset=UTF-8",
            validators=Validators(url, 'W/"é\x80"', "Mon, 01 Jan 2024 00:00:00 GMT"),
            headers=(
                ("cache-control", "max-age=600"),
                ("link", "<https://hub.example/>; rel=hub"),
                ("link", "</>; rel=self"),
            ),
            received=len(FEED),
        )

    scripted = answer(
        "Content-Type: application/rss+xml; charset=UTF-8",
        "Cache-Control: max-age=600",
        "X-Other: dropped",
        "Link: <https://hub.example/>; rel=hub",
        "LINK: </>; rel=self",
        'ETag: W/"ETAG"',
        "Last-Modified: Mon, 01 Jan 2024 00:00:00 GMT",
        body=FEED,
    ).replace(b"ETAG", b"\xe9\x80")
    got, expected = polling({"/": scripted}, scenario)
    assert got == expected


def test_validators_are_sent_verbatim_and_refreshed_by_a_304() -> None:
    async def scenario(origin: Origin, fetcher: Client) -> tuple[object, ...]:
        url = origin.url("/")
        result = await fetcher.fetch(url, validators=Validators(url, 'W/"\xe9\x80"', "yesterday"))
        return (
            origin.header("If-None-Match"),
            origin.header("If-Modified-Since"),
            result == Fetched(url, 304, None, validators=Validators(url, '"new"', "yesterday")),
        )

    answers = {"/": b'HTTP/1.1 304 Not Modified\r\nETag: "new"\r\n\r\n'}
    assert polling(answers, scenario) == ('W/"\xe9\x80"', "yesterday", True)


def test_validators_of_another_address_are_not_sent() -> None:
    async def scenario(origin: Origin, fetcher: Client) -> str | None:
        await fetcher.fetch(origin.url("/"), validators=Validators(origin.url("/old"), '"a"', "yesterday"))
        return origin.header("If-None-Match")

    assert polling({"/": answer(body=FEED)}, scenario) is None


def test_validators_belong_to_the_address_that_redirects_end_at() -> None:
    async def scenario(origin: Origin, fetcher: Client) -> tuple[object, ...]:
        first = await fetcher.fetch(origin.url("/"))
        await fetcher.fetch(origin.url("/"), validators=first.validators)
        return (
            first.validators == Validators(origin.url("/b"), '"b"'),
            [origin.header("If-None-Match", number) for number in range(4)],
        )

    answers = {"/": redirect("/b"), "/b": answer('ETag: "b"', body=FEED)}
    assert polling(answers, scenario) == (True, [None, None, None, '"b"'])


def test_a_304_that_was_not_asked_for_is_an_error() -> None:
    error = failing({"/": b"HTTP/1.1 304 Not Modified\r\n\r\n"})
    assert (error.cause, error.status, str(error)) == (
        "http",
        304,
        "http://127.0.0.1:PORT/ answered 304 Not Modified to a request without conditions",
    )


@pytest.mark.parametrize("stored", [('"a"', ""), ("", "yesterday")])
def test_one_validator_is_enough(stored: tuple[str, str]) -> None:
    assert fetched({"/": b"HTTP/1.1 304 Not Modified\r\n\r\n"}, stored=stored).status == 304


def test_an_overlong_validator_is_not_stored() -> None:
    result = fetched({"/": answer(f'ETag: "{"a" * 5_000}"', body=FEED)})
    assert result.validators.etag == ""


def test_an_empty_body_is_a_body() -> None:
    assert fetched({"/": answer()}).body == b""


@pytest.mark.parametrize(
    ("status", "content_type", "cause"),
    [
        ("401 Unauthorized", "text/html", "http"),
        ("403 Forbidden", "application/json", "http"),
        ("403 Forbidden", "Text/HTML; charset=utf-8", "blocked"),
        ("404 Not Found", "text/html", "http"),
        ("410 Gone", "text/html", "gone"),
        ("500 Internal Server Error", "text/html", "http"),
        ("204 No Content", "text/xml", "http"),
        ("206 Partial Content", "text/xml", "http"),
        ("302 Found", "text/html", "http"),  # without Location
        ("999 Request denied", "text/html", "http"),
    ],
)
def test_an_answer_without_a_body_to_use_is_an_error(status: str, content_type: str, cause: str) -> None:
    error = failing({"/": answer(f"Content-Type: {content_type}", status=status)})
    number, _, phrase = status.partition(" ")
    shown = number if number == "999" else f"{number} {phrase}"
    assert (error.cause, error.status, str(error)) == (
        cause,
        int(number),
        f"http://127.0.0.1:PORT/ answered {shown}",
    )


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
def test_retry_after_is_passed_on_as_it_came(status: str) -> None:
    error = failing({"/": answer("Retry-After: Mon, 01 Jan 2024 00:00:00 GMT", status=status)})
    assert (error.cause, error.retry_after) == ("http", "Mon, 01 Jan 2024 00:00:00 GMT")


def test_a_challenge_to_prove_to_be_human_is_a_block_under_any_status() -> None:
    assert (
        failing({"/": answer("cf-mitigated: challenge", status="503 Service Unavailable")}).cause == "blocked"
    )


# encodings and caps


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(FEED)),
        ("deflate", zlib.compress(FEED)),
        ("deflate", zlib.compress(FEED, wbits=-15)),
        ("br", brotli.compress(FEED)),
        ("zstd", zstandard.compress(FEED)),
    ],
)
def test_a_body_is_decoded_and_its_bytes_on_the_wire_are_counted(encoding: str, body: bytes) -> None:
    result = fetched({"/": answer(f"Content-Encoding: {encoding}", body=body)})
    assert (result.body, result.received) == (FEED, len(body))


@pytest.mark.parametrize(
    ("encoding", "bomb"),
    [
        ("gzip", gzip.compress(bytes(50_000_000))),
        ("deflate", zlib.compress(bytes(50_000_000))),
        ("br", brotli.compress(bytes(50_000_000), quality=5)),
        ("zstd", zstandard.compress(bytes(50_000_000))),
    ],
)
def test_a_bomb_is_refused(encoding: str, bomb: bytes) -> None:
    error = failing({"/": answer(f"Content-Encoding: {encoding}", body=bomb)})
    assert (error.cause, str(error)) == ("limit", "http://127.0.0.1:PORT/ is larger than 100000 bytes")


def test_a_bomb_of_which_nothing_comes_out_is_refused() -> None:
    bomb = gzip.compress(zstandard.compress(b"") * 200_000)
    error = failing({"/": answer("Content-Encoding: zstd, gzip", body=bomb)})
    assert error.cause == "limit"
    assert str(error).endswith("it is larger than 100000 bytes between its encodings")


@pytest.mark.parametrize(
    ("headers", "body", "cause", "message"),
    [
        ("Content-Encoding: compress", b"x", "http", "it has a content encoding that was not asked for"),
        ("Content-Encoding: gzip", b"<rss/>", "network", "its gzip encoding is broken"),
        ("Content-Encoding: gzip", gzip.compress(FEED)[:-5], "network", "it ended early"),
    ],
)
def test_a_body_that_cannot_be_decoded_is_an_error(
    headers: str, body: bytes, cause: str, message: str
) -> None:
    error = failing({"/": answer(headers, body=body)})
    assert (error.cause, str(error)) == (cause, f"http://127.0.0.1:PORT/ cannot be read: {message}")


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "script",
    [
        then_hang(b"HTTP/1.1 200 OK\r\nContent-Length: 100001\r\n\r\n"),
        for_ever(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 10_000),
        for_ever(CHUNKED, b"1000\r\n" + b"x" * 0x1000 + b"\r\n"),
        for_ever(CHUNKED, b"1\r\nx\r\n" * 1_000),
        for_ever(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", gzip.compress(b"") * 100),
        for_ever(b"HTTP/1.1 200 OK\r\n", b"X-Header: " + b"x" * 1_000 + b"\r\n"),
        for_ever(b"HTTP/1.1 200 OK\r\nX-Header: ", b"x" * 1_000),
        for_ever(CHUNKED + b"0\r\n", b"X-Trailer: " + b"x" * 1_000 + b"\r\n"),
        for_ever(CHUNKED, b"f" * 1_000),
        for_ever(CHUNKED, b"1;" + b"x" * 50_000 + b"\r\nx\r\n"),
    ],
    ids=[
        "length", "endless", "chunks", "tiny-chunks", "members", "headers", "header", "trailers", "chunk-size",
        "extensions",
    ],
)  # fmt: skip
def test_an_answer_without_end_is_cut_off(script: Script) -> None:
    error = failing({"/": script})
    assert error.cause in ("limit", "network")
    assert "did not finish" not in str(error)


def test_headers_without_end_are_named_as_such() -> None:
    error = failing({"/": for_ever(b"HTTP/1.1 200 OK\r\n", b"X-Header: " + b"x" * 1_000 + b"\r\n")})
    assert (error.cause, str(error)) == (
        "limit",
        "http://127.0.0.1:PORT/ is refused: its headers are larger than 65536 bytes",
    )


def test_what_stands_beside_chunks_counts_as_headers_too() -> None:
    sent = 0

    async def script(writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(CHUNKED)
        while not writer.is_closing():
            writer.write(b"1;" + b"x" * 50_000 + b"\r\nx\r\n")
            await writer.drain()
            sent += 50_000

    error = failing({"/": script})
    assert error.cause == "limit"
    assert str(error).endswith("is refused: its chunked encoding has over 65536 bytes of framing")
    assert sent < 20_000_000  # what fits into the sockets' buffers between


def test_interim_answers_without_end_are_headers_without_end() -> None:
    assert failing({"/": for_ever(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 10)}).cause == "limit"


def test_an_interim_answer_and_large_headers_are_no_harm() -> None:
    head = answer("X-Large: " + "x" * 40_000, body=FEED * 1_000)
    assert fetched({"/": b"HTTP/1.1 103 Early Hints\r\n\r\n" + head}).body == FEED * 1_000


# connections


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
        b"HTTP/1.1 200 OK\r\nX\x1b[2J: y\r\n\r\n",
    ],
)
def test_an_answer_that_is_cut_short_or_garbled_is_an_error(data: bytes) -> None:
    error = failing({"/": then_close(data)})
    assert (error.cause, str(error).isprintable()) == ("network", True)


def test_a_body_may_end_with_its_connection() -> None:
    assert fetched({"/": then_close(b"HTTP/1.0 200 OK\r\n\r\n" + FEED)}).body == FEED


@pytest.mark.parametrize(
    "data", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<"]
)
def test_an_answer_that_does_not_come_meets_the_deadline(data: bytes) -> None:
    error = failing({"/": then_hang(data)}, settings=poll_settings(timeout=0.2))
    assert (error.cause, str(error)) == ("network", "http://127.0.0.1:PORT/ did not finish within 0.2 s")


def test_the_deadline_is_for_the_whole_chain() -> None:
    answers: Answers = {"/": redirect("/b"), "/b": then_hang(b"")}
    assert "did not finish" in str(failing(answers, settings=poll_settings(timeout=0.2)))


def test_who_waits_for_a_slot_does_not_lose_its_time() -> None:
    async def scenario(origin: Origin, fetcher: Client) -> list[object]:
        urls = [origin.url("/hangs"), origin.url("/hangs"), origin.url("/")]
        return list(await asyncio.gather(*map(fetcher.fetch, urls), return_exceptions=True))

    answers: Answers = {"/": answer(body=FEED), "/hangs": then_hang(b"")}
    *_, last = polling(answers, scenario, poll_settings(timeout=0.2, per_host=1))
    assert isinstance(last, Fetched)


def test_a_slow_host_does_not_delay_another() -> None:
    async def scenario(origin: Origin, fetcher: Client) -> Fetched:
        slow = [asyncio.create_task(fetcher.fetch(origin.url("/hangs", "slow.test"))) for _ in range(9)]
        await asyncio.sleep(0)
        result = await fetcher.fetch(origin.url("/", "quick.test"))
        for task in slow:
            task.cancel()
        await asyncio.gather(*slow, return_exceptions=True)
        return result

    answers: Answers = {"/": answer(body=FEED), "/hangs": then_hang(b"")}
    assert polling(answers, scenario, poll_settings(per_host=1, concurrency=2)).body == FEED


def test_each_request_has_a_connection_of_its_own() -> None:
    async def scenario(origin: Origin, fetcher: Client) -> int:
        await fetcher.fetch(origin.url("/"))
        await fetcher.fetch(origin.url("/"))
        return origin.connections

    assert polling({"/": answer(body=FEED)}, scenario) == 2


def test_a_failure_quotes_no_more_of_an_answer_than_can_be_read() -> None:
    error = failing({"/": then_close(b"HTTP/1.1 200 OK\r\n\x01" + b"x" * 30_000 + b"\r\n\r\n")})
    assert (error.cause, len(str(error)) < 400) == ("network", True)


def test_nothing_listens_is_reported_in_a_sentence() -> None:
    async def scenario() -> str:
        async with client() as fetcher:
            with pytest.raises(FetchError) as caught:
                await fetcher.fetch("http://127.0.0.1:9/feed")
        return f"{caught.value.cause}: {caught.value}"

    message = asyncio.run(scenario())
    assert message == "network: http://127.0.0.1:9/feed failed: Connection refused"


def test_many_bodies_at_once_all_arrive() -> None:
    body = bytes(range(256)) * 8_000

    async def scenario(origin: Origin, fetcher: Client) -> list[bool]:
        results = await asyncio.gather(*(fetcher.fetch(origin.url("/", f"h{n}.test")) for n in range(40)))
        return [result.body == body for result in results]

    big = poll_settings(max_bytes=10_000_000)
    assert polling({"/": answer(body=body)}, scenario, big) == [True] * 40


# redirects


@pytest.mark.parametrize(
    ("statuses", "permanent"),
    [
        (("301 Moved Permanently",), True),
        (("301 Moved Permanently", "308 Permanent Redirect"), True),
        (("301 Moved Permanently", "302 Found"), False),
        (("307 Temporary Redirect", "308 Permanent Redirect"), False),
        (("303 See Other",), False),
        ((), False),
    ],
)
def test_an_address_is_permanent_when_every_hop_to_it_is(statuses: tuple[str, ...], permanent: bool) -> None:
    answers = {f"/{n}": redirect(f"{n + 1}", status) for n, status in enumerate(statuses)}
    result = fetched(answers | {f"/{len(statuses)}": answer(body=FEED)}, "/0")
    assert (result.body, result.permanent) == (FEED, permanent)


def test_a_redirect_may_be_written_in_raw_utf_8_or_latin_1() -> None:
    utf_8 = fetched({"/": redirect("/é"), "/%C3%A9": answer(body=FEED)})
    latin_1 = {"/": redirect("/E").replace(b"/E", b"/\xe9"), "/%C3%A9": answer(body=FEED)}
    assert (utf_8.body, fetched(latin_1).body) == (FEED, FEED)


def test_a_circle_is_noticed() -> None:
    error = failing({"/": redirect("/b"), "/b": redirect("/c"), "/c": redirect("/b")})
    assert (error.cause, str(error)) == ("http", "http://127.0.0.1:PORT/ redirects in a circle")


def test_a_long_chain_is_cut_off() -> None:
    error = failing({f"/{n}": redirect(f"/{n + 1}") for n in range(20)}, "/0")
    assert (error.cause, str(error)) == ("limit", "http://127.0.0.1:PORT/0 redirects more than 10 times")


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "FILE:/etc/passwd",
        "ftp://example.org/",
        "gopher://127.0.0.1:70/",
        "data:text/xml,<rss/>",
        "javascript:alert(1)",
        "http://[::1/",
        "http://example.org:65536/",
        "https:",
        "http://exa mple.org:x/",
        "http://xn--/",
        "http://example.org:-1/",
        "http://xn--a-ecp.ru/",
        "http://xn--\u2603.example/",
        "/" + "a" * 9_000,
    ],
)
def test_a_redirect_to_anything_but_a_web_address_is_refused(location: str) -> None:
    error = failing({"/": redirect(location)})
    assert (error.cause, str(error).isprintable()) == ("refused", True)


@pytest.mark.parametrize(
    "target",
    [
        "http://127.1:1/",
        "http://0x7f.1/",
        "http://2130706433/",
        "http://017700000001/",
        "http://127.0.0.1/",
        "http://localhost/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.1/",
        "https://192.168.0.1/",
        "http://0/",
    ],
)
def test_no_redirect_leads_to_an_address_that_must_not_be_reached(target: str) -> None:
    async def scenario() -> tuple[str, bool]:
        """Only the origin itself, as a name, is let through."""

        async def resolve(host: str, port: int) -> tuple[str, ...]:
            return ("203.0.113.1",) if host == "origin.test" else await system(host, port)

        system = Resolver(2)
        inner = Transport((), resolve=resolve)

        async def answering(request: httpx.Request) -> httpx.Response:
            if request.url.host == "origin.test":
                return httpx.Response(302, headers={"Location": target})
            return await inner.handle_async_request(request)

        fetcher = Client(
            PollSettings(), contact="a", publication_url="b", transport=httpx.MockTransport(answering)
        )
        async with fetcher:
            with pytest.raises(FetchError) as caught:
                await fetcher.fetch("http://origin.test/")
        system.close()
        await inner.aclose()
        return caught.value.cause, "is refused: its host is at" in str(caught.value)

    assert asyncio.run(scenario()) == ("refused", True)


@pytest.mark.parametrize(
    "url", ["ftp://example.org/", "example.org", "", "http://exa\nmple.org/", "http://[x/"]
)
def test_only_web_addresses_are_fetched(url: str) -> None:
    async def scenario() -> str:
        async with client() as fetcher:
            with pytest.raises(FetchError) as caught:
                await fetcher.fetch(url)
        return caught.value.cause

    assert asyncio.run(scenario()) == "refused"


def test_an_allowed_network_is_reached_and_no_other() -> None:
    async def scenario(origin: Origin, fetcher: Client) -> str:
        with pytest.raises(FetchError) as caught:
            await fetcher.fetch(f"http://10.0.0.1:{origin.port}/")
        return str(caught.value).replace(str(origin.port), "PORT") + str(
            (await fetcher.fetch(origin.url("/"))).status
        )

    assert polling({"/": answer(body=FEED)}, scenario) == (
        "http://10.0.0.1:PORT/ is refused: its host is at 10.0.0.1 (private)200"
    )


def test_a_proxy_in_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert fetched({"/": answer(body=FEED)}).body == FEED


def test_addresses_are_not_logged_by_the_libraries_beneath(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    fetched({"/?key=secret": answer(body=FEED)}, "/?key=secret")
    assert "secret" not in caplog.text


def test_waiting_for_a_turn_at_a_busy_host_takes_nothing_from_the_time_of_a_fetch() -> None:
    async def scenario(origin: Origin, fetcher: Client) -> Fetched:
        answers["/"] = redirect(origin.url("/feed", host="busy.example"))
        await fetcher.fetch(origin.url("/feed", host="busy.example"))
        return await fetcher.fetch(origin.url("/"))

    answers: dict[str, bytes | Script] = {"/feed": answer(body=FEED)}
    fetched = polling(answers, scenario, replace(poll_settings(timeout=1), host_gap=timedelta(seconds=1.5)))
    assert fetched.body == FEED


def test_a_host_is_known_by_the_name_the_store_has_for_it() -> None:
    async def scenario(origin: Origin, fetcher: Client) -> bool | None:
        await fetcher.fetch(origin.url("/", host="XN--bcher-kva.example"))
        return fetcher.hosts.is_prompt(fetcher.hosts.end_of("xn--bcher-kva.example"))

    assert polling({"/": answer(body=FEED)}, scenario)
