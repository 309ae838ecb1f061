"""Requests of the client: headers, credentials, cookies, proxies and logs."""

import asyncio
import dataclasses
import logging
from contextlib import aclosing
from pathlib import Path

import pytest

from aggregator import __version__
from aggregator.errors import FetchError
from aggregator.fetch.client import Client
from aggregator.model.document import Validators
from tests.fetch.given import FEED, LOOPBACK, client, fetched, poll_settings, polling
from tests.running import feed, given_a_site
from tests.server import HttpServer, answer, http_server, http_server_in_thread, redirect


def test_a_request_names_its_user_agent_and_accepted_encodings() -> None:
    async def scenario(origin: HttpServer, fetcher: Client) -> list[str]:
        await fetcher.fetch(origin.url("/feed?a=1"), accept="text/html")
        return [line for line in origin.requests[0].head.split("\r\n") if not line.startswith("Host:")]

    assert polling({"/feed?a=1": answer(body=FEED)}, scenario) == [
        "GET /feed?a=1 HTTP/1.1",
        f"User-Agent: publicwire/{__version__} (+https://example.org/; desk@example.org)",
        "Accept: text/html",
        "Accept-Encoding: gzip, deflate, br, zstd",
        "Connection: close",
        "",
        "",
    ]


def test_no_configured_or_stored_value_can_add_a_header() -> None:
    async def scenario() -> HttpServer:
        async with http_server({"/": answer(body=FEED)}) as origin:
            settings = poll_settings()
            fetcher = Client(
                settings,
                contact="a@example.org\r\nX-One: 1",
                publication_url="https://example.org/\nX-Two: 2",
            )
            async with aclosing(fetcher):
                url = origin.url("/")
                await fetcher.fetch(
                    url,
                    validators=Validators(url, '"a"\r\nX-Three: 3', "Mon\nX-Four: 4"),
                    accept="text/xml\r\nX-Five: 5",
                    networks=LOOPBACK,
                )
        return origin

    origin = asyncio.run(scenario())
    assert origin.requests[0].head.count("\r\n") == 9
    assert "\nX-" not in origin.requests[0].head


def test_credentials_in_an_address_are_not_sent() -> None:
    async def scenario(origin: HttpServer, fetcher: Client) -> str | None:
        await fetcher.fetch(origin.url("/").replace("//", "//user:secret@"))
        return origin.header("Authorization")

    assert polling({"/": answer(body=FEED)}, scenario) is None


def test_credentials_in_a_redirect_are_not_used() -> None:
    async def scenario(origin: HttpServer, fetcher: Client) -> tuple[str, str | None]:
        origin.answers = {"/": redirect(f"http://u:p@127.0.0.1:{origin.port}/b#top"), "/b": answer(body=FEED)}
        result = await fetcher.fetch(origin.url("/"))
        return result.url.replace(str(origin.port), "PORT"), origin.header("Authorization")

    assert polling({}, scenario) == ("http://127.0.0.1:PORT/b", None)


def test_credentials_are_not_shown() -> None:
    async def scenario(origin: HttpServer, fetcher: Client) -> str:
        with pytest.raises(FetchError) as caught:
            await fetcher.fetch(origin.url("/bad?key=secret").replace("//", "//user:secret@"))
        return str(caught.value)

    assert "secret" not in polling({"/bad?key=secret": answer(status="404 Not Found")}, scenario)


def test_no_cookie_is_kept() -> None:
    async def scenario(origin: HttpServer, fetcher: Client) -> str | None:
        await fetcher.fetch(origin.url("/"))
        await fetcher.fetch(origin.url("/"))
        return origin.header("Cookie")

    assert polling({"/": answer("Set-Cookie: a=b", body=FEED)}, scenario) is None


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


@pytest.mark.usefixtures("engine")
def test_a_proxy_in_the_environment_gets_no_request(tmp_path: Path) -> None:
    with http_server_in_thread({"/feed": answer(body=feed())}) as origin:
        proxies = dict.fromkeys(("HTTP_PROXY", "ALL_PROXY"), "http://127.0.0.1:9")
        here = dataclasses.replace(
            given_a_site(tmp_path, {"harbour": origin.url("/feed")}), environment=proxies
        )
        assert here.run("poll").returncode == 0
        assert origin.paths == ["/feed"]


def test_addresses_are_not_logged_by_the_libraries_beneath(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    fetched({"/?key=secret": answer(body=FEED)}, "/?key=secret")
    assert "secret" not in caplog.text
