"""Advice on the domains of a source whose links are elsewhere."""

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from aggregator.model.item import Item
from aggregator.model.settings import Source
from aggregator.policy.home import advice
from tests.given import config, source

FEEDS = source("press", feed="https://feeds.example/press", domains=("feeds.example",))


def linked(*urls: str) -> Sequence[Item]:
    return [Item(keys=(), title=url, url=url) for url in urls]


@pytest.mark.parametrize(
    ("of", "urls"),
    [
        (FEEDS, []),
        (FEEDS, ["", "http://["]),
        (FEEDS, ["https://feeds.example/1"]),
        (FEEDS, ["https://feeds.example/1", "https://press.example/2"]),
        (replace(FEEDS, domains=("press.example",)), ["https://www.press.example/1"]),
        (replace(FEEDS, from_entry=True), ["https://press.example/1"]),
    ],
)
def test_a_source_with_links_at_home_needs_no_advice(of: Source, urls: Sequence[str]) -> None:
    assert advice(config(of), of, linked(*urls)) == ""


def test_the_hosts_of_most_links_are_proposed_as_domains() -> None:
    hosts = ["www.press.example", "press.example", "a.example", "b.example", "b.example", "c.example"]
    urls = [f"https://{host}/{n}" for n, host in enumerate(hosts)]
    assert advice(config(FEEDS), FEEDS, linked("https://feeds.example/1", *urls)) == (
        "6 of 7 links lie outside the domains of press (feeds.example), so that of a release that "
        "several sources publish, another's is shown: "
        "if they are its own, write `domains: [feeds.example, press.example, b.example, a.example]`"
    )


def test_the_domains_of_another_source_are_not_proposed() -> None:
    other = source("ministry", domains=("ministry.example",))
    assert advice(config(FEEDS, other), FEEDS, linked("https://news.ministry.example/1")) == (
        "1 of 1 links lie outside the domains of press (feeds.example), so that of a release that "
        "several sources publish, another's is shown"
    )
