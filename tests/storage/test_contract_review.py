"""Contract of every storage engine: versions that wait for approval, and versions that are struck."""

import json
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.errors import Outdated, UsageError
from aggregator.model.decision import State, Trigger
from aggregator.model.settings import Retention
from aggregator.model.stored import ItemQuery, Stored
from aggregator.policy.lifecycle import approval, step, strike
from aggregator.storage import Storage
from tests.engines import open_storage
from tests.given import DAY, HOUR, MINUTE, NOON, SourceDriver, all_items, config, entry, source, titles
from tests.storage.given import again, given_origin, given_story, move

FIRST = entry("Bridge opens", "g1", "https://ministry.example/bridge")
SECOND = entry("Bridge closes", "g1", "https://ministry.example/bridge")
THIRD = entry("Bridge is gone", "g1", "https://ministry.example/bridge")


def given_a_version_that_waits(storage: Storage) -> tuple[SourceDriver, Stored]:
    """A live item of a source under review, changed by its origin an hour later."""
    origin = given_origin(storage, review=True)
    origin.says(FIRST)
    (held,) = all_items(storage)
    move(storage, held, Trigger.RELEASE)
    origin.says(SECOND, now=NOON + HOUR)
    return origin, again(storage, held)


def found(storage: Storage, words: str) -> list[str]:
    return titles(storage.items.items(ItemQuery(search=words)))


def test_the_approved_version_stays_up_while_a_newer_one_waits(storage: Storage) -> None:
    origin = given_origin(storage, review=True)
    origin.says(FIRST)
    (held,) = all_items(storage)
    assert (held.version, held.pending, held.newest) == (1, None, 1)
    move(storage, held, Trigger.RELEASE)
    approved, channel = again(storage, held), storage.items.channel_seq("")
    outcome = origin.says(SECOND, now=NOON + HOUR)
    waiting = again(storage, held)
    assert outcome.edited == 1
    assert (waiting.version, waiting.pending, waiting.newest) == (1, 2, 2)
    assert (waiting.item.title, waiting.seq, waiting.updated) == ("Bridge opens", approved.seq, held.updated)
    assert (titles(storage.items.select("")), storage.items.channel_seq("")) == (["Bridge opens"], channel)
    assert (found(storage, "opens"), found(storage, "closes")) == (["Bridge opens"], [])
    assert storage.items.history(held.number).revisions == ()
    assert titles(storage.items.items(ItemQuery(states=(State.HELD,), or_pending=True))) == ["Bridge opens"]
    assert storage.items.items(ItemQuery(states=(State.HELD,))) == ()
    content = storage.acts.waiting_version(waiting)
    assert content is not None
    assert (content.title, content.url) == ("Bridge closes", "https://ministry.example/bridge")


def test_an_approved_version_is_a_correction_of_the_one_before(storage: Storage) -> None:
    origin, waiting = given_a_version_that_waits(storage)
    at = NOON + DAY
    storage.acts.apply_transitions([step(waiting, Trigger.RELEASE, reason="read", actor="desk", at=at)])
    shown = again(storage, waiting)
    assert (shown.item.title, shown.version, shown.pending, shown.corrected) == (
        "Bridge closes",
        2,
        None,
        True,
    )
    assert (shown.position, shown.updated) == (waiting.position, NOON + HOUR)
    assert (found(storage, "opens"), found(storage, "closes")) == ([], ["Bridge closes"])
    (before,) = storage.items.corrections(waiting.number)
    assert (before.version, before.title, before.at) == (1, "Bridge opens", at)
    assert [(line.trigger, line.version) for line in storage.items.audit(waiting.number)][1:] == [
        (Trigger.RELEASE, 1),
        (Trigger.RELEASE, 2),
    ]
    assert storage.acts.waiting_version(shown) is None
    origin.says(THIRD, now=NOON + 2 * DAY)
    assert again(storage, waiting).pending == 3


