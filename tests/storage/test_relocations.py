"""What every store keeps of where its sources have moved."""

from dataclasses import replace

import pytest

from aggregator.errors import UsageError
from aggregator.model import Claim, Outcome, Poll, Relocation, Validators
from aggregator.storage import Storage
from tests.given import HOUR, MINUTE, NOON, config, failed, source

MINISTRY = source("ministry")
NEW = "https://new.example/feed.xml"
SEEN = Relocation(seen=NEW, seen_since=NOON)
MOVED = Relocation(at=NEW, since=NOON, failures=1, refused=("https://third.example/",))
VALIDATORS = Validators(NEW, '"1"', "")


def claimed(storage: Storage, name: str = "ministry") -> Claim:
    (claim,) = storage.claim(NOON, limit=1, lease=HOUR, ids=[name])
    return claim


def finds(storage: Storage, move: Relocation) -> None:
    """A poll that finds this of the ministry."""
    claim = claimed(storage)
    outcome = Outcome(claim.id, "unchanged", NOON, 0.1)
    storage.record(Poll(claim, outcome, NOON + HOUR, validators=VALIDATORS, body_digest=b"1" * 16, move=move))


def given_move(storage: Storage, move: Relocation) -> None:
    storage.sync(config(MINISTRY), NOON)
    finds(storage, move)


@pytest.mark.parametrize("move", [Relocation(), SEEN, MOVED])
def test_what_a_poll_finds_of_a_move_is_in_the_next_claim(storage: Storage, move: Relocation) -> None:
    given_move(storage, move)
    assert claimed(storage).move == move
    storage.record(failed(claimed(storage), NOON))  # it says nothing of moves
    assert claimed(storage).move == move


def test_the_address_it_is_polled_at_is_the_one_published_of_it(storage: Storage) -> None:
    given_move(storage, SEEN)
    (feed,), before = storage.feeds(), storage.channel_seq("sources/ministry")
    assert feed.feed == MINISTRY.feed
    finds(storage, MOVED)
    (feed,), after = storage.feeds(), storage.channel_seq("sources/ministry")
    assert feed.feed == NEW
    assert before is not None
    assert after is not None
    assert after > before


@pytest.mark.parametrize(
    ("move", "told"),
    [(Relocation(), ("", None, False)), (SEEN, (NEW, NOON, False)), (MOVED, (NEW, NOON, True))],
)
def test_health_says_where_a_source_has_moved(
    storage: Storage, move: Relocation, told: tuple[str, object, bool]
) -> None:
    given_move(storage, move)
    (health,) = storage.health()
    assert (health.moved_to, health.moved_since, health.moved) == told


def test_a_move_that_is_taken_back_is_so_at_once_and_for_good(storage: Storage) -> None:
    given_move(storage, MOVED)
    assert storage.unmove("ministry", NOON + MINUTE) == NEW
    (health,) = storage.health()
    assert (health.due, health.why, health.failures) == (NOON + MINUTE, "its move was taken back", 0)
    assert claimed(storage).move == Relocation(refused=(*MOVED.refused, NEW))
    with pytest.raises(UsageError, match="has not moved"):
        storage.unmove("ministry", NOON)
    with pytest.raises(UsageError, match="no source called 'nobody'"):
        storage.unmove("nobody", NOON)


def test_a_move_taken_back_while_a_poll_runs_stays_so(storage: Storage) -> None:
    given_move(storage, SEEN)
    claim = claimed(storage)
    storage.unmove("ministry", NOON + MINUTE)
    outcome = Outcome(claim.id, "unchanged", NOON, 0.1)
    storage.record(Poll(claim, outcome, NOON + HOUR, move=MOVED))
    assert storage.next_due() == NOON + MINUTE
    assert claimed(storage).move == Relocation(refused=(NEW,))


@pytest.mark.parametrize("move", [SEEN, MOVED])
@pytest.mark.parametrize("name", ["ministry", "new-example"])  # bare addresses get another id with it
def test_who_configures_the_new_address_has_the_same_source(
    storage: Storage, move: Relocation, name: str
) -> None:
    given_move(storage, move)
    was = claimed(storage)
    done = storage.sync(config(source(name, feed=NEW)), NOON)
    assert "its new address is configured now" in done[-1]
    claim = claimed(storage, name)
    assert claim == replace(was, id=name, feed=NEW, token=claim.token, move=Relocation(), host="new.example")
    assert claim.validators == VALIDATORS


def test_who_configures_another_address_has_the_move_forgotten(storage: Storage) -> None:
    given_move(storage, MOVED)
    storage.sync(config(replace(MINISTRY, feed="https://third.example/feed")), NOON)
    claim = claimed(storage)
    assert (claim.move, claim.validators) == (Relocation(), Validators())
