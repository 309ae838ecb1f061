"""Redirects: permanence, loops, SSRF."""

import asyncio
from contextlib import aclosing

import httpx
import pytest

from aggregator.errors import FetchError
from aggregator.fetch.client import Client
from aggregator.fetch.resolver import Resolver
from aggregator.fetch.transport import Transport
from aggregator.model.settings import PollSettings
from tests.fetch.given import FEED, failing, fetched, polling
from tests.server import HttpServer, answer, redirect


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


def test_a_redirect_loop_is_an_error() -> None:
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
        f"http://{'x.' * 127}example/",  # longer than a name in the DNS
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
def test_no_redirect_reaches_a_forbidden_address(target: str) -> None:
    async def scenario() -> tuple[str, bool]:
        """Only the name of the origin passes the guard."""

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
        async with aclosing(fetcher):
            with pytest.raises(FetchError) as caught:
                await fetcher.fetch("http://origin.test/")
        system.close()
        await inner.aclose()
        return caught.value.cause, "is refused: its host is at" in str(caught.value)

    assert asyncio.run(scenario()) == ("refused", True)


def test_an_allowed_network_is_reached_and_no_other() -> None:
    async def scenario(origin: HttpServer, fetcher: Client) -> str:
        with pytest.raises(FetchError) as caught:
            await fetcher.fetch(f"http://10.0.0.1:{origin.port}/")
        return str(caught.value).replace(str(origin.port), "PORT") + str(
            (await fetcher.fetch(origin.url("/"))).status
        )

    assert polling({"/": answer(body=FEED)}, scenario) == (
        "http://10.0.0.1:PORT/ is refused: its host is at 10.0.0.1 (private); `allow_networks: [10.0.0.0/8]` permits it (`add --allow-network 10.0.0.0/8`)200"
    )
