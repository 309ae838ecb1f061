"""Contract of every storage engine: relocations."""

import pytest
from msgspec.structs import replace

from aggregator.errors import Cause, FetchError, Outdated, UsageError
from aggregator.model.document import Fetched, Validators
from aggregator.model.poll import Relocation
from aggregator.model.schedule import Due, DueReason
from aggregator.policy import relocation
from aggregator.storage import Storage
from tests.given import DAY, MINUTE, NOON, config, failed, source, succeeded
from tests.storage.given import claimed

MINISTRY = source("ministry")
NEW = "https://new.example/feed.xml"
SEEN = Relocation(seen=NEW, seen_since=NOON)
MOVED = Relocation(at=NEW, since=NOON, failures=1, refused=("https://third.example/",))
VALIDATORS = Validators(NEW, '"1"', "")


def finds(storage: Storage, move: Relocation) -> None:
    """Record a poll of the ministry that finds this relocation."""
    result = succeeded(claimed(storage), MINISTRY)
    after = replace(
        result.after,
        validators=VALIDATORS,
        body_digest=b"1" * 16,
        relocation=move,
        host=relocation.host_of(MINISTRY.feed, move),
    )
    changed = after.relocation.at != result.claim.relocation.at
    storage.polls.record(replace(result, after=after, is_feed_changed=changed))


def given_move(storage: Storage, move: Relocation) -> None:
    storage.admin.sync(config(MINISTRY), NOON)
    finds(storage, move)


@pytest.mark.parametrize("move", [Relocation(), SEEN, MOVED])
def test_a_relocation_found_by_a_poll_is_in_the_next_claim(storage: Storage, move: Relocation) -> None:
    given_move(storage, move)
    assert claimed(storage).relocation == move
    result = failed(claimed(storage), NOON)
    after = replace(result.after, relocation=move)  # a failed poll decides no relocation
    storage.polls.record(replace(result, after=after))
    assert claimed(storage).relocation == move


def test_the_address_it_is_polled_at_is_the_one_published_of_it(storage: Storage) -> None:
    given_move(storage, SEEN)
    (feed,), before = storage.items.feeds(), storage.items.channel_seq("sources/ministry")
    assert feed.feed == MINISTRY.feed
    finds(storage, MOVED)
    (feed,), after = storage.items.feeds(), storage.items.channel_seq("sources/ministry")
    assert feed.feed == NEW
    assert before is not None
    assert after is not None
    assert after > before


@pytest.mark.parametrize(
    ("move", "target"), [(Relocation(), ("", None)), (SEEN, (NEW, NOON)), (MOVED, (NEW, NOON))]
)
def test_health_shows_the_relocation_of_a_source(
    storage: Storage, move: Relocation, target: tuple[str, object]
) -> None:
    given_move(storage, move)
    (health,) = storage.overview.health()
    assert (health.relocation, health.relocation.target) == (move, target)


def test_a_move_that_is_taken_back_is_so_at_once_and_for_good(storage: Storage) -> None:
    given_move(storage, MOVED)
    assert storage.polls.unmove("ministry", NOON + MINUTE) == NEW
    (health,) = storage.overview.health()
    assert (health.due, health.failures) == (Due(NOON + MINUTE, DueReason.UNMOVED), 0)
    assert claimed(storage).relocation == Relocation(refused=(*MOVED.refused, NEW))
    with pytest.raises(UsageError, match="has not moved"):
        storage.polls.unmove("ministry", NOON)
    with pytest.raises(UsageError, match="no source called 'nobody'"):
        storage.polls.unmove("nobody", NOON)


def test_an_answer_of_the_left_address_is_void_after_a_move_was_taken_back(storage: Storage) -> None:
    given_move(storage, MOVED)
    claim = claimed(storage)
    storage.polls.unmove("ministry", NOON + MINUTE)
    with pytest.raises(Outdated):
        storage.polls.record(failed(claim, NOON, FetchError("gone", cause=Cause.GONE, status=410)))
    assert storage.polls.renewed(claim) is None


def test_a_move_taken_back_while_a_poll_runs_stays_so(storage: Storage) -> None:
    given_move(storage, SEEN)
    claim, there = claimed(storage), Fetched(NEW, 304, None, permanent=True)
    storage.polls.unmove("ministry", NOON + MINUTE)
    before = succeeded(claim, MINISTRY, NOON + 8 * DAY, fetched=there)
    assert before.after.relocation.at == NEW
    with pytest.raises(Outdated, match="the state of ministry has changed"):
        storage.polls.record(before)
    renewed = storage.polls.renewed(claim)
    assert renewed is not None
    storage.polls.record(succeeded(renewed, MINISTRY, NOON + 8 * DAY, fetched=there))
    (health,) = storage.overview.health()
    assert health.due == Due(NOON + MINUTE, DueReason.UNMOVED)
    assert claimed(storage).relocation == Relocation(refused=(NEW,))


@pytest.mark.parametrize(
    ("move", "name"),
    [
        (SEEN, "ministry"),
        (MOVED, "ministry"),
        (MOVED, "new-example"),
    ],  # bare addresses get another id with it
)
def test_configuring_the_new_address_keeps_the_source(storage: Storage, move: Relocation, name: str) -> None:
    given_move(storage, move)
    was = claimed(storage)
    done = storage.admin.sync(config(source(name, feed=NEW)), NOON)
    assert "its new address is configured now" in done[-1]
    claim = claimed(storage, name)
    assert claim == replace(
        was,
        id=name,
        feed=NEW,
        token=claim.token,
        due=claim.due,
        version=claim.version,
        relocation=Relocation(),
        host="new.example",
    )
    assert claim.version > was.version
    assert claim.validators == VALIDATORS


def test_configuring_another_address_drops_the_relocation(storage: Storage) -> None:
    given_move(storage, MOVED)
    storage.admin.sync(config(replace(MINISTRY, feed="https://third.example/feed")), NOON)
    claim = claimed(storage)
    assert (claim.relocation, claim.validators) == (Relocation(), Validators())
