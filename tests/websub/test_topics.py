"""Topics of the own hub are the addresses of documents of fixed channels."""

import pytest

from aggregator.model.format import Format
from aggregator.model.push import Topic
from aggregator.websub.topics import address, topic_of

HOME = "https://releases.example/all/"


@pytest.mark.parametrize(
    "topic",
    [
        Topic("", Format.RSS),
        Topic("topics/human-rights", Format.ATOM),
        Topic("sources/coast", Format.JSON),
        Topic("languages/zh", Format.ATOM),
        Topic("topics/ö&x", Format.ATOM),
        Topic("withdrawals", Format.JSON),
    ],
)
def test_a_topic_and_its_address_are_one(topic: Topic) -> None:
    assert topic_of(address(topic, HOME), HOME) == topic


@pytest.mark.parametrize(
    "url",
    [
        "https://releases.example/feed.rss",
        "https://releases.example/all/",
        f"{HOME}feed.txt",
        f"{HOME}feed.",
        f"{HOME}rss",
        f"{HOME}search/feed.rss?q=x",
        f"{HOME}search/x/feed.rss",
        f"{HOME}topics/feed.rss",
        f"{HOME}topics//feed.rss",
        f"{HOME}topics/a/b/feed.rss",
        f"{HOME}feed.rss?x",
        f"{HOME}topics/a/withdrawals.atom",
        f"{HOME}withdrawals/feed.atom",
        f"{HOME}withdrawals/archive/1.atom",
    ],
)
def test_other_addresses_are_no_topics(url: str) -> None:
    assert topic_of(url, HOME) is None