def test_a_version_is_not_approved_once_a_newer_one_has_come(storage: Storage) -> None:
    origin, read = given_a_version_that_waits(storage)
    origin.says(THIRD, now=NOON + 2 * HOUR)
    with pytest.raises(Outdated, match="has version 3 now, not 2"):
        move(storage, read, Trigger.RELEASE)
    assert titles(storage.items.select("")) == ["Bridge opens"]
    move(storage, again(storage, read), Trigger.RELEASE)
    assert titles(storage.items.select("")) == ["Bridge is gone"]


def test_a_held_item_is_not_released_in_another_version_than_the_one_read(storage: Storage) -> None:
    origin = given_origin(storage, review=True)
    origin.says(FIRST)
    (read,) = all_items(storage)
    origin.says(SECOND, now=NOON + HOUR)
    with pytest.raises(Outdated, match="has version 2 now, not 1"):
        move(storage, read, Trigger.RELEASE)
    assert storage.items.select("") == ()


def test_nothing_waits_when_the_origin_takes_its_change_back(storage: Storage) -> None:
    origin, waiting = given_a_version_that_waits(storage)
    origin.says(FIRST, now=NOON + 2 * HOUR)
    assert again(storage, waiting).pending is None
    origin.says(THIRD, now=NOON + 3 * HOUR)
    assert again(storage, waiting).pending == 3


def test_a_withdrawal_drops_the_version_that_waits_and_its_number_is_not_given_again(
    storage: Storage,
) -> None:
    origin, waiting = given_a_version_that_waits(storage)
    move(storage, waiting, Trigger.WITHDRAW)
    assert storage.items.select("") == ()
    withdrawn = again(storage, waiting)
    assert (withdrawn.pending, withdrawn.version, storage.acts.waiting_version(withdrawn)) == (None, 1, None)
    move(storage, withdrawn, Trigger.REINSTATE)
    origin.says(SECOND, now=NOON + DAY)
    held = again(storage, waiting)
    assert (held.state, held.item.title, held.version) == (State.HELD, "Bridge closes", 3)


def test_a_held_item_is_released_in_the_version_that_waited(storage: Storage) -> None:
    _, waiting = given_a_version_that_waits(storage)
    move(storage, waiting, Trigger.HOLD)
    held = again(storage, waiting)
    assert (held.item.title, held.version, held.pending) == ("Bridge closes", 2, None)
    assert (held.corrected, held.updated, history(storage, held)) == (
        True,
        NOON + HOUR,
        [(1, "Bridge opens", False)],
    )
    move(storage, held, Trigger.RELEASE)
    assert titles(storage.items.select("")) == ["Bridge closes"]
    assert found(storage, "opens") == []


@pytest.mark.parametrize("says", ["the same", "something else"])
def test_an_approved_version_leaves_its_story_only_if_it_says_something_else(
    storage: Storage, says: str
) -> None:
    lead, member = given_story(storage)
    of = source("agency", review=True)
    body = "<p>An account of fish in the harbour that has nothing to do with any bridge at all.</p>"
    changed = (
        member.item.content.replace("hands </p>", "hands</p><p>Tolls.</p>") if says == "the same" else body
    )
    origin = SourceDriver(storage, of)
    origin.says(entry("Bridge open", "a1", "https://ministry.example/bridge", body=changed), now=NOON + HOUR)
    waiting = again(storage, member)
    assert (waiting.pending, waiting.story) == (2, lead.story)
    move(storage, waiting, Trigger.RELEASE)
    assert again(storage, member).story == (lead.story if says == "the same" else None)


def test_a_version_that_waits_goes_with_its_item(storage: Storage) -> None:
    origin, waiting = given_a_version_that_waits(storage)
    storage.admin.maintain(Retention(items=timedelta(), revisions=DAY, polls=DAY), NOON + MINUTE)
    assert again(storage, waiting).pending is None
    origin.says(THIRD, now=NOON + DAY)
    assert again(storage, waiting).pending == 3
    storage.admin.sync(config(), NOON + DAY)
    assert storage.admin.forget("ministry", NOON + DAY) == 1


