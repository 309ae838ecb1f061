"""The one table of an item's life: state and trigger to state. Nothing else changes a state.

Decides and explains; carries nothing out.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from aggregator.errors import UsageError
from aggregator.model import State, Stored, Transition


class Trigger(StrEnum):
    """What moves an item: the clock or the operator (origin's tombstones and our probes will join them)."""

    TIME = "time"
    RELEASE = "release"
    HOLD = "hold"
    WITHDRAW = "withdraw"
    REINSTATE = "reinstate"


TABLE: Mapping[tuple[State, Trigger], State] = {
    (State.HELD, Trigger.TIME): State.LIVE,
    (State.HELD, Trigger.RELEASE): State.LIVE,
    (State.HELD, Trigger.HOLD): State.HELD,  # a date may have held it; now only the operator lets it go
    (State.HELD, Trigger.WITHDRAW): State.WITHDRAWN,
    (State.LIVE, Trigger.HOLD): State.HELD,
    (State.LIVE, Trigger.WITHDRAW): State.WITHDRAWN,
    (State.WITHDRAWN, Trigger.REINSTATE): State.LIVE,
}


def step(item: Stored, trigger: Trigger, *, reason: str, actor: str, at: datetime) -> Transition:
    """The transition a trigger causes; UsageError says what would be possible instead."""
    after = TABLE.get((item.state, trigger))
    if after is None:
        possible = ", ".join(
            each.value for state, each in TABLE if state is item.state and each != Trigger.TIME
        )
        raise UsageError(f"item {item.id} is {item.state}: cannot {trigger} it (possible: {possible})")
    return Transition(
        number=item.number,
        before=item.state,
        after=after,
        trigger=trigger.value,
        reason=reason,
        actor=actor,
        at=at,
    )
