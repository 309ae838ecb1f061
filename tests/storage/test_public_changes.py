"""The log of public changes: each way in and out of the outputs is one row, in the order of commits."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.model.amendment import Amendment
from aggregator.model.decision import State, Trigger
from aggregator.model.public_change import ChangeKind
from aggregator.model.settings import Republish
from aggregator.model.stored import Stored
from aggregator.policy.lifecycle import amend, step
from aggregator.storage import Storage
from tests.engines import execute, open_storage
from tests.given import DAY, HOUR, MINUTE, NOON, SourceDriver, all_items, config, entry, iso, source
from tests.storage.given import again, given_origin, given_story, move

PUBLISHED, CORRECTED = ChangeKind.PUBLISHED, ChangeKind.CORRECTED
WITHDRAWN, RESTORED = ChangeKind.WITHDRAWN, ChangeKind.RESTORED


def told(storage: Storage) -> list[tuple[ChangeKind, str]]:
    """Return kind and id of every change."""
    return [(each.kind, each.id) for each in storage.changes.since(0, 1000)]


def kinds(storage: Storage) -> list[ChangeKind]:
    return [kind for kind, _ in told(storage)]


def test_new_items_of_a_poll_are_published_in_the_order_of_their_positions(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(entry("Second", "g2"), entry("First", "g1"))
    assert told(storage) == [(PUBLISHED, each.id) for each in sorted(all_items(storage), key=position)]
    numbers = [each.number for each in storage.changes.since(0, 10)]
    assert numbers == sorted(numbers)
    assert [each.number for each in storage.changes.since(numbers[0], 10)] == numbers[1:]
    assert storage.changes.last() == numbers[-1]


def position(stored: object) -> int:
    return getattr(stored, "position", 0)


def test_what_only_pages_list_of_a_first_import_is_no_news(storage: Storage) -> None:
    of = source("ministry")
    storage.admin.sync(config(of), NOON)
    old, recent = iso(NOON - 30 * DAY), iso(NOON - DAY)
    SourceDriver(storage, of).says(entry("New", "g2", published=recent), entry("Old", "g1", published=old))
    assert [each.item.title for each in all_items(storage) if not each.backlog] == ["New"]
    assert kinds(storage) == [PUBLISHED]


def test_a_correction_is_one_change_and_a_silent_edit_none(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(entry("Release", "g1", body="<p>Ten bridges.</p>"))
    origin.says(entry("Release", "g1", body="<p>Eleven bridges.</p>"), now=NOON + MINUTE)
    origin.says(entry("Release", "g1", body="<p>Eleven  bridges.</p>"), now=NOON + 2 * MINUTE)
    assert kinds(storage) == [PUBLISHED, CORRECTED]


@pytest.mark.parametrize("trigger", [Trigger.WITHDRAW, Trigger.HOLD])
def test_every_way_out_is_a_withdrawal(storage: Storage, trigger: Trigger) -> None:
    given_origin(storage).says(entry("Release", "g1"))
    (item,) = all_items(storage)
    move(storage, item, trigger)
    assert kinds(storage) == [PUBLISHED, WITHDRAWN]
    (_, change) = storage.changes.since(0, 10)
    assert (change.public_id, change.item, change.source) == (item.public_id, item.number, "ministry")


def test_a_held_item_comes_back_and_a_withdrawal_while_held_is_silent(storage: Storage) -> None:
    given_origin(storage).says(entry("Release", "g1"))
    (item,) = all_items(storage)
    move(storage, item, Trigger.HOLD)
    move(storage, again(storage, item), Trigger.RELEASE)
    assert kinds(storage) == [PUBLISHED, WITHDRAWN, RESTORED]
    move(storage, again(storage, item), Trigger.HOLD)
    move(storage, again(storage, item), Trigger.WITHDRAW)
    assert kinds(storage) == [PUBLISHED, WITHDRAWN, RESTORED, WITHDRAWN]


def test_a_held_item_is_published_when_it_first_goes_live(storage: Storage) -> None:
    given_origin(storage).says(entry("Embargoed", "g1", published=iso(NOON + DAY)))
    assert kinds(storage) == []
    (item,) = all_items(storage)
    assert item.state is State.HELD
    move(storage, item, Trigger.RELEASE)
    assert kinds(storage) == [PUBLISHED]


def test_an_approved_correction_is_a_change_when_it_is_approved(storage: Storage) -> None:
    origin = given_origin(storage, review=True)
    origin.says(entry("Release", "g1", body="<p>Ten bridges.</p>"))
    (item,) = all_items(storage)
    move(storage, item, Trigger.RELEASE)
    origin.says(entry("Release", "g1", body="<p>Eleven bridges.</p>"), now=NOON + HOUR)
    assert kinds(storage) == [PUBLISHED]
    move(storage, again(storage, item), Trigger.RELEASE)
    assert kinds(storage) == [PUBLISHED, CORRECTED]


def test_rights_that_turn_to_no_withdraw_all_and_those_that_return_restore_it(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(entry("Second", "g2"), entry("First", "g1"))
    gone, other = all_items(storage)
    move(storage, gone, Trigger.WITHDRAW)
    storage.admin.sync(config(source("ministry", republish=Republish.NO)), NOON)
    assert told(storage)[3:] == [(WITHDRAWN, other.id)]
    origin.says(entry("Unseen", "g3"), now=NOON + MINUTE)
    move(storage, again(storage, other), Trigger.WITHDRAW)
    assert told(storage)[4:] == []
    storage.admin.sync(config(source("ministry")), NOON)
    assert told(storage)[4:] == []  # the one is withdrawn, the other was never public


def test_rights_that_return_restore_what_they_had_taken_away(storage: Storage) -> None:
    given_origin(storage).says(entry("Release", "g1"))
    for republish in (Republish.NO, Republish.HEADLINE, Republish.FULL):
        storage.admin.sync(config(source("ministry", republish=republish)), NOON)
    assert kinds(storage) == [PUBLISHED, WITHDRAWN, RESTORED]


def test_of_a_forgotten_source_only_the_public_ids_of_withdrawals_stay(storage: Storage) -> None:
    given_origin(storage).says(entry("Release", "g1"))
    (item,) = all_items(storage)
    storage.admin.sync(config(), NOON)
    storage.admin.forget("ministry", NOON)
    (change,) = storage.changes.since(0, 10)
    assert (change.kind, change.item, change.id, change.source) == (WITHDRAWN, None, "", "")
    assert change.public_id == item.public_id


def test_numbers_go_on_above_those_given_before_a_restore(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(entry("First", "g1"))
    before = storage.changes.last()
    origin.says(entry("Second", "g2"), entry("First", "g1"), now=NOON + HOUR)
    assert storage.changes.last() >= before + HOUR // timedelta(milliseconds=1)


@pytest.mark.parametrize("commits", [160, pytest.param(10_000, marks=pytest.mark.soak)])
def test_a_reader_by_cursor_misses_no_change_under_writers(
    opened: Callable[[], Storage], commits: int
) -> None:
    writers = 4
    sources = [source(f"s{n}", burst=10_000) for n in range(writers)]
    first = opened()
    first.admin.sync(config(*sources), NOON)
    drivers = [SourceDriver(opened(), each) for each in sources]
    for driver in drivers:
        driver.says(now=NOON - HOUR)
    reader, over = opened(), threading.Event()

    def write(driver: SourceDriver) -> None:
        for n in range(commits // writers // 2):
            said = entry(f"Release {n}", f"g{n}", body=f"<p>{driver.source.id} {n}</p>")
            driver.says(said)
            (item,) = [each for each in all_items(driver.storage) if each.source == driver.source.id][-1:]
            hold = step(item, Trigger.HOLD, reason="test", actor="tester", at=NOON)
            driver.storage.acts.apply_transitions([hold])

    def read() -> list[int]:
        seen: list[int] = []
        while True:
            is_last = over.is_set()
            found = reader.changes.since(seen[-1] if seen else 0, 7)
            seen += [each.number for each in found]
            if is_last and not found:
                return seen

    with ThreadPoolExecutor(writers + 1) as pool:
        following = pool.submit(read)
        for writing in [pool.submit(write, driver) for driver in drivers]:
            writing.result()
        over.set()
        seen = following.result()
    assert seen == [each.number for each in first.changes.since(0, 100_000)]
    assert len(seen) == commits // writers // 2 * 2 * writers


@pytest.mark.usefixtures("engine")
def test_a_store_of_before_tells_its_withdrawals_and_corrections(engine: str, tmp_path: Path) -> None:
    former = open_storage(tmp_path)
    origin = given_origin(former)
    origin.says(entry("Gone", "g1"), entry("Kept", "g2"), entry("Corrected", "g3", body="<p>Ten.</p>"))
    origin.says(entry("Corrected", "g3", body="<p>Eleven.</p>"), now=NOON + HOUR)
    by_title = {each.item.title: each for each in all_items(former)}
    move(former, by_title["Gone"], Trigger.HOLD)
    former.admin.sync(config(source("ministry"), source("agency")), NOON)
    SourceDriver(former, source("agency")).says(entry("Forbidden", "a1"))
    former.admin.sync(config(source("ministry"), source("agency", republish=Republish.NO)), NOON)
    forbidden = next(each.id for each in all_items(former) if each.item.title == "Forbidden")
    former.close()
    for table in ("public_change", "departed", "archive"):
        execute(tmp_path, f"DROP TABLE {table}")
    execute(tmp_path, "ALTER TABLE source DROP COLUMN indexed")
    execute(tmp_path, "CREATE INDEX item_corrected ON item (source, corrected)")
    execute(tmp_path, "DELETE FROM counter WHERE name = 'change'")
    migrations = {"sqlite": "_sqlite_migrations", "postgres": "migration"}[engine]
    execute(tmp_path, f"DELETE FROM {migrations} WHERE name IN ('m030_public_changes', 'm031_archives')")
    with closing(open_storage(tmp_path)) as storage:
        assert told(storage) == [
            (WITHDRAWN, forbidden),
            (WITHDRAWN, by_title["Gone"].id),
            (CORRECTED, by_title["Corrected"].id),
        ]
        assert storage.changes.since(0, 3)[1].at == NOON + MINUTE


def test_a_correction_names_the_other_members_of_its_story(storage: Storage) -> None:
    lead, member = given_story(storage)
    fields = Amendment(headline="The bridge is open")
    storage.acts.apply_transitions([amend(lead, fields, reason="", actor="desk", at=NOON + HOUR)])
    told = storage.changes.told(None)
    assert told is not None
    (entry,) = told.entries
    assert isinstance(entry, Stored)
    assert [each.id for each in entry.also] == [member.id]
