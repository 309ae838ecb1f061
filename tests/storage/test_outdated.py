"""Contract of every storage engine: a poll decided from a state that has changed is refused, whole, and a
second decision from the present state is recorded."""

from collections.abc import Set

import pytest
from msgspec.structs import replace

from aggregator.errors import Outdated
from aggregator.model.decision import State, Trigger
from aggregator.model.document import Document, ReadResult
from aggregator.model.entry import Entry
from aggregator.model.poll import Claim, PollResult
from aggregator.model.settings import Source
from aggregator.storage import Storage
from tests.given import HOUR, MINUTE, NOON, SourceDriver, all_items, config, entry, item, source, succeeded
from tests.storage.given import again, claimed, given_origin, move

MINISTRY, AGENCY = source("ministry"), source("agency")
BODY = (
    "<p>"
    + "".join(f"The bridge of town {n} is open again after nine months of careful work. " for n in range(4))
    + "</p>"
)
BRIDGE = entry("Bridge open", "b1", "https://ministry.example/bridge", body=BODY)


def given_sources(storage: Storage) -> tuple[SourceDriver, SourceDriver]:
    """Two sources whose first import is behind them."""
    storage.admin.sync(config(MINISTRY, AGENCY), NOON - HOUR)
    ministry, agency = SourceDriver(storage, MINISTRY), SourceDriver(storage, AGENCY)
    ministry.says(now=NOON - HOUR)
    agency.says(now=NOON - HOUR)
    return ministry, agency


def decided(
    storage: Storage, claim: Claim, of: Source, *entries: Entry, taken: Set[str] = frozenset()
) -> PollResult:
    """Return what a poll of these entries writes, decided from what the store knows now."""
    items = tuple(item(each, of) for each in entries)
    listed = tuple(each.digest for each in entries)
    read = ReadResult(Document("rss20", title="Feed", listed=listed), items)
    known = storage.polls.knowledge(claim, read, NOON, taken)
    return succeeded(claim, of, read=(read, known))


def is_refused(storage: Storage, result: PollResult, match: str) -> frozenset[str]:
    """Check that a result is refused as outdated and that nothing of it is written; returns the ids taken."""
    before = all_items(storage), storage.overview.health(), storage.items.channel_seq("")
    with pytest.raises(Outdated, match=match) as refusal:
        storage.polls.record(result)
    assert (all_items(storage), storage.overview.health(), storage.items.channel_seq("")) == before
    return frozenset(refusal.value.taken)


def test_an_item_withdrawn_between_is_not_edited(storage: Storage) -> None:
    ministry, _ = given_sources(storage)
    ministry.says(BRIDGE)
    (stored,) = all_items(storage)
    claim, edited = claimed(storage), replace(BRIDGE, digest=b"2" * 16, title=entry("Closed").title)
    result = decided(storage, claim, MINISTRY, edited)
    assert result.outcome.edited == 1
    move(storage, stored, Trigger.WITHDRAW)
    is_refused(storage, result, "items of ministry have changed")
    assert storage.polls.renewed(claim) == claim
    second = decided(storage, claim, MINISTRY, edited)
    storage.polls.record(second)
    assert second.outcome.edited == 0
    assert (again(storage, stored).state, again(storage, stored).item.title) == (
        State.WITHDRAWN,
        "Bridge open",
    )


def test_an_item_that_comes_to_the_same_address_between_is_joined(storage: Storage) -> None:
    ministry, _ = given_sources(storage)
    claim = claimed(storage, AGENCY.id)
    result = decided(storage, claim, AGENCY, replace(BRIDGE, guid="a1"))
    ministry.says(BRIDGE)
    is_refused(storage, result, "items of agency have changed")
    storage.polls.record(decided(storage, claim, AGENCY, replace(BRIDGE, guid="a1")))
    (shown,) = storage.items.select("")
    assert (shown.source, [also.organisation for also in shown.also]) == ("ministry", ["Agency"])


def test_an_item_withdrawn_between_is_not_joined(storage: Storage) -> None:
    ministry, _ = given_sources(storage)
    ministry.says(BRIDGE)
    (lead,) = all_items(storage)
    claim = claimed(storage, AGENCY.id)
    result = decided(storage, claim, AGENCY, replace(BRIDGE, guid="a1"))
    move(storage, lead, Trigger.WITHDRAW)
    is_refused(storage, result, "items of agency have changed")
    storage.polls.record(decided(storage, claim, AGENCY, replace(BRIDGE, guid="a1")))
    assert [(each.source, each.state, each.story) for each in all_items(storage)] == [
        ("ministry", State.WITHDRAWN, None),
        ("agency", State.HELD, None),
    ]


def test_a_release_withdrawn_between_is_not_published_by_a_copy_at_another_address(storage: Storage) -> None:
    ministry, _ = given_sources(storage)
    ministry.says(BRIDGE)
    (lead,) = all_items(storage)
    claim, copy = claimed(storage, AGENCY.id), entry("Bridge", "a1", "https://agency.example/b", body=BODY)
    result = decided(storage, claim, AGENCY, copy)
    move(storage, lead, Trigger.WITHDRAW)
    is_refused(storage, result, "items of agency have changed")
    storage.polls.record(decided(storage, claim, AGENCY, copy))
    assert storage.items.select("") == ()


