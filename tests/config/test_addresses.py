"""Addresses of feeds that are in normal form as they are written."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis.strategies import from_regex

from aggregator.config import addresses

pytestmark = pytest.mark.one_engine("no store is opened")


@given(from_regex(addresses._NORMAL, fullmatch=True))
def test_what_is_taken_as_it_is_has_that_normal_form(written: str) -> None:
    parts = urlsplit(written)
    assert parts.hostname
    assert addresses._normal_form(parts, parts.hostname, parts.port) == written
    assert addresses.feed(written) == written


@pytest.mark.parametrize("start", ["https://a.example", "https://a.example:80/", "https://a@b.example/"])
def test_any_other_is_taken_apart(start: str) -> None:
    assert not addresses._NORMAL.fullmatch(start)
    assert not addresses._NORMAL.fullmatch(f"{start}/?")
