"""Splits and merges of stories that are possible."""

import pytest
from msgspec.structs import replace

from aggregator.errors import UsageError
from aggregator.model.decision import Pairing, State, Trigger
from aggregator.model.stored import Stored
from aggregator.policy.story_decisions import apart, by_age, merge, split
from tests.given import NOON, entry, item, source

ONE = Stored(
    number=1,
    id="one",
    public_id="tag:one",
    source="ministry",
    state=State.LIVE,
    item=item(entry("Bridge open"), source("ministry")),
    shown=NOON,
    updated=NOON,
    first_seen=NOON,
    seq=1,
)
OTHER = replace(ONE, number=2, id="other", source="agency")


def test_an_item_is_split_from_all_others_of_its_story() -> None:
    made = split(ONE, (ONE, OTHER), reason="two bridges", actor="Ana", at=NOON)
    assert made == Pairing("one", ("other",), Trigger.SPLIT, "two bridges", "Ana", NOON)


def test_items_of_two_sources_are_merged() -> None:
    made = merge(ONE, OTHER, reason="one bridge", actor="Ana", at=NOON)
    assert made == Pairing("one", ("other",), Trigger.MERGE, "one bridge", "Ana", NOON)
    assert merge(replace(ONE, story=1), OTHER, reason="", actor="", at=NOON).others == ("other",)


def test_items_of_two_sources_are_kept_apart() -> None:
    made = apart(ONE, OTHER, reason="two bridges", actor="Ana", at=NOON)
    assert made == Pairing("one", ("other",), Trigger.SPLIT, "two bridges", "Ana", NOON)


def test_what_is_impossible_is_refused() -> None:
    with pytest.raises(UsageError, match="are one story: split it"):
        apart(replace(ONE, story=1), replace(OTHER, story=1), reason="", actor="", at=NOON)
    with pytest.raises(UsageError, match="are of one source"):
        apart(ONE, replace(OTHER, source="ministry"), reason="", actor="", at=NOON)
    with pytest.raises(UsageError, match="item one is in no story"):
        split(ONE, (ONE,), reason="", actor="", at=NOON)
    with pytest.raises(UsageError, match="are one story already"):
        merge(replace(ONE, story=1), replace(OTHER, story=1), reason="", actor="", at=NOON)
    with pytest.raises(UsageError, match="are of one source"):
        merge(ONE, replace(OTHER, source="ministry"), reason="", actor="", at=NOON)


def test_of_two_releases_the_published_one_is_shown_then_the_older() -> None:
    held = replace(ONE, state=State.HELD)
    assert by_age(OTHER, ONE) == by_age(ONE, OTHER) == (ONE, OTHER)
    assert by_age(held, OTHER) == (OTHER, held)
