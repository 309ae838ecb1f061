"""Conditional requests (RFC 9110, section 13): validators sent, refreshed and kept apart by address."""

import pytest

from aggregator.fetch.client import Client
from aggregator.model.document import Fetched, Validators
from tests.fetch.given import FEED, failing, fetched, polling
from tests.server import HttpServer, answer, redirect


def test_validators_are_sent_verbatim_and_refreshed_by_a_304() -> None:
    async def scenario(origin: HttpServer, fetcher: Client) -> tuple[object, ...]:
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
    async def scenario(origin: HttpServer, fetcher: Client) -> str | None:
        await fetcher.fetch(origin.url("/"), validators=Validators(origin.url("/old"), '"a"', "yesterday"))
        return origin.header("If-None-Match")

    assert polling({"/": answer(body=FEED)}, scenario) is None


def test_validators_belong_to_the_address_that_redirects_end_at() -> None:
    async def scenario(origin: HttpServer, fetcher: Client) -> tuple[object, ...]:
        first = await fetcher.fetch(origin.url("/"))
        await fetcher.fetch(origin.url("/"), validators=first.validators)
        return (
            first.validators == Validators(origin.url("/b"), '"b"'),
            [origin.header("If-None-Match", number) for number in range(4)],
        )

    answers = {"/": redirect("/b"), "/b": answer('ETag: "b"', body=FEED)}
    assert polling(answers, scenario) == (True, [None, None, None, '"b"'])


def test_a_304_to_an_unconditional_request_is_an_error() -> None:
    error = failing({"/": b"HTTP/1.1 304 Not Modified\r\n\r\n"})
    assert (error.cause, error.status, str(error)) == (
        "http",
        304,
        "http://127.0.0.1:PORT/ answered 304 Not Modified to a request without conditions",
    )


@pytest.mark.parametrize("stored", [('"a"', ""), ("", "yesterday")])
def test_one_validator_makes_a_request_conditional(stored: tuple[str, str]) -> None:
    assert fetched({"/": b"HTTP/1.1 304 Not Modified\r\n\r\n"}, stored=stored).status == 304


def test_an_overlong_validator_is_not_stored() -> None:
    result = fetched({"/": answer(f'ETag: "{"a" * 5_000}"', body=FEED)})
    assert result.validators.etag == ""


@pytest.mark.parametrize("etag", ["*", '"a\tb"', '"a\x01"'])
def test_an_etag_that_cannot_be_sent_back_as_it_came_is_not_sent(etag: str) -> None:
    answers = {"/": answer(f"ETag: {etag}", "Last-Modified: yesterday", body=FEED)}
    stored = fetched(answers).validators
    assert (stored.etag, stored.last_modified) == ("", "yesterday")
