"""Relocation: when a permanent redirect is adopted, and when it is dropped."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from aggregator.model.document import Fetched
from aggregator.model.poll import Relocation
from aggregator.policy.relocation import (
    STABLE,
    address,
    advice,
    answered,
    event,
    failed,
    host_of,
    is_configured,
    undone,
)
from tests.given import DAY, HOUR, NOON

OLD, NEW, THIRD = "https://old.example/feed", "https://new.example/feed", "https://third.example/feed"
SEEN = Relocation(seen=NEW, seen_since=NOON)
MOVED = Relocation(at=NEW, since=NOON)


def polled(move: Relocation, *landed: tuple[timedelta, str, bool]) -> Relocation:
    """After polls so long after noon that ended there, by permanent redirects alone or not."""
    for after, url, permanent in landed:
        move = answered(OLD, move, Fetched(url, 200, b"", permanent=permanent), NOON + after)
    return move


def fails(move: Relocation, times: int, *, is_gone: bool = False) -> Relocation:
    for _ in range(times):
        move = failed(OLD, move, is_gone=is_gone)
    return move


@pytest.mark.parametrize(
    ("polls", "after"),
    [
        ([(HOUR, OLD, False)], Relocation()),
        ([(HOUR, NEW, False)], Relocation()),  # a 302 or 307 in the chain
        ([(0 * DAY, NEW, True)], SEEN),
        ([(0 * DAY, NEW, True), (STABLE - HOUR, NEW, True)], SEEN),
        ([(0 * DAY, NEW, True), (STABLE, NEW, True)], Relocation(at=NEW, since=NOON + STABLE)),
        (
            [(0 * DAY, NEW, True), (6 * DAY, OLD, False), (STABLE, NEW, True)],
            replace(SEEN, seen_since=NOON + STABLE),
        ),
        ([(0 * DAY, NEW, True), (6 * DAY, NEW, False), (STABLE, OLD, False)], Relocation()),
        ([(0 * DAY, NEW, True), (STABLE, THIRD, True)], Relocation(seen=THIRD, seen_since=NOON + STABLE)),
        (
            [(0 * DAY, NEW, True), (-DAY, NEW, True)],
            replace(SEEN, seen_since=NOON - DAY),
        ),  # the clock was set
    ],
)
def test_an_address_is_adopted_once_all_polls_of_seven_days_ended_there_permanently(
    polls: list[tuple[timedelta, str, bool]], after: Relocation
) -> None:
    assert polled(Relocation(), *polls) == after


def test_a_failed_poll_neither_counts_nor_resets() -> None:
    assert failed(OLD, SEEN, is_gone=False) == failed(OLD, SEEN, is_gone=True) == SEEN


def test_a_source_is_polled_at_an_adopted_address_but_not_at_a_pending_one() -> None:
    assert [address(OLD, move) for move in (Relocation(), SEEN, MOVED)] == [OLD, OLD, NEW]


@pytest.mark.parametrize(
    ("feed", "relocation", "host"),
    [
        (OLD, Relocation(), "old.example"),
        (OLD, SEEN, "old.example"),
        (OLD, MOVED, "new.example"),
        (OLD, replace(MOVED, failures=3), "old.example"),  # the configured address is tried
        ("https://OLD.example:8443/feed", Relocation(), "old.example"),
        ("file:///srv/press.xml", Relocation(), ""),
    ],
)
def test_the_host_of_a_source_is_that_of_the_address_polled(
    feed: str, relocation: Relocation, host: str
) -> None:
    assert host_of(feed, relocation) == host


def test_after_every_third_failure_at_the_new_address_the_old_one_is_tried_once() -> None:
    asked = [address(OLD, fails(MOVED, count)) for count in range(8)]
    assert asked == [NEW, NEW, NEW, OLD, NEW, NEW, OLD, NEW]


def test_a_success_at_the_new_address_forgives_its_failures() -> None:
    assert polled(fails(MOVED, 2), (HOUR, NEW, False)) == MOVED
    assert polled(fails(MOVED, 3), (HOUR, NEW, True)) == MOVED  # asked at the old one, which leads there


@pytest.mark.parametrize(
    ("landed", "after"),
    [
        ((HOUR, OLD, False), Relocation()),
        ((HOUR, THIRD, False), Relocation()),
        ((HOUR, THIRD, True), Relocation(seen=THIRD, seen_since=NOON + HOUR)),
    ],
)
def test_an_old_address_that_answers_by_itself_is_the_address_again(
    landed: tuple[timedelta, str, bool], after: Relocation
) -> None:
    assert polled(fails(MOVED, 3), landed) == after


def test_a_new_address_that_is_gone_is_left_at_once() -> None:
    assert failed(OLD, replace(MOVED, refused=(THIRD,)), is_gone=True) == Relocation(refused=(THIRD,))
    assert fails(fails(MOVED, 3), 1, is_gone=True) == replace(MOVED, failures=4)  # that was the old one


def test_a_feed_moves_on_from_where_it_moved_and_back() -> None:
    moving = polled(MOVED, (HOUR, THIRD, True))
    assert moving == replace(MOVED, seen=THIRD, seen_since=NOON + HOUR)
    assert polled(moving, (8 * DAY, THIRD, True)) == Relocation(at=THIRD, since=NOON + 8 * DAY)
    assert polled(MOVED, (HOUR, OLD, True), (8 * DAY, OLD, True)) == Relocation()


def test_a_refused_address_is_not_adopted_again_but_another_one_is() -> None:
    back = undone(MOVED)
    assert back == Relocation(refused=(NEW,))
    assert polled(back, (HOUR, NEW, True), (9 * DAY, NEW, True)) == back
    assert polled(back, (HOUR, THIRD, True), (9 * DAY, THIRD, True)) == Relocation(
        at=THIRD, since=NOON + 9 * DAY, refused=(NEW,)
    )


def test_adopted_and_pending_targets_are_refused_together() -> None:
    assert undone(replace(MOVED, seen=THIRD, seen_since=NOON)) == Relocation(refused=(NEW, THIRD))
    assert undone(SEEN) == Relocation(refused=(NEW,))
    assert undone(Relocation(refused=(NEW,))) is None


def test_the_operator_may_write_the_address_before_it_is_adopted() -> None:
    assert [is_configured(feed, SEEN) for feed in (NEW, THIRD, "")] == [True, False, False]
    assert is_configured(NEW, MOVED)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (Relocation(), Relocation(), ""),
        (Relocation(), SEEN, "permanently redirected"),
        (SEEN, SEEN, ""),
        (SEEN, Relocation(), ""),
        (SEEN, MOVED, "moved for good"),
        (MOVED, replace(MOVED, failures=1), ""),
        (MOVED, Relocation(), "back at its configured address"),
    ],
)
def test_each_step_of_a_relocation_is_logged_once(before: Relocation, after: Relocation, told: str) -> None:
    assert event(before, after) == told


def test_a_relocation_is_worded_with_its_cure() -> None:
    cure = f"write `id: office` and `feed: {NEW}` in sources.yaml, or `publicwire unmove office`"
    assert [advice("office", known) for known in (MOVED, SEEN)] == [
        f"moved for good, polled at {NEW} since 2026-03-02: {cure}",
        f"redirects for good to {NEW} since 2026-03-02, polled there from 2026-03-09 on: {cure}",
    ]
    assert advice("office", Relocation()) == ""
