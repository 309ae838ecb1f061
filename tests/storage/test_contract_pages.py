"""Pages of items and their texts in the store: they go with the content of their item, and to no other version."""

from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.errors import UsageError
from aggregator.model.changes import Transition
from aggregator.model.decision import State, Trigger
from aggregator.model.page import PageState, PageText
from aggregator.model.page_fetch import PageFetch
from aggregator.model.settings import Republish, Retention
from aggregator.model.stored import ItemQuery, Stored
from aggregator.model.websub import TaskKind
from aggregator.policy.full_text import PAGES_PER_SOURCE, SPACED
from aggregator.policy.lifecycle import step, strike
from aggregator.storage import Storage
from tests.engines import open_storage
from tests.given import DAY, HOUR, MINUTE, NOON, SourceDriver, all_items, config, entry
from tests.storage.given import again, given_origin, move

URL = "https://ministry.example/bridge"
TAKEN = PageText(PageState.TAKEN, "<p>The whole story of the bridge.</p>", "The whole story of the bridge.")

WHOLE = " ".join(f"Sentence {n} of the release says what the bridge costs in year {n}." for n in range(12))
GONE = pytest.mark.parametrize("trigger", [Trigger.WITHDRAW, Trigger.ERASE])


def given_item(storage: Storage, **settings: object) -> tuple[SourceDriver, Stored]:
    origin = given_origin(storage, "ministry", full_text=True, **settings)
    origin.says(entry("Bridge opens", "1", URL, body="In short."))
    (item,) = (each for each in all_items(storage) if each.source == "ministry")
    return origin, item


def waiting(storage: Storage, item: Stored) -> PageFetch | None:
    return storage.pages.waiting(item.id, NOON + HOUR)


def record(storage: Storage, item: Stored, page: PageText = TAKEN) -> bool:
    fetch = waiting(storage, item)
    assert fetch is not None
    return storage.pages.record(fetch, page, asked=NOON, failures=0, now=NOON + HOUR)


def tasks(storage: Storage) -> list[str]:
    far = NOON + 400 * DAY
    found = storage.tasks.claim_tasks(far, kinds=[TaskKind.PAGE], limit=999, lease=timedelta())
    return [each.subject for each in found]


def test_a_new_item_waits_for_its_page(storage: Storage) -> None:
    _, item = given_item(storage)
    assert item.page == PageText(PageState.WAITS)
    assert waiting(storage, item) == PageFetch(
        item.number, "ministry", URL, item.item.fingerprint, State.LIVE, item.item, NOON
    )
    assert tasks(storage) == [item.id]


def test_a_text_changes_the_documents_and_is_no_correction(storage: Storage) -> None:
    _, item = given_item(storage)
    before, changes = storage.items.channel_seq(""), storage.changes.last()
    assert record(storage, item)
    found = again(storage, item)
    assert found.page == TAKEN
    assert replace(found, page=item.page, seq=item.seq) == item
    assert storage.items.channel_seq("") != before
    assert storage.changes.last() == changes
    (selected,) = storage.items.select("")
    assert selected.page == TAKEN
    assert storage.items.items(ItemQuery())[0].page == TAKEN
    assert waiting(storage, item) is None
    assert storage.pages.waiting("unknown", NOON) is None


def test_a_doubt_is_kept_without_a_text_and_changes_no_document(storage: Storage) -> None:
    _, item = given_item(storage)
    before = storage.items.channel_seq("")
    assert record(storage, item, replace(TAKEN, state=PageState.APART))
    assert again(storage, item).page == PageText(PageState.APART)
    assert storage.items.channel_seq("") == before


def test_a_failure_is_counted_and_the_pages_of_a_host(storage: Storage) -> None:
    _, item = given_item(storage)
    fetch = waiting(storage, item)
    assert fetch is not None
    storage.pages.record(fetch, PageText(PageState.WAITS), asked=NOON, failures=2, now=NOON)
    found = waiting(storage, item)
    assert found is not None
    assert (found.failures, found.host_asked) == (2, 1)


def test_an_edit_takes_the_text_away_until_its_page_was_read(storage: Storage) -> None:
    origin, item = given_item(storage)
    record(storage, item)
    origin.says(entry("Bridge opens", "1", URL, body="In other words."), now=NOON + HOUR)
    assert again(storage, item).page == PageText(PageState.WAITS)
    assert record(storage, item)
    assert again(storage, item).page == TAKEN


def test_what_a_fetch_brings_for_a_former_version_does_not_count(storage: Storage) -> None:
    origin, item = given_item(storage)
    fetch = waiting(storage, item)
    assert fetch is not None
    origin.says(entry("Bridge opens", "1", URL, body="In other words."), now=NOON + HOUR)
    assert not storage.pages.record(fetch, TAKEN, asked=NOON, failures=0, now=NOON + HOUR)


