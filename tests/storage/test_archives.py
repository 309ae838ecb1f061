"""Archives close once and stay: entries become tombstones in their place, none is lost and none joins later."""

from datetime import datetime

import pytest

from aggregator.model.decision import State, Trigger
from aggregator.model.public_change import Archived, Gone
from aggregator.model.settings import Retention
from aggregator.model.stored import Stored
from aggregator.storage import Storage
from tests.given import DAY, HOUR, MINUTE, NOON, SourceDriver, all_items, config, entry, source
from tests.storage.given import again, given_origin, given_story, move


def publish(driver: SourceDriver, first: int, count: int, now: datetime = NOON) -> None:
    name = driver.source.id
    entries = [entry(f"{name} {n}", f"g{n}", body=f"<p>{name} {n}</p>") for n in range(first, first + count)]
    driver.says(*reversed(entries), now=now)


def archive(storage: Storage, number: int, name: str = "") -> Archived:
    found = storage.changes.archive(name, number)
    assert found is not None
    return found


def names(found: Archived) -> list[str]:
    return [
        each.item.title if isinstance(each, Stored) else f"gone {each.public_id}" for each in found.entries
    ]


def test_an_archive_closes_with_its_last_entry_and_nothing_joins_it(storage: Storage) -> None:
    origin = given_origin(storage, burst=10_000)
    publish(origin, 0, 39)
    assert storage.changes.archive("", 1) is None
    publish(origin, 39, 50)
    first, second = archive(storage, 1), archive(storage, 2)
    assert names(first) == [f"ministry {n}" for n in range(39, -1, -1)]
    assert names(second) == [f"ministry {n}" for n in range(79, 39, -1)]
    assert (first.newest, storage.changes.archive("", 3)) == (2, None)
    publish(origin, 89, 40, NOON + HOUR)
    assert names(archive(storage, 1)) == names(first)
    assert storage.changes.archive("topics/none", 1) is None


@pytest.mark.parametrize("count", [500, pytest.param(2_500, marks=pytest.mark.soak)])
def test_every_item_is_in_the_document_or_in_an_archive(storage: Storage, count: int) -> None:
    origin = given_origin(storage, burst=10_000, topics=("roads",))
    other = given_origin(storage, "agency")
    for first in range(0, count, 100):
        publish(origin, first, 100, NOON + first * MINUTE)
        publish(other, first, 3, NOON + first * MINUTE)
        if first % 300 == 0:
            move(storage, all_items(storage)[first], Trigger.WITHDRAW)
    while storage.acts.enter_waiting(NOON + 90 * DAY, 1_000):
        pass
    live = [each for each in all_items(storage) if each.state is State.LIVE]
    for name, owner in (("", ""), ("topics/roads", "ministry"), ("sources/agency", "agency")):
        selected = storage.items.selected(name)
        reached = {each.public_id for each in selected.items}
        for number in range(selected.archives, 0, -1):
            found = archive(storage, number, name).entries
            reached |= {each.public_id for each in found if isinstance(each, Stored)}
        assert reached == {each.public_id for each in live if owner in ("", each.source)}


def test_a_withdrawal_replaces_its_entry_in_place(storage: Storage) -> None:
    origin = given_origin(storage, burst=10_000)
    publish(origin, 0, 40)
    item = all_items(storage)[5]
    move(storage, item, Trigger.WITHDRAW)
    found = archive(storage, 1)
    assert len(found.entries) == 40
    gone = found.entries[34]
    assert isinstance(gone, Gone)
    assert (gone.public_id, gone.id, gone.at) == (item.public_id, item.id, NOON + MINUTE)


def test_retention_leaves_title_and_link(storage: Storage) -> None:
    publish(given_origin(storage, burst=10_000), 0, 40)
    kept = Retention(items=DAY, revisions=DAY, polls=DAY)
    storage.admin.maintain(kept, NOON + 3 * DAY)
    first = archive(storage, 1).entries[0]
    assert isinstance(first, Stored)
    assert (first.item.title, first.item.content) == ("ministry 39", "")


def test_a_forgotten_source_is_tombstones_in_the_archives_of_shared_channels(storage: Storage) -> None:
    publish(given_origin(storage, burst=10_000), 0, 20)
    publish(given_origin(storage, "agency", burst=10_000), 0, 20)
    gone = [each.public_id for each in all_items(storage) if each.source == "ministry"]
    storage.admin.sync(config(source("agency")), NOON)
    storage.admin.forget("ministry", NOON + HOUR)
    found = archive(storage, 1)
    assert len(found.entries) == 40
    assert sorted(each.public_id for each in found.entries if isinstance(each, Gone)) == sorted(gone)


def test_a_document_and_an_archive_hold_what_entered_while_others_waited(storage: Storage) -> None:
    given_origin(storage, "agency").says(entry("Ours", "a"))
    publish(given_origin(storage), 0, 60)
    selected = storage.items.selected("")
    assert (len(selected.items), selected.archives) == (21, 0)
    for hour in range(1, 4):
        storage.acts.enter_waiting(NOON + hour * HOUR + MINUTE, 1_000)
    assert storage.items.selected("").archives == 1
    assert len(archive(storage, 1).entries) == 40


def test_an_archive_names_the_other_organisations_of_a_release_as_documents_do(storage: Storage) -> None:
    lead, _ = given_story(storage)
    origin = SourceDriver(storage, source("ministry"))
    origin.says(*(entry(f"Later {n}", f"later{n}") for n in range(45)), now=NOON + MINUTE)
    (archived,) = (each for each in archive(storage, 1, "").entries if each.id == lead.id)
    assert isinstance(archived, Stored)
    assert [also.organisation for also in archived.also] == ["Agency"]
    assert archived == again(storage, lead)
