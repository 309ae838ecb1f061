"""Contract of every storage engine: due sources, claims, leases and recorded polls."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from aggregator.errors import Cause, FetchError, LeaseLost, StoreBusy, UsageError
from aggregator.model.decision import Trigger
from aggregator.model.document import Document, ReadResult
from aggregator.model.poll import OutcomeKind
from aggregator.model.schedule import Due, DueReason
from aggregator.storage import Storage
from tests.given import (
    DAY,
    HOUR,
    MINUTE,
    NOON,
    SourceDriver,
    all_items,
    config,
    due_at,
    entry,
    failed,
    iso,
    item,
    recorded,
    source,
)
from tests.storage.given import claimed, given_origin, move


def test_a_new_source_is_due_at_once_and_claimed_once(storage: Storage) -> None:
    storage.admin.sync(config(source("ministry")), NOON)
    (claim,) = storage.polls.claim(NOON, limit=10, lease=HOUR)
    assert (claim.id, claim.first_import, claim.failures) == ("ministry", True, 0)
    assert storage.polls.claim(NOON, limit=10, lease=HOUR) == ()


def test_a_lease_that_ran_out_is_claimed_again_and_the_late_poll_is_refused(storage: Storage) -> None:
    storage.admin.sync(config(source("ministry")), NOON)
    (late,) = storage.polls.claim(NOON, limit=1, lease=MINUTE)
    (claim,) = storage.polls.claim(NOON + HOUR, limit=1, lease=HOUR)
    assert claim.token != late.token
    with pytest.raises(LeaseLost):
        storage.polls.record(failed(late, NOON))
    storage.polls.record(failed(claim, NOON + HOUR))
    (health,) = storage.overview.health()
    assert (health.last and health.last.kind, health.failures) == (OutcomeKind.FAILED, 1)


def test_a_poll_of_a_source_removed_meanwhile_writes_nothing(storage: Storage) -> None:
    origin = given_origin(storage)
    (claim,) = storage.polls.claim(NOON, limit=1, lease=HOUR, ids=["ministry"])
    storage.admin.sync(config(), NOON)
    with pytest.raises(LeaseLost):
        origin.answers(claim, [entry("Too late", "g1")], NOON)
    assert all_items(storage) == ()


def test_a_poll_of_a_source_moved_meanwhile_writes_nothing(storage: Storage) -> None:
    origin = given_origin(storage)
    (claim,) = storage.polls.claim(NOON, limit=1, lease=HOUR, ids=["ministry"])
    storage.admin.sync(config(replace(origin.source, feed="https://new.example/feed")), NOON)
    with pytest.raises(LeaseLost):
        origin.answers(claim, [entry("Too late", "g1")], NOON)


def test_a_poll_of_a_source_removed_and_configured_again_meanwhile_is_refused(storage: Storage) -> None:
    origin = given_origin(storage)
    claim = claimed(storage)
    storage.admin.sync(config(), NOON)
    storage.admin.sync(config(origin.source), NOON)
    with pytest.raises(LeaseLost):
        storage.polls.record(failed(claim, NOON))


def test_a_poll_is_recorded_once(storage: Storage) -> None:
    given_origin(storage)
    result = failed(claimed(storage), NOON)
    storage.polls.record(result)
    with pytest.raises(LeaseLost):
        storage.polls.record(result)


def test_a_removed_source_is_neither_due_nor_rate_limited(storage: Storage) -> None:
    storage.admin.sync(config(source("ministry")), NOON)
    gone = FetchError("gone", cause=Cause.GONE, status=410)
    storage.polls.record(failed(claimed(storage), NOON, gone))
    assert storage.polls.rate_limited(NOON) == ("ministry",)
    storage.admin.sync(config(), NOON)
    assert (storage.polls.next_due(), storage.polls.rate_limited(NOON)) == (None, ())


def test_claims_come_longest_due_first_up_to_the_limit(storage: Storage) -> None:
    storage.admin.sync(config(source("b"), source("a")), NOON)
    storage.admin.sync(config(source("b"), source("a"), source("c")), NOON - HOUR)
    assert [claim.id for claim in storage.polls.claim(NOON, limit=2, lease=HOUR)] == ["c", "b"]
    assert storage.polls.next_due() == NOON


def test_an_operator_makes_a_source_due_and_an_unknown_one_is_refused(storage: Storage) -> None:
    given_origin(storage)
    storage.polls.poll_soon(["ministry"], NOON - DAY)
    assert storage.polls.next_due() == NOON - DAY
    with pytest.raises(UsageError, match="nobody"):
        storage.polls.poll_soon(["nobody"], NOON)


def test_a_poll_requested_while_one_runs_is_followed_by_another(storage: Storage) -> None:
    storage.admin.sync(config(source("ministry")), NOON)
    (claim,) = storage.polls.claim(NOON, limit=1, lease=HOUR)
    storage.polls.poll_soon(["ministry"], NOON + MINUTE)
    storage.polls.record(failed(claim, NOON))
    assert [claim.id for claim in storage.polls.claim(NOON + MINUTE, limit=1, lease=HOUR)] == ["ministry"]


def test_a_poll_requested_while_one_runs_keeps_its_due_time_and_reason(storage: Storage) -> None:
    origin = given_origin(storage)
    (claim,) = storage.polls.claim(NOON, limit=1, lease=HOUR, ids=["ministry"])
    storage.polls.poll_soon(["ministry"], NOON + MINUTE)
    assert storage.polls.renewed(claim) == claim  # the state on which the poll is decided has not changed
    assert origin.answers(claim, [entry("One", "g1")], NOON).new == 1
    (health,) = storage.overview.health()
    assert (health.due, health.newest) == (Due(NOON + MINUTE, DueReason.OPERATOR), NOON)


def test_the_newest_item_of_a_source_is_by_the_date_shown_of_what_is_live(storage: Storage) -> None:
    storage.admin.sync(config(source("ministry"), source("agency")), NOON)
    ministry, agency = SourceDriver(storage, source("ministry")), SourceDriver(storage, source("agency"))
    dated = [entry(f"Day {n}", f"d{n}", published=iso(NOON - n * DAY)) for n in (300, 20, 2)]
    ministry.says(*dated, entry("Undated", "u"))
    agency.says(entry("Undated", "u"))
    assert [each.newest for each in storage.overview.health()] == [None, NOON - 2 * DAY]
    newest = next(each for each in all_items(storage) if each.item.title == "Day 2")
    move(storage, newest, Trigger.WITHDRAW)
    assert [each.newest for each in storage.overview.health()] == [None, NOON - 20 * DAY]


def test_there_is_one_poller(storage: Storage) -> None:
    with storage.admin.poller(NOON), pytest.raises(StoreBusy, match="process"), storage.admin.poller(NOON):
        pass
    with storage.admin.poller(NOON):
        pass


def test_a_new_poller_clears_leases_and_due_times_without_a_reason(storage: Storage) -> None:
    storage.admin.sync(config(source("ministry")), NOON)
    (claim,) = storage.polls.claim(NOON, limit=1, lease=HOUR)
    far = NOON + timedelta(days=40_000)
    storage.polls.record(due_at(failed(claim, NOON), far))
    with storage.admin.poller(NOON):
        assert storage.polls.next_due() != far
    storage.polls.poll_soon(["ministry"], NOON)
    (claim,) = storage.polls.claim(NOON, limit=1, lease=HOUR)
    gone = failed(claim, NOON, FetchError("gone", cause=Cause.GONE, status=410))
    storage.polls.record(due_at(gone, far))
    with storage.admin.poller(NOON):
        assert storage.polls.next_due() == far


def test_a_claim_that_is_let_go_is_due_as_before_unless_another_took_it_over(storage: Storage) -> None:
    storage.admin.sync(config(source("ministry")), NOON)
    (lost,) = storage.polls.claim(NOON, limit=1, lease=HOUR)
    assert storage.polls.claim(NOON, limit=1, lease=HOUR) == ()
    storage.polls.release([lost])
    (again,) = storage.polls.claim(NOON, limit=1, lease=HOUR)
    storage.polls.release([lost])
    storage.polls.record(failed(again, NOON))


def test_failures_are_counted_until_a_poll_succeeds(storage: Storage) -> None:
    origin = given_origin(storage)
    for expected in (0, 1):
        (claim,) = storage.polls.claim(NOON, limit=1, lease=HOUR, ids=["ministry"])
        assert claim.failures == expected
        storage.polls.record(failed(claim, NOON))
    (health,) = storage.overview.health()
    assert (health.failures, health.last and health.last.message) == (2, "no route")
    origin.says()
    (health,) = storage.overview.health()
    assert (health.failures, health.last_success) == (0, NOON)


def test_due_sources_without_a_lease_are_counted(storage: Storage) -> None:
    storage.admin.sync(config(source("a"), source("b"), source("c")), NOON)
    assert storage.admin.totals(NOON - HOUR).due == 0
    assert storage.admin.totals(NOON).due == 3
    storage.polls.claim(NOON, limit=1, lease=HOUR)
    assert storage.admin.totals(NOON).due == 2
    assert storage.admin.totals(NOON + 2 * HOUR).due == 3  # the lease has ended


@pytest.mark.parametrize("ids", [None, ["ministry"]])
def test_a_claim_holds_the_due_time_it_was_claimed_with(storage: Storage, ids: list[str] | None) -> None:
    storage.admin.sync(config(source("ministry")), NOON)
    (claim,) = storage.polls.claim(NOON + HOUR, limit=1, lease=MINUTE, ids=ids)
    assert claim.due == Due(NOON, DueReason.NEW)


@pytest.mark.parametrize("end", ["released", "killed"])
@pytest.mark.parametrize(
    "error",
    [
        FetchError("gone", cause=Cause.GONE, status=410),
        FetchError("busy", cause=Cause.HTTP, status=503, retry_after="604800"),
    ],
)
def test_a_poll_that_does_not_end_leaves_the_wish_of_the_origin(
    storage: Storage, error: FetchError, end: str
) -> None:
    storage.admin.sync(config(source("ministry")), NOON)
    (claim,) = storage.polls.claim(NOON, limit=1, lease=HOUR)
    result = failed(claim, NOON, error)
    storage.polls.record(result)
    (named,) = storage.polls.claim(NOON, limit=1, lease=HOUR, ids=["ministry"])
    if end == "released":
        storage.polls.release([named])
    with storage.admin.poller(NOON):
        (health,) = storage.overview.health()
        assert health.due == result.due
        assert storage.polls.rate_limited(NOON) == ("ministry",)


def test_a_poll_under_way_while_the_clock_is_set_back_is_due_again_by_the_new_clock(storage: Storage) -> None:
    storage.admin.sync(config(source("ministry")), NOON)
    (claim,) = storage.polls.claim(NOON, limit=1, lease=HOUR)
    storage.polls.set_back(DAY)
    storage.polls.record(failed(claim, NOON))
    assert storage.polls.next_due() == NOON - DAY


def test_a_first_import_that_is_cut_off_stores_each_item_once(storage: Storage) -> None:
    of = source("ministry")
    storage.admin.sync(config(of), NOON)
    new = []
    for many, is_cut in ((2, True), (2, True), (4, False)):
        document = Document("rss20", title="Feed", complete=not is_cut, truncated=is_cut)
        items = tuple(item(entry(f"Release {each}", f"g{each}"), of) for each in range(many))
        new.append(recorded(storage, claimed(storage), of, ReadResult(document, items), NOON).new)
    assert new == [2, 0, 2]
    assert len(all_items(storage)) == 4
    assert not claimed(storage).first_import
