"""Responses: kept headers, statuses that are errors, content encodings."""

import gzip
import zlib

import brotli  # type: ignore[import-untyped]  # it ships none
import pytest
import zstandard

from aggregator.fetch.client import Client
from aggregator.model.document import Fetched, Validators
from tests.fetch.given import FEED, failing, fetched, polling
from tests.server import HttpServer, answer, redirect


def test_a_body_comes_with_the_headers_that_later_stages_use() -> None:
    async def scenario(origin: HttpServer, fetcher: Client) -> tuple[Fetched, Fetched]:
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


def test_a_redirect_without_an_address_is_named_as_one() -> None:
    error = failing({"/": answer(status="302 Found")})
    said = "http://127.0.0.1:PORT/ answered 302 Found, a redirect without an address (no Location)"
    assert (error.cause, error.status, str(error)) == ("http", 302, said)


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
def test_retry_after_is_passed_on_as_it_came(status: str) -> None:
    error = failing({"/": answer("Retry-After: Mon, 01 Jan 2024 00:00:00 GMT", status=status)})
    assert (error.cause, error.retry_after) == ("http", "Mon, 01 Jan 2024 00:00:00 GMT")


def test_a_429_names_the_host_of_a_configured_address_and_none_behind_a_redirect() -> None:
    busy = answer("Retry-After: 60", status="429 Too Many Requests")
    assert failing({"/": busy}).host == "127.0.0.1"
    assert failing({"/": redirect("/busy"), "/busy": busy}).host == ""


def test_a_bot_challenge_is_a_block_under_any_status() -> None:
    assert (
        failing({"/": answer("cf-mitigated: challenge", status="503 Service Unavailable")}).cause == "blocked"
    )


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(FEED, mtime=0)),
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
    ("headers", "body", "cause", "message"),
    [
        ("Content-Encoding: compress", b"x", "http", "it has a content encoding that was not asked for"),
        ("Content-Encoding: gzip", b"rss", "network", "its gzip encoding is broken"),
        ("Content-Encoding: gzip", gzip.compress(FEED, mtime=0)[:-5], "network", "it ended early"),
    ],
)
def test_a_body_that_cannot_be_decoded_is_an_error(
    headers: str, body: bytes, cause: str, message: str
) -> None:
    error = failing({"/": answer(headers, body=body)})
    assert (error.cause, str(error)) == (cause, f"http://127.0.0.1:PORT/ cannot be read: {message}")
