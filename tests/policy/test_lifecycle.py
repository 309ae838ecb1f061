"""The table of an item's life."""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from aggregator.errors import UsageError
from aggregator.model.amendment import Amendment
from aggregator.model.changes import Transition
from aggregator.model.decision import Decision, Lapse, State, Trigger
from aggregator.model.item import Item
from aggregator.model.public_change import ChangeKind
from aggregator.model.stored import Stored
from aggregator.policy.embargo import VETO
from aggregator.policy.lifecycle import (
    LAPSES,
    amend,
    approval,
    permits,
    public_change,
    replayed,
    step,
    strike,
)
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
    (State.HELD, Trigger.TOMBSTONE): State.WITHDRAWN,
    (State.LIVE, Trigger.TOMBSTONE): State.WITHDRAWN,
    (State.HELD, Trigger.EXPIRY): State.WITHDRAWN,
    (State.LIVE, Trigger.EXPIRY): State.WITHDRAWN,
    (State.LIVE, Trigger.PROBE): State.WITHDRAWN,
    **{(state, Trigger.ERASE): State.WITHDRAWN for state in State},
}
# Of an item that its origin may bring back: it does so, or it may do so no longer.
LAPSED = {
    Trigger.REINSTATE: State.HELD,
    Trigger.RELISTED: State.HELD,
    Trigger.WITHDRAW: State.WITHDRAWN,
    Trigger.TOMBSTONE: State.WITHDRAWN,
    Trigger.ERASE: State.WITHDRAWN,
}


def stored(state: State, release: datetime | None = None, *, pending: int | None = None) -> Stored:
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
        version=2,
        pending=pending,
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
            version=2 if trigger is Trigger.RELEASE else None,
            lapse=LAPSES.get(trigger, Lapse.NONE) if state is State.LIVE else Lapse.NONE,
        )


@pytest.mark.parametrize("trigger", Trigger)
def test_an_origin_undoes_only_what_it_has_withdrawn_by_an_expiry_or_a_probe(trigger: Trigger) -> None:
    lapsed = replace(stored(State.WITHDRAWN), lapsed=Lapse.PROBE)
    assert permits(lapsed, trigger) == (trigger in LAPSED)
    if trigger in LAPSED:
        made = step(lapsed, trigger, reason="", actor="origin", at=NOON)
        assert (made.after, made.lapse) == (LAPSED[trigger], Lapse.NONE)


def test_an_item_is_held_until_a_time_that_is_ahead() -> None:
    until = NOON + timedelta(seconds=1)
    held = step(stored(State.LIVE), Trigger.HOLD, reason="", actor="tester", at=NOON, until=until)
    assert (held.after, held.release) == (State.HELD, until)
    with pytest.raises(UsageError, match="is past: `publicwire release abcdefghijklm` publishes it now"):
        step(stored(State.HELD), Trigger.HOLD, reason="", actor="tester", at=NOON, until=NOON)


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
    with pytest.raises(
        UsageError,
        match=f"version {version} of item abcdefghijklm .* abcdefghijklm --version 2` shows its newest",
    ):
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
        7, state, state, Trigger.STRIKE, "a name", "tester", NOON, "abcdefghijklm", version=version
    )


@pytest.mark.parametrize("trigger", [Trigger.STRIKE, Trigger.RELEASE])
def test_a_step_of_one_version_overrules_no_withdrawal_of_the_journal(trigger: Trigger) -> None:
    of_version = Transition(7, State.LIVE, State.LIVE, trigger, "", "tester", NOON, version=2)
    (decision,) = said(Trigger.WITHDRAW)
    (carried_out,) = replayed(stored(State.LIVE), [replace(of_version, at=NOON + MINUTE)], [decision], NOON)
    assert carried_out.after is State.WITHDRAWN


@pytest.mark.parametrize(
    ("waiting", "carried_out"), [(b"now", [Trigger.RELEASE]), (b"newer", []), (None, [])]
)
def test_a_restored_approval_is_one_of_the_version_that_waits(
    waiting: bytes | None, carried_out: list[Trigger]
) -> None:
    (approval,) = said(Trigger.RELEASE)
    item = stored(State.LIVE, pending=3 if waiting else None)
    waits = Item(keys=(), title="Bridge opens", fingerprint=waiting) if waiting else None
    steps = replayed(item, (), [replace(approval, approves=True)], NOON, waiting=waits)
    assert [each.trigger for each in steps] == carried_out


def test_an_approval_undoes_no_withdrawal_that_is_restored_with_it() -> None:
    """As when the files of two machines are merged."""
    withdrawal, approval = said(Trigger.WITHDRAW, Trigger.RELEASE)
    waits = Item(keys=(), title="Bridge opens", fingerprint=b"now")
    item, decisions = stored(State.LIVE, pending=3), [withdrawal, replace(approval, approves=True)]
    (step,) = replayed(item, (), decisions, NOON + DAY, waiting=waits)
    assert step.trigger is Trigger.WITHDRAW


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
    possible = [trigger for trigger in Trigger if permits(stored(State.WITHDRAWN), trigger)]
    assert possible == [Trigger.REINSTATE, Trigger.ERASE]