@pytest.mark.parametrize("ahead", [HOUR, 40 * DAY])
def test_an_embargoed_item_waits_for_approval_once_its_source_is_under_review(
    storage: Storage, ahead: timedelta
) -> None:
    until = NOON + ahead
    origin = given_origin(storage)
    origin.says(replace(FIRST, published=until.isoformat()))
    (held,) = all_items(storage)
    under_review = replace(origin.source, review=True)
    storage.admin.sync(config(under_review), NOON)
    waiting = again(storage, held)
    assert (waiting.state, waiting.reason, waiting.release) == (State.HELD, "review", until)
    assert storage.items.release_due(until + DAY, 10) == ()
    approved = approval(waiting, reason="", actor="desk", at=NOON + MINUTE, version=1)
    storage.acts.apply_transitions([approved])
    assert [each.id for each in storage.items.release_due(until, 10)] == [held.id]
    storage.admin.sync(config(under_review), NOON + HOUR)
    assert [each.id for each in storage.items.release_due(until, 10)] == [held.id]


def test_an_item_held_by_an_operator_and_dated_ahead_by_its_origin_is_approved_for_that_date(
    storage: Storage,
) -> None:
    origin = given_origin(storage)
    origin.says(replace(FIRST, published=NOON.isoformat()))
    (live,) = all_items(storage)
    move(storage, live, Trigger.HOLD)
    later = replace(FIRST, published=(NOON + HOUR).isoformat(), digest=b"1" * 16)
    origin.says(later, now=NOON + 2 * MINUTE)
    held = again(storage, live)
    approved = approval(held, reason="", actor="desk", at=NOON + 3 * MINUTE, version=1)
    assert (held.item.claimed, approved.release) == (NOON + HOUR, NOON + HOUR)
    undated = replace(FIRST, digest=b"2" * 16)
    origin.says(undated, now=NOON + 3 * MINUTE)
    assert again(storage, live).item.claimed == NOON + HOUR


def test_an_approved_item_follows_its_embargo_each_time_that_its_origin_prolongs_it(storage: Storage) -> None:
    origin = given_origin(storage, review=True)
    origin.says(replace(FIRST, published=(NOON + HOUR).isoformat()))
    (held,) = all_items(storage)
    approved = approval(held, reason="", actor="desk", at=NOON + MINUTE, version=1)
    storage.acts.apply_transitions([approved])
    for hours in (2, 3):
        until = NOON + hours * HOUR
        origin.says(
            replace(FIRST, published=until.isoformat(), digest=bytes([hours]) * 16), now=NOON + HOUR / 2
        )
        assert again(storage, held).release == until


# ---- struck versions


def given_corrected(storage: Storage) -> tuple[SourceDriver, Stored]:
    """An item whose origin has corrected it twice."""
    origin = given_origin(storage)
    for hours, said in enumerate((FIRST, SECOND, THIRD)):
        origin.says(said, now=NOON + hours * HOUR)
    (stored,) = all_items(storage)
    return origin, stored


def strikes(storage: Storage, item: Stored, version: int) -> None:
    struck = strike(item, version, reason="a name", actor="desk", at=NOON + DAY)
    storage.acts.apply_transitions([struck])


def history(storage: Storage, item: Stored) -> list[tuple[int, str, bool]]:
    """Versions of an item with their titles, newest first, and whether they are struck."""
    kept = storage.items.revisions(storage.items.history(item.number))
    assert all(bool(each.content) == bool(each.title) == bool(each.size) for each in kept)
    return [(each.version, each.title, each.struck) for each in kept]


def test_a_struck_version_is_in_no_history_and_its_reason_in_the_audit(storage: Storage) -> None:
    _, stored = given_corrected(storage)
    assert (stored.version, history(storage, stored)) == (
        3,
        [(2, "Bridge closes", False), (1, "Bridge opens", False)],
    )
    strikes(storage, stored, 2)
    assert history(storage, stored) == [(2, "", True), (1, "Bridge opens", False)]
    shown = again(storage, stored)
    assert (shown.item, shown.state, shown.version, shown.seq > stored.seq) == (
        stored.item,
        State.LIVE,
        3,
        True,
    )
    line = storage.items.audit(stored.number)[-1]
    assert (line.trigger, line.version, line.reason, line.after) == (
        Trigger.STRIKE,
        2,
        "a name",
        State.LIVE,
    )
    assert storage.items.last_removal() > (0, 0)


