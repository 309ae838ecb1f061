"""When the operator is told of a source, and when it is over."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import pytest

from aggregator.model import AlertKind, Claim, Outcome, Poll, Relocation
from aggregator.policy.alerts import ENOUGH, FAILING, judged
from tests.given import DAY, HOUR, MINUTE, NOON

CLAIM = Claim(1, "harbour", "https://harbour.example/feed", 1)
NOTHING = dict.fromkeys(AlertKind, "")


def fine(
    claim: Claim = CLAIM,
    *,
    new: int = 0,
    move: Relocation | None = None,
    hub: str = "",
    findings: int = ENOUGH,
) -> Mapping[AlertKind, str]:
    outcome = Outcome("harbour", "changed" if new else "not-modified", NOON, 0.1, new=new)
    return judged(
        Poll(claim, outcome, NOON, move=move), outcome, failing_since=None, hub=hub, findings=findings
    )


def fails(
    cause: str = "network", *, times: int = 1, since: datetime | None = None, is_capped: bool = False
) -> Mapping[AlertKind, str]:
    outcome = Outcome(
        "harbour", "failed", NOON, 0.1, cause=cause, message="no route", why="origin asked a lot"
    )
    poll = Poll(replace(CLAIM, failures=times - 1), outcome, NOON, is_capped=is_capped)
    return judged(poll, outcome, failing_since=since, hub="", findings=ENOUGH)


def test_a_poll_that_came_back_ends_every_alert_it_disproves() -> None:
    assert fine() == NOTHING


@pytest.mark.parametrize(
    ("times", "since", "told"),
    [
        (1, NOON - DAY, False),
        (2, NOON - DAY, False),
        (3, NOON - FAILING + MINUTE, False),
        (3, NOON - FAILING, True),
        (9, None, False),
    ],
)
def test_failing_takes_several_failures_over_some_hours(
    times: int, since: datetime | None, told: bool
) -> None:
    said = "failed 3 times in a row since 2026-03-02 06:00 UTC: no route"
    assert fails(times=times, since=since) == ({AlertKind.FAILING: said} if told else {})


def test_who_is_turned_away_as_a_robot_is_told_of_the_second_time() -> None:
    assert fails("blocked", times=1, since=NOON) == {}
    assert fails("blocked", times=2, since=NOON - HOUR) == {
        AlertKind.BLOCKED: "turned away as a robot 2 times in a row since 2026-03-02 11:00 UTC, "
        "ask its operator to let us in: no route"
    }


def test_gone_is_told_at_once() -> None:
    assert list(fails("gone")) == [AlertKind.GONE]


@pytest.mark.parametrize("cause", ["lease", "rests"])
def test_a_poll_that_asked_nobody_says_nothing(cause: str) -> None:
    assert fails(cause, times=9, since=NOON - DAY, is_capped=True) == {}


def test_a_wait_longer_than_is_granted_is_told() -> None:
    assert fails("http", is_capped=True) == {AlertKind.WAITING: "origin asked a lot: no route"}


def test_a_move_is_told_with_its_cure_until_it_is_configured() -> None:
    move = Relocation(at="https://new.example/feed", since=NOON)
    said = (
        "moved for good, polled at https://new.example/feed since 2026-03-02: "
        "write `feed: https://new.example/feed` in sources.yaml, or `publicwire unmove harbour`"
    )
    assert fine(move=move)[AlertKind.MOVED] == fine(replace(CLAIM, move=move))[AlertKind.MOVED] == said
    assert fine(replace(CLAIM, move=move), move=Relocation())[AlertKind.MOVED] == ""


@pytest.mark.parametrize(
    ("gap", "silence", "said"),
    [
        (HOUR, 4 * DAY, ""),
        (HOUR, 5 * DAY, "nothing new since 2026-02-25, though it answers; usual is something every 1 h"),
        (3 * DAY, 29 * DAY, ""),
        (
            3 * DAY,
            30 * DAY,
            "nothing new since 2026-01-31, though it answers; usual is something every 3 d",
        ),
    ],
)
def test_quiet_is_many_usual_gaps_and_more_than_a_long_week_end(
    gap: object, silence: object, said: str
) -> None:
    claim = replace(CLAIM, gap=gap, last_new=NOON - silence)  # type: ignore[arg-type,operator]  # both timedelta
    assert fine(claim)[AlertKind.QUIET] == said
    assert fine(claim, new=1)[AlertKind.QUIET] == ""


def test_a_source_without_a_history_is_never_quiet() -> None:
    assert fine(replace(CLAIM, last_new=NOON - 900 * DAY))[AlertKind.QUIET] == ""
    assert fine(replace(CLAIM, gap=HOUR))[AlertKind.QUIET] == ""
    known = replace(CLAIM, gap=HOUR, last_new=NOON - 900 * DAY)
    assert fine(known, findings=ENOUGH - 1)[AlertKind.QUIET] == ""
    assert fine(known, findings=ENOUGH)[AlertKind.QUIET] != ""


def test_a_broken_hub_is_told_with_its_reason() -> None:
    assert fine(hub="it kept silent")[AlertKind.HUB] == (
        "its hub is broken, it is polled as often as ever: it kept silent"
    )
