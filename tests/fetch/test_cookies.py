"""Cookies (RFC 6265): returned within one fetch, as their attributes allow, and forgotten after it."""

import asyncio

import httpx
import pytest

from aggregator.errors import FetchError
from aggregator.fetch.client import Client
from aggregator.fetch.cookies import COOKIE_BYTES_MAX, Cookies
from aggregator.model.credentials import Credentials
from tests.fetch.given import FEED, polling
from tests.server import Answers, HttpServer, Request, answer


def returned(*set_cookies: bytes, to: str, by: str = "https://www.office.example/feeds/a") -> bytes:
    """Return the Cookie field of the next request after a response that set these cookies."""
    cookies = Cookies()
    response = httpx.Response(302, headers=[(b"Set-Cookie", each) for each in set_cookies])
    response.headers.encoding = "latin-1"
    cookies.take(httpx.Request("GET", by), response)
    return cookies.field(httpx.URL(to))


@pytest.mark.parametrize(
    ("cookie", "to", "field"),
    [
        (b"a=1", "https://www.office.example/feeds/b", b"a=1"),
        (b"a=1; Path=/", "https://www.office.example/", b"a=1"),
        (b"a=1; Path=/other", "https://www.office.example/feeds/b", b""),
        (b"a=1", "https://other.example/feeds/b", b""),
        (b"a=1", "https://press.office.example/feeds/b", b""),
        (b"a=1; Domain=office.example; Path=/", "https://press.office.example/", b"a=1"),
        (b"a=1; Domain=other.example; Path=/", "https://other.example/", b""),
        (b"a=1; Secure; Path=/", "http://www.office.example/", b""),
        (b"a=1; Max-Age=0", "https://www.office.example/feeds/b", b""),
        (b"a=\xe9; Path=/", "https://www.office.example/", b"a=\xe9"),
        (b"a=" + b"x" * COOKIE_BYTES_MAX, "https://www.office.example/feeds/b", b""),
    ],
)
def test_a_cookie_is_returned_where_its_attributes_allow(cookie: bytes, to: str, field: bytes) -> None:
    assert returned(cookie, to=to) == field


def test_cookies_are_one_field() -> None:
    assert returned(b"a=1", b"b=2", to="https://www.office.example/feeds/b") == b"a=1; b=2"


async def gate(request: Request, writer: asyncio.StreamWriter) -> None:
    """Redirect to itself with a cookie; serve the document only to requests that return it."""
    has_cookie = "seen=1" in (request.header("Cookie") or "")
    sets = answer("Location: /", "Set-Cookie: seen=1", status="302 Found")
    writer.write(answer(body=FEED) if has_cookie else sets)


GATE: Answers = {"/": gate}


def test_a_feed_behind_a_cookie_is_read_and_the_cookie_forgotten() -> None:
    async def scenario(origin: HttpServer, fetcher: Client) -> tuple[object, ...]:
        bodies = [(await fetcher.fetch(origin.url("/"))).body for _ in range(2)]
        return bodies, [origin.header("Cookie", number) for number in range(4)]

    assert polling(GATE, scenario) == ([FEED, FEED], [None, "seen=1", None, "seen=1"])


def test_a_cookie_joins_the_operators_own() -> None:
    async def scenario(origin: HttpServer, fetcher: Client) -> str | None:
        secret = Credentials(origin.url("/"), (("cookie", "key=2"),))
        await fetcher.fetch(origin.url("/"), credentials=secret)
        return origin.header("Cookie")

    assert polling(GATE, scenario) == "key=2; seen=1"


def test_a_circle_that_only_changes_cookies_is_cut_off() -> None:
    async def counting(request: Request, writer: asyncio.StreamWriter) -> None:
        number = len(request.header("Cookie") or "")
        writer.write(answer("Location: /", f"Set-Cookie: n={'x' * number}", status="302 Found"))

    async def scenario(origin: HttpServer, fetcher: Client) -> tuple[str, int]:
        with pytest.raises(FetchError) as caught:
            await fetcher.fetch(origin.url("/"))
        return caught.value.cause, len(origin.requests)

    assert polling({"/": counting}, scenario) == ("limit", 11)
