"""Credentials are sent to their own origin (scheme, host, port) only, on every hop."""

import asyncio
import ssl
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from aggregator.errors import FetchError
from aggregator.fetch.transport import Transport
from aggregator.model.credentials import Credentials
from tests.fetch.given import FEED, LOOPBACK, client, every_name_is_here, self_signed, server_tls
from tests.server import HttpServer, answer, http_server, redirect, then_close

SECRET = "marker-Zx91"


def credentials(home: str) -> Credentials:
    return Credentials(home, (("Authorization", f"Bearer {SECRET}"), ("X-Api-Key", SECRET)))


def shown(*origins: HttpServer) -> list[list[bool]]:
    """Return for each origin whether each request had both secrets; one of the two is a failure."""
    told = []
    for origin in origins:
        counts = [request.head.count(SECRET) for request in origin.requests]
        assert set(counts) <= {0, 2}
        told.append([count == 2 for count in counts])
    return told


def chain(*hosts: str, home: int = 0) -> list[list[bool]]:
    """Return `shown` for hosts that each redirect to the next; `home` is the index of the credentials' origin."""

    async def scenario() -> list[list[bool]]:
        async with AsyncExitStack() as stack:
            origins = [await stack.enter_async_context(http_server({}, host=host)) for host in hosts]
            for origin, after in zip(origins, [*origins[1:], None], strict=True):
                origin.answers = {"/": answer(body=FEED) if after is None else redirect(after.url("/"))}
            fetcher = await stack.enter_async_context(client())
            await fetcher.fetch(origins[0].url("/"), credentials=credentials(origins[home].url("/")))
            return shown(*origins)

    return asyncio.run(scenario())


def test_credentials_are_sent_on_redirects_within_their_origin() -> None:
    async def scenario() -> list[list[bool]]:
        answers = {"/": redirect("/b"), "/b": redirect("/c?d=e"), "/c?d=e": answer(body=FEED)}
        async with http_server(answers) as origin, client() as fetcher:
            await fetcher.fetch(origin.url("/"), credentials=credentials(origin.url("/")))
            return shown(origin)

    assert asyncio.run(scenario()) == [[True, True, True]]


def test_credentials_are_not_sent_to_another_host() -> None:
    assert chain("127.0.0.1", "127.0.0.2") == [[True], [False]]
    assert chain("127.0.0.1", "127.0.0.2", "127.0.0.3") == [[True], [False], [False]]


def test_credentials_are_not_sent_to_another_port() -> None:
    assert chain("127.0.0.1", "127.0.0.1") == [[True], [False]]


def test_credentials_are_not_sent_to_their_origin_by_redirect_from_another() -> None:
    assert chain("127.0.0.2", "127.0.0.1", home=1) == [[False], [False]]


def test_credentials_are_not_sent_on_a_redirect_back_to_their_origin() -> None:
    async def scenario() -> list[list[bool]]:
        async with http_server({}) as origin, http_server({}, host="127.0.0.2") as other, client() as fetcher:
            origin.answers = {"/": redirect(other.url("/")), "/secret": answer(body=FEED)}
            other.answers = {"/": redirect(origin.url("/secret"))}
            await fetcher.fetch(origin.url("/"), credentials=credentials(origin.url("/")))
            return shown(origin, other)

    assert asyncio.run(scenario()) == [[True, False], [False]]


@pytest.mark.parametrize("name", ["localhost", "127.1", "LOCALHOST.", "feeds.test"])
def test_another_name_of_the_same_machine_is_another_host(name: str) -> None:
    async def scenario() -> list[list[bool]]:
        async with http_server({"/b": answer(body=FEED)}) as origin, client() as fetcher:
            origin.answers = {"/": redirect(origin.url("/b", name)), **origin.answers}
            await fetcher.fetch(origin.url("/"), credentials=credentials(origin.url("/")))
            return shown(origin)

    assert asyncio.run(scenario()) == [[True, False]]


def test_userinfo_in_a_redirect_changes_nothing() -> None:
    async def scenario() -> str | None:
        async with http_server({}) as origin, client() as fetcher:
            leads = origin.url("/b").replace("//", "//user:other@")
            origin.answers = {"/": redirect(leads), "/b": answer(body=FEED)}
            await fetcher.fetch(origin.url("/"), credentials=credentials(origin.url("/")))
            return origin.header("Authorization")

    assert asyncio.run(scenario()) == f"Bearer {SECRET}"


@pytest.mark.needs("openssl")
@pytest.mark.parametrize("starts_secure", [True, False])
def test_credentials_are_not_sent_across_a_change_of_scheme(tmp_path: Path, starts_secure: bool) -> None:
    path = self_signed(tmp_path)

    def trust() -> ssl.SSLContext:
        return ssl.create_default_context(cafile=path)

    async def scenario() -> list[list[bool]]:
        transport = Transport(LOOPBACK, resolve=every_name_is_here, trust=trust)
        async with (
            http_server({}, server_tls(path)) as secure,
            http_server({}) as open_one,
            client(transport=transport) as fetcher,
        ):
            first, second = (secure, open_one) if starts_secure else (open_one, secure)
            first.answers = {"/": redirect(second.url("/", "feeds.test"))}
            second.answers = {"/": answer(body=FEED)}
            url = first.url("/", "feeds.test")
            await fetcher.fetch(url, credentials=credentials(url))
            return shown(first, second)

    assert asyncio.run(scenario()) == [[True], [False]]


def test_a_hub_gets_no_credentials() -> None:
    async def scenario() -> list[list[bool]]:
        async with http_server({"/": answer(body=FEED), "/hub": answer()}) as origin, client() as fetcher:
            await fetcher.fetch(origin.url("/"), credentials=credentials(origin.url("/")))
            await fetcher.post(origin.url("/hub"), [("hub.mode", "subscribe")])
            return shown(origin)

    assert asyncio.run(scenario()) == [[True, False]]


@pytest.mark.parametrize(
    "scripted",
    [
        answer(status="401 Unauthorized"),
        answer(status="403 Forbidden"),
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"not HTTP\r\n\r\n",
        redirect("ftp://elsewhere.test/"),
        redirect("/"),
    ],
)
def test_no_error_text_holds_credentials(scripted: bytes) -> None:
    async def scenario() -> FetchError:
        async with http_server({"/": scripted}) as origin, client() as fetcher:
            with pytest.raises(FetchError) as caught:
                await fetcher.fetch(origin.url("/"), credentials=credentials(origin.url("/")))
            return caught.value

    error: BaseException | None = asyncio.run(scenario())
    while error is not None:
        assert SECRET not in f"{error} {error!r}"
        error = error.__cause__ or error.__context__


@pytest.mark.parametrize(
    "echoing",
    [
        f"you sent {SECRET}\r\n\r\n",
        f"HTTP/1.1 {SECRET}\r\n\r\n",
        f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nyou sent {SECRET}\r\n",
    ],
)
def test_credentials_echoed_by_the_origin_are_in_no_error_text(echoing: str) -> None:
    async def scenario() -> str:
        async with http_server({"/": then_close(echoing.encode())}) as origin, client() as fetcher:
            with pytest.raises(FetchError) as caught:
                await fetcher.fetch(origin.url("/"), credentials=credentials(origin.url("/")))
            return str(caught.value)

    message = asyncio.run(scenario())
    assert " failed: i" in message
    assert SECRET not in message
