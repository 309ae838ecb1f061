"""The table of an item's life."""

from datetime import timedelta

import pytest

from aggregator.errors import UsageError
from aggregator.model import Item, State, Stored, Transition, Trigger
from aggregator.policy.lifecycle import TABLE, Decision, replayed, step
from tests.given import NOON

ALLOWED = {
    (State.HELD, Trigger.TIME): State.LIVE,
    (State.HELD, Trigger.RELEASE): State.LIVE,
    (State.HELD, Trigger.HOLD): State.HELD,
    (State.HELD, Trigger.WITHDRAW): State.WITHDRAWN,
    (State.LIVE, Trigger.HOLD): State.HELD,
    (State.LIVE, Trigger.WITHDRAW): State.WITHDRAWN,
    (State.WITHDRAWN, Trigger.REINSTATE): State.HELD,
}


def stored(state: State) -> Stored:
    return Stored(
        number=7,
        id="abcdefghijklm",
        public_id="tag:releases.example,2026:7",
        source="ministry",
        state=state,
        item=Item(keys=(), title="Bridge opens"),
        shown=NOON,
        updated=NOON,
        first_seen=NOON,
        seq=1,
    )


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
    decision = Decision(State.WITHDRAWN, "asked to", "tester", NOON + timedelta(microseconds=900))
    known = Transition(
        7, State.HELD, State.LIVE, Trigger.RELEASE, "", "", NOON + timedelta(milliseconds=known_at)
    )
    assert (replayed(stored(State.LIVE), [known], decision, NOON) is not None) == is_carried_out


def test_a_refusal_names_the_possible_triggers() -> None:
    with pytest.raises(UsageError, match=r"\(possible: release, hold, withdraw\)$"):
        step(stored(State.HELD), Trigger.REINSTATE, reason="", actor="tester", at=NOON)


def test_only_the_operator_brings_a_withdrawn_item_back() -> None:
    assert [trigger for state, trigger in TABLE if state is State.WITHDRAWN] == [Trigger.REINSTATE]


@pytest.mark.parametrize(
    ("state", "after", "trigger"),
    [
        (State.LIVE, State.WITHDRAWN, Trigger.WITHDRAW),
        (State.HELD, State.WITHDRAWN, Trigger.WITHDRAW),
        (State.WITHDRAWN, State.HELD, Trigger.REINSTATE),
        (State.WITHDRAWN, State.LIVE, Trigger.REINSTATE),  # in the journal of an earlier version
        # An item restored as held stays held: the reinstatement in the journal came before the hold.
        (State.HELD, State.LIVE, None),
        (State.LIVE, State.HELD, None),
        *((state, state, None) for state in State),
    ],
)
def test_a_restore_repeats_withdrawals_and_reinstatements_of_the_journal(
    state: State, after: State, trigger: Trigger | None
) -> None:
    transition = replayed(stored(state), (), Decision(after, "asked to", "tester", NOON), NOON)
    if trigger is None:
        assert transition is None
    else:
        assert transition == step(stored(state), trigger, reason="asked to", actor="tester", at=NOON)