@pytest.mark.parametrize("trigger", [Trigger.WITHDRAW, Trigger.HOLD])
def test_what_a_fetch_brings_after_a_decision_is_not_shown(storage: Storage, trigger: Trigger) -> None:
    _, item = given_item(storage)
    fetch = waiting(storage, item)
    assert fetch is not None
    move(storage, item, trigger)
    assert not storage.pages.record(fetch, TAKEN, asked=NOON, failures=0, now=NOON + HOUR)
    assert again(storage, item).page == PageText(PageState.WAITS)


def test_a_version_that_waits_for_approval_has_a_page_of_its_own(storage: Storage) -> None:
    origin, item = given_item(storage, review=True)
    assert waiting(storage, item) == replace(fetch_of(storage, item), awaits_approval=True)
    record(storage, item)
    move(storage, again(storage, item), Trigger.RELEASE)
    origin.says(entry("Bridge opens", "1", URL, body="In other words."), now=NOON + HOUR)
    assert again(storage, item).page == TAKEN
    fetch = fetch_of(storage, item)
    assert (fetch.said.text, fetch.awaits_approval) == ("In other words.", True)
    other = replace(TAKEN, text="Another story.")
    record(storage, item, other)
    present = again(storage, item)
    assert present.page == TAKEN
    assert storage.pages.of(item.number, fetch.fingerprint) == other
    move(storage, present, Trigger.RELEASE)
    assert again(storage, item).page == other
    maintain(storage)
    assert storage.pages.of(item.number, item.item.fingerprint) is None
    assert again(storage, item).page == other


def test_a_text_that_arrives_before_the_approval_is_another_version(storage: Storage) -> None:
    origin, item = given_item(storage, review=True)
    assert item.newest == 1
    record(storage, item)
    arrived = again(storage, item)
    assert (arrived.newest, arrived.version, arrived.pending) == (2, 2, None)
    with pytest.raises(UsageError, match=r"version 1 of item .* is not its newest"):
        approve(arrived, version=1)
    storage.acts.apply_transitions([approve(arrived, version=2)])
    assert again(storage, item).state is State.LIVE
    origin.says(entry("Bridge opens", "1", URL, body="In other words."), now=NOON + HOUR)
    assert again(storage, item).pending == 3
    record(storage, item, replace(TAKEN, text="Another story."))
    later = again(storage, item)
    assert (later.version, later.pending) == (2, 4)
    with pytest.raises(UsageError, match=r"version 3 of item .* is not its newest"):
        approve(later, version=3)
    storage.acts.apply_transitions([approve(later, version=4)])
    present = again(storage, item)
    assert (present.version, present.pending, present.item.text) == (4, None, "In other words.")


def approve(item: Stored, version: int) -> Transition:
    return step(item, Trigger.RELEASE, reason="read", actor="tester", at=NOON + HOUR, version=version)


def fetch_of(storage: Storage, item: Stored) -> PageFetch:
    found = waiting(storage, item)
    assert found is not None
    return found


def maintain(storage: Storage, after: timedelta = DAY) -> None:
    storage.admin.maintain(Retention(), NOON + after)


def test_a_struck_version_loses_its_page(storage: Storage) -> None:
    origin, item = given_item(storage, review=True)
    record(storage, item)
    move(storage, again(storage, item), Trigger.RELEASE)
    origin.says(entry("Bridge opens", "1", URL, body="In other words."), now=NOON + HOUR)
    record(storage, item)
    present = again(storage, item)
    waits = present.newest
    storage.acts.apply_transitions([strike(present, waits, reason="", actor="tester", at=NOON + HOUR)])
    assert storage.pages.of(item.number, present.item.fingerprint) == TAKEN
    assert waiting(storage, item) is None


def test_a_reinstated_item_waits_for_its_page_again(storage: Storage) -> None:
    origin, item = given_item(storage)
    record(storage, item)
    move(storage, again(storage, item), Trigger.WITHDRAW)
    move(storage, again(storage, item), Trigger.REINSTATE)
    assert again(storage, item).page is None
    origin.says(entry("Bridge opens", "1", URL, body="In short."), now=NOON + HOUR)
    assert again(storage, item).page == PageText(PageState.WAITS)


def test_retention_drops_the_text_with_the_content(storage: Storage) -> None:
    _, item = given_item(storage)
    record(storage, item)
    maintain(storage, 401 * DAY)
    assert again(storage, item).page is None


def test_erasure_removes_the_text_and_finds_items_by_it(storage: Storage) -> None:
    _, item = given_item(storage)
    record(storage, item)
    assert [each.id for each in storage.admin.matching(["whole story"])] == [item.id]
    found = again(storage, item)
    storage.admin.erase([step(found, Trigger.ERASE, reason="", actor="tester", at=NOON + MINUTE)])
    assert again(storage, item).page is None
    assert tasks(storage) == []


