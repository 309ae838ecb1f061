"""The table of an item's life."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from aggregator.errors import UsageError
from aggregator.model import Decision, Item, State, Stored, Transition, Trigger
from aggregator.policy.lifecycle import TABLE, replayed, step
from tests.given import DAY, HOUR, MINUTE, NOON

ALLOWED = {
    (State.HELD, Trigger.TIME): State.LIVE,
    (State.HELD, Trigger.RELEASE): State.LIVE,
    (State.HELD, Trigger.HOLD): State.HELD,
    (State.HELD, Trigger.WITHDRAW): State.WITHDRAWN,
    (State.LIVE, Trigger.HOLD): State.HELD,
    (State.LIVE, Trigger.WITHDRAW): State.WITHDRAWN,
    (State.LIVE, Trigger.COPY): State.HELD,
    (State.HELD, Trigger.COPY): State.HELD,
    (State.WITHDRAWN, Trigger.REINSTATE): State.HELD,
}


def stored(state: State, release: datetime | None = None) -> Stored:
    return Stored(
        number=7,
        id="abcdefghijklm",
        public_id="tag:releases.example,2026:7",
        source="ministry",
        state=state,
        item=Item(keys=(), title="Bridge opens", fingerprint=b"now"),
        shown=NOON,
        updated=NOON,
        first_seen=NOON,
        seq=1,
        release=release,
    )


def said(*triggers: Trigger, fingerprint: bytes = b"now") -> list[Decision]:
    """The operator's decisions about the item, a minute apart."""
    return [
        Decision(
            "abcdefghijklm", each, "asked to", "tester", NOON + n * MINUTE, fingerprint=fingerprint.hex()
        )
        for n, each in enumerate(triggers)
    ]


@pytest.mark.parametrize(("state", "trigger"), [(s, t) for s in State for t in Trigger])
def test_every_trigger_is_a_transition_of_the_table_or_refused(state: State, trigger: Trigger) -> None:
    after = ALLOWED.get((state, trigger))
    if after is None:
        with pytest.raises(UsageError, match=f"abcdefghijklm is {state}: cannot {trigger} it"):
            step(stored(state), trigger, reason="", actor="tester", at=NOON)
    else:
        at = NOON + timedelta(minutes=1)
        assert step(stored(state), trigger, reason="asked to", actor="tester", at=at) == Transition(
            number=7,
            before=state,
            after=after,
            trigger=trigger,
            reason="asked to",
            actor="tester",
            at=at,
            id="abcdefghijklm",
        )


def test_an_item_is_held_until_a_time_that_is_ahead() -> None:
    until = NOON + timedelta(seconds=1)
    held = step(stored(State.LIVE), Trigger.HOLD, reason="", actor="tester", at=NOON, until=until)
    assert (held.after, held.release) == (State.HELD, until)
    with pytest.raises(UsageError, match="is past: `publicwire release abcdefghijklm` publishes it now"):
        step(stored(State.HELD), Trigger.HOLD, reason="", actor="tester", at=NOON, until=NOON)


@pytest.mark.parametrize(("known_at", "is_carried_out"), [(-1, True), (0, True), (1, False)])
def test_a_decision_of_the_journal_is_overruled_by_a_later_transition(
    known_at: int, is_carried_out: bool
) -> None:
    (decision,) = said(Trigger.WITHDRAW)
    decision = replace(decision, at=NOON + timedelta(microseconds=900))
    known = Transition(
        7, State.HELD, State.LIVE, Trigger.RELEASE, "", "", NOON + timedelta(milliseconds=known_at)
    )
    assert bool(replayed(stored(State.LIVE), [known], [decision], NOON)) == is_carried_out


def test_a_decision_that_the_item_has_seen_is_not_carried_out_again() -> None:
    (hold,) = said(Trigger.HOLD)
    known = Transition(7, State.LIVE, State.HELD, Trigger.HOLD, "asked to", "tester", NOON)
    assert replayed(stored(State.HELD), [known], [hold], NOON + DAY) == ()
    assert len(replayed(stored(State.HELD), [replace(known, at=NOON - DAY)], [hold], NOON + DAY)) == 1


def test_a_refusal_names_the_possible_triggers() -> None:
    with pytest.raises(UsageError, match=r"\(possible: release, hold, withdraw\)$"):
        step(stored(State.HELD), Trigger.REINSTATE, reason="", actor="tester", at=NOON)


def test_only_the_operator_brings_a_withdrawn_item_back() -> None:
    assert [trigger for state, trigger in TABLE if state is State.WITHDRAWN] == [Trigger.REINSTATE]


@pytest.mark.parametrize(
    ("state", "decided", "carried_out"),
    [
        (State.LIVE, "withdraw", "withdraw"),
        (State.HELD, "withdraw", "withdraw"),
        (State.LIVE, "hold", "hold"),
        (State.HELD, "release", "release"),
        (State.WITHDRAWN, "reinstate", "reinstate"),
        (State.WITHDRAWN, "reinstate release", "reinstate release"),
        (State.WITHDRAWN, "withdraw reinstate hold release", "reinstate release"),
        (State.WITHDRAWN, "reinstate hold", "reinstate hold"),
        (State.WITHDRAWN, "withdraw", ""),
        (State.WITHDRAWN, "release", ""),
        # An item restored as live or held was withdrawn and reinstated after the backup.
        (State.LIVE, "withdraw reinstate", ""),
        (State.HELD, "withdraw reinstate", ""),
        (State.LIVE, "withdraw reinstate hold", "hold"),
        (State.LIVE, "hold withdraw", "withdraw"),
        (State.LIVE, "hold release", ""),
        (State.HELD, "hold", "hold"),  # a date, a budget or an origin may hold it, which would let it out
        (State.LIVE, "", ""),
    ],
)
def test_a_restore_carries_out_the_last_decision_on_an_item(
    state: State, decided: str, carried_out: str
) -> None:
    steps = replayed(stored(state), (), said(*map(Trigger, decided.split())), NOON + DAY)
    assert [(each.trigger, each.reason, each.actor, each.at) for each in steps] == [
        (trigger, "asked to", "tester", NOON + DAY) for trigger in carried_out.split()
    ]


@pytest.mark.parametrize("until", [None, NOON + DAY, NOON - DAY])
def test_a_restored_hold_has_the_time_that_the_operator_gave_and_no_other_one(until: datetime | None) -> None:
    (hold,) = said(Trigger.HOLD)
    embargoed = stored(State.HELD, release=NOON + 2 * DAY)
    (step,) = replayed(embargoed, (), [replace(hold, release=until)], NOON)
    assert (step.after, step.release) == (State.HELD, until)


def test_a_hold_whose_time_has_ended_takes_no_restored_item_down() -> None:
    (hold,) = said(Trigger.HOLD)
    hold = replace(hold, release=NOON + HOUR)
    assert replayed(stored(State.LIVE), (), [hold], NOON + HOUR) == ()
    assert len(replayed(stored(State.LIVE), (), [hold], NOON)) == 1


@pytest.mark.parametrize(("released", "is_carried_out"), [(b"now", True), (b"", True), (b"later", False)])
def test_a_restored_release_is_one_of_the_text_it_was_decided_on(
    released: bytes, is_carried_out: bool
) -> None:
    """An earlier version writes no fingerprint."""
    decisions = said(Trigger.RELEASE, fingerprint=released)
    assert bool(replayed(stored(State.HELD), (), decisions, NOON)) == is_carried_out
