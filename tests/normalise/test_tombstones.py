"""Tombstones after normalisation: a reference and a time are required, texts are one printable line."""

import pytest
from msgspec.structs import replace

from aggregator.model.deleted import Deleted, OriginTombstone
from aggregator.model.item import KeyKind
from aggregator.normalise import identity
from aggregator.normalise.tombstones import COMMENT_CHARS_MAX, normalise
from tests.given import HOUR, NOON, entry, iso, item, source

MINISTRY = source("ministry", timezone="Europe/Vienna")
DELETED = Deleted("urn:a", iso(NOON), "Desk", "sent <b>too</b> early")


def test_a_tombstone_has_the_key_of_the_item_that_it_names() -> None:
    key = item(entry("A", "urn:a"), MINISTRY).key(KeyKind.GUID)
    assert key == identity.guid_digest("urn:a")
    expected = OriginTombstone("urn:a", key, NOON, "Desk", "sent too early")
    assert normalise(DELETED, MINISTRY, now=NOON) == expected
    assert normalise(replace(DELETED, ref=" urn:a\x00"), MINISTRY, now=NOON) == expected


@pytest.mark.parametrize("fields", [{"ref": ""}, {"ref": " \x00"}, {"when": ""}, {"when": "soon"}])
def test_without_a_reference_or_a_time_there_is_none(fields: dict[str, str]) -> None:
    assert normalise(replace(DELETED, **fields), MINISTRY, now=NOON) is None


def test_a_time_without_a_zone_is_in_that_of_the_source() -> None:
    found = normalise(replace(DELETED, when="2026-03-02T12:00:00"), MINISTRY, now=NOON)
    assert found is not None
    assert found.when == NOON - HOUR


def test_a_long_comment_is_cut() -> None:
    found = normalise(replace(DELETED, comment="word " * 1_000), MINISTRY, now=NOON)
    assert found is not None
    assert len(found.comment) <= COMMENT_CHARS_MAX
