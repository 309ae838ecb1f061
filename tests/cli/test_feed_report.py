"""`check URL`: how well a feed is read."""

from collections.abc import Iterator

import pytest

from tests.cli.conftest import Command
from tests.running import feed, item, json_of
from tests.server import HttpServer, answer, http_server_in_thread

HERE = ("--allow-network", "127.0.0.0/8")
PAGE = b'<html><head><link rel="alternate" type="application/rss+xml" href="/press.rss"></head></html>'


@pytest.fixture
def harbour() -> Iterator[HttpServer]:
    with http_server_in_thread() as serving:
        serving.answers = {"/": answer(body=PAGE)}
        yield serving


def test_a_feed_is_reported_on_in_markdown(command: Command, harbour: HttpServer) -> None:
    undated = [item(f"n{n}", f"Notice {n}", date="soon") for n in range(3)]
    harbour.answers["/press.rss"] = answer(body=feed(*undated))
    said = command("check", harbour.url("/"), *HERE, "--report", "md")
    assert said.code == 1
    assert said.out.startswith("# How the feed `Releases of the Harbour Office` is read\n")
    assert f"Address: `{harbour.url('/press.rss')}`. Items: 3." in said.out
    assert "## The response has neither ETag nor Last-Modified\n" in said.out
    assert "## Dates cannot be read, or lie far ahead (3 of 3 items)\n" in said.out
    assert "Example: `Notice 0`" in said.out


def test_a_feed_that_does_not_answer_is_reported_on(command: Command, harbour: HttpServer) -> None:
    harbour.answers["/press.rss"] = answer(status="503 Service Unavailable")
    said = command("check", harbour.url("/press.rss"), *HERE, "--report", "json")
    (found,) = json_of(said.out)
    assert (said.code, found["rule"], "503" in found["example"]) == (1, "read", True)


def test_a_private_address_is_not_fetched_unless_it_is_allowed(command: Command, harbour: HttpServer) -> None:
    assert "## The feed could not be read\n" in command("check", harbour.url("/press.rss")).out
    assert harbour.requests == []
