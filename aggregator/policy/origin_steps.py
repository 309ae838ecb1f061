"""Steps that origins cause: carried out when they are due, or suspended by the breaker. Pure.

A source may withdraw a few of its items within a week. More of them wait for the operator: a broken export
must not empty a newsroom.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from aggregator.model.changes import Carried, DueSteps, Transition
from aggregator.model.decision import State, Trigger
from aggregator.model.stored import Stored
from aggregator.model.withdrawal import OriginStep
from aggregator.policy.lifecycle import permits, step

BREAKER_WITHIN = timedelta(days=7)
BREAKER_MIN, BREAKER_PERCENT = 2, 5  # live items that may be withdrawn within BREAKER_WITHIN: the larger one
ORIGIN = "origin"  # actor in the audit


def decided(due: DueSteps, now: datetime) -> Carried:
    """Return the decision on due steps of a source: those that its items no longer permit are over.

    Steps that the breaker counts are suspended, all that are due, if they are too many. An item makes one
    step at a time.
    """
    suspends = _trips(due)
    transitions, counted, done = dict[int, Transition](), list[int](), list[OriginStep]()
    for item, each in due.steps:
        if suspends and _is_counted(item, each):
            continue
        if item.number in transitions:
            continue
        done.append(each)
        if permits(item, each.trigger):
            made = step(item, each.trigger, reason=each.reason, actor=ORIGIN, at=now)
            transitions[item.number] = made
            counted += [item.number] if _is_counted(item, each) else []
    return Carried(tuple(transitions.values()), tuple(counted), tuple(done), suspends)


def _trips(due: DueSteps) -> bool:
    """Return whether a source would withdraw more of its live items within BREAKER_WITHIN than it may."""
    allowed = max(BREAKER_MIN, (due.live + due.recent) * BREAKER_PERCENT // 100)
    return due.counting > 0 and due.recent + due.counting > allowed


def _is_counted(item: Stored, each: OriginStep) -> bool:
    return item.state is State.LIVE and not each.foretold and each.trigger is not Trigger.RELISTED


def accepted(
    suspended: Sequence[tuple[Stored, OriginStep]], *, actor: str, now: datetime
) -> tuple[Transition, ...]:
    """Return the transitions of suspended steps that the operator lets pass, of items that permit them."""
    found = {
        item.number: step(item, each.trigger, reason=each.reason, actor=actor, at=now)
        for item, each in suspended
        if permits(item, each.trigger)
    }
    return tuple(found.values())


def declined(
    suspended: Sequence[tuple[Stored, OriginStep]], *, reason: str, actor: str, now: datetime
) -> tuple[Transition, ...]:
    """Return the audit lines of suspended steps that the operator declines: the items stay as they are."""
    found = {
        item.number: Transition(
            item.number, item.state, item.state, Trigger.DECLINE, reason, actor, now, item.id, item.release
        )
        for item, each in suspended
    }
    return tuple(found.values())


def suspended_words(source: str, items: int) -> str:
    """Return the words of the alert about suspended withdrawals."""
    return (
        f"its origin would withdraw {items} items, which stay published until you decide: "
        f"`publicwire withdrawals {source}` lists them, with --accept they are withdrawn, with --decline kept"
    )
