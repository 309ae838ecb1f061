"""Contract of every storage engine: new items wait for a veto and then go live by the clock."""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from aggregator.model.alert import AlertKind
from aggregator.model.decision import State, Trigger
from aggregator.model.settings import Budget
from aggregator.model.stored import Stored
from aggregator.policy.lifecycle import approval, step
from aggregator.service.releases import Releases
from aggregator.storage import Storage
from tests.given import DAY, HOUR, NOON, SourceDriver, all_items, config, entry, iso, source, titles
from tests.storage.given import again, given_origin, move

FIRST = entry("Bridge opens", "g1", "https://ministry.example/bridge")
SECOND = entry("Bridge closes", "g1", "https://ministry.example/bridge")
WINDOW = 2 * HOUR
ENDS = NOON + WINDOW


def given_in_its_window(storage: Storage) -> tuple[SourceDriver, Stored]:
    """A new item of a source whose items wait two hours."""
    origin = given_origin(storage, veto=WINDOW)
    origin.says(FIRST)
    (held,) = all_items(storage)
    return origin, held


def publish(storage: Storage, at: datetime) -> list[str]:
    """Let the clock publish what is due, and return what the merged channel shows."""
    Releases(storage).all(at)
    return titles(storage.items.select(""))


def test_a_new_item_goes_live_when_its_window_ends(storage: Storage) -> None:
    _, held = given_in_its_window(storage)
    assert (held.state, held.reason, held.release) == (State.HELD, "veto window", ENDS)
    assert publish(storage, ENDS - timedelta(milliseconds=1)) == []
    assert publish(storage, ENDS) == ["Bridge opens"]
    assert [line.trigger for line in storage.items.audit(held.number)] == [Trigger.FIRST_SEEN, Trigger.TIME]
    assert storage.items.held_for_operator()[0] == 0
    assert [alert.kind for alert in storage.tasks.alerts()] == [AlertKind.VETO]


@pytest.mark.parametrize("veto", [Trigger.HOLD, Trigger.WITHDRAW])
def test_a_veto_within_the_window_stops_an_item(storage: Storage, veto: Trigger) -> None:
    origin, held = given_in_its_window(storage)
    move(storage, held, veto)
    origin.says(SECOND, now=NOON + HOUR)
    assert publish(storage, NOON + DAY) == []


def test_an_edit_in_the_window_restarts_nothing_and_is_what_goes_live(storage: Storage) -> None:
    origin, held = given_in_its_window(storage)
    origin.says(SECOND, now=ENDS - timedelta(minutes=1))
    assert again(storage, held).release == ENDS
    assert publish(storage, ENDS) == ["Bridge closes"]
    assert again(storage, held).corrected is False


def test_a_later_edit_is_published_at_once(storage: Storage) -> None:
    origin, _ = given_in_its_window(storage)
    publish(storage, ENDS)
    origin.says(SECOND, now=ENDS + HOUR)
    assert titles(storage.items.select("")) == ["Bridge closes"]


def test_an_embargo_that_comes_in_the_window_counts_when_it_is_later(storage: Storage) -> None:
    origin, held = given_in_its_window(storage)
    origin.says(replace(SECOND, published=iso(NOON + DAY)), now=NOON + HOUR)
    assert (again(storage, held).release, again(storage, held).reason) == (NOON + DAY, "embargo")
    origin.says(replace(FIRST, published=iso(NOON + HOUR)), now=NOON + HOUR)
    assert again(storage, held).release == ENDS
    assert publish(storage, ENDS) == ["Bridge opens"]


def test_a_release_within_the_window_publishes_at_once_and_is_no_early_release(storage: Storage) -> None:
    _, held = given_in_its_window(storage)
    made = approval(held, reason="", actor="desk", at=NOON + HOUR, version=1)
    storage.acts.apply_transitions([made])
    assert titles(storage.items.select("")) == ["Bridge opens"]
    (claim,) = storage.polls.claim(NOON + HOUR, limit=1, lease=HOUR, ids=["ministry"])
    assert claim.ahead.early == 0


def test_a_reinstated_item_waits_for_the_rest_of_its_window(storage: Storage) -> None:
    origin, held = given_in_its_window(storage)
    move(storage, held, Trigger.WITHDRAW)
    move(storage, again(storage, held), Trigger.REINSTATE)
    origin.says(FIRST, now=NOON + HOUR)
    assert again(storage, held).release == ENDS
    assert publish(storage, ENDS) == ["Bridge opens"]


def test_items_beyond_the_budget_do_not_go_live_by_the_clock(storage: Storage) -> None:
    origin = given_origin(storage, veto=WINDOW, budget=Budget(items=1))
    origin.says(entry("Known", "g0"))
    publish(storage, ENDS)
    origin.says(entry("Second", "g2"), entry("First", "g1"), now=NOON + DAY)
    assert publish(storage, NOON + 2 * DAY) == ["First", "Known"]
    assert [alert.kind for alert in storage.tasks.alerts()] == [AlertKind.VETO, AlertKind.BUDGET]
    (over,) = storage.items.over_budget("ministry", 9)
    storage.acts.apply_transitions([step(over, Trigger.RELEASE, reason="", actor="desk", at=NOON + 2 * DAY)])
    assert "Second" in titles(storage.items.select(""))


def test_old_items_of_a_first_import_wait_and_enter_their_own_channel_alone(storage: Storage) -> None:
    of = source("ministry", veto=WINDOW)
    storage.admin.sync(config(of), NOON)
    origin = SourceDriver(storage, of)
    old = replace(SECOND, guid="g2", link="", published=iso(NOON - 30 * DAY), digest=b"2" * 16)
    origin.says(replace(FIRST, published=iso(NOON - DAY)), old)
    assert storage.items.select("sources/ministry") == ()
    assert publish(storage, ENDS) == ["Bridge opens", "Bridge closes"]  # the old one fills the document
    assert sorted(titles(storage.items.select("sources/ministry"))) == ["Bridge closes", "Bridge opens"]
    old_one, opened = all_items(storage)
    assert [each.item for each in storage.changes.since(0, 9)] == [opened.number]
    assert old_one.backlog
