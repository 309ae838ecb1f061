"""Contract of every storage engine: stories that the operator has split or merged stay so."""

from contextlib import closing
from pathlib import Path

import pytest

from aggregator.errors import StorageError, UsageError
from aggregator.model.decision import Pairing, Trigger
from aggregator.model.settings import Retention
from aggregator.storage import Storage, open_storage, restore
from tests.engines import execute
from tests.given import HOUR, MINUTE, NOON, SourceDriver, all_items, config, entry, source
from tests.storage.given import given_origin
from tests.storage.test_contract_texts import ABOUT, SENTENCES, given_two, merged, released

OTHER = "<p>The harbour was dredged by a ship from abroad, which took nine days and two nights.</p>"


def decide(storage: Storage, trigger: Trigger, item: str, *others: str) -> None:
    storage.admin.pair(Pairing(item, others, trigger, "they differ", "tester", NOON + MINUTE))


def given_a_split_story(storage: Storage) -> tuple[SourceDriver, SourceDriver]:
    ministry, agency = given_two(storage)
    released(ministry)
    released(agency, tail=ABOUT.format("agency"))
    lead, member = all_items(storage)
    decide(storage, Trigger.SPLIT, member.id, lead.id)
    return ministry, agency


def given_a_merged_story(storage: Storage) -> tuple[SourceDriver, SourceDriver]:
    ministry, agency = given_two(storage)
    released(ministry)
    agency.says(entry("Harbour", "h", "https://agency.example/h", body=OTHER))
    lead, member = all_items(storage)
    decide(storage, Trigger.MERGE, lead.id, member.id)
    return ministry, agency


def test_a_split_item_is_shown_by_itself(storage: Storage) -> None:
    given_a_split_story(storage)
    assert sorted(merged(storage)) == [("agency", []), ("ministry", [])]
    lead, member = all_items(storage)
    trails = [
        [(line.trigger, line.reason) for line in storage.items.audit(each.number)] for each in (lead, member)
    ]
    assert trails == [
        [(Trigger.SPLIT, f"from {member.id}; they differ")],
        [(Trigger.SPLIT, f"from {lead.id}; they differ")],
    ]


def test_a_split_item_does_not_join_again_in_maintenance(storage: Storage, tmp_path: Path) -> None:
    given_a_split_story(storage)
    execute(tmp_path / "store", "INSERT INTO unmatched SELECT number FROM item")
    storage.admin.maintain(Retention(), NOON + HOUR)
    assert sorted(merged(storage)) == [("agency", []), ("ministry", [])]


def test_a_split_item_that_comes_again_stays_apart(storage: Storage) -> None:
    """As after the restore of a backup from before its import."""
    given_a_split_story(storage)
    _, member = all_items(storage)
    storage.admin.sync(config(source("ministry")), NOON)
    storage.admin.forget("agency", NOON + HOUR)
    agency = given_origin(storage, "agency")
    released(agency, tail=ABOUT.format("agency"), now=NOON + HOUR)
    assert sorted(merged(storage)) == [("agency", []), ("ministry", [])]
    assert all_items(storage)[-1].id == member.id


def test_merged_items_are_shown_once_and_an_edit_does_not_part_them(storage: Storage) -> None:
    ministry, agency = given_a_merged_story(storage)
    assert merged(storage) == [("ministry", ["Agency"])]
    released(ministry, *SENTENCES[:9], "The last bridge is closed.", now=NOON + HOUR)
    agency.says(entry("Harbour", "h", "https://agency.example/h", body=OTHER * 2), now=NOON + HOUR)
    assert merged(storage) == [("ministry", ["Agency"])]


def test_a_merged_item_that_comes_again_is_merged_again(storage: Storage) -> None:
    given_a_merged_story(storage)
    storage.admin.sync(config(source("ministry")), NOON)
    storage.admin.forget("agency", NOON + HOUR)
    agency = given_origin(storage, "agency")
    agency.says(entry("Harbour", "h", "https://agency.example/h", body=OTHER), now=NOON + HOUR)
    assert merged(storage) == [("ministry", ["Agency"])]


def test_the_last_decision_about_two_items_counts(storage: Storage) -> None:
    given_a_split_story(storage)
    lead, member = all_items(storage)
    decide(storage, Trigger.MERGE, lead.id, member.id)
    assert merged(storage) == [("ministry", ["Agency"])]


def test_two_stories_become_one(storage: Storage) -> None:
    given_a_merged_story(storage)
    for name in ("wire", "paper"):
        given_origin(storage, name).says(
            entry("Market", "k", f"https://{name}.example/k", body=f"<p>{' '.join(SENTENCES[:5])}</p>")
        )
    lead, _, wire, _ = all_items(storage)
    decide(storage, Trigger.MERGE, lead.id, wire.id)
    assert merged(storage) == [("ministry", ["Agency", "Wire", "Paper"])]


def test_items_of_one_source_and_stories_that_have_changed_are_refused(storage: Storage) -> None:
    ministry, _ = given_two(storage)
    ministry.says(entry("One", "1"), entry("Two", "2"))
    one, two = all_items(storage)
    with pytest.raises(UsageError, match="are of one source"):
        decide(storage, Trigger.MERGE, one.id, two.id)
    with pytest.raises(StorageError, match="has changed: nothing was changed"):
        decide(storage, Trigger.SPLIT, one.id, two.id)


@pytest.mark.one_engine("the journal is the same on both; test_backup restores both engines")
@pytest.mark.parametrize("trigger", [Trigger.SPLIT, Trigger.MERGE])
def test_a_decision_after_a_backup_is_replayed_by_restore(tmp_path: Path, trigger: Trigger) -> None:
    store = tmp_path / "store"
    with closing(open_storage(store)) as storage:
        ministry, agency = given_two(storage)
        released(ministry)
        if trigger is Trigger.SPLIT:
            released(agency, tail=ABOUT.format("agency"))
        else:
            agency.says(entry("Harbour", "h", "https://agency.example/h", body=OTHER))
        before = merged(storage)
        storage.admin.backup(tmp_path / "before.db")
        lead, member = all_items(storage)
        decide(storage, trigger, lead.id, member.id)
        after = merged(storage)
        assert after != before
    restore(store, tmp_path / "before.db", NOON + HOUR)
    with closing(open_storage(store)) as storage:
        assert sorted(merged(storage)) == sorted(after)