def test_an_item_forgotten_between_is_not_joined(storage: Storage) -> None:
    ministry, _ = given_sources(storage)
    ministry.says(BRIDGE)
    claim = claimed(storage, AGENCY.id)
    result = decided(storage, claim, AGENCY, replace(BRIDGE, guid="a1"))
    storage.admin.sync(config(AGENCY), NOON)
    storage.admin.forget("ministry", NOON)
    is_refused(storage, result, "items of agency have changed")
    storage.polls.record(decided(storage, claim, AGENCY, replace(BRIDGE, guid="a1")))
    assert [(each.source, each.story) for each in storage.items.select("")] == [("agency", None)]


def test_an_id_taken_between_is_named_and_another_one_is_given(storage: Storage) -> None:
    ministry, _ = given_sources(storage)
    shared = "https://shared.example/1"
    one, other = (entry(f"By {name}", shared, f"https://{name}.example/") for name in ("ministry", "agency"))
    claim = claimed(storage, AGENCY.id)
    result = decided(storage, claim, AGENCY, other)
    ministry.says(one)
    taken = is_refused(storage, result, "ids of new items of agency are taken")
    assert taken == {shared}
    storage.polls.record(decided(storage, claim, AGENCY, other, taken=taken))
    first, second = all_items(storage)
    assert (first.public_id, second.public_id) == (shared, f"tag:{storage.admin.authority()}:{second.id}")


def test_a_poll_is_outdated_when_its_items_were_reinstated_meanwhile(storage: Storage) -> None:
    ministry, _ = given_sources(storage)
    ministry.says(BRIDGE)
    (stored,) = all_items(storage)
    move(storage, stored, Trigger.WITHDRAW)
    claim = claimed(storage)
    assert claim.seen
    result = decided(storage, claim, MINISTRY)
    move(storage, again(storage, stored), Trigger.REINSTATE)
    is_refused(storage, result, "the state of ministry has changed")
    assert storage.polls.renewed(claim) is None
    storage.polls.release([claim])
    fresh = claimed(storage)
    assert (fresh.seen, fresh.body_digest) == ((), b"")
    storage.polls.record(decided(storage, fresh, MINISTRY, BRIDGE))


def test_a_poll_of_a_source_configured_otherwise_meanwhile_is_decided_again(storage: Storage) -> None:
    given_sources(storage)
    claim = claimed(storage)
    result = decided(storage, claim, MINISTRY, BRIDGE)
    of = replace(MINISTRY, topics=("roads",))
    storage.admin.sync(config(of, AGENCY), NOON)
    is_refused(storage, result, "the state of ministry has changed")
    renewed = storage.polls.renewed(claim)
    assert renewed == replace(claim, version=claim.version + 1)
    storage.polls.record(decided(storage, renewed, of, BRIDGE))
    assert [each.source for each in storage.items.select("topics/roads")] == ["ministry"]


@pytest.mark.parametrize("change", ["lapsed", "removed", "recorded"])
def test_a_claim_that_no_longer_holds_is_not_renewed(storage: Storage, change: str) -> None:
    given_sources(storage)
    claim = claimed(storage)
    if change == "lapsed":
        claimed(storage)
    elif change == "removed":
        storage.admin.sync(config(AGENCY), NOON)
    else:
        storage.polls.record(succeeded(claim, MINISTRY))
    assert storage.polls.renewed(claim) is None


def test_other_polls_that_commit_between_make_no_decision_outdated(storage: Storage) -> None:
    _, agency = given_sources(storage)
    agency.says(entry("Elsewhere", "e1", "https://agency.example/elsewhere"))
    claim = claimed(storage)
    result = decided(storage, claim, MINISTRY, BRIDGE)
    agency.says(entry("Elsewhere, edited", "e1", "https://agency.example/elsewhere"), now=NOON + MINUTE)
    assert storage.polls.renewed(claim) == claim
    storage.polls.record(result)
    assert [each.source for each in all_items(storage)] == ["agency", "ministry"]


def test_another_poll_of_the_story_that_a_poll_joins_makes_it_outdated(storage: Storage) -> None:
    ministry, _ = given_sources(storage)
    given_origin(storage, "bureau")
    ministry.says(BRIDGE)
    claim = claimed(storage, AGENCY.id)
    result = decided(storage, claim, AGENCY, replace(BRIDGE, guid="a1"))
    SourceDriver(storage, source("bureau")).says(replace(BRIDGE, guid="u1"))
    is_refused(storage, result, "items of agency have changed")
    storage.polls.record(decided(storage, claim, AGENCY, replace(BRIDGE, guid="a1")))
    (shown,) = storage.items.select("")
    assert [also.organisation for also in shown.also] == ["Bureau", "Agency"]