def test_a_struck_link_is_shown_nowhere(storage: Storage) -> None:
    origin = given_origin(storage)
    for hours, host in enumerate(("one", "two", "three")):
        origin.says(entry(f"Bridge {host}", "g1", f"https://{host}.example/"), now=NOON + hours * HOUR)
    (stored,) = all_items(storage)
    strikes(storage, stored, 2)
    links = {(each.version, each.url, each.next_url) for each in storage.items.corrections(stored.number)}
    assert links == {
        (2, "", "https://three.example/"),
        (1, "https://one.example/", "https://three.example/"),
    }


def test_a_version_that_is_no_longer_kept_cannot_be_struck(storage: Storage) -> None:
    _, stored = given_corrected(storage)
    storage.admin.maintain(Retention(items=400 * DAY, revisions=timedelta(), polls=DAY), NOON + DAY)
    with pytest.raises(UsageError, match=r"version 1 of item \w+ is no longer kept"):
        strikes(storage, stored, 1)


def test_a_struck_text_that_becomes_a_revision_again_is_struck(storage: Storage) -> None:
    origin, stored = given_corrected(storage)
    strikes(storage, stored, 1)
    with pytest.raises(UsageError, match=r"version 1 of item \w+ is struck already"):
        strikes(storage, stored, 1)
    origin.says(FIRST, now=NOON + 2 * DAY)
    origin.says(SECOND, now=NOON + 3 * DAY)
    assert history(storage, stored) == [
        (4, "", True),
        (3, "Bridge is gone", False),
        (2, "Bridge closes", False),
        (1, "", True),
    ]


def test_a_former_version_that_says_what_is_shown_again_cannot_be_struck(storage: Storage) -> None:
    origin, stored = given_corrected(storage)
    origin.says(FIRST, now=NOON + DAY)
    with pytest.raises(UsageError, match=r"version 1 of item \w+ is its present text again"):
        strikes(storage, again(storage, stored), 1)
    assert history(storage, stored)[-1] == (1, "Bridge opens", False)


def test_a_version_that_waits_is_struck_and_never_published(storage: Storage) -> None:
    _, waiting = given_a_version_that_waits(storage)
    strikes(storage, waiting, 2)
    shown = again(storage, waiting)
    assert (shown.item.title, shown.pending, storage.acts.waiting_version(waiting)) == (
        "Bridge opens",
        None,
        None,
    )


def test_an_approved_link_alone_is_no_correction(storage: Storage) -> None:
    origin = given_origin(storage, review=True)
    origin.says(FIRST)
    (held,) = all_items(storage)
    move(storage, held, Trigger.RELEASE)
    origin.says(entry("Bridge opens", "g1", "https://ministry.example/elsewhere"), now=NOON + HOUR)
    move(storage, again(storage, held), Trigger.RELEASE)
    shown = again(storage, held)
    assert (shown.item.url, shown.version) == ("https://ministry.example/elsewhere", 2)
    assert (shown.corrected, history(storage, shown)) == (False, [])


def test_another_link_that_waits_is_struck_and_the_present_text_is_not(
    storage: Storage, tmp_path: Path
) -> None:
    origin = given_origin(storage, review=True)
    origin.says(FIRST)
    (held,) = all_items(storage)
    move(storage, held, Trigger.RELEASE)
    origin.says(entry("Bridge opens", "g1", "https://ministry.example/elsewhere"), now=NOON + HOUR)
    strikes(storage, again(storage, held), 2)
    assert (again(storage, held).pending, again(storage, held).item.url) == (None, held.item.url)
    assert "strike" not in (tmp_path / "store" / "withdrawals.jsonl").read_text()
    origin.says(SECOND, now=NOON + 2 * HOUR)
    move(storage, again(storage, held), Trigger.RELEASE)
    assert history(storage, held) == [(1, "Bridge opens", False)]


