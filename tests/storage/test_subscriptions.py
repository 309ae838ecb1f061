"""What every store must do with subscriptions and tasks."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from aggregator.model import Advert, Poll, ReadResult, Subscription, SubscriptionState, Task
from aggregator.model import Document as Said
from aggregator.storage import Storage
from tests.given import DAY, HOUR, MINUTE, NOON, config, entry, failed, read, source
from tests.given import Origin as Asked

HUB, TOPIC = "https://hub.example/", "https://ministry.example/feed.xml"
ADVERT = Advert(HUB, TOPIC)


def poll_of(storage: Storage, advert: Advert | None, *, now: datetime = NOON, name: str = "ministry") -> Poll:
    """A poll of a source, not yet recorded, whose document named this hub."""
    (claim,) = storage.claim(now, limit=1, lease=HOUR, ids=[name])
    return replace(read(claim, ReadResult(Said("atom10", title="Feed"), ()), now), advert=advert)


def polled(storage: Storage, advert: Advert | None, *, now: datetime = NOON) -> None:
    storage.record(poll_of(storage, advert, now=now))


def given_subscriptions(storage: Storage, *adverts: Advert) -> None:
    """A source for each, polled once."""
    storage.sync(config(*(source(f"source-{n}") for n in range(len(adverts)))), NOON)
    for n, advert in enumerate(adverts):
        storage.record(poll_of(storage, advert, name=f"source-{n}"))


def given_subscription(storage: Storage) -> Subscription:
    storage.sync(config(source("ministry")), NOON)
    polled(storage, ADVERT)
    return present(storage, 1)


def activated(storage: Storage, **fields: object) -> Subscription:
    """The subscription of a source, confirmed an hour ago."""
    given_subscription(storage)
    usual: dict[str, object] = {
        "state": SubscriptionState.ACTIVE,
        "asked": NOON - HOUR,
        "confirmed": NOON - HOUR,
        "lease_until": NOON + 9 * DAY,
        "due": NOON + 7 * DAY,
    }
    made = storage.update_subscription(1, lambda found: replace(found, **(usual | fields)))  # type: ignore[arg-type]
    assert made is not None
    return made


def present(storage: Storage, number: int) -> Subscription:
    found = storage.update_subscription(number, lambda found: found)
    assert found is not None
    return found


def tasks(storage: Storage, now: datetime, *, limit: int = 9) -> Sequence[Task]:
    return storage.claim_tasks(now, kinds=["websub"], limit=limit, lease=HOUR)


def test_a_hub_named_in_a_poll_becomes_a_subscription_with_a_task_due_at_once(storage: Storage) -> None:
    made = given_subscription(storage)
    assert made == Subscription(
        number=1,
        source="ministry",
        hub=HUB,
        topic=TOPIC,
        token=made.token,
        secret=made.secret,
        state=SubscriptionState.WANTED,
        since=NOON,
        due=NOON,
    )
    assert (len(made.token), len(made.secret)) == (43, 43)
    assert made.token != made.secret
    assert storage.subscription(made.token) == made
    assert tasks(storage, NOON) == (Task("websub", "1", NOON + HOUR, 1),)


def test_every_subscription_has_a_token_and_a_secret_of_its_own(storage: Storage) -> None:
    given_subscriptions(storage, ADVERT, ADVERT, ADVERT)
    made = [present(storage, number) for number in (1, 2, 3)]
    assert len({word for each in made for word in (each.token, each.secret)}) == 6


def test_all_that_may_change_of_a_subscription_is_kept(storage: Storage) -> None:
    before = given_subscription(storage)
    after = replace(
        before,
        state=SubscriptionState.BROKEN,
        due=NOON + DAY,
        asked=NOON + MINUTE,
        confirmed=NOON + 2 * MINUTE,
        lease_until=NOON + 3 * MINUTE,
        announced=NOON + 4 * MINUTE,
        missed=NOON + 5 * MINUTE,
        asks=6,
        breaks=7,
        reason="eight",
    )
    assert storage.update_subscription(1, lambda found: after) == after
    assert storage.subscription(before.token) == after
    assert tasks(storage, NOON + DAY - MINUTE) == ()
    assert len(tasks(storage, NOON + DAY)) == 1


def test_a_subscription_that_is_over_goes_with_its_task(storage: Storage) -> None:
    made = given_subscription(storage)
    assert storage.update_subscription(1, lambda found: None) is None
    assert storage.subscription(made.token) is None
    assert tasks(storage, NOON + DAY) == ()
    assert storage.update_subscription(1, lambda found: found) is None
    storage.announce(1, NOON)


def test_the_same_hub_named_again_and_a_poll_that_read_nothing_change_nothing(storage: Storage) -> None:
    before = activated(storage)
    polled(storage, ADVERT, now=NOON + DAY)
    polled(storage, None, now=NOON + 2 * DAY)
    (claim,) = storage.claim(NOON + 3 * DAY, limit=1, lease=HOUR, ids=["ministry"])
    storage.record(failed(claim, NOON + 3 * DAY))
    assert present(storage, 1) == before


def test_another_hub_gets_a_subscription_of_its_own_and_the_old_one_is_left(storage: Storage) -> None:
    before = activated(storage)
    later = NOON + 2 * HOUR
    polled(storage, Advert("https://other.example/", TOPIC), now=later)
    assert present(storage, 1) == replace(before, state=SubscriptionState.LEAVING, due=later)
    made = present(storage, 2)
    assert (made.hub, made.state, made.since, made.due) == (
        "https://other.example/",
        SubscriptionState.WANTED,
        later,
        later,
    )
    assert made.token != before.token


def test_a_hub_no_longer_named_is_left(storage: Storage) -> None:
    activated(storage)
    polled(storage, Advert(), now=NOON + 2 * HOUR)
    assert present(storage, 1).state is SubscriptionState.LEAVING
    assert storage.update_subscription(2, lambda found: found) is None


def test_a_poll_that_is_refused_leaves_its_hub_out_too(storage: Storage) -> None:
    storage.sync(config(source("ministry")), NOON)
    late = poll_of(storage, ADVERT)
    storage.sync(config(), NOON)
    with pytest.raises(Exception, match="came too late"):
        storage.record(late)
    assert tasks(storage, NOON + DAY) == ()


def test_a_claim_knows_whether_a_hub_can_be_relied_on(storage: Storage) -> None:
    storage.sync(config(source("ministry")), NOON)
    (claim,) = storage.claim(NOON, limit=1, lease=HOUR)
    assert (claim.hub_until, claim.announced) == (None, None)
    storage.record(failed(claim, NOON))
    activated(storage, announced=NOON - MINUTE)
    (claim,) = storage.claim(NOON, limit=1, lease=HOUR, ids=["ministry"])
    assert (claim.hub_until, claim.announced) == (NOON + 9 * DAY, NOON - MINUTE)
    storage.update_subscription(1, lambda found: replace(found, missed=NOON))
    (claim,) = storage.claim(NOON, limit=1, lease=HOUR, ids=["ministry"])
    assert claim.hub_until is None
    storage.update_subscription(1, lambda found: replace(found, missed=None, state=SubscriptionState.BROKEN))
    (claim,) = storage.claim(NOON, limit=1, lease=HOUR, ids=["ministry"])
    assert claim.hub_until is None


def test_a_hub_is_doubted_when_a_poll_finds_what_it_did_not_announce(storage: Storage) -> None:
    before = activated(storage)
    asked = Asked(storage, source("ministry"))
    asked.says(entry("One", "g1"), now=NOON + HOUR)
    assert present(storage, 1) == replace(before, missed=NOON + HOUR, due=NOON + HOUR + 5 * MINUTE)


def test_a_hub_is_not_doubted_when_a_poll_finds_nothing_new(storage: Storage) -> None:
    before = activated(storage)
    Asked(storage, source("ministry")).says(now=NOON + HOUR)
    assert present(storage, 1) == before


def due(storage: Storage) -> tuple[datetime | None, str]:
    (health,) = storage.health()
    return health.due, health.why


def test_a_delivery_makes_its_source_due_at_once(storage: Storage) -> None:
    before = activated(storage)
    storage.announce(1, NOON + 10 * MINUTE)
    assert present(storage, 1) == replace(before, announced=NOON + 10 * MINUTE)
    assert due(storage) == (NOON + 10 * MINUTE, "its hub announced something")


def test_deliveries_make_a_source_due_no_more_than_a_minute_after_its_last_poll(storage: Storage) -> None:
    activated(storage)
    for seconds in (10, 20, 50):
        storage.announce(1, NOON + timedelta(seconds=seconds))
        assert due(storage)[0] == NOON + MINUTE


def test_a_delivery_does_not_put_off_a_poll_that_is_due(storage: Storage) -> None:
    activated(storage)
    before = due(storage)
    storage.announce(1, NOON + 2 * HOUR)
    assert due(storage) == before


def test_a_delivery_does_not_go_against_the_origins_own_wish(storage: Storage) -> None:
    activated(storage)
    (claim,) = storage.claim(NOON, limit=1, lease=HOUR, ids=["ministry"])
    poll = failed(claim, NOON)
    asked_to_wait = replace(poll.outcome, why="origin asked to wait 1 d")
    storage.record(replace(poll, outcome=asked_to_wait, due=NOON + DAY))
    storage.announce(1, NOON + 10 * MINUTE)
    assert due(storage) == (NOON + DAY, "origin asked to wait 1 d")


def test_a_delivery_while_its_source_is_polled_makes_it_polled_again(storage: Storage) -> None:
    activated(storage)
    running = poll_of(storage, None, now=NOON + HOUR)
    storage.announce(1, NOON + HOUR + timedelta(seconds=2))
    storage.record(running)
    assert due(storage) == (NOON + HOUR + MINUTE, "its hub announced something")


def test_tasks_are_taken_longest_due_first_and_only_once_while_the_claim_lasts(storage: Storage) -> None:
    given_subscriptions(storage, ADVERT, ADVERT, ADVERT)
    storage.update_subscription(1, lambda found: replace(found, due=NOON + 3 * MINUTE))
    storage.update_subscription(2, lambda found: replace(found, due=NOON + MINUTE))
    now = NOON + HOUR
    assert {task.subject for task in tasks(storage, now, limit=2)} == {"3", "2"}
    assert [task.subject for task in tasks(storage, now)] == ["1"]
    assert tasks(storage, now) == ()
    assert sorted(task.attempts for task in tasks(storage, now + HOUR)) == [2, 2, 2]


def test_a_finished_task_is_gone_or_due_again(storage: Storage) -> None:
    given_subscription(storage)
    (task,) = tasks(storage, NOON)
    storage.finish_task(task, NOON + 2 * HOUR)
    assert tasks(storage, NOON + HOUR) == ()
    (task,) = tasks(storage, NOON + 2 * HOUR)
    storage.finish_task(task)
    assert tasks(storage, NOON + DAY) == ()


def test_a_forgotten_source_takes_its_subscription_along(storage: Storage) -> None:
    made = given_subscription(storage)
    storage.sync(config(), NOON)
    assert storage.subscription(made.token) == replace(made, configured=False)
    storage.forget("ministry", NOON)
    assert storage.subscription(made.token) is None
