"""Ids of items: minted ones, and guids that may be published."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.dedupe import ids
from aggregator.model.item import Key, KeyKind


def test_an_id_is_thirteen_characters_and_never_changes() -> None:
    key = Key(KeyKind.GUID, bytes(16))

    assert ids.item_id("council", key) == "qj3ycocrfkbsw"
    assert ids.item_id("ministry", key) != ids.item_id("council", key)
    assert ids.item_id("council", Key(KeyKind.LINK, bytes(16))) != ids.item_id("council", key)


def test_each_attempt_after_a_taken_id_gives_another_id() -> None:
    key = Key(KeyKind.GUID, bytes(16))

    attempts = [ids.item_id("council", key, attempt) for attempt in range(9)]
    assert attempts[0] == ids.item_id("council", key)
    assert len(set(attempts)) == 9
    assert {len(each) for each in attempts} == {13}


def test_a_minted_id_is_a_tag_iri_that_may_be_published() -> None:
    minted = ids.minted("releases.example,2026-03-02", "qj3ycocrfkbsw")

    assert minted == "tag:releases.example,2026-03-02:qj3ycocrfkbsw"
    assert ids.valid_iri(minted)


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
