"""The life of a subscription, decided without a clock."""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from aggregator.model.websub import Advert, Subscription, SubscriptionState
from aggregator.policy import subscription
from aggregator.policy.subscription import AfterPoll
from tests.given import DAY, HOUR, MINUTE, NOON

HUB, TOPIC = "https://hub.example/", "https://ministry.example/feed.xml"
WEEK = 7 * DAY


def given(standing: SubscriptionState = SubscriptionState.WANTED, **fields: object) -> Subscription:
    """A subscription, two hours old."""
    plain = Subscription(
        number=1,
        source="ministry",
        hub=HUB,
        topic=TOPIC,
        token="t" * 43,
        secret="s",
        state=standing,
        since=NOON - 2 * HOUR,
        due=NOON,
    )
    return replace(plain, **fields)  # the caller names fields


def active(**fields: object) -> Subscription:
    """One that was confirmed an hour ago for ten days."""
    usual: dict[str, object] = {
        "asked": NOON - HOUR,
        "confirmed": NOON - HOUR,
        "lease_until": NOON - HOUR + 10 * DAY,
        "due": NOON + 7 * DAY,
    }
    return given(SubscriptionState.ACTIVE, **(usual | fields))


def test_neither_token_nor_secret_is_printed_with_a_subscription() -> None:
    shown = repr(given(token="very-secret", secret="very-secret"))
    assert "very-secret" not in shown


@pytest.mark.parametrize(
    ("present", "advert", "settled"),
    [
        (None, Advert(), True),
        (None, Advert(HUB, TOPIC), False),
        (given(), Advert(HUB, TOPIC), True),
        (given(), Advert(HUB, TOPIC + "?new"), False),
        (given(), Advert("https://other.example/", TOPIC), False),
        (given(), Advert(), False),
        (given(since=NOON - 59 * MINUTE), Advert("https://other.example/", TOPIC), True),
    ],
)
def test_a_hub_is_changed_when_the_feed_names_another_but_not_within_the_hour(
    present: Subscription | None, advert: Advert, settled: bool
) -> None:
    assert subscription.is_settled(present, advert, NOON) is settled


def test_a_left_subscription_ends_or_is_unsubscribed_at_its_hub() -> None:
    assert subscription.left(given(SubscriptionState.WANTED), NOON) is None
    assert subscription.left(given(SubscriptionState.DENIED), NOON) is None
    for standing in (SubscriptionState.ASKED, SubscriptionState.ACTIVE, SubscriptionState.BROKEN):
        leaving = subscription.left(given(standing, asks=3, missed=NOON), NOON + HOUR)
        assert leaving == given(SubscriptionState.LEAVING, due=NOON + HOUR)


def test_a_hub_that_never_confirms_is_retried_with_back_off_without_end() -> None:
    present, now, gaps = given(), NOON, []
    for _ in range(6):
        asked = subscription.next_step(present, now, wanted=True)
        assert asked is not None
        assert (asked.state, asked.asked) == (SubscriptionState.ASKED, now)
        gaps.append(asked.due - now)
        present, now = asked, asked.due
    assert gaps == [HOUR, 4 * HOUR, 16 * HOUR, 64 * HOUR, WEEK, WEEK]


def test_a_renewal_leaves_the_subscription_active() -> None:
    assert subscription.next_step(active(), NOON, wanted=True) == active(asked=NOON, asks=1, due=NOON + HOUR)


@pytest.mark.parametrize(("wanted", "configured"), [(False, True), (True, False)])
def test_an_unwanted_subscription_is_left_when_it_is_due(wanted: bool, configured: bool) -> None:
    looked = subscription.next_step(active(configured=configured), NOON, wanted=wanted)
    assert looked is not None
    assert looked.state is SubscriptionState.LEAVING


def test_an_unsubscription_is_requested_three_times_at_most() -> None:
    leaving: Subscription | None = given(SubscriptionState.LEAVING)
    asked = 0
    while leaving is not None:
        leaving = subscription.next_step(leaving, NOON, wanted=True)
        asked += leaving is not None
    assert asked == 3


def test_a_failed_request_honours_retry_after_and_keeps_the_reason() -> None:
    asked = given(SubscriptionState.ASKED, due=NOON + HOUR)
    assert subscription.failed(asked, "down", NOON, wish=None) == replace(asked, reason="down")
    assert subscription.failed(asked, "down", NOON, wish=MINUTE).due == NOON + HOUR
    assert subscription.failed(asked, "down", NOON, wish=DAY).due == NOON + DAY


def test_a_confirmation_makes_it_active_and_renews_it_well_before_the_end_of_the_lease() -> None:
    asked = given(SubscriptionState.ASKED, asked=NOON - MINUTE, asks=2, reason="down")
    assert subscription.confirmed(asked, TOPIC, 8 * DAY, NOON) == given(
        SubscriptionState.ACTIVE, asked=NOON, confirmed=NOON, lease_until=NOON + 8 * DAY, due=NOON + 6 * DAY
    )


