"""Forms posted to a hub: SSRF guard, deadline, and redirects that keep method and body."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing

import httpx
import pytest

from aggregator import __version__
from aggregator.errors import FetchError
from aggregator.fetch.client import Client
from aggregator.model.settings import PollSettings
from tests.fetch.given import LOOPBACK, client, poll_settings, polling
from tests.server import HttpServer, answer, for_ever, http_server, then_hang

FORM = (("hub.mode", "subscribe"), ("hub.topic", "https://ministry.example/ä?b=1&c=2"))
ENCODED = b"hub.mode=subscribe&hub.topic=https%3A%2F%2Fministry.example%2F%C3%A4%3Fb%3D1%26c%3D2"


def posted(
    answer: Callable[[httpx.Request], httpx.Response], url: str = "https://hub.example/"
) -> tuple[int, list[httpx.Request]]:
    """Post the form; return the status and the requests."""
    sent = []

    def answered(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return answer(request)

    async def scenario() -> int:
        transport = httpx.MockTransport(answered)
        async with client(transport=transport) as fetcher:
            return await fetcher.post(url, FORM)

    return asyncio.run(scenario()), sent


def redirecting(status: int, **to: str) -> Callable[[httpx.Request], httpx.Response]:
    """Return a handler that redirects hosts by the first label of their name and accepts on others."""

    def answered(request: httpx.Request) -> httpx.Response:
        target = to.get(request.url.host.partition(".")[0])
        return httpx.Response(status, headers={"Location": target}) if target else httpx.Response(202)

    return answered


def refusal(
    answer: Callable[[httpx.Request], httpx.Response], url: str = "https://hub.example/"
) -> FetchError:
    with pytest.raises(FetchError) as caught:
        posted(answer, url)
    return caught.value


def test_a_form_is_posted_as_a_browser_would() -> None:
    status, (request,) = posted(lambda request: httpx.Response(202), "https://user:secret@hub.example/a#b")
    assert (status, request.method, str(request.url)) == (202, "POST", "https://hub.example/a")
    assert request.content == ENCODED
    assert dict(request.headers) == {
        "host": "hub.example",
        "user-agent": f"publicwire/{__version__} (+https://example.org/; desk@example.org)",
        "accept": "*/*",
        "accept-encoding": "gzip, deflate, br, zstd",
        "content-type": "application/x-www-form-urlencoded",
        "content-length": str(len(ENCODED)),
    }


@pytest.mark.parametrize("status", [307, 308])
def test_a_form_is_sent_again_where_307_and_308_lead(status: int) -> None:
    answered = redirecting(status, hub="https://second.example/", second="https://third.example/x")
    accepted, sent = posted(answered)
    assert accepted == 202
    assert [str(request.url) for request in sent] == [
        "https://hub.example/",
        "https://second.example/",
        "https://third.example/x",
    ]
    assert {(request.method, request.content) for request in sent} == {("POST", ENCODED)}


@pytest.mark.parametrize("status", [300, 301, 302, 303, 400, 404, 410, 429, 500, 503])
def test_any_other_answer_is_a_failure_with_its_status(status: int) -> None:
    error = refusal(lambda request: httpx.Response(status, headers={"Location": "/x", "Retry-After": "60"}))
    assert (error.status, error.retry_after) == (status, "60")


def test_a_form_never_leaves_https() -> None:
    error = refusal(redirecting(307, hub="http://second.example/?secret=1"))
    assert (error.cause, str(error)) == ("refused", "https://hub.example/ leads from https to http")
    assert posted(redirecting(307, hub="https://second.example/"), "http://hub.example/")[0] == 202


def test_a_form_is_not_sent_in_circles() -> None:
    error = refusal(redirecting(307, hub="https://second.example/", second="https://hub.example/"))
    assert str(error) == "https://hub.example/ redirects in a circle"


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://hub.example/", "https://", "http://[x/"])
def test_a_form_is_posted_to_web_addresses_only(url: str) -> None:
    assert refusal(lambda request: httpx.Response(202), url).cause == "refused"


def test_the_guard_stands_before_forms_too() -> None:
    async def scenario() -> FetchError:
        async with aclosing(Client(PollSettings(), contact="c", publication_url="p")) as client:
            with pytest.raises(FetchError) as caught:
                await client.post("http://127.0.0.1:1/hub", FORM)
            return caught.value

    error = asyncio.run(scenario())
    assert (error.cause, str(error)) == (
        "refused",
        "http://127.0.0.1:1/hub is refused: its host is at 127.0.0.1 (loopback); `allow_networks: [127.0.0.0/8]` permits it (`add --allow-network 127.0.0.0/8`)",
    )


def test_a_private_network_is_open_only_to_the_request_that_names_it() -> None:
    async def scenario() -> tuple[int, int, list[str]]:
        async with (
            http_server({"/": answer(body=b"<rss/>")}) as inside,
            aclosing(Client(PollSettings(), contact="c", publication_url="p")) as client,
        ):
            fetched = await client.fetch(inside.url("/"), networks=LOOPBACK)
            posted = await client.post_json(inside.url("/"), {}, LOOPBACK)
            causes = []
            for call in (client.fetch(inside.url("/")), client.post_json(inside.url("/"), {})):
                with pytest.raises(FetchError) as caught:
                    await call
                causes.append(caught.value.cause.value)
            return fetched.status, posted, causes

    assert asyncio.run(scenario()) == (200, 200, ["refused", "refused"])


def test_the_guard_stands_before_every_hop_of_a_form() -> None:
    async def scenario(origin: HttpServer, client: Client) -> FetchError:
        with pytest.raises(FetchError) as caught:
            await client.post(origin.url("/"), FORM)
        return caught.value

    answers = {"/": answer("Location: http://10.0.0.1/", status="307 Temporary Redirect")}
    assert polling(answers, scenario).cause == "refused"


def test_a_hub_that_hangs_is_left_at_the_deadline() -> None:
    async def scenario(origin: HttpServer, client: Client) -> FetchError:
        with pytest.raises(FetchError) as caught:
            await client.post(origin.url("/"), FORM)
        return caught.value

    error = polling({"/": then_hang(b"HTTP/1.1 202")}, scenario, poll_settings(timeout=0.2))
    assert error.cause == "network"


def test_the_body_of_a_hub_response_is_not_read() -> None:
    async def scenario(origin: HttpServer, client: Client) -> int:
        return await client.post(origin.url("/"), FORM)

    endless = for_ever(b"HTTP/1.1 202 Accepted\r\n\r\n", b"x" * 1_000)
    assert polling({"/": endless}, scenario) == 202
