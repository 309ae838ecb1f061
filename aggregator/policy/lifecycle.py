"""The one table of an item's life: state × trigger → state. Nothing else changes a state. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from aggregator.errors import UsageError
from aggregator.model import State, Stored, Transition, Trigger

TABLE: Mapping[tuple[State, Trigger], State] = {
    (State.HELD, Trigger.TIME): State.LIVE,
    (State.HELD, Trigger.RELEASE): State.LIVE,
    # A date may have held it; from now on only the operator releases it, or the time that they gave.
    (State.HELD, Trigger.HOLD): State.HELD,
    (State.HELD, Trigger.WITHDRAW): State.WITHDRAWN,
    (State.LIVE, Trigger.HOLD): State.HELD,
    (State.LIVE, Trigger.WITHDRAW): State.WITHDRAWN,
    # Until its origin says it again: what stands in the store may be what the origin took back.
    (State.WITHDRAWN, Trigger.REINSTATE): State.HELD,
}


def step(
    item: Stored,
    trigger: Trigger,
    *,
    reason: str,
    actor: str,
    at: datetime,
    until: datetime | None = None,
) -> Transition:
    """Return the transition a trigger causes; UsageError names the possible triggers.

    `until` is when an item that is held now goes live by itself. UsageError for a time that is past.
    """
    if until is not None and until <= at:
        raise UsageError(f"{until.isoformat()} is past: `publicwire release {item.id}` publishes it now")
    after = TABLE.get((item.state, trigger))
    if after is None:
        possible = ", ".join(
            each.value for state, each in TABLE if state is item.state and each != Trigger.TIME
        )
        raise UsageError(f"item {item.id} is {item.state}: cannot {trigger} it (possible: {possible})")
    return Transition(item.number, item.state, after, trigger, reason, actor, at, item.id, until)


@dataclass(frozen=True, slots=True)
class Decision:
    """The last state of an item by the journal, and the reason and the name that the operator gave."""

    after: State
    reason: str
    actor: str
    at: datetime


def replayed(
    item: Stored, known: Sequence[Transition], decision: Decision, at: datetime
) -> Transition | None:
    """Return the transition that carries out a decision of the journal, None for none.

    `known` are the transitions of the item: a decision older than the last of them is overruled by it.
    """
    if known and known[-1].at > _whole(decision.at):
        return None
    trigger = Trigger.WITHDRAW if decision.after is State.WITHDRAWN else Trigger.REINSTATE
    if (item.state, trigger) not in TABLE:
        return None  # a held item stays held: it waits for its origin, or was held after it was reinstated
    return step(item, trigger, reason=decision.reason, actor=decision.actor, at=at)


def _whole(moment: datetime) -> datetime:
    """Return a time as the store holds it, in whole milliseconds."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
