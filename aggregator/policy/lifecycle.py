"""The one table of an item's life: state × trigger → state. Nothing else changes a state. Pure.

A release approves one version of an item: of a held item the one stored, of a live one the one that waits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from aggregator.errors import UsageError
from aggregator.model import State, Stored, Transition, Trigger

TABLE: Mapping[tuple[State, Trigger], State] = {
    (State.HELD, Trigger.TIME): State.LIVE,
    (State.HELD, Trigger.RELEASE): State.LIVE,
    # A date may have held it; from now on only the operator releases it.
    (State.HELD, Trigger.HOLD): State.HELD,
    (State.HELD, Trigger.WITHDRAW): State.WITHDRAWN,
    (State.LIVE, Trigger.HOLD): State.HELD,
    (State.LIVE, Trigger.RELEASE): State.LIVE,  # of a version that waits
    (State.LIVE, Trigger.WITHDRAW): State.WITHDRAWN,
    # Until its origin says it again: what stands in the store may be what the origin took back.
    (State.WITHDRAWN, Trigger.REINSTATE): State.HELD,
}


# A version that waits becomes the content of its item, or is dropped: the origin of a withdrawn item is read
# anew before it is published again.
TAKES_PENDING = frozenset({Trigger.RELEASE, Trigger.HOLD})
DROPS_PENDING = frozenset({Trigger.WITHDRAW})


def permits(item: Stored, trigger: Trigger) -> bool:
    """Return whether a trigger causes a transition of an item."""
    if trigger is Trigger.RELEASE and item.state is State.LIVE:
        return item.pending is not None
    return (item.state, trigger) in TABLE


def step(
    item: Stored, trigger: Trigger, *, reason: str, actor: str, at: datetime, version: int | None = None
) -> Transition:
    """Return the transition a trigger causes; UsageError names the possible triggers.

    A release approves the newest version; UsageError when `version` is another one.
    """
    if not permits(item, trigger):
        possible = ", ".join(
            each.value
            for state, each in TABLE
            if state is item.state and each is not Trigger.TIME and permits(item, each)
        )
        raise UsageError(f"item {item.id} is {item.state}: cannot {trigger} it (possible: {possible})")
    if trigger is Trigger.RELEASE:
        if version not in (None, item.newest):
            raise UsageError(
                f"version {version} of item {item.id} is not its newest: `publicwire show {item.id}` "
                f"shows version {item.newest}"
            )
        version = item.newest
    after = TABLE[item.state, trigger]
    return Transition(item.number, item.state, after, trigger, reason, actor, at, item.id, version)


def strike(item: Stored, version: int, *, reason: str, actor: str, at: datetime) -> Transition:
    """Return the step that removes the text of a former or waiting version, which changes no state.

    UsageError for a version that there was not, and for the present one.
    """
    if not 1 <= version <= item.newest:
        raise UsageError(f"item {item.id} has no version {version}: its newest is {item.newest}")
    if version == item.version:
        raise UsageError(f"version {version} of item {item.id} is its present text: withdraw the item")
    return Transition(
        item.number, item.state, item.state, Trigger.STRIKE, reason, actor, at, item.id, version
    )


@dataclass(frozen=True, slots=True)
class Decision:
    """The last state of an item by the journal, and the reason and the name that the operator gave.

    `struck` is the fingerprint of a struck version, which is no change of state; else None.
    """

    after: State
    reason: str
    actor: str
    at: datetime
    version: int | None = None
    struck: bytes | None = None


def replayed(
    item: Stored, known: Sequence[Transition], decision: Decision, at: datetime
) -> Transition | None:
    """Return the transition that carries out a decision of the journal, None for none.

    `known` are the transitions of the item: a decision older than the last of them is overruled by it. A
    step of a single version, such as the approval of a correction, overrules none.
    """
    last = next((each.at for each in reversed(known) if not _is_of_version(each)), None)
    if last is not None and last > _whole(decision.at):
        return None
    trigger = Trigger.WITHDRAW if decision.after is State.WITHDRAWN else Trigger.REINSTATE
    if (item.state, trigger) not in TABLE:
        return None  # a held item stays held: it waits for its origin, or was held after it was reinstated
    return step(item, trigger, reason=decision.reason, actor=decision.actor, at=at)


def _is_of_version(step: Transition) -> bool:
    return step.version is not None and step.before is step.after


def _whole(moment: datetime) -> datetime:
    """Return a time as the store holds it, in whole milliseconds."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