def test_the_journal_names_a_struck_version_and_holds_nothing_of_it(storage: Storage, tmp_path: Path) -> None:
    _, stored = given_corrected(storage)
    strikes(storage, stored, 1)
    (line,) = (tmp_path / "store" / "withdrawals.jsonl").read_text().splitlines()
    fields = json.loads(line)
    assert (fields["item"], fields["trigger"], fields["version"]) == (stored.id, "strike", 1)
    assert "Bridge" not in line


def test_a_strike_is_replayed_where_the_version_is_kept_shown_or_not_yet_known(
    storage: Storage, tmp_path: Path
) -> None:
    first, second = entry("Bridge opens", "g1"), entry("Bridge closes", "g1")
    names, said = ("kept", "shown", "unknown"), {"kept": (first, second), "shown": (first,)}
    for name in names:
        origin = given_origin(storage, name)
        origin.says(first)
        origin.says(second, now=NOON + HOUR)
    for item in all_items(storage):
        strikes(storage, item, 1)
    with closing(open_storage(tmp_path / "restored")) as other:
        origins = {name: given_origin(other, name) for name in names}
        for name, entries in said.items():
            for hours, each in enumerate(entries):
                origins[name].says(each, now=NOON + hours * HOUR)
        kept, shown = all_items(other)
        journals = [tmp_path / "restored.jsonl", tmp_path / "store" / "withdrawals.jsonl"]
        done = other.admin.replay(journals, NOON + 2 * DAY)
        assert (done.moved, done.unknown) == ((shown.id,), ())
        assert [each.state for each in all_items(other)] == [State.LIVE, State.HELD]
        assert (history(other, kept), history(other, shown)) == ([(1, "", True)], [])
        assert [line.trigger for line in other.items.audit(kept.number)] == [Trigger.STRIKE]
        for days, each in enumerate((first, second), 3):
            origins["unknown"].says(each, now=NOON + days * DAY)
        assert history(other, all_items(other)[-1]) == [(1, "", True)]


# ---- embargoes


def given_under_embargo(storage: Storage) -> tuple[SourceDriver, Stored]:
    """An item of a source under review, dated tomorrow."""
    origin = given_origin(storage, review=True)
    origin.says(replace(FIRST, published=(NOON + DAY).isoformat()))
    (held,) = all_items(storage)
    assert (held.state, held.reason, held.release) == (State.HELD, "review", NOON + DAY)
    return origin, held


def approve(storage: Storage, item: Stored, *, at: datetime, early: bool = False) -> Stored:
    made = approval(item, reason="", actor="desk", at=at, version=item.newest, early=early)
    storage.acts.apply_transitions([made])
    return again(storage, item)


def test_an_item_under_review_never_goes_live_by_itself(storage: Storage) -> None:
    _, held = given_under_embargo(storage)
    assert storage.items.release_due(NOON + 2 * DAY, 9) == ()
    assert storage.items.held_for_operator()[0] == 1
    assert approve(storage, held, at=NOON + 2 * DAY).state is State.LIVE


def test_an_approved_item_goes_live_when_its_embargo_ends(storage: Storage) -> None:
    _, held = given_under_embargo(storage)
    approved = approve(storage, held, at=NOON + HOUR)
    assert (approved.state, approved.release) == (State.HELD, NOON + DAY)
    assert storage.items.held_for_operator()[0] == 0
    assert [each.id for each in storage.items.release_due(NOON + DAY, 9)] == [held.id]
    assert approve(storage, held, at=NOON + HOUR, early=True).state is State.LIVE


def test_an_edit_of_an_approved_item_under_embargo_is_reviewed(storage: Storage) -> None:
    origin, held = given_under_embargo(storage)
    approve(storage, held, at=NOON + HOUR)
    origin.says(replace(SECOND, published=(NOON + DAY).isoformat()), now=NOON + 2 * HOUR)
    edited = again(storage, held)
    assert (edited.reason, edited.release, edited.newest) == ("review", NOON + DAY, 2)
    assert storage.items.release_due(NOON + 2 * DAY, 9) == ()
    with pytest.raises(Outdated, match="has version 2 now, not 1"):
        approve(storage, held, at=NOON + 3 * HOUR)
