"""Contract of every storage engine: held, released, withdrawn and reinstated items."""

from datetime import timedelta

import pytest

from aggregator.errors import Cause, FetchError, StorageError
from aggregator.model.changes import Transition
from aggregator.model.decision import State, Trigger
from aggregator.model.poll import Ahead
from aggregator.policy.lifecycle import step
from aggregator.service.releases import Releases
from aggregator.storage import Storage
from tests.given import DAY, HOUR, MINUTE, NOON, all_items, entry, failed, iso, titles
from tests.storage.given import again, claimed, given_origin, move


def test_a_held_item_is_in_no_channel_until_its_time(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(entry("Later", "g1", published=iso(NOON + DAY)), entry("Now", "g2"))
    assert titles(storage.items.select("")) == ["Now"]
    assert storage.items.release_due(NOON + HOUR, 9) == ()
    (held,) = storage.items.release_due(NOON + DAY, 9)
    storage.acts.apply_transitions([step(held, Trigger.TIME, reason="", actor="clock", at=NOON + DAY)])
    assert titles(storage.items.select("")) == ["Later", "Now"]
    assert storage.items.release_due(NOON + 2 * DAY, 9) == ()


def test_revisions_of_a_held_item_are_never_public(storage: Storage) -> None:
    origin = given_origin(storage, review=True)
    origin.says(entry("Draft", "g1"))
    origin.says(entry("Final", "g1"), now=NOON + HOUR)
    (held,) = all_items(storage)
    assert (held.item.title, held.corrected, storage.items.corrections(held.number)) == ("Final", False, ())
    move(storage, held, Trigger.RELEASE)
    assert titles(storage.items.select("")) == ["Final"]


def test_a_new_date_moves_the_release_of_an_item_held_for_its_date_only(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(entry("Later", "g1", published=iso(NOON + DAY)), entry("Stopped", "g2"))
    stopped = next(item for item in all_items(storage) if item.item.title == "Stopped")
    move(storage, stopped, Trigger.HOLD)
    origin.says(
        entry("Later", "g1", published=iso(NOON + 2 * DAY)), entry("Stopped", "g2", body="<p>Edited.</p>")
    )
    releases = {item.item.title: item.release for item in all_items(storage)}
    assert releases == {"Later": NOON + 2 * DAY, "Stopped": None}


def test_an_item_beyond_the_horizon_is_held_until_its_origin_or_the_operator_gives_a_time(
    storage: Storage,
) -> None:
    origin, far = given_origin(storage), iso(NOON + 40 * DAY)
    origin.says(*(entry(name, name, published=far) for name in ("Corrected", "Decided", "Far")))
    decided = next(item for item in all_items(storage) if item.item.title == "Decided")
    until = NOON + 3 * DAY
    held = step(decided, Trigger.HOLD, reason="", actor="tester", at=NOON + MINUTE, until=until)
    storage.acts.apply_transitions([held])
    origin.says(
        entry("Corrected", "Corrected", published=iso(NOON + 2 * DAY)),
        entry("Decided", "Decided", published=iso(NOON + 4 * DAY)),
        entry("Far", "Far", published=iso(NOON + 41 * DAY)),
    )
    releases = {item.item.title: item.release for item in all_items(storage)}
    assert releases == {"Corrected": NOON + 2 * DAY, "Decided": until, "Far": None}
    Releases(storage).all(NOON + 100 * DAY)
    assert sorted(titles(storage.items.select(""))) == ["Corrected", "Decided"]


def test_items_that_an_operator_releases_before_their_dates_are_counted(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(
        *(entry(name, name, published=iso(NOON + DAY)) for name in ("One", "Two", "Three")), entry("Now")
    )
    one, two, _ = (item for item in all_items(storage) if item.state is State.HELD)
    for item in (one, two):
        move(storage, item, Trigger.RELEASE)
    (live,) = (item for item in all_items(storage) if item.item.title == "Now")
    for trigger in (Trigger.HOLD, Trigger.RELEASE):  # not held by a date
        move(storage, again(storage, live), trigger)
    Releases(storage).all(NOON + 2 * DAY)
    assert claimed(storage).ahead == Ahead(days=3, early=2)


def test_an_item_dated_later_beyond_the_horizon_does_not_go_live(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(entry("Later", "g1", published=iso(NOON + DAY)))
    origin.says(entry("Later", "g1", published=iso(NOON + 40 * DAY)))
    (held,) = all_items(storage)
    assert (held.state, held.release, held.flags) == (State.HELD, None, ("bad-date",))


def test_a_withdrawn_item_leaves_every_channel_and_stays_out_when_listed_again(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(entry("Retracted", "g1"))
    (stored,) = all_items(storage)
    before = storage.items.channel_seq("sources/ministry")
    move(storage, stored, Trigger.WITHDRAW)
    assert (storage.items.select(""), storage.items.select("sources/ministry")) == ((), ())
    assert storage.items.channel_seq("sources/ministry") != before
    outcome = origin.says(entry("Retracted, edited", "g1"), now=NOON + DAY)
    assert (outcome.new, outcome.edited, storage.items.select("")) == (0, 0, ())
    move(storage, again(storage, stored), Trigger.REINSTATE)
    assert storage.items.select("") == ()
    origin.says(entry("Retracted, edited", "g1"), now=NOON + 2 * DAY)
    Releases(storage).all(NOON + 2 * DAY)
    (shown,) = storage.items.select("")
    assert (shown.item.title, shown.updated) == ("Retracted, edited", NOON + 2 * DAY)
    assert storage.items.history(stored.number).revisions == ()
    assert [(line.trigger, line.after) for line in storage.items.audit(stored.number)] == [
        ("withdraw", State.WITHDRAWN),
        ("reinstate", State.HELD),
        ("time", State.LIVE),
    ]


def test_a_reinstated_item_that_its_origin_has_not_changed_is_as_before(storage: Storage) -> None:
    origin = given_origin(storage)
    said = entry("Retracted", "g1")
    origin.says(said)
    (stored,) = all_items(storage)
    move(storage, stored, Trigger.WITHDRAW)
    move(storage, again(storage, stored), Trigger.REINSTATE)
    assert storage.polls.next_due() == NOON + MINUTE
    origin.says(said, now=NOON + DAY)
    Releases(storage).all(NOON + DAY)
    (shown,) = storage.items.select("")
    assert (shown.item, shown.position, shown.corrected) == (stored.item, stored.position, False)


@pytest.mark.parametrize("seconds", ["3600", "86400"])
def test_an_item_is_reinstated_without_a_poll_against_retry_after(storage: Storage, seconds: str) -> None:
    origin = given_origin(storage)
    origin.says(entry("Retracted", "g1"))
    (stored,) = all_items(storage)
    move(storage, stored, Trigger.WITHDRAW)
    error = FetchError("slow down", cause=Cause.HTTP, status=429, retry_after=seconds)
    storage.polls.record(failed(claimed(storage), NOON, error))
    move(storage, again(storage, stored), Trigger.REINSTATE)
    assert storage.polls.next_due() == NOON + timedelta(seconds=int(seconds))


def test_a_reinstated_item_that_its_origin_no_longer_lists_waits_for_the_operator(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(entry("Retracted", "g1"))
    (stored,) = all_items(storage)
    move(storage, stored, Trigger.WITHDRAW)
    move(storage, again(storage, stored), Trigger.REINSTATE)
    origin.says(entry("Another", "g2"), now=NOON + DAY)
    Releases(storage).all(NOON + DAY)
    assert titles(storage.items.select("")) == ["Another"]
    move(storage, again(storage, stored), Trigger.RELEASE)
    assert titles(storage.items.select("sources/ministry")) == ["Retracted", "Another"]  # it re-enters


def test_a_reinstated_item_that_is_held_again_does_not_go_live_by_itself(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(entry("Retracted", "g1"))
    (stored,) = all_items(storage)
    for trigger in (Trigger.WITHDRAW, Trigger.REINSTATE, Trigger.HOLD):
        move(storage, again(storage, stored), trigger)
    origin.says(entry("Retracted, edited", "g1"), now=NOON + DAY)
    Releases(storage).all(NOON + DAY)
    assert storage.items.select("") == ()


def test_a_step_from_a_state_that_is_past_changes_nothing(storage: Storage) -> None:
    origin = given_origin(storage)
    origin.says(entry("One", "g1"), entry("Two", "g2"))
    one, two = all_items(storage)
    move(storage, one, Trigger.WITHDRAW)
    stale = Transition(one.number, State.LIVE, State.HELD, Trigger.HOLD, "", "tester", NOON)
    fine = Transition(two.number, State.LIVE, State.HELD, Trigger.HOLD, "", "tester", NOON)
    with pytest.raises(StorageError):
        storage.acts.apply_transitions([fine, stale])
    assert again(storage, two).state is State.LIVE
