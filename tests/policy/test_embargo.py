"""Embargo: whether a new item is live or held when it is first seen."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import Ahead, NewItem, Placement, State
from aggregator.model.settings import Embargo
from aggregator.policy.embargo import HORIZON, LEEWAY, TOLD_FROM, advice, ahead, counted, place
from tests.given import entry, item, source

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
PAST = NOW - timedelta(days=2)
TOMORROW = NOW + timedelta(days=1)
DISTANT = NOW + HORIZON + timedelta(seconds=1)


@pytest.mark.parametrize("policy", Embargo)
def test_a_past_date_is_shown_and_live(policy: Embargo) -> None:
    assert place(PAST, embargo=policy, now=NOW, review=False) == Placement(State.LIVE, None, PAST)


@pytest.mark.parametrize("policy", Embargo)
def test_an_item_without_a_date_is_of_now(policy: Embargo) -> None:
    assert place(None, embargo=policy, now=NOW, review=False) == Placement(State.LIVE, None, NOW)


def test_a_future_date_holds_until_then() -> None:
    assert place(TOMORROW, embargo=Embargo.HOLD, now=NOW, review=False) == Placement(
        State.HELD, TOMORROW, NOW, "embargo"
    )


def test_a_clock_slightly_fast_is_no_embargo() -> None:
    soon = NOW + LEEWAY
    assert place(soon, embargo=Embargo.HOLD, now=NOW, review=False) == Placement(State.LIVE, None, NOW)
    later = soon + timedelta(seconds=1)
    assert place(later, embargo=Embargo.HOLD, now=NOW, review=False).state is State.HELD


def test_thirty_days_ahead_is_still_an_embargo() -> None:
    edge = NOW + HORIZON
    assert place(edge, embargo=Embargo.HOLD, now=NOW, review=False) == Placement(
        State.HELD, edge, NOW, "embargo"
    )


@pytest.mark.parametrize("policy", Embargo)
def test_a_date_beyond_the_horizon_is_a_bad_date(policy: Embargo) -> None:
    expected = Placement(State.LIVE, None, NOW, flags=("bad-date",))
    assert place(DISTANT, embargo=policy, now=NOW, review=False) == expected


@pytest.mark.parametrize("policy", [Embargo.CLAMP, Embargo.IGNORE])
def test_clamp_and_ignore_let_a_future_item_out_at_once(policy: Embargo) -> None:
    assert place(TOMORROW, embargo=policy, now=NOW, review=False) == Placement(State.LIVE, None, NOW)


@pytest.mark.parametrize("claimed", [None, PAST, TOMORROW])
def test_review_holds_an_item_of_any_date(claimed: datetime | None) -> None:
    shown = PAST if claimed is PAST else NOW
    assert place(claimed, embargo=Embargo.HOLD, now=NOW, review=True) == Placement(
        State.HELD, None, shown, "review"
    )


def test_review_still_flags_a_bad_date() -> None:
    expected = Placement(State.HELD, None, NOW, "review", ("bad-date",))
    assert place(DISTANT, embargo=Embargo.HOLD, now=NOW, review=True) == expected


@given(st.datetimes(timezones=st.just(UTC)) | st.none(), st.sampled_from(Embargo), st.booleans())
def test_no_date_ahead_is_ever_shown(claimed: datetime | None, policy: Embargo, review: bool) -> None:
    assert place(claimed, embargo=policy, now=NOW, review=review).shown <= NOW


def new(lead: timedelta, policy: Embargo = Embargo.HOLD) -> NewItem:
    claimed = NOW + lead
    placement = place(claimed, embargo=policy, now=NOW, review=False)
    return NewItem(item(entry("Release"), source("one")), "id", "", placement, NOW)


def test_the_operator_is_told_of_an_item_that_is_held_for_more_than_a_quarter_of_an_hour() -> None:
    late = [new(TOLD_FROM + SECOND), new(HORIZON)]
    assert ahead([new(-TOLD_FROM), new(TOLD_FROM), *late, new(TOMORROW - NOW, Embargo.CLAMP)], NOW) == (
        *late,
    )


def test_items_ahead_are_counted_by_hours_and_by_days() -> None:
    items = [
        new(timedelta(minutes=5)),
        new(timedelta(hours=3)),
        new(timedelta(hours=14)),
        new(timedelta(days=9)),
    ]
    assert counted(Ahead(1, 1), items, NOW) == Ahead(3, 2)


@pytest.mark.parametrize(
    ("habit", "words"),
    [
        (Ahead(2, 2), "if they are the days of events, or local times labelled GMT, `embargo: clamp`"),
        (
            Ahead(3, 1),
            "3 of its items were ahead by hours, as local times labelled GMT are; if so, `embargo: clamp`",
        ),
        (Ahead(3, 4), "4 of its items were ahead by days, as those of events are; if so, `embargo: clamp`"),
    ],
)
def test_the_advice_names_the_setting_and_what_the_dates_look_like(habit: Ahead, words: str) -> None:
    assert advice(habit).startswith(words)
