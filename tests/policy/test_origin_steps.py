"""Due steps of origins: carried out, over, or suspended by the breaker."""

import pytest
from msgspec.structs import replace

from aggregator.model.changes import Carried, DueSteps, Transition
from aggregator.model.decision import Lapse, State, Trigger
from aggregator.model.item import Item
from aggregator.model.stored import Stored
from aggregator.model.withdrawal import OriginStep
from aggregator.policy.origin_steps import ORIGIN, accepted, decided, declined, suspended_words
from tests.given import NOON

TOMBSTONE = OriginStep(7, Trigger.TOMBSTONE, NOON, "deleted by its origin")
EXPIRY = OriginStep(7, Trigger.EXPIRY, NOON, "expired", foretold=True)
STORED = Stored(
    number=7,
    id="abcdefghijklm",
    public_id="urn:a",
    source="ministry",
    state=State.LIVE,
    item=Item((), "Bridge opens"),
    shown=NOON,
    updated=NOON,
    first_seen=NOON,
    seq=1,
)
WITHDRAWAL = Transition(
    7, State.LIVE, State.WITHDRAWN, Trigger.TOMBSTONE, TOMBSTONE.reason, ORIGIN, NOON, STORED.id
)


def due(*steps: tuple[Stored, OriginStep], live: int = 10, recent: int = 0, counting: int = 1) -> DueSteps:
    return DueSteps("ministry", 1, live, recent, counting, steps)


def test_a_step_is_carried_out_and_counted() -> None:
    assert decided(due((STORED, TOMBSTONE)), NOON) == Carried((WITHDRAWAL,), (7,), (TOMBSTONE,))


@pytest.mark.parametrize(
    ("live", "recent", "counting", "trips"),
    [
        (1, 0, 1, False),
        (10, 0, 2, False),
        (10, 0, 3, True),
        (10, 2, 1, True),
        (100, 0, 5, False),
        (100, 0, 6, True),
        (98, 2, 3, False),  # those that are withdrawn already were live
        (98, 2, 4, True),
    ],
)
def test_the_breaker_suspends_all_of_a_batch_that_is_too_large(
    live: int, recent: int, counting: int, trips: bool
) -> None:
    found = decided(due((STORED, TOMBSTONE), live=live, recent=recent, counting=counting), NOON)
    assert found == (
        Carried((), (), (), suspends=True) if trips else Carried((WITHDRAWAL,), (7,), (TOMBSTONE,))
    )


@pytest.mark.parametrize(
    ("stored", "step"),
    [
        (STORED, EXPIRY),
        (replace(STORED, state=State.HELD), TOMBSTONE),
        (
            replace(STORED, state=State.WITHDRAWN, lapsed=Lapse.PROBE),
            replace(TOMBSTONE, trigger=Trigger.RELISTED),
        ),
    ],
)
def test_the_breaker_neither_counts_nor_stops_what_takes_no_item_down_unannounced(
    stored: Stored, step: OriginStep
) -> None:
    found = decided(due((stored, step), counting=9), NOON)
    assert ([each.trigger for each in found.transitions], found.counted) == ([step.trigger], ())
    assert (found.done, found.suspends) == ((step,), True)


def test_a_step_that_its_item_no_longer_permits_is_over() -> None:
    withdrawn = replace(STORED, state=State.WITHDRAWN)
    assert decided(due((withdrawn, TOMBSTONE), counting=0), NOON) == Carried((), (), (TOMBSTONE,))


def test_an_item_makes_one_step_at_a_time() -> None:
    found = decided(due((STORED, TOMBSTONE), (STORED, EXPIRY)), NOON)
    assert found == Carried((WITHDRAWAL,), (7,), (TOMBSTONE,))


def test_the_operator_lets_suspended_steps_pass() -> None:
    gone = replace(STORED, number=8, state=State.WITHDRAWN)
    pairs = (STORED, TOMBSTONE), (gone, replace(TOMBSTONE, number=8))
    assert accepted(pairs, actor="tester", now=NOON) == (replace(WITHDRAWAL, actor="tester"),)


def test_what_the_operator_declines_stays_as_it_is() -> None:
    (line,) = declined(((STORED, TOMBSTONE), (STORED, EXPIRY)), reason="a fault", actor="tester", now=NOON)
    assert line == Transition(
        7, State.LIVE, State.LIVE, Trigger.DECLINE, "a fault", "tester", NOON, STORED.id
    )


def test_the_alert_names_the_command() -> None:
    assert "3 items" in suspended_words("ministry", 3)
    assert "`publicwire withdrawals ministry`" in suspended_words("ministry", 3)
