"""Embargo: whether a new item is live or held when it is first seen."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from aggregator.model.changes import Changes, Edit, NewItem, Placement
from aggregator.model.decision import State
from aggregator.model.item import EMBARGO_UNREAD, Mode
from aggregator.model.poll import Ahead
from aggregator.model.settings import Embargo
from aggregator.model.stored import Knowledge
from aggregator.policy import embargo
from aggregator.policy.embargo import (
    HORIZON,
    TOLD_FROM,
    Placed,
    advice,
    ahead,
    counted,
    distant,
    placed,
    stated,
    unread,
)
from tests.given import entry, item, source

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
PAST = NOW - timedelta(days=2)
TOMORROW = NOW + timedelta(days=1)
DISTANT = NOW + HORIZON + timedelta(seconds=1)
RELEASE = item(entry("Release"), source("one"))
DECIDE = "dated more than 30 days ahead"


def place(
    claimed: datetime | None,
    policy: Embargo = Embargo.HOLD,
    *,
    latest: datetime | None = None,
    review: bool = False,
) -> Placement:
    dated = replace(RELEASE, claimed=claimed, latest=latest)
    return embargo.place(dated, embargo=policy, now=NOW, review=review)


@pytest.mark.parametrize("policy", Embargo)
def test_a_past_date_is_shown_and_live(policy: Embargo) -> None:
    assert place(PAST, policy) == Placement(State.LIVE, None, PAST)
    assert place(NOW, policy) == Placement(State.LIVE, None, NOW)


@pytest.mark.parametrize("policy", Embargo)
def test_an_item_without_a_date_is_of_now(policy: Embargo) -> None:
    assert place(None, policy) == Placement(State.LIVE, None, NOW)


@pytest.mark.parametrize("until", [NOW + timedelta(milliseconds=1), NOW + SECOND, TOMORROW, NOW + HORIZON])
def test_a_future_date_holds_to_the_second_until_then(until: datetime) -> None:
    assert place(until) == Placement(State.HELD, until, NOW, "embargo", dated=True)


def test_a_date_beyond_the_horizon_holds_for_the_operators_decision() -> None:
    assert place(DISTANT) == Placement(State.HELD, None, NOW, DECIDE, ("bad-date",), dated=True)


@pytest.mark.parametrize("policy", [Embargo.CLAMP, Embargo.IGNORE])
def test_clamp_and_ignore_let_a_future_item_out_at_once(policy: Embargo) -> None:
    assert place(TOMORROW, policy) == Placement(State.LIVE, None, NOW)
    assert place(None, policy, latest=TOMORROW) == Placement(State.LIVE, None, NOW)
    assert place(DISTANT, policy) == Placement(State.LIVE, None, NOW, flags=("bad-date",))


@pytest.mark.parametrize("claimed", [None, PAST])  # an update may have a date that is known
def test_a_date_in_an_unknown_zone_holds_until_the_latest_moment_it_can_mean(
    claimed: datetime | None,
) -> None:
    shown = claimed or NOW
    held = Placement(State.HELD, TOMORROW, shown, "embargo", ("unknown-zone",), dated=True)
    assert place(claimed, latest=TOMORROW) == held
    far = Placement(State.HELD, None, shown, DECIDE, ("bad-date",), dated=True)
    assert place(claimed, latest=DISTANT) == far
    assert place(claimed, latest=NOW) == Placement(State.LIVE, None, shown)


@pytest.mark.parametrize("claimed", [None, PAST, TOMORROW])
def test_review_holds_an_item_of_any_date(claimed: datetime | None) -> None:
    shown = PAST if claimed is PAST else NOW
    until = TOMORROW if claimed is TOMORROW else None
    expected = Placement(State.HELD, until, shown, "review", dated=until is not None)
    assert place(claimed, review=True) == expected
    assert place(claimed, Embargo.CLAMP, review=True) == replace(expected, release=None, dated=False)
    assert ahead([("id", expected)], NOW) == ()


def test_review_still_flags_a_bad_date() -> None:
    found = place(DISTANT, latest=DISTANT, review=True)
    flags = ("bad-date", "unknown-zone")
    assert found == Placement(State.HELD, DISTANT, NOW, "review", flags, dated=True)


@given(st.datetimes(timezones=st.just(UTC)) | st.none(), st.sampled_from(Embargo), st.booleans())
def test_no_date_ahead_is_ever_shown_and_none_is_live_under_embargo(
    claimed: datetime | None, policy: Embargo, review: bool
) -> None:
    found = place(claimed, policy, review=review)
    assert found.shown <= NOW
    if policy is Embargo.HOLD and claimed is not None and claimed > NOW:
        assert found.state is State.HELD


def new(lead: timedelta, policy: Embargo = Embargo.HOLD) -> NewItem:
    claimed = NOW + lead
    return NewItem(replace(RELEASE, claimed=claimed), "id", "", place(claimed, policy), NOW)


def each(*leads: timedelta) -> list[Placed]:
    return [("id", new(lead).placement) for lead in leads]


def test_the_operator_is_told_of_an_item_that_is_held_for_more_than_a_quarter_of_an_hour() -> None:
    late = each(TOLD_FROM + SECOND, HORIZON)
    assert ahead([*each(-TOLD_FROM, TOLD_FROM), *late, *each(HORIZON + SECOND)], NOW) == (*late,)
    assert ahead([("id", new(HORIZON, Embargo.CLAMP).placement)], NOW) == ()


def test_an_item_beyond_the_horizon_is_told_by_its_id() -> None:
    assert distant([*each(HORIZON), ("far", place(DISTANT)), ("review", place(DISTANT, review=True))]) == (
        "far",
    )


def test_placements_of_a_poll_are_those_of_new_items_and_of_edits_with_a_new_one() -> None:
    first, later = new(HORIZON), place(TOMORROW)
    plain = Edit(1, RELEASE, substantive=True, updated=NOW, id="edited")
    changes = Changes(
        Knowledge("example.org,2026-11-24"),
        Mode.NORMAL,
        new=(first,),
        edits=(plain, replace(plain, id="moved", placement=later)),
    )
    assert placed(changes) == (("id", first.placement), ("moved", later))


def test_items_ahead_are_counted_by_hours_and_by_days() -> None:
    items = [
        new(timedelta(minutes=5)),
        new(timedelta(hours=3)),
        new(timedelta(hours=14)),
        new(timedelta(days=9)),
    ]
    assert counted(Ahead(1, 1, 5), items, NOW) == Ahead(3, 2, 5)


def test_items_that_state_an_embargo_are_no_habit_of_dates_ahead() -> None:
    plain = new(timedelta(days=9))
    lined, ended = (
        replace(plain, id=name, item=replace(RELEASE, embargo=until))
        for name, until in (("lined", TOMORROW), ("ended", NOW))
    )
    assert counted(Ahead(), [plain, lined, ended], NOW) == Ahead(days=2)
    changes = Changes(Knowledge("example.org,2026-11-24"), Mode.NORMAL, new=(plain, lined, ended))
    assert stated(changes, NOW) == {"lined"}


@pytest.mark.parametrize(
    ("habit", "words"),
    [
        (Ahead(2, 2), "if they are the days of events, or local times labelled GMT, `embargo: clamp`"),
        (
            Ahead(3, 1),
            "3 of its items were ahead by hours, as local times labelled GMT are; if so, `embargo: clamp`",
        ),
        (Ahead(3, 4), "4 of its items were ahead by days, as those of events are; if so, `embargo: clamp`"),
        (
            Ahead(3, 4, 2),
            "4 of its items were ahead by days, as those of events are; if so, `embargo: clamp`",
        ),
        (
            Ahead(0, 4, 3),
            "3 of its items were released before their dates: if they are no embargoes, `embargo: clamp`",
        ),
    ],
)
def test_the_advice_names_the_setting_and_what_the_dates_look_like(habit: Ahead, words: str) -> None:
    assert advice(habit).startswith(words)


# ---- veto window

WINDOW = timedelta(hours=2)


def within(
    claimed: datetime | None,
    since: datetime | None = None,
    policy: Embargo = Embargo.HOLD,
    *,
    review: bool = False,
) -> Placement:
    dated = replace(RELEASE, claimed=claimed)
    return embargo.place(dated, since, embargo=policy, now=NOW, review=review, veto=WINDOW)


@pytest.mark.parametrize("claimed", [None, PAST])
def test_a_new_item_is_held_until_its_veto_window_ends(claimed: datetime | None) -> None:
    assert within(claimed) == Placement(State.HELD, NOW + WINDOW, claimed or NOW, "veto window", dated=True)


def test_a_veto_window_counts_from_when_the_item_was_first_seen() -> None:
    assert within(PAST, NOW - WINDOW + SECOND).release == NOW + SECOND
    assert within(PAST, NOW - WINDOW) == Placement(State.LIVE, None, PAST)


def test_of_a_veto_window_and_an_embargo_the_later_one_counts() -> None:
    assert within(TOMORROW) == place(TOMORROW)
    assert within(NOW + SECOND) == Placement(State.HELD, NOW + WINDOW, NOW, "embargo", dated=True)
    assert within(NOW + SECOND, NOW - WINDOW) == place(NOW + SECOND)
    assert within(NOW + SECOND, policy=Embargo.CLAMP).reason == "veto window"
    assert within(DISTANT) == place(DISTANT)


def test_review_has_no_veto_window() -> None:
    assert within(PAST, review=True) == place(PAST, review=True)


def test_the_operator_is_not_told_of_a_veto_window() -> None:
    assert ahead([("new", within(PAST))], NOW) == ()


# ---- embargo lines


def lined(
    line: datetime | None,
    claimed: datetime | None = PAST,
    *,
    review: bool = False,
    flags: tuple[str, ...] = (),
) -> Placement:
    said = replace(RELEASE, claimed=claimed, embargo=line, flags=flags)
    return embargo.place(said, embargo=Embargo.HOLD, now=NOW, review=review)


def test_an_embargo_line_holds_an_item_until_its_date() -> None:
    assert lined(TOMORROW) == Placement(State.HELD, TOMORROW, PAST, "embargo", dated=True)
    assert lined(TOMORROW, None).release == TOMORROW
    assert lined(PAST) == Placement(State.LIVE, None, PAST)


def test_of_an_embargo_line_and_a_date_ahead_the_later_one_counts() -> None:
    assert lined(NOW + SECOND, TOMORROW).release == lined(TOMORROW, NOW + SECOND).release == TOMORROW


def test_an_embargo_line_is_no_error_however_far_ahead() -> None:
    assert lined(NOW + 2 * HORIZON) == Placement(State.HELD, NOW + 2 * HORIZON, PAST, "embargo", dated=True)
    assert lined(TOMORROW, NOW + 2 * HORIZON).reason == DECIDE


def test_a_line_without_a_date_that_can_be_read_is_for_the_operator() -> None:
    held = lined(None, flags=(EMBARGO_UNREAD,))
    assert held == Placement(
        State.HELD, None, PAST, "its embargo line has no date that can be read", dated=True
    )
    assert (unread([("line", held)]), distant([("line", held)])) == (("line",), ())
    assert lined(None, flags=(EMBARGO_UNREAD,), review=True).reason == "review"
    clamped = replace(RELEASE, claimed=PAST, flags=(EMBARGO_UNREAD,))
    assert embargo.place(clamped, embargo=Embargo.CLAMP, now=NOW, review=False).state is State.LIVE


def test_a_line_under_review_is_the_earliest_release() -> None:
    assert lined(TOMORROW, review=True) == Placement(State.HELD, TOMORROW, PAST, "review", dated=True)
