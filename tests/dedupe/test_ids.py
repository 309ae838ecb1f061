"""Permanent ids of items."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.dedupe import ids
from aggregator.model import Key, KeyKind


def test_an_id_is_thirteen_characters_and_never_changes() -> None:
    key = Key(KeyKind.GUID, bytes(16))

    assert ids.item_id("council", key) == "qj3ycocrfkbsw"
    assert ids.item_id("ministry", key) != ids.item_id("council", key)
    assert ids.item_id("council", Key(KeyKind.LINK, bytes(16))) != ids.item_id("council", key)


@pytest.mark.parametrize(
    "guid",
    [
        "https://example.org/?p=12#a",
        "http://example.org",
        "HTTPS://münchen.example:8080/ü%20",
        "http://[2001:db8::1]:80/a",
        "urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a",
        "tag:example.org,2024-01-30:/a/1",
        "tag:jane@example.org,2024:1",
    ],
)
def test_an_iri_may_be_published_as_it_is(guid: str) -> None:
    assert ids.valid_iri(guid)


@pytest.mark.parametrize(
    "guid",
    [
        "",
        "12",
        "example.org/1",
        "https://",
        "https:///a",
        "https://example.org/a b",
        "https://example.org/<b>",
        'https://example.org/"',
        "https://example.org/%zz",
        "https://example.org/\n",
        "https://example.org/\u202e",
        "https://user@example.org/",
        "urn:x:",
        "tag:example.org:1",
        "javascript:alert(1)",
        "ftp://example.org/",
        "https://example.org/" + "a" * 1_000,
    ],
)
def test_a_guid_that_is_no_iri_is_not_published(guid: str) -> None:
    assert not ids.valid_iri(guid)


@given(st.text())
def test_no_text_raises(said: str) -> None:
    ids.valid_iri("https://example.org/" + said)
