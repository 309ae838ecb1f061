"""The one table of an item's life: state × trigger → state. Nothing else changes a state. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from aggregator.errors import UsageError
from aggregator.model import Decision, State, Stored, Transition, Trigger

TABLE: Mapping[tuple[State, Trigger], State] = {
    (State.HELD, Trigger.TIME): State.LIVE,
    (State.HELD, Trigger.RELEASE): State.LIVE,
    # A date may have held it; from now on only the operator releases it, or the time that they gave.
    (State.HELD, Trigger.HOLD): State.HELD,
    (State.HELD, Trigger.WITHDRAW): State.WITHDRAWN,
    (State.LIVE, Trigger.HOLD): State.HELD,
    (State.LIVE, Trigger.WITHDRAW): State.WITHDRAWN,
    (State.LIVE, Trigger.COPY): State.HELD,
    (State.HELD, Trigger.COPY): State.HELD,  # its date is dropped
    # Until its origin says it again: what stands in the store may be what the origin took back.
    (State.WITHDRAWN, Trigger.REINSTATE): State.HELD,
}

# The operator's, by verbs of the same names: each is a line of the journal.
VERBS = (Trigger.RELEASE, Trigger.HOLD, Trigger.WITHDRAW, Trigger.REINSTATE)


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
        possible = ", ".join(each.value for state, each in TABLE if state is item.state and each in VERBS)
        raise UsageError(f"item {item.id} is {item.state}: cannot {trigger} it (possible: {possible})")
    return Transition(item.number, item.state, after, trigger, reason, actor, at, item.id, until)


def replayed(
    item: Stored, known: Sequence[Transition], decisions: Sequence[Decision], at: datetime
) -> tuple[Transition, ...]:
    """Return the transitions that carry out decisions of the journal about an item, given oldest first.

    `known` are the transitions of the item: a decision older than the last of them is overruled by it, one
    among them is carried out already. Of the
    decisions only a reinstatement of a withdrawn item and the last one count. An item that has another text
    than the one released stays held.
    """
    done = {(each.at, each.trigger) for each in known}
    last = max((at for at, _ in done), default=None)
    times = [(each, _whole(each.at)) for each in decisions]
    valid = [each for each, at in times if (last is None or last <= at) and (at, each.trigger) not in done]
    ends = [number for number, each in enumerate(valid) if each.trigger is Trigger.REINSTATE]
    after = ends[-1] + 1 if ends else 0
    wanted = [*(valid[after - 1 : after] if item.state is State.WITHDRAWN else ()), *valid[after:][-1:]]
    steps: list[Transition] = []
    for each in wanted:
        present = replace(item, state=steps[-1].after) if steps else item
        if (present.state, each.trigger) in TABLE and not _is_vain(present, each, at):
            made = step(present, each.trigger, reason=each.reason, actor=each.actor, at=at)
            steps.append(replace(made, release=each.release))
    return tuple(steps)


def _is_vain(item: Stored, decision: Decision, now: datetime) -> bool:
    """Return whether a hold has ended while its item is live, or a release was of another text."""
    if decision.trigger is Trigger.HOLD:
        return item.state is State.LIVE and decision.release is not None and decision.release <= now
    is_release = decision.trigger is Trigger.RELEASE
    return is_release and decision.fingerprint not in ("", item.item.fingerprint.hex())


def _whole(moment: datetime) -> datetime:
    """Return a time as the store holds it, in whole milliseconds."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
