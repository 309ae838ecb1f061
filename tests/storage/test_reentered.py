"""Current documents begin with what was withdrawn and corrected lately: a few of each source, newest first."""

from datetime import datetime

from aggregator.model.decision import State, Trigger
from aggregator.model.entry import Entry
from aggregator.model.public_change import Selected
from aggregator.model.settings import Republish, Retention
from aggregator.policy.lifecycle import step
from aggregator.storage import Storage
from tests.given import DAY, HOUR, MINUTE, NOON, SourceDriver, all_items, config, entry, iso, source, titles
from tests.storage.given import again, given_origin, given_story, move


def ids(selected: Selected) -> list[str]:
    return [each.id for each in selected.gone]


def numbered(driver: SourceDriver, count: int, now: datetime = NOON) -> None:
    """Publish releases that say different things."""
    driver.says(*(said(driver, n) for n in range(count)), now=now)


def said(driver: SourceDriver, n: int, words: str = "said") -> Entry:
    return entry(f"{driver.source.id} {n}", f"g{n}", body=f"<p>{words} {driver.source.id} {n}</p>")


def withdraw(storage: Storage, title: str, at: datetime) -> None:
    (item,) = [each for each in all_items(storage) if each.item.title == title]
    trigger = Trigger.WITHDRAW
    storage.acts.apply_transitions([step(item, trigger, reason="", actor="tester", at=at)])


def test_a_withdrawn_item_is_a_tombstone_entry_in_its_channels_and_in_no_other(storage: Storage) -> None:
    numbered(given_origin(storage, "ministry", topics=("roads",)), 2)
    numbered(given_origin(storage, "agency"), 1)
    withdraw(storage, "ministry 0", NOON + HOUR)
    for name in ("", "sources/ministry", "topics/roads"):
        selected = storage.items.selected(name)
        (gone,) = selected.gone
        assert (gone.source, gone.at) == ("ministry", NOON + HOUR)
        assert "ministry 0" not in titles(selected.items)
    assert storage.items.selected("sources/agency").gone == ()


def test_a_tombstone_entry_ends_after_30_days(storage: Storage) -> None:
    origin = given_origin(storage)
    numbered(origin, 2)
    withdraw(storage, "ministry 0", NOON)
    origin.says(entry("Later", "later"), now=NOON + 29 * DAY)
    assert len(storage.items.selected("").gone) == 1
    origin.says(entry("Last", "last"), now=NOON + 31 * DAY)
    assert storage.items.selected("").gone == ()


def test_tombstones_come_newest_first_and_at_most_five_of_a_source(storage: Storage) -> None:
    for name in ("ministry", "agency"):
        numbered(given_origin(storage, name, burst=10_000), 8)
    for n in range(8):
        withdraw(storage, f"ministry {n}", NOON + n * MINUTE)
    withdraw(storage, "agency 0", NOON - MINUTE)
    gone = storage.items.selected("").gone
    assert [each.at for each in gone] == [*(NOON + n * MINUTE for n in range(7, 2, -1)), NOON - MINUTE]


def test_tombstones_beyond_the_room_of_their_source_have_their_turn_on_other_days(storage: Storage) -> None:
    numbered(given_origin(storage, "ministry", topics=("roads",), burst=10_000), 8)
    numbered(given_origin(storage, "agency", burst=10_000), 3)
    for n in range(8):
        withdraw(storage, f"ministry {n}", NOON + n * MINUTE)
    first, seq = storage.items.selected("").gone, storage.items.channel_seq("sources/agency")
    storage.admin.maintain(Retention(), NOON + HOUR)
    assert storage.items.selected("").gone == first
    storage.admin.maintain(Retention(), NOON + DAY)
    for name in ("", "topics/roads", "sources/ministry"):
        second = storage.items.selected(name).gone
        assert {each.at for each in (*first, *second)} == {NOON + n * MINUTE for n in range(8)}
        assert len(second) == 5
    assert storage.items.channel_seq("sources/agency") == seq
    before = storage.items.channel_seq("")
    storage.admin.maintain(Retention(), NOON + DAY + HOUR)
    assert storage.items.channel_seq("") == before


def test_twenty_entries_re_enter_tombstones_before_corrections(storage: Storage) -> None:
    drivers = [given_origin(storage, f"s{n}", burst=10_000) for n in range(6)]
    for driver in drivers:
        numbered(driver, 6)
        for n in range(3):
            withdraw(storage, f"{driver.source.id} {n}", NOON + HOUR)
    for driver in drivers:
        driver.says(*(said(driver, n, "corrected") for n in range(3, 6)), now=NOON + 2 * HOUR)
    selected = storage.items.selected("")
    assert len(selected.gone) == 18
    assert [each.corrected for each in selected.items[:3]] == [True, True, True]
    assert len(selected.items) == 18
    positions = [each.position for each in selected.items[2:]]
    assert positions == sorted(positions, key=lambda each: -(each or 0))


