"""The host of a URL, also of one that cannot be read."""

import pytest

from aggregator.model.domains import host_of, is_within


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://News.Ministry.example/1", "news.ministry.example"),
        ("mailto:desk@ministry.example", ""),
        ("", ""),
        ("http://[", ""),
        ("http://[ministry.example]/", ""),
        ("http://ministry.example\u2100/", ""),
    ],
)
def test_the_host_of_a_url_is_empty_where_it_cannot_be_read(url: str, host: str) -> None:
    assert host_of(url) == host
    assert is_within(url, ["ministry.example"]) is bool(host)