def test_a_restored_withdrawal_is_undone_by_its_origin_as_before() -> None:
    (expiry,) = said(Trigger.EXPIRY)
    (step,) = replayed(stored(State.LIVE), (), [replace(expiry, lapse=Lapse.EXPIRY)], NOON)
    assert (step.after, step.lapse) == (State.WITHDRAWN, Lapse.EXPIRY)
    (step,) = replayed(stored(State.LIVE), (), [expiry], NOON)  # it was held when it expired
    assert (step.after, step.lapse) == (State.WITHDRAWN, Lapse.NONE)


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
        # An item restored as live or held was withdrawn and reinstated after the backup: what the backup says may
        # be what its origin took back.
        (State.LIVE, "withdraw reinstate", "withdraw reinstate"),
        (State.HELD, "withdraw reinstate", ""),
        (State.LIVE, "withdraw reinstate hold", "hold"),
        (State.LIVE, "hold withdraw", "withdraw"),
        (State.LIVE, "hold release", ""),
        (State.HELD, "hold", "hold"),  # a date, a budget or an origin may hold it, which would let it out
        (State.LIVE, "tombstone", "tombstone"),
        (State.LIVE, "hold tombstone", "tombstone"),
        (State.LIVE, "tombstone reinstate", "tombstone reinstate"),
        (State.LIVE, "reinstate", ""),
        (State.LIVE, "probe relisted", ""),
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


def dated(item: Stored, claimed: datetime) -> Stored:
    """An item that the operator holds, dated by its origin."""
    return replace(item, item=replace(item.item, claimed=claimed), reason="to be checked")


@pytest.mark.parametrize(
    ("item", "early", "after"),
    [
        (replace(stored(State.HELD, NOON + DAY), reason="review"), False, State.HELD),
        (replace(stored(State.HELD, NOON + DAY), reason="review"), True, State.LIVE),
        (replace(stored(State.HELD, NOON), reason="review"), False, State.LIVE),
        (replace(stored(State.HELD), reason="review"), False, State.LIVE),
        (replace(stored(State.HELD, NOON + DAY), reason="approved, under embargo"), False, State.HELD),
        (dated(stored(State.HELD), NOON + DAY), False, State.HELD),
        (dated(stored(State.HELD), NOON + DAY), True, State.LIVE),
        (dated(stored(State.HELD), NOON), False, State.LIVE),
        (replace(dated(stored(State.HELD, NOON + DAY), NOON + DAY), reason="embargo"), False, State.LIVE),
        (stored(State.HELD, NOON + DAY), False, State.LIVE),
        (stored(State.LIVE, pending=3), False, State.LIVE),
    ],
)
def test_an_approval_before_the_end_of_an_embargo_is_a_hold_until_then(
    item: Stored, early: bool, after: State
) -> None:
    made = approval(item, reason="", actor="desk", at=NOON, version=item.newest, early=early)
    held = after is State.HELD
    assert (made.after, made.version) == (after, item.newest)
    assert (made.trigger, made.release) == ((Trigger.HOLD, NOON + DAY) if held else (Trigger.RELEASE, None))
    later = Decision(item.id, Trigger.WITHDRAW, "", "desk", NOON - HOUR)
    assert bool(replayed(item, [made], [later], NOON)) is (item.state is State.LIVE)


@pytest.mark.parametrize(
    ("before", "trigger", "is_first", "is_corrected", "change"),
    [
        (State.HELD, Trigger.TIME, True, False, ChangeKind.PUBLISHED),
        (State.HELD, Trigger.RELEASE, False, True, ChangeKind.RESTORED),
        (State.LIVE, Trigger.WITHDRAW, False, False, ChangeKind.WITHDRAWN),
        (State.LIVE, Trigger.HOLD, False, True, ChangeKind.WITHDRAWN),
        (State.LIVE, Trigger.RELEASE, False, True, ChangeKind.CORRECTED),
        (State.LIVE, Trigger.RELEASE, False, False, None),
        (State.HELD, Trigger.WITHDRAW, False, False, None),
        (State.HELD, Trigger.HOLD, True, True, None),
    ],
)
def test_what_the_public_sees_of_a_transition(
    before: State, trigger: Trigger, is_first: bool, is_corrected: bool, change: ChangeKind | None
) -> None:
    made = step(stored(before, pending=3), trigger, reason="", actor="tester", at=NOON)
    assert public_change(made, is_first=is_first, is_corrected=is_corrected) is change


# ---- text


def test_nothing_is_done_with_an_erased_item() -> None:
    erased = replace(stored(State.WITHDRAWN), erased=True)
    for trigger in (Trigger.REINSTATE, Trigger.ERASE):
        with pytest.raises(UsageError, match="abcdefghijklm is erased for good"):
            step(erased, trigger, reason="", actor="tester", at=NOON)


def test_an_amendment_changes_no_state_and_is_refused_where_it_changes_nothing() -> None:
    headline = Amendment(headline="Ours")
    made = amend(stored(State.HELD, NOON + DAY), headline, reason="", actor="desk", at=NOON)
    assert (made.before, made.after, made.trigger, made.amendment) == (
        State.HELD,
        State.HELD,
        Trigger.AMEND,
        headline,
    )
    with pytest.raises(UsageError, match="is amended so already"):
        amend(replace(stored(State.LIVE), amended=headline), headline, reason="", actor="desk", at=NOON)
    with pytest.raises(UsageError, match="is withdrawn"):
        amend(stored(State.WITHDRAWN), headline, reason="", actor="desk", at=NOON)


def test_a_release_in_the_veto_window_publishes_at_once() -> None:
    held = replace(stored(State.HELD, NOON + HOUR), reason=VETO)
    made = approval(held, reason="", actor="desk", at=NOON, version=2)
    assert (made.after, made.trigger) == (State.LIVE, Trigger.RELEASE)
