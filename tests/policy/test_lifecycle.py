"""The table of an item's life."""

from datetime import timedelta

import pytest

from aggregator.errors import UsageError
from aggregator.model import Item, State, Stored, Transition, Trigger
from aggregator.policy.lifecycle import TABLE, Decision, replayed, step, strike
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


def stored(state: State, *, pending: int | None = None) -> Stored:
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
        version=2,
        pending=pending,
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
            version=2 if trigger is Trigger.RELEASE else None,
        )


def test_a_release_of_a_live_item_approves_the_version_that_waits() -> None:
    waiting = stored(State.LIVE, pending=3)
    approved = step(waiting, Trigger.RELEASE, reason="", actor="tester", at=NOON)
    assert (approved.before, approved.after, approved.version) == (State.LIVE, State.LIVE, 3)


@pytest.mark.parametrize(("state", "pending"), [(State.HELD, None), (State.LIVE, 2)])
@pytest.mark.parametrize("version", [1, 3])
def test_a_release_of_another_version_than_the_newest_is_refused(
    state: State, pending: int | None, version: int
) -> None:
    item = stored(state, pending=pending)
    with pytest.raises(UsageError, match=f"version {version} of item abcdefghijklm .* shows version 2"):
        step(item, Trigger.RELEASE, reason="", actor="tester", at=NOON, version=version)
    assert step(item, Trigger.RELEASE, reason="", actor="tester", at=NOON, version=2).version == 2


@pytest.mark.parametrize(
    ("pending", "version", "words"),
    [
        (None, 2, "version 2 of item abcdefghijklm is its present text: withdraw the item"),
        (3, 2, "version 2 of item abcdefghijklm is its present text: withdraw the item"),
        (None, 3, "item abcdefghijklm has no version 3: its newest is 2"),
        (3, 0, "item abcdefghijklm has no version 0: its newest is 3"),
    ],
)
def test_only_a_former_or_waiting_version_is_struck(pending: int | None, version: int, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        strike(stored(State.LIVE, pending=pending), version, reason="", actor="tester", at=NOON)


@pytest.mark.parametrize(("pending", "version"), [(None, 1), (3, 3)])
@pytest.mark.parametrize("state", State)
def test_a_struck_version_leaves_the_state_as_it_is(state: State, pending: int | None, version: int) -> None:
    struck = strike(stored(state, pending=pending), version, reason="a name", actor="tester", at=NOON)
    assert struck == Transition(
        7, state, state, Trigger.STRIKE, "a name", "tester", NOON, "abcdefghijklm", version
    )


@pytest.mark.parametrize("trigger", [Trigger.STRIKE, Trigger.RELEASE])
def test_a_step_of_one_version_overrules_no_withdrawal_of_the_journal(trigger: Trigger) -> None:
    of_version = Transition(7, State.LIVE, State.LIVE, trigger, "", "tester", NOON, version=2)
    decision = Decision(State.WITHDRAWN, "asked to", "desk", NOON - timedelta(minutes=1))
    carried_out = replayed(stored(State.LIVE), [of_version], decision, NOON)
    assert carried_out is not None
    assert carried_out.after is State.WITHDRAWN


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
