"""Whether the clock of a start may release held items."""

from datetime import datetime, timedelta

import pytest

from aggregator.model.document import Fetched
from aggregator.policy import clock
from aggregator.policy.clock import AGREES_WITHIN, WAITS_MAX
from aggregator.policy.schedule import time_at
from tests.given import HOUR, MINUTE, NOON

EXACT, OFF = timedelta(), AGREES_WITHIN + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("offsets", "agreed"),
    [
        ([], False),
        ([EXACT], False),
        ([EXACT, AGREES_WITHIN], True),
        ([-AGREES_WITHIN, OFF, EXACT], True),
        ([OFF, -OFF, EXACT], False),
        ([OFF, OFF, EXACT, EXACT], False),  # the fourth comes too late
    ],
)
def test_two_of_the_first_three_hosts_must_agree(offsets: list[timedelta], *, agreed: bool) -> None:
    assert clock.is_agreed(offsets) is agreed


def test_a_start_soon_after_a_trusted_time_goes_on_with_it() -> None:
    assert not clock.is_continued(None, NOON)
    assert clock.is_continued(NOON, NOON)
    assert clock.is_continued(NOON, NOON + WAITS_MAX)
    assert not clock.is_continued(NOON, NOON + WAITS_MAX + MINUTE)
    assert not clock.is_continued(NOON, NOON - MINUTE)


def test_a_clock_without_enough_hosts_is_in_doubt() -> None:
    assert clock.doubt([], 2, EXACT) == "the clock cannot be checked by fewer than 3 hosts"
    assert clock.doubt([EXACT, OFF], 3, WAITS_MAX - MINUTE) == ""
    assert clock.doubt([EXACT], 9, WAITS_MAX) == "too few hosts have answered to check the clock by"
    assert (
        clock.doubt([OFF, -HOUR, EXACT], 9, EXACT)
        == "the clock differs from hosts that answered, by +5 min, -60 min, +0 min"
    )


def test_a_clock_behind_the_last_commit_is_told() -> None:
    assert clock.behind(None, NOON) == clock.behind(NOON, NOON) == ""
    assert clock.behind(NOON + HOUR, NOON) == "the clock is behind the last commit, of 2026-03-02 13:00 UTC"


@pytest.mark.parametrize(
    ("headers", "time"),
    [
        ((("date", "Mon, 02 Mar 2026 12:00:00 GMT"),), NOON),
        ((("date", "Mon, 02 Mar 2026 12:00:00 GMT"), ("age", "60")), NOON + MINUTE),
        ((("date", "Mon, 02 Mar 2026 12:00:00 GMT"), ("age", "long")), NOON),
        ((("date", "soon"),), None),
        ((("age", "60"),), None),
    ],
)
def test_the_time_at_a_host_is_its_date_and_the_age_in_caches(
    headers: tuple[tuple[str, str], ...], time: datetime | None
) -> None:
    assert time_at(Fetched("https://a.example/", 200, b"", headers=headers)) == time
