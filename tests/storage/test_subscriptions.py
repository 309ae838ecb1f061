"""Contract of every storage engine: subscriptions and tasks."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from aggregator.errors import Cause, FetchError, Outdated
from aggregator.model.poll import PollResult
from aggregator.model.schedule import Due, DueReason
from aggregator.model.websub import Advert, Subscription, SubscriptionState, Task, TaskKind
from aggregator.storage import Storage
from tests.given import DAY, HOUR, MINUTE, NOON, SourceDriver, config, entry, failed, source, succeeded
from tests.storage.given import claimed

HUB, TOPIC = "https://hub.example/", "https://ministry.example/feed.xml"
ADVERT = Advert(HUB, TOPIC)


def poll_of(
    storage: Storage, advert: Advert | None, *, now: datetime = NOON, name: str = "ministry"
) -> PollResult:
    """A poll of a source, not yet recorded, that named this hub."""
    (claim,) = storage.polls.claim(now, limit=1, lease=HOUR, ids=[name])
    return succeeded(claim, source(name), now, advert=advert)


def polled(storage: Storage, advert: Advert | None, *, now: datetime = NOON) -> None:
    storage.polls.record(poll_of(storage, advert, now=now))


def given_subscriptions(storage: Storage, *adverts: Advert) -> None:
    """A source for each, polled once."""
    storage.admin.sync(config(*(source(f"source-{n}") for n in range(len(adverts)))), NOON)
    for n, advert in enumerate(adverts):
        storage.polls.record(poll_of(storage, advert, name=f"source-{n}"))


def given_subscription(storage: Storage) -> Subscription:
    storage.admin.sync(config(source("ministry")), NOON)
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
    made = storage.tasks.update_subscription(1, lambda found: replace(found, **(usual | fields)))
    assert made is not None
    return made


def present(storage: Storage, number: int) -> Subscription:
    found = storage.tasks.update_subscription(number, lambda found: found)
    assert found is not None
    return found


def tasks(storage: Storage, now: datetime, *, limit: int = 9) -> Sequence[Task]:
    return storage.tasks.claim_tasks(now, kinds=[TaskKind.WEBSUB], limit=limit, lease=HOUR)


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
    assert storage.tasks.subscription(made.token) == made
    assert tasks(storage, NOON) == (Task(TaskKind.WEBSUB, "1", NOON + HOUR, 1),)


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
    assert storage.tasks.update_subscription(1, lambda found: after) == after
    assert storage.tasks.subscription(before.token) == after
    assert tasks(storage, NOON + DAY - MINUTE) == ()
    assert len(tasks(storage, NOON + DAY)) == 1


def test_a_subscription_that_is_over_goes_with_its_task(storage: Storage) -> None:
    made = given_subscription(storage)
    assert storage.tasks.update_subscription(1, lambda found: None) is None
    assert storage.tasks.subscription(made.token) is None
    assert tasks(storage, NOON + DAY) == ()
    assert storage.tasks.update_subscription(1, lambda found: found) is None
    storage.tasks.announce(1, NOON)


def test_the_same_hub_named_again_and_a_poll_that_read_nothing_change_nothing(storage: Storage) -> None:
    before = activated(storage)
    polled(storage, ADVERT, now=NOON + DAY)
    polled(storage, None, now=NOON + 2 * DAY)
    (claim,) = storage.polls.claim(NOON + 3 * DAY, limit=1, lease=HOUR, ids=["ministry"])
    storage.polls.record(failed(claim, NOON + 3 * DAY))
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
    assert storage.tasks.update_subscription(2, lambda found: found) is None


def test_a_poll_that_is_refused_leaves_its_hub_out_too(storage: Storage) -> None:
    storage.admin.sync(config(source("ministry")), NOON)
    late = poll_of(storage, ADVERT)
    storage.admin.sync(config(), NOON)
    with pytest.raises(Exception, match="came too late"):
        storage.polls.record(late)
    assert tasks(storage, NOON + DAY) == ()


def test_a_claim_knows_the_present_subscription_of_its_source(storage: Storage) -> None:
    storage.admin.sync(config(source("ministry")), NOON)
    (claim,) = storage.polls.claim(NOON, limit=1, lease=HOUR)
    assert claim.subscription is None
    storage.polls.record(failed(claim, NOON))
    made = activated(storage, announced=NOON - MINUTE)
    assert (claimed(storage).subscription, made.lease_until) == (made, NOON + 9 * DAY)
    broken = replace(made, missed=NOON, state=SubscriptionState.BROKEN)
    storage.tasks.update_subscription(1, lambda found: broken)
    assert claimed(storage).subscription == broken
    storage.tasks.update_subscription(1, lambda found: replace(found, state=SubscriptionState.LEAVING))
    assert claimed(storage).subscription is None


def test_a_poll_is_outdated_when_its_subscription_changed_meanwhile(storage: Storage) -> None:
    activated(storage)
    result = succeeded(claimed(storage), source("ministry"))
    storage.tasks.update_subscription(1, lambda found: replace(found, missed=NOON))
    with pytest.raises(Outdated):
        storage.polls.record(result)


def test_a_source_whose_hub_announces_is_polled_slowly_until_the_hub_is_doubted(storage: Storage) -> None:
    activated(storage)
    slow = succeeded(claimed(storage), source("ministry"))
    assert (slow.due.reason, slow.due.wait) == (DueReason.HUB, HOUR)
    storage.tasks.update_subscription(1, lambda found: replace(found, missed=NOON))
    assert succeeded(claimed(storage), source("ministry")).due.reason is DueReason.EVERY


def test_a_hub_is_doubted_when_a_poll_finds_what_it_did_not_announce(storage: Storage) -> None:
    before = activated(storage)
    asked = SourceDriver(storage, source("ministry"))
    asked.says(entry("One", "g1"), now=NOON + HOUR)
    assert present(storage, 1) == replace(before, missed=NOON + HOUR, due=NOON + HOUR + 5 * MINUTE)


def test_a_hub_is_not_doubted_when_a_poll_finds_nothing_new(storage: Storage) -> None:
    before = activated(storage)
    SourceDriver(storage, source("ministry")).says(now=NOON + HOUR)
    assert present(storage, 1) == before


def due(storage: Storage) -> Due:
    (health,) = storage.overview.health()
    return health.due


def test_a_delivery_makes_its_source_due_at_once(storage: Storage) -> None:
    before = activated(storage)
    storage.tasks.announce(1, NOON + 10 * MINUTE)
    assert present(storage, 1) == replace(before, announced=NOON + 10 * MINUTE)
    assert due(storage) == Due(NOON + 10 * MINUTE, DueReason.HUB_DELIVERY)


def test_deliveries_make_a_source_due_no_more_than_a_minute_after_its_last_poll(storage: Storage) -> None:
    activated(storage)
    for seconds in (10, 20, 50):
        storage.tasks.announce(1, NOON + timedelta(seconds=seconds))
        assert due(storage).at == NOON + MINUTE


def test_a_delivery_does_not_put_off_a_poll_that_is_due(storage: Storage) -> None:
    activated(storage)
    before = due(storage)
    storage.tasks.announce(1, NOON + 2 * HOUR)
    assert due(storage) == before


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (FetchError("busy", cause=Cause.HTTP, status=503, retry_after="86400"), DueReason.ORIGIN_WAIT),
        (FetchError("gone", cause=Cause.GONE, status=410), DueReason.ORIGIN_GONE),
    ],
)
def test_a_delivery_does_not_go_against_the_origins_own_wish(
    storage: Storage, error: FetchError, reason: DueReason
) -> None:
    activated(storage)
    storage.polls.record(failed(claimed(storage), NOON, error))
    before = due(storage)
    assert before.reason is reason
    storage.tasks.announce(1, NOON + 10 * MINUTE)
    assert due(storage) == before


def test_a_delivery_while_its_source_is_polled_makes_it_polled_again(storage: Storage) -> None:
    activated(storage)
    running = poll_of(storage, None, now=NOON + HOUR)
    storage.tasks.announce(1, NOON + HOUR + timedelta(seconds=2))
    storage.polls.record(running)
    (health,) = storage.overview.health()
    assert (health.due, health.last_success) == (
        Due(NOON + HOUR + MINUTE + timedelta(seconds=2), DueReason.HUB_DELIVERY),
        NOON + HOUR,
    )
    kept = present(storage, 1)
    assert kept is not None
    assert kept.announced == NOON + HOUR + timedelta(seconds=2)


def test_a_delivery_does_not_overrule_the_wish_of_an_origin_that_is_being_polled(storage: Storage) -> None:
    activated(storage)
    (claim,) = storage.polls.claim(NOON + HOUR, limit=1, lease=HOUR, ids=["ministry"])
    storage.tasks.announce(1, NOON + HOUR + timedelta(seconds=2))
    busy = FetchError("busy", cause=Cause.HTTP, status=503, retry_after="7200")
    storage.polls.record(failed(claim, NOON + HOUR, busy))
    (health,) = storage.overview.health()
    assert (health.due.at, health.due.reason) == (NOON + 3 * HOUR, DueReason.ORIGIN_WAIT)


def test_tasks_are_taken_longest_due_first_and_only_once_while_the_claim_lasts(storage: Storage) -> None:
    given_subscriptions(storage, ADVERT, ADVERT, ADVERT)
    storage.tasks.update_subscription(1, lambda found: replace(found, due=NOON + 3 * MINUTE))
    storage.tasks.update_subscription(2, lambda found: replace(found, due=NOON + MINUTE))
    now = NOON + HOUR
    assert {task.subject for task in tasks(storage, now, limit=2)} == {"3", "2"}
    assert [task.subject for task in tasks(storage, now)] == ["1"]
    assert tasks(storage, now) == ()
    assert sorted(task.attempts for task in tasks(storage, now + HOUR)) == [2, 2, 2]


def test_a_finished_task_is_gone_or_due_again(storage: Storage) -> None:
    given_subscription(storage)
    (task,) = tasks(storage, NOON)
    storage.tasks.finish_task(task, NOON + 2 * HOUR)
    assert tasks(storage, NOON + HOUR) == ()
    (task,) = tasks(storage, NOON + 2 * HOUR)
    storage.tasks.finish_task(task)
    assert tasks(storage, NOON + DAY) == ()


def test_a_forgotten_source_takes_its_subscription_along(storage: Storage) -> None:
    made = given_subscription(storage)
    storage.admin.sync(config(), NOON)
    assert storage.tasks.subscription(made.token) == replace(made, configured=False)
    storage.admin.forget("ministry", NOON)
    assert storage.tasks.subscription(made.token) is None
