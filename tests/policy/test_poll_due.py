"""When a source is due after a poll: rhythm, hints, hub."""

from msgspec.structs import replace

from aggregator.errors import Cause, FetchError
from aggregator.model.document import Document, Hints
from aggregator.model.schedule import DueReason
from aggregator.model.websub import Advert, SubscriptionState
from tests.given import DAY, HOUR, MINUTE, NOON
from tests.policy.polls import (
    CLAIM,
    HUB,
    MINISTRY,
    NEW_CLAIM,
    RHYTHM,
    due,
    fails,
    polls,
    state,
)

# ---- due after a successful poll


def test_a_source_is_due_by_its_own_rhythm() -> None:
    assert due(polls()) == RHYTHM


def test_jitter_spreads_due_times() -> None:
    assert due(polls(jitter=1.0)) == replace(RHYTHM, at=NOON + 33 * MINUTE)


def test_a_file_is_polled_at_the_operators_interval() -> None:
    assert due(polls(of=replace(MINISTRY, feed="file:///srv/press.xml"))) == state(
        DueReason.EVERY, 15 * MINUTE
    )


def test_a_source_with_something_new_after_a_long_silence_is_due_sooner() -> None:
    silent = replace(CLAIM, usual_gap=None, last_new=NOON - 30 * DAY)
    quiet, found = due(polls(silent, document=Document("rss20"))), due(polls(silent, new=1))
    assert (quiet.reason, quiet.basis) == (DueReason.QUIET, 30 * DAY)
    assert round(quiet.wait / HOUR) == 4
    assert found.reason is DueReason.RHYTHM
    assert found.basis is not None
    assert (round(found.basis / HOUR), round(found.wait / MINUTE)) == (7, 40)


def test_the_first_import_shows_no_rhythm() -> None:
    expected = state(DueReason.EVERY, 15 * MINUTE)
    assert due(polls(NEW_CLAIM, document=Document("rss20"))) == due(polls(NEW_CLAIM, new=1)) == expected


def test_skip_hours_come_after_all_that_moves_a_due_time() -> None:
    beside_a_hub = replace(CLAIM, subscription=HUB, hints=Hints(skip_hours=(13,)))
    assert due(polls(beside_a_hub)) == state(DueReason.HUB, HOUR, NOON + 2 * HOUR, is_skipping=True)


def test_skip_hours_are_those_of_the_document_that_was_read() -> None:
    read = polls(
        replace(CLAIM, hints=Hints(skip_hours=(13,))),
        document=Document("rss20", hints=Hints(skip_hours=(12,))),
    )
    assert due(read) == replace(RHYTHM, at=NOON + 90 * MINUTE, is_skipping=True)


def test_a_wish_of_the_origin_lengthens_the_interval() -> None:
    assert due(polls(document=Document("rss20", hints=Hints(ttl=60)))) == state(DueReason.TTL, HOUR)


# ---- hubs


def test_a_source_with_a_working_hub_is_polled_rarely_unless_websub_is_off() -> None:
    beside_a_hub = replace(CLAIM, subscription=HUB)
    assert due(polls(beside_a_hub)) == state(DueReason.HUB, HOUR)
    assert due(polls(beside_a_hub, is_websub=False)) == RHYTHM


def test_an_origin_with_a_longer_wish_than_its_hub_is_followed() -> None:
    beside_a_hub = replace(CLAIM, subscription=HUB)
    assert due(polls(beside_a_hub, document=Document("rss20", hints=Hints(ttl=120)))) == state(
        DueReason.TTL, 2 * HOUR
    )


def test_a_hub_silent_about_a_release_has_its_source_polled_at_the_operators_interval() -> None:
    result = polls(replace(CLAIM, subscription=HUB), new=1)
    assert due(result) == state(DueReason.HUB_SILENT, 15 * MINUTE)
    assert result.after.subscription == replace(HUB, missed=NOON, due=NOON + 5 * MINUTE)


def test_a_silent_hub_does_not_change_a_due_time_that_is_not_its_own() -> None:
    result = polls(replace(CLAIM, subscription=HUB), document=Document("rss20", hints=Hints(ttl=120)), new=1)
    assert due(result) == state(DueReason.TTL, 2 * HOUR)


def test_a_delivery_before_the_fetch_changes_no_due_time() -> None:
    announced = replace(CLAIM, subscription=replace(HUB, announced=NOON - 20 * MINUTE))
    assert due(polls(announced)) == state(DueReason.HUB, HOUR)


def test_another_hub_is_subscribed_to_and_the_present_one_left() -> None:
    advert = Advert("https://other.example/", MINISTRY.feed)
    result = polls(replace(CLAIM, subscription=HUB), document=Document("rss20"), advert=advert)
    assert result.advert == advert
    assert result.after.subscription == replace(HUB, state=SubscriptionState.LEAVING, due=NOON)
    assert polls(document=Document("rss20"), advert=advert).advert == advert


# ---- failed polls


def test_skip_hours_move_the_back_off_too() -> None:
    claim = replace(CLAIM, hints=Hints(skip_hours=(12,)))
    expected = state(
        DueReason.BACK_OFF,
        15 * MINUTE,
        NOON + 75 * MINUTE,
        cause=Cause.NETWORK,
        failures=1,
        is_skipping=True,
    )
    assert due(fails(FetchError("no route", cause=Cause.NETWORK), claim)) == expected