def test_an_item_that_is_back_is_newer_than_its_tombstone(storage: Storage) -> None:
    numbered(given_origin(storage), 1)
    (item,) = all_items(storage)
    move(storage, item, Trigger.HOLD)
    (gone,) = storage.items.selected("").gone
    move(storage, again(storage, item), Trigger.RELEASE)
    selected = storage.items.selected("")
    assert selected.gone == ()
    assert titles(selected.items) == ["ministry 0"]
    assert selected.items[0].updated > gone.updated


def test_rights_that_turn_to_no_leave_tombstones_and_come_back_newer(storage: Storage) -> None:
    numbered(given_origin(storage), 2)
    former = {each.id: each.updated for each in all_items(storage)}
    storage.admin.sync(config(source("ministry", republish=Republish.NO)), NOON)
    selected = storage.items.selected("")
    assert (len(selected.gone), selected.items) == (2, ())
    storage.admin.sync(config(source("ministry")), NOON)
    selected = storage.items.selected("")
    assert (selected.gone, len(selected.items)) == ((), 2)
    assert all(each.updated > former[each.id] for each in selected.items)


def test_what_was_never_public_leaves_no_tombstone(storage: Storage) -> None:
    origin = given_origin(storage, republish=Republish.NO)
    numbered(origin, 1)
    (item,) = all_items(storage)
    assert item.state is State.LIVE
    move(storage, item, Trigger.WITHDRAW)
    assert storage.items.selected("") == Selected(kept=39)


def test_a_forgotten_source_leaves_tombstones_of_public_ids_alone(storage: Storage) -> None:
    numbered(given_origin(storage), 7)
    public = {each.public_id for each in all_items(storage)}
    given_origin(storage, "agency")
    storage.admin.sync(config(source("agency")), NOON)
    storage.admin.forget("ministry", NOON + HOUR)
    gone = storage.items.selected("").gone
    assert len(gone) == 5
    assert all((each.id, each.source, each.at) == ("", "", NOON + HOUR) for each in gone)
    assert {each.public_id for each in gone} <= public


def test_a_lead_that_gives_way_leaves_a_tombstone_where_it_stood(storage: Storage) -> None:
    storage.admin.sync(config(source("ministry"), source("agency")), NOON)
    body = "<p>" + "the bridge is open again after nine months of careful work by many hands " * 3 + "</p>"
    for name in ("agency", "ministry"):
        driver = SourceDriver(storage, source(name))
        driver.says(now=NOON - HOUR)
        driver.says(entry("Bridge open", "b1", "https://ministry.example/bridge", body=body))
    agency, ministry = all_items(storage)
    selected = storage.items.selected("")
    assert [each.id for each in selected.items] == [ministry.id]
    assert [(each.id, each.instead) for each in selected.gone] == [(agency.id, ministry.id)]
    assert storage.items.selected("sources/agency").gone == ()
    move(storage, ministry, Trigger.HOLD)
    back = storage.items.selected("")
    assert [each.id for each in back.items] == [agency.id]
    assert ids(back) == [ministry.id]
    assert back.items[0].updated > selected.gone[0].updated


def test_another_member_of_the_story_stands_beside_the_tombstone_of_its_lead(storage: Storage) -> None:
    lead, member = given_story(storage)
    move(storage, lead, Trigger.WITHDRAW)
    selected = storage.items.selected("")
    assert ids(selected) == [lead.id]
    assert [each.id for each in selected.items] == [member.id]


def given_old(storage: Storage, count: int) -> SourceDriver:
    """A source whose first document has this many old releases and one of today."""
    of = source("archivist", topics=("roads",), language="en")
    known = [source(feed.id, topics=feed.topics) for feed in storage.items.feeds()]
    storage.admin.sync(config(*known, of), NOON)
    driver = SourceDriver(storage, of)
    old = [
        entry(f"Old {n}", f"o{n}", body=f"<p>Old words {n}.</p>", published=iso(NOON - (30 + n) * DAY))
        for n in range(count)
    ]
    driver.says(entry("Today", "t", published=iso(NOON - MINUTE)), *old)
    return driver


def test_a_shared_document_is_filled_with_the_newest_old_items_until_60_have_entered(
    storage: Storage,
) -> None:
    given_old(storage, 70)
    before = storage.items.channel_seq("")
    for name in ("", "topics/roads", "languages/en"):
        assert titles(storage.items.select(name)) == ["Today", *(f"Old {n}" for n in range(59))]
    numbered(given_origin(storage, "agency", burst=10_000), 30)
    assert titles(storage.items.select(""))[30:] == ["Today", *(f"Old {n}" for n in range(29))]
    numbered(given_origin(storage, "ministry", burst=10_000), 29)
    assert not any(title.startswith("Old") for title in titles(storage.items.select("")))
    assert before is not None


def test_an_old_item_that_filled_a_document_leaves_a_tombstone(storage: Storage) -> None:
    given_old(storage, 3)
    before = storage.items.channel_seq("")
    withdraw(storage, "Old 1", NOON + HOUR)
    assert storage.items.channel_seq("") != before
    for name in ("", "topics/roads", "languages/en", "sources/archivist"):
        selected = storage.items.selected(name)
        assert [each.source for each in selected.gone] == ["archivist"]
        assert titles(selected.items) == ["Today", "Old 0", "Old 2"] or name == "sources/archivist"
