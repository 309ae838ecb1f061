"""The one table of an item's life: state × trigger → state. Nothing else changes a state. Pure.

A release approves one version of an item: of a held item the one stored, of a live one the one that waits.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec.structs import replace

from aggregator.dedupe.decided import is_of
from aggregator.errors import UsageError
from aggregator.model.amendment import Amendment
from aggregator.model.changes import Transition
from aggregator.model.decision import Decision, Lapse, State, Trigger
from aggregator.model.item import Item
from aggregator.model.public_change import ChangeKind
from aggregator.model.stored import Stored
from aggregator.policy.embargo import DATED, REVIEW, VETO

APPROVED = "approved, under embargo"  # reason of a hold until the embargo of an approved item ends

TABLE: Mapping[tuple[State, Trigger], State] = {
    (State.HELD, Trigger.TIME): State.LIVE,
    (State.HELD, Trigger.RELEASE): State.LIVE,
    # A date may have held it; from now on only the operator releases it, or the time that they gave.
    (State.HELD, Trigger.HOLD): State.HELD,
    (State.HELD, Trigger.WITHDRAW): State.WITHDRAWN,
    (State.LIVE, Trigger.HOLD): State.HELD,
    (State.LIVE, Trigger.RELEASE): State.LIVE,  # of a version that waits
    (State.LIVE, Trigger.WITHDRAW): State.WITHDRAWN,
    (State.LIVE, Trigger.COPY): State.HELD,
    (State.HELD, Trigger.COPY): State.HELD,  # its date is dropped
    # Until its origin says it again: what stands in the store may be what the origin took back.
    (State.WITHDRAWN, Trigger.REINSTATE): State.HELD,
    (State.HELD, Trigger.TOMBSTONE): State.WITHDRAWN,
    (State.LIVE, Trigger.TOMBSTONE): State.WITHDRAWN,
    (State.HELD, Trigger.EXPIRY): State.WITHDRAWN,
    (State.LIVE, Trigger.EXPIRY): State.WITHDRAWN,
    (State.LIVE, Trigger.PROBE): State.WITHDRAWN,
    # As the origin has it then: it may have been edited meanwhile.
    (State.WITHDRAWN, Trigger.RELISTED): State.HELD,
    # From now on its origin undoes it no longer.
    (State.WITHDRAWN, Trigger.WITHDRAW): State.WITHDRAWN,
    (State.WITHDRAWN, Trigger.TOMBSTONE): State.WITHDRAWN,
    (State.HELD, Trigger.ERASE): State.WITHDRAWN,
    (State.LIVE, Trigger.ERASE): State.WITHDRAWN,
    (State.WITHDRAWN, Trigger.ERASE): State.WITHDRAWN,
}

# The operator's, by verbs of the same names.
VERBS = (
    Trigger.RELEASE,
    Trigger.HOLD,
    Trigger.WITHDRAW,
    Trigger.REINSTATE,
    Trigger.STRIKE,
    Trigger.AMEND,
    Trigger.ERASE,
)
OF_TEXT = frozenset({Trigger.STRIKE, Trigger.AMEND})  # change no state
OF_ORIGIN = (Trigger.TOMBSTONE, Trigger.EXPIRY, Trigger.PROBE, Trigger.RELISTED)
JOURNALED = (*VERBS, *OF_ORIGIN)  # what withdraws an item outlives the restore of an older backup
LAPSES = {Trigger.EXPIRY: Lapse.EXPIRY, Trigger.PROBE: Lapse.PROBE}

# A version that waits becomes the content of its item, or is dropped: the origin of a withdrawn item is read
# anew before it is published again.
TAKES_PENDING = frozenset({Trigger.RELEASE, Trigger.HOLD})
DROPS_PENDING = frozenset({Trigger.WITHDRAW, Trigger.TOMBSTONE, Trigger.EXPIRY, Trigger.PROBE, Trigger.ERASE})


def permits(item: Stored, trigger: Trigger) -> bool:
    """Return whether a trigger causes a transition of an item: none of one that was erased."""
    if item.erased:
        return False
    if trigger is Trigger.RELEASE and item.state is State.LIVE:
        return item.pending is not None
    if (
        item.state is State.WITHDRAWN
        and trigger not in (Trigger.REINSTATE, Trigger.ERASE)
        and not item.lapsed
    ):
        return False
    return (item.state, trigger) in TABLE


def public_change(step: Transition, *, is_first: bool, is_corrected: bool) -> ChangeKind | None:
    """Return what the public sees of a transition, None for nothing. `is_first`: the item was never live;
    `is_corrected`: a waiting version with another text has become its content."""
    if (step.before is State.LIVE) is (step.after is State.LIVE):
        return ChangeKind.CORRECTED if is_corrected and step.after is State.LIVE else None
    if step.before is State.LIVE:
        return ChangeKind.WITHDRAWN
    return ChangeKind.PUBLISHED if is_first else ChangeKind.RESTORED


def step(
    item: Stored,
    trigger: Trigger,
    *,
    reason: str,
    actor: str,
    at: datetime,
    until: datetime | None = None,
    version: int | None = None,
) -> Transition:
    """Return the transition a trigger causes; UsageError names the possible triggers.

    `until` is when an item that is held now goes live by itself. UsageError for a time that is past. A
    release approves the newest version; UsageError when `version` is another one.
    """
    if until is not None and until <= at:
        raise UsageError(f"{until.isoformat()} is past: `publicwire release {item.id}` publishes it now")
    if not permits(item, trigger):
        possible = ", ".join(
            each.value
            for state, each in TABLE
            if state is item.state and each in VERBS and each is not Trigger.ERASE and permits(item, each)
        )
        if item.erased:
            raise UsageError(f"item {item.id} is erased for good: nothing is left of it")
        raise UsageError(f"item {item.id} is {item.state}: cannot {trigger} it (possible: {possible})")
    if trigger is Trigger.RELEASE:
        if version not in (None, item.newest):
            raise UsageError(
                f"version {version} of item {item.id} is not its newest: "
                f"`publicwire show {item.id} --version {item.newest}` shows its newest"
            )
        version = item.newest
    after = TABLE[item.state, trigger]
    lapse = LAPSES.get(trigger, Lapse.NONE) if item.state is State.LIVE else Lapse.NONE
    return Transition(
        item.number, item.state, after, trigger, reason, actor, at, item.id, until, version, lapse
    )


def approval(
    item: Stored, *, reason: str, actor: str, at: datetime, version: int | None, early: bool = False
) -> Transition:
    """Return the transition of a release; of an item that is not held for its date or a veto alone, and whose
    embargo has not ended, a hold until then, of this version, unless it is released `early`."""
    made = step(item, Trigger.RELEASE, reason=reason, actor=actor, at=at, version=version)
    if early or item.state is not State.HELD or item.reason in (*DATED, VETO):
        return made
    until = item.release if item.reason in (REVIEW, APPROVED) else item.item.claimed
    if until is None or until <= at:
        return made
    return replace(made, trigger=Trigger.HOLD, after=State.HELD, reason=reason or APPROVED, release=until)


def strike(item: Stored, version: int, *, reason: str, actor: str, at: datetime) -> Transition:
    """Return the step that removes the text of a former or waiting version, which changes no state.

    UsageError for a version that there was not, and for the present one.
    """
    if not 1 <= version <= item.newest:
        raise UsageError(f"item {item.id} has no version {version}: its newest is {item.newest}")
    if version == item.version:
        raise UsageError(f"version {version} of item {item.id} is its present text: withdraw the item")
    return Transition(
        item.number, item.state, item.state, Trigger.STRIKE, reason, actor, at, item.id, version=version
    )


def amend(item: Stored, amendment: Amendment, *, reason: str, actor: str, at: datetime) -> Transition:
    """Return the step that gives an item the desk's fields, in place of all it had of the desk.

    UsageError for a withdrawn item, and for one that has these fields.
    """
    if item.state is State.WITHDRAWN:
        raise UsageError(f"item {item.id} is withdrawn: nothing of it is published")
    if amendment == item.amended:
        raise UsageError(f"item {item.id} is amended so already")
    state = item.state
    step = Transition(item.number, state, state, Trigger.AMEND, reason, actor, at, item.id)
    return replace(step, amendment=amendment)


def replayed(
    item: Stored,
    known: Sequence[Transition],
    decisions: Sequence[Decision],
    at: datetime,
    *,
    waiting: Item | None = None,
) -> tuple[Transition, ...]:
    """Return the transitions that carry out decisions of the journal about an item, given oldest first.

    `known` are the transitions of the item: a decision older than the last of them is overruled by it, one
    among them is carried out already. Of the decisions only a reinstatement of a withdrawn item, the last one
    and the last approval of a version count. An item that has another text than the one released stays held,
    and a version that waits, `waiting`, waits on. A step of a single version, such as the approval of a
    correction, overrules none.
    """
    done = {(each.at, each.trigger) for each in known}
    last = max((each.at for each in known if not _is_of_version(each)), default=None)
    times = [(each, _whole(each.at)) for each in decisions]
    valid = [each for each, at in times if (last is None or last <= at) and (at, each.trigger) not in done]
    steps: list[Transition] = []
    for each in _wanted(item, valid):
        present = replace(item, state=steps[-1].after, lapsed=steps[-1].lapse) if steps else item
        if permits(present, each.trigger) and not _is_vain(present, each, at, waiting):
            made = step(present, each.trigger, reason=each.reason, actor=each.actor, at=at)
            steps.append(replace(made, release=each.release, lapse=each.lapse))
    return tuple(steps)


def _wanted(item: Stored, decisions: Sequence[Decision]) -> Sequence[Decision]:
    """Return the decisions that are to be carried out, in their order."""
    of_states = [each for each in decisions if not each.approves]
    ends = [number for number, each in enumerate(of_states) if each.trigger is Trigger.REINSTATE]
    after = ends[-1] + 1 if ends else 0
    reinstated = of_states[after - 1 : after] if item.state is State.WITHDRAWN else []
    if ends and item.state is State.LIVE and not of_states[after:]:
        # The text in a backup from before the withdrawal may be the one that the origin took back.
        withdrawn = [
            each for each in of_states[: ends[-1]] if TABLE.get((State.LIVE, each.trigger)) is State.WITHDRAWN
        ]
        reinstated = [*withdrawn[-1:], of_states[ends[-1]]] if withdrawn else []
    return (*reinstated, *of_states[after:][-1:], *[each for each in decisions if each.approves][-1:])


def _is_vain(item: Stored, decision: Decision, now: datetime, waiting: Item | None) -> bool:
    """Return whether a hold has ended while its item is live, or a release was of another text."""
    if decision.trigger is Trigger.HOLD:
        return item.state is State.LIVE and decision.release is not None and decision.release <= now
    if decision.trigger is not Trigger.RELEASE:
        return False
    released = waiting if item.state is State.LIVE and waiting is not None else item.item
    return decision.fingerprint != "" and not is_of(decision, released)


def _is_of_version(step: Transition) -> bool:
    return step.version is not None and step.before is step.after and step.trigger is not Trigger.HOLD


def _whole(moment: datetime) -> datetime:
    """Return a time as the store holds it, in whole milliseconds."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