def test_a_renewed_lease_keeps_the_moment_of_the_first_confirmation() -> None:
    renewed = subscription.confirmed(active(), TOPIC, 8 * DAY, NOON)
    assert renewed == active(
        asked=NOON, confirmed=NOON - HOUR, lease_until=NOON + 8 * DAY, due=NOON + 6 * DAY
    )


@pytest.mark.parametrize(
    ("lease", "until", "renewal"),
    [
        (None, DAY, 18 * HOUR),  # the hub names none
        (timedelta(days=3650), 30 * DAY, 22.5 * DAY),
        (timedelta(seconds=60), MINUTE, 15 * MINUTE),  # shorter than the earliest renewal
        (timedelta(0), timedelta(0), 15 * MINUTE),
    ],
)
def test_leases_are_bounded(lease: timedelta | None, until: timedelta, renewal: timedelta) -> None:
    made = subscription.confirmed(given(SubscriptionState.ASKED), TOPIC, lease, NOON)
    assert made is not None
    assert (made.lease_until, made.due) == (NOON + until, NOON + renewal)


@pytest.mark.parametrize(
    "present",
    [
        given(SubscriptionState.WANTED),
        given(SubscriptionState.DENIED),
        given(SubscriptionState.BROKEN),
        given(SubscriptionState.LEAVING),
        given(SubscriptionState.ASKED, topic="https://other.example/"),
        active(configured=False),
    ],
)
def test_a_confirmation_without_a_request_is_rejected(present: Subscription) -> None:
    assert subscription.confirmed(present, TOPIC, DAY, NOON) is None


def test_a_renewal_does_not_put_off_the_judgement_of_a_silent_hub() -> None:
    doubted = active(missed=NOON - MINUTE, due=NOON + 4 * MINUTE)
    renewed = subscription.confirmed(doubted, TOPIC, DAY, NOON)
    assert renewed is not None
    assert renewed.due == NOON + 4 * MINUTE


def test_only_a_subscription_being_left_may_be_unsubscribed() -> None:
    assert subscription.may_leave(given(SubscriptionState.LEAVING), TOPIC)
    assert not subscription.may_leave(given(SubscriptionState.LEAVING), TOPIC + "x")
    assert not subscription.may_leave(active(), TOPIC)


def test_a_denial_ends_it_for_a_month_or_for_good() -> None:
    assert subscription.denied(given(SubscriptionState.LEAVING), "", NOON) is None
    assert subscription.denied(active(missed=NOON), "no", NOON) == replace(
        active(), state=SubscriptionState.DENIED, lease_until=None, due=NOON + 30 * DAY, reason="no"
    )


@pytest.mark.parametrize(
    ("present", "listening"),
    [
        (given(SubscriptionState.WANTED), False),
        (given(SubscriptionState.ASKED), True),
        (active(), True),
        (given(SubscriptionState.BROKEN), True),
        (given(SubscriptionState.DENIED), False),
        (given(SubscriptionState.LEAVING), False),
        (active(configured=False), False),
    ],
)
def test_deliveries_count_only_for_a_requested_subscription(present: Subscription, listening: bool) -> None:
    assert subscription.is_listening(present) is listening


def test_a_delivery_restores_trust_only_in_a_hub_that_is_active() -> None:
    assert subscription.announced(active(breaks=2), NOON) == active(announced=NOON)
    broken = given(SubscriptionState.BROKEN, breaks=2)
    assert subscription.announced(broken, NOON) == replace(broken, announced=NOON)


POLLED = NOON - 30 * MINUTE  # the poll before


def test_a_release_that_no_delivery_announced_is_judged_five_minutes_later() -> None:
    doubted = subscription.polled(active(), last_success=POLLED, now=NOON)
    assert doubted == active(missed=NOON, due=NOON + 5 * MINUTE)


@pytest.mark.parametrize(
    "present",
    [
        given(SubscriptionState.ASKED, confirmed=NOON - HOUR),
        active(confirmed=POLLED + MINUTE),  # the release may be older than the subscription
        active(confirmed=None),
        active(announced=NOON - MINUTE),  # this poll is the answer to a delivery
        active(announced=POLLED - MINUTE),  # so it was, but a cache still showed the old state
        active(missed=NOON - MINUTE),
    ],
)
def test_a_hub_is_not_doubted_without_need(present: Subscription) -> None:
    assert subscription.polled(present, last_success=POLLED, now=NOON) == present


def test_a_first_poll_doubts_no_hub() -> None:
    assert subscription.polled(active(), last_success=None, now=NOON) == active()


@pytest.mark.parametrize("announced", [NOON - 3 * MINUTE, NOON + MINUTE])
def test_a_delivery_around_the_poll_clears_the_hub(announced: datetime) -> None:
    doubted = active(missed=NOON, announced=announced, due=NOON + 5 * MINUTE)
    cleared = subscription.next_step(doubted, NOON + 5 * MINUTE, wanted=True)
    assert cleared == active(announced=announced, due=NOON - HOUR + 7.5 * DAY)


