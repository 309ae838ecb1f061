"""Contract of every storage engine: due sources, claims, leases and recorded polls."""

from dataclasses import replace
from datetime import timedelta

import pytest

from aggregator.errors import LeaseLost, StoreBusy, UsageError
from aggregator.storage import Storage
from tests.given import DAY, HOUR, MINUTE, NOON, all_items, config, entry, failed, source
from tests.storage.given import given_origin


def test_a_new_source_is_due_at_once_and_claimed_once(storage: Storage) -> None:
    storage.sync(config(source("ministry")), NOON)
    (claim,) = storage.claim(NOON, limit=10, lease=HOUR)
    assert (claim.id, claim.first_import, claim.failures) == ("ministry", True, 0)
    assert storage.claim(NOON, limit=10, lease=HOUR) == ()


def test_a_lease_that_ran_out_is_claimed_again_and_the_late_poll_is_refused(storage: Storage) -> None:
    storage.sync(config(source("ministry")), NOON)
    (late,) = storage.claim(NOON, limit=1, lease=MINUTE)
    (claim,) = storage.claim(NOON + HOUR, limit=1, lease=HOUR)
    assert claim.token != late.token
    with pytest.raises(LeaseLost):
        storage.record(failed(late, NOON))
    assert storage.record(failed(claim, NOON + HOUR)).kind == "failed"


def test_a_poll_of_a_source_removed_meanwhile_writes_nothing(storage: Storage) -> None:
    origin = given_origin(storage)
    (claim,) = storage.claim(NOON, limit=1, lease=HOUR, ids=["ministry"])
    storage.sync(config(), NOON)
    with pytest.raises(LeaseLost):
        origin.answers(claim, [entry("Too late", "g1")], NOON)
    assert all_items(storage) == ()


def test_a_poll_of_a_source_moved_meanwhile_writes_nothing(storage: Storage) -> None:
    origin = given_origin(storage)
    (claim,) = storage.claim(NOON, limit=1, lease=HOUR, ids=["ministry"])
    storage.sync(config(replace(origin.source, feed="https://new.example/feed")), NOON)
    with pytest.raises(LeaseLost):
        origin.answers(claim, [entry("Too late", "g1")], NOON)


def test_claims_come_longest_due_first_and_only_as_many_as_asked(storage: Storage) -> None:
    storage.sync(config(source("b"), source("a")), NOON)
    storage.sync(config(source("b"), source("a"), source("c")), NOON - HOUR)
    assert [claim.id for claim in storage.claim(NOON, limit=2, lease=HOUR)] == ["c", "b"]
    assert storage.next_due() == NOON


def test_an_operator_makes_a_source_due_and_an_unknown_one_is_refused(storage: Storage) -> None:
    given_origin(storage)
    storage.poll_soon(["ministry"], NOON - DAY)
    assert storage.next_due() == NOON - DAY
    with pytest.raises(UsageError, match="nobody"):
        storage.poll_soon(["nobody"], NOON)


def test_who_asks_for_a_poll_while_one_runs_gets_another(storage: Storage) -> None:
    storage.sync(config(source("ministry")), NOON)
    (claim,) = storage.claim(NOON, limit=1, lease=HOUR)
    storage.poll_soon(["ministry"], NOON + MINUTE)
    storage.record(failed(claim, NOON))
    assert [claim.id for claim in storage.claim(NOON + MINUTE, limit=1, lease=HOUR)] == ["ministry"]


def test_there_is_one_poller(storage: Storage) -> None:
    with storage.poller(), pytest.raises(StoreBusy, match="process"), storage.poller():
        pass
    with storage.poller():
        pass


def test_a_new_poller_clears_leases_and_due_times_nobody_asked_for(storage: Storage) -> None:
    storage.sync(config(source("ministry")), NOON)
    (claim,) = storage.claim(NOON, limit=1, lease=HOUR)
    poll = failed(claim, NOON)
    far = NOON + timedelta(days=40_000)
    storage.record(replace(poll, due=far))
    with storage.poller():
        assert storage.next_due() != far
    storage.poll_soon(["ministry"], NOON)
    (claim,) = storage.claim(NOON, limit=1, lease=HOUR)
    wish = replace(failed(claim, NOON).outcome, why="origin says the feed is gone (410)")
    storage.record(replace(poll, claim=claim, due=far, outcome=wish))
    with storage.poller():
        assert storage.next_due() == far


def test_a_claim_that_is_let_go_is_due_as_before_unless_another_took_it_over(storage: Storage) -> None:
    storage.sync(config(source("ministry")), NOON)
    (lost,) = storage.claim(NOON, limit=1, lease=HOUR)
    assert storage.claim(NOON, limit=1, lease=HOUR) == ()
    storage.let_go([lost])
    (again,) = storage.claim(NOON, limit=1, lease=HOUR)
    storage.let_go([lost])
    storage.record(failed(again, NOON))


def test_failures_are_counted_until_a_poll_succeeds(storage: Storage) -> None:
    origin = given_origin(storage)
    for expected in (0, 1):
        (claim,) = storage.claim(NOON, limit=1, lease=HOUR, ids=["ministry"])
        assert claim.failures == expected
        storage.record(failed(claim, NOON))
    (health,) = storage.health()
    assert (health.failures, health.last and health.last.message) == (2, "no route")
    origin.says()
    (health,) = storage.health()
    assert (health.failures, health.last_success) == (0, NOON)


def test_what_is_due_and_nobody_is_at_is_counted(storage: Storage) -> None:
    storage.sync(config(source("a"), source("b"), source("c")), NOON)
    assert storage.totals(NOON - HOUR).due == 0
    assert storage.totals(NOON).due == 3
    storage.claim(NOON, limit=1, lease=HOUR)
    assert storage.totals(NOON).due == 2
    assert storage.totals(NOON + 2 * HOUR).due == 3  # its lease has ended


def test_a_claim_in_its_turn_says_since_when_it_was_due(storage: Storage) -> None:
    storage.sync(config(source("ministry")), NOON)
    (claim,) = storage.claim(NOON + HOUR, limit=1, lease=MINUTE)
    assert claim.due == NOON
    (claim,) = storage.claim(NOON + HOUR, limit=1, lease=MINUTE, ids=["ministry"])
    assert claim.due is None
