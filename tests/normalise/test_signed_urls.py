"""Digests of addresses that are signed anew at each request."""

from aggregator.normalise.signed_urls import digests


def test_addresses_without_a_query_have_no_digests() -> None:
    assert (
        digests("The text.", ["https://un.example/1"], ["https://un.example/1", "https://un.example/2"]) == ()
    )