@pytest.mark.parametrize(("breaks", "pause"), [(0, 1), (1, 2), (4, 16), (5, 30), (99, 30)])
def test_a_silent_hub_is_broken_and_tried_again_after_a_day_and_then_more(breaks: int, pause: int) -> None:
    doubted = active(missed=NOON, breaks=breaks, announced=NOON - DAY)
    now = NOON + 5 * MINUTE
    assert subscription.next_step(doubted, now, wanted=True) == replace(
        active(),
        state=SubscriptionState.BROKEN,
        breaks=breaks + 1,
        announced=NOON - DAY,
        due=now + pause * DAY,
        reason="it did not announce a release",
    )


def test_a_broken_hub_is_subscribed_to_anew() -> None:
    asked = subscription.next_step(given(SubscriptionState.BROKEN, breaks=1), NOON, wanted=True)
    assert asked == given(SubscriptionState.ASKED, breaks=1, asked=NOON, asks=1, due=NOON + HOUR)


NONE = timedelta(0)


@pytest.mark.parametrize(
    ("every", "hub", "least"),
    [
        (15 * MINUTE, active(lease_until=NOON + DAY), 60 * MINUTE),
        (10 * HOUR, active(lease_until=NOON + DAY), 24 * HOUR),
        (2 * DAY, active(lease_until=NOON + DAY), 2 * DAY),
        (15 * MINUTE, active(lease_until=None), NONE),
        (15 * MINUTE, active(lease_until=NOON), NONE),  # the lease is over
        (15 * MINUTE, active(missed=NOON - MINUTE), NONE),  # in doubt
        (15 * MINUTE, given(SubscriptionState.ASKED, lease_until=NOON + DAY), NONE),
        (15 * MINUTE, given(SubscriptionState.BROKEN, lease_until=NOON + DAY), NONE),
        (15 * MINUTE, active(announced=NOON - MINUTE), NONE),  # just announced: once more soon
        (15 * MINUTE, active(announced=NOON - 15 * MINUTE), 60 * MINUTE),
    ],
)
def test_a_source_with_a_working_hub_is_polled_four_times_as_rarely(
    every: timedelta, hub: Subscription, least: timedelta
) -> None:
    assert subscription.slower(hub, every, NOON) == least


OTHER = Advert("https://other.example/", TOPIC)
LEAVING = replace(active(), state=SubscriptionState.LEAVING, due=NOON)


@pytest.mark.parametrize(
    ("present", "advert", "after"),
    [
        (None, None, AfterPoll(None)),
        (None, Advert(), AfterPoll(None)),
        (None, OTHER, AfterPoll(None, OTHER)),
        (active(), None, AfterPoll(active())),  # the document was not read
        (active(), Advert(HUB, TOPIC), AfterPoll(active())),
        (active(), OTHER, AfterPoll(LEAVING, OTHER)),
        (active(), Advert(), AfterPoll(LEAVING)),  # no hub is named any more
        (given(), OTHER, AfterPoll(None, OTHER)),
        (active(since=NOON - MINUTE), OTHER, AfterPoll(active(since=NOON - MINUTE))),
    ],
)
def test_a_poll_changes_the_hub_that_its_feed_names(
    present: Subscription | None, advert: Advert | None, after: AfterPoll
) -> None:
    assert subscription.after_poll(present, advert, POLLED, NOON, is_new=False) == after


def test_a_poll_with_something_new_doubts_a_silent_hub() -> None:
    doubted = active(missed=NOON, due=NOON + 5 * MINUTE)
    after = subscription.after_poll(active(), None, POLLED, NOON, is_new=True)
    assert after == AfterPoll(doubted, is_missed=True)
    settled = subscription.after_poll(active(), Advert(HUB, TOPIC), POLLED, NOON, is_new=True)
    assert settled == after
    assert subscription.after_poll(None, None, POLLED, NOON, is_new=True) == AfterPoll(None)


def test_a_hub_that_is_changed_or_has_announced_is_not_doubted() -> None:
    assert not subscription.after_poll(active(), OTHER, POLLED, NOON, is_new=True).is_missed
    announced = active(announced=NOON - MINUTE)
    assert subscription.after_poll(announced, None, POLLED, NOON, is_new=True) == AfterPoll(announced)
    in_doubt = active(missed=NOON - MINUTE)  # by the poll before
    assert subscription.after_poll(in_doubt, None, POLLED, NOON, is_new=True) == AfterPoll(in_doubt)


def test_a_delivery_makes_us_poll_at_once_but_not_twice_a_minute() -> None:
    assert subscription.poll_after_delivery(None, NOON) == NOON
    assert subscription.poll_after_delivery(NOON - HOUR, NOON) == NOON
    assert subscription.poll_after_delivery(NOON - timedelta(seconds=20), NOON) == NOON + timedelta(
        seconds=40
    )