def test_erasure_leaves_no_byte_of_the_text_in_any_file(tmp_path: Path, engine: str) -> None:
    storage = open_storage(tmp_path)
    _, item = given_item(storage)
    record(storage, item, replace(TAKEN, content="<p>Qwertzuiop</p>", text="Qwertzuiop"))
    found = again(storage, item)
    storage.admin.erase([step(found, Trigger.ERASE, reason="", actor="tester", at=NOON + MINUTE)])
    storage.close()
    assert [
        file for file in tmp_path.rglob("*") if file.is_file() and b"Qwertzuiop" in file.read_bytes()
    ] == []


def test_a_forgotten_source_takes_its_pages_along(storage: Storage) -> None:
    _, item = given_item(storage)
    record(storage, item)
    storage.admin.sync(config(), NOON + HOUR)
    storage.admin.forget("ministry", NOON + HOUR)
    assert storage.items.find(item.id) is None
    assert tasks(storage) == []


def test_a_source_has_a_budget_of_pages_which_are_due_one_after_the_other(storage: Storage) -> None:
    origin = given_origin(storage, full_text=True)
    named = [entry(f"Item {n}", f"{n}", f"{URL}/{n}", body=f"Of {n}.") for n in range(PAGES_PER_SOURCE + 5)]
    origin.says(*named)
    assert len(tasks(storage)) == PAGES_PER_SOURCE
    origin.says(entry("Another", "x", f"{URL}/x", body="Of x."), now=NOON + HOUR)
    assert len(tasks(storage)) == PAGES_PER_SOURCE
    origin.says(entry("Third", "y", f"{URL}/y", body="Of y."), now=NOON + 2 * DAY)
    assert len(tasks(storage)) == PAGES_PER_SOURCE + 1


def test_two_pages_of_a_poll_are_apart(storage: Storage) -> None:
    origin = given_origin(storage, full_text=True)
    origin.says(*(entry(f"Item {n}", f"{n}", f"{URL}/{n}", body=f"Of {n}.") for n in range(2)))
    claim = storage.tasks.claim_tasks
    assert len(claim(NOON, kinds=[TaskKind.PAGE], limit=9, lease=DAY)) == 1
    assert len(claim(NOON + SPACED, kinds=[TaskKind.PAGE], limit=9, lease=DAY)) == 1


@pytest.mark.parametrize("settings", [{}, {"republish": Republish.EXCERPT, "full_text": True}])
def test_other_sources_have_no_pages(storage: Storage, settings: dict[str, object]) -> None:
    origin = given_origin(storage, "ministry", **settings)
    origin.says(entry("Bridge opens", "1", URL, body="In short."))
    (item,) = all_items(storage)
    assert item.page is None
    assert tasks(storage) == []


def test_the_wish_for_texts_is_kept_with_the_source(storage: Storage) -> None:
    origin, _ = given_item(storage)
    before = storage.items.channel_seq("")
    (feed,) = storage.items.feeds()
    assert feed.full_text
    storage.admin.sync(config(replace(origin.source, full_text=False)), NOON + HOUR)
    (feed,) = storage.items.feeds()
    assert not feed.full_text
    assert storage.items.channel_seq("") != before


def leaves(storage: Storage, item: Stored, trigger: Trigger) -> None:
    storage.admin.erase([step(item, trigger, reason="", actor="tester", at=NOON + MINUTE)])


@GONE
def test_a_page_with_the_text_of_a_withdrawn_release_is_not_taken(storage: Storage, trigger: Trigger) -> None:
    given_origin(storage, "wire").says(entry("Costs of a bridge", "w", "https://wire.example/1", body=WHOLE))
    (withdrawn,) = all_items(storage)
    leaves(storage, withdrawn, trigger)
    _, item = given_item(storage)
    assert record(storage, item, PageText(PageState.TAKEN, f"<p>{WHOLE}</p>", WHOLE))
    assert again(storage, item).page == PageText(PageState.COPY)


def test_a_page_is_taken_beside_other_withdrawn_releases(storage: Storage) -> None:
    given_origin(storage, "wire").says(entry("Ferry", "w", "https://wire.example/1", body="It sails. Now."))
    leaves(storage, all_items(storage)[0], Trigger.WITHDRAW)
    _, item = given_item(storage)
    assert record(storage, item)
    assert again(storage, item).page == TAKEN


@GONE
def test_a_copy_of_the_text_of_a_page_is_held_once_that_is_withdrawn(
    storage: Storage, trigger: Trigger
) -> None:
    wire = given_origin(storage, "wire")
    _, item = given_item(storage)
    assert record(storage, item, PageText(PageState.TAKEN, f"<p>{WHOLE}</p>", WHOLE))
    leaves(storage, again(storage, item), trigger)
    wire.says(entry("Costs of a bridge", "w", "https://wire.example/1", body=WHOLE), now=NOON + 2 * HOUR)
    (copy,) = (each for each in all_items(storage) if each.source == "wire")
    assert (copy.state, copy.reason) == (State.HELD, f"copy of {item.id}, which was withdrawn")
