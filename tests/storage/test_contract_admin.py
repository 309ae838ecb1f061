"""Contract of every storage engine: backup, erasure of a source, retention."""

import threading
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.errors import Cause, FetchError, LeaseLost, UsageError
from aggregator.model.decision import Trigger
from aggregator.model.entry import Markup
from aggregator.model.poll import Totals
from aggregator.model.settings import Retention
from aggregator.model.stored import ItemQuery
from aggregator.storage import Storage
from tests.engines import open_storage, restore
from tests.given import (
    DAY,
    HOUR,
    MINUTE,
    NOON,
    SourceDriver,
    all_items,
    config,
    entry,
    failed,
    source,
    titles,
)
from tests.storage.given import given_origin, move


def test_retention_frees_content_and_keeps_keys(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(entry("Ancient", "g1"))
    later = NOON + 500 * DAY
    storage.admin.maintain(Retention(), later)
    (stored,) = all_items(storage)
    assert (stored.item.content, stored.item.text, storage.items.select("")) == ("", "", ())
    assert storage.items.items(ItemQuery(search="ancient")) == ()
    assert origin.says(entry("Ancient", "g1"), now=later).new == 0
    assert storage.admin.check() == ()


def test_a_backup_holds_the_store_of_that_moment(storage: Storage, tmp_path: Path) -> None:
    origin = given_origin(storage)
    origin.says(entry("Before", "g1"))
    backup = tmp_path / "copy" / "noon.db"
    backup.parent.mkdir()
    assert storage.admin.backup(backup) == 1
    origin.says(entry("After", "g2"), entry("Before", "g1"))
    assert list(backup.parent.iterdir()) == [backup]
    restored = tmp_path / "restored"
    restore(restored, backup, NOON)
    with closing(open_storage(restored)) as copied:
        assert (titles(all_items(copied)), copied.admin.check()) == (["Before"], ())


def test_a_later_backup_takes_the_place_of_the_earlier_one(storage: Storage, tmp_path: Path) -> None:
    origin = given_origin(storage)
    assert storage.admin.backup(tmp_path / "copy.db") == 0
    origin.says(entry("New", "g1"))
    assert storage.admin.backup(tmp_path / "copy.db") == 1


def test_a_backup_can_be_made_while_polls_commit(storage: Storage, tmp_path: Path) -> None:
    origin = given_origin(storage)
    stop = threading.Event()

    def poll_on() -> None:
        for n in range(1000):
            if stop.is_set():
                return
            origin.says(entry(f"Number {n}", f"g{n}"), now=NOON + n * MINUTE)

    poller = threading.Thread(target=poll_on)
    poller.start()
    counts = [storage.admin.backup(tmp_path / f"{n}.db") for n in range(5)]
    stop.set()
    poller.join()
    assert counts == sorted(counts)
    assert storage.admin.check() == ()


def test_a_forgotten_source_leaves_nothing_and_its_channels_move(storage: Storage) -> None:
    ministry = given_origin(storage, topics=("health",))
    agency = given_origin(storage, "agency")
    agency.says(entry("Stays", "a1"))
    ministry.says(entry("Before", "g1"), entry("Withdrawn", "g2"))
    ministry.says(entry("After", "g1"), entry("Withdrawn", "g2"))
    (withdrawn,) = (each for each in all_items(storage) if each.item.title == "Withdrawn")
    move(storage, withdrawn, Trigger.WITHDRAW)
    assert storage.items.items(ItemQuery(search="after"))  # and so is in the search index
    storage.admin.sync(config(agency.source), NOON)
    before = {name: storage.items.channel_seq(name) for name in storage.items.channels()}
    assert storage.admin.forget("ministry", NOON + HOUR) == 2
    assert titles(all_items(storage)) == titles(storage.items.select("")) == ["Stays"]
    assert [feed.id for feed in storage.items.feeds()] == ["agency"]
    assert storage.items.channels() == ("", "sources/agency")
    moved = {
        name
        for name in before.keys() - {"sources/ministry"}
        if storage.items.channel_seq(name) != before[name]
    }
    assert moved == {"", "topics/health"}
    assert storage.items.items(ItemQuery(search="after")) == ()
    assert storage.admin.check() == ()


def test_a_forgotten_source_that_comes_back_is_new(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(entry("Once", "g1"))
    (claim,) = storage.polls.claim(NOON, limit=1, lease=HOUR, ids=["ministry"])
    storage.admin.sync(config(), NOON)
    storage.admin.forget("ministry", NOON)
    with pytest.raises(LeaseLost):
        origin.answers(claim, [entry("Too late", "g2")], NOON)
    storage.admin.sync(config(origin.source), NOON)
    assert origin.says(entry("Once", "g1")).new == 1


def test_a_source_of_many_items_is_forgotten_whole(storage: Storage) -> None:
    origin = given_origin(storage)
    for batch in range(3):
        origin.says(*(entry(f"{batch}/{n}", f"{batch}/{n}") for n in range(250)))
    storage.admin.sync(config(), NOON)
    assert storage.admin.forget("ministry", NOON) == 750
    assert (all_items(storage), storage.items.feeds(), storage.admin.check()) == ((), (), ())


def test_only_a_source_that_is_stored_and_not_configured_can_be_forgotten(storage: Storage) -> None:
    given_origin(storage)
    with pytest.raises(UsageError, match="still configured"):
        storage.admin.forget("ministry", NOON)
    with pytest.raises(UsageError, match="no source called 'nobody'"):
        storage.admin.forget("nobody", NOON)


def test_retention_goes_on_until_nothing_is_left_to_free(storage: Storage) -> None:
    origin = given_origin(storage)
    for batch in range(3):
        origin.says(*(entry(f"Old {batch}/{n}", f"g{batch}-{n}") for n in range(500)))
    storage.admin.maintain(Retention(), NOON + 500 * DAY)
    assert {each.item.content for each in storage.items.items(ItemQuery(limit=2000))} == {""}
    assert storage.overview.health()[0].last is None
    assert storage.admin.check() == ()


def test_an_edit_of_a_freed_item_leaves_the_search_index_sound(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(entry("Ancient", "g1"))
    later = NOON + 500 * DAY
    storage.admin.maintain(Retention(), later)
    assert origin.says(entry("Ancient and mended", "g1"), now=later).edited == 1
    assert titles(storage.items.items(ItemQuery(search="mended"))) == ["Ancient and mended"]
    assert storage.admin.check() == ()


@pytest.mark.parametrize("review", [False, True])
def test_an_edit_of_a_freed_item_stores_no_content_again(storage: Storage, *, review: bool) -> None:
    of = source("ministry", review=review)
    storage.admin.sync(config(of), NOON)
    origin = SourceDriver(storage, of)
    origin.says(entry("Ancient", "g1", body="<p>As it was.</p>"))
    if review:
        move(storage, all_items(storage)[0], Trigger.RELEASE)
    later = NOON + 500 * DAY
    storage.admin.maintain(Retention(), later)
    said = entry("Ancient and mended", "g1", body="<p>As it is.</p>")
    origin.says(replace(said, summary=Markup("<p>Short.</p>", is_html=True)), now=later)
    (stored,) = all_items(storage)
    newest = storage.acts.waiting_version(stored) if review else stored.item
    assert newest is not None
    assert (newest.title, newest.content, newest.text, newest.summary) == ("Ancient and mended", "", "", "")
    assert origin.says(said, now=later + HOUR).new == 0


def test_a_source_whose_poll_records_are_past_retention_is_counted_as_before(storage: Storage) -> None:
    given_origin(storage)
    gone = given_origin(storage, "agency").source
    (claim,) = storage.polls.claim(NOON, limit=1, lease=HOUR, ids=[gone.id])
    storage.polls.record(failed(claim, NOON, FetchError("gone", cause=Cause.GONE, status=410)))
    storage.admin.maintain(Retention(), NOON + 60 * DAY)
    assert [health.last for health in storage.overview.health()] == [None, None]
    assert storage.admin.totals(NOON) == Totals(working=1, failing=1, due=1)
