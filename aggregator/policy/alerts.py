"""Alerts about a source: one poll raises some and clears others. Pure: times are given.

A poll judges each kind of alert: a sentence raises it, "" clears it; a kind that is missing stays as it is.
An event is over at once: its alert is raised anew with each, and cleared a week after the last; of items
dated too far ahead, once none is undecided. The store knows which alerts are open.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from aggregator.errors import Cause
from aggregator.model.alert import AlertKind
from aggregator.model.amendment import AmendedField
from aggregator.model.changes import Changes
from aggregator.model.decision import State
from aggregator.model.domains import host_of
from aggregator.model.item import is_quarantined
from aggregator.model.poll import OutcomeKind, OverBudget, PollResult
from aggregator.model.websub import SubscriptionState
from aggregator.policy import embargo, reasons, relocation
from aggregator.policy.budget import STORED

# A restart or an evening of maintenance raises no alert, and a morning shows a dead source.
FAILURES_MIN, FAILING_MIN = 3, timedelta(hours=6)
BLOCKED_MIN = 2  # failures in a row: an origin unblocks a robot only after its operator was asked
# Many usual gaps, and never less than the longest usual week-end, Thursday evening to Tuesday at Easter. Gaps
# are between polls that found something; the usual one begins as a guess, which weighs 4 % after ten of them.
# By the dates of 162 real feeds ten gaps are a false alarm once in 2.3 years of a source; when the second
# finding was already enough, twice in each year.
QUIET_GAPS, QUIET_MIN, FINDINGS_MIN = 10, timedelta(days=5), 10

EVENTS = (
    AlertKind.LINK,
    AlertKind.STORY,
    AlertKind.AHEAD,
    AlertKind.DISTANT,
    AlertKind.COPY,
    AlertKind.FOREIGN,
    AlertKind.AMENDED,
    AlertKind.EMBARGO,
    AlertKind.VETO,
)
EVENT_SHOWN_FOR = timedelta(days=7)  # but until the operator has decided on dates too far ahead
IDS_NAMED_MAX = 5  # of items, in one message

ENDED_BY_SUCCESS = (AlertKind.GONE, AlertKind.FAILING, AlertKind.BLOCKED, AlertKind.WAITING, AlertKind.POISON)


def judged(result: PollResult) -> Mapping[AlertKind, str]:
    """Return the sentence of each kind of alert after a poll while it holds, "" when it is over.

    The poll says nothing of kinds that are missing.
    """
    claim, after, outcome = result.claim, result.after, result.outcome
    if outcome.cause is Cause.INCOMPLETE:
        return {**_failed(result), **_budget(result), **_events(result)}
    if outcome.kind is OutcomeKind.FAILED and result.over is None:
        return _failed(result)
    moved = relocation.advice(claim.id, after.relocation) if after.relocation.at else ""
    return {
        **dict.fromkeys(ENDED_BY_SUCCESS, ""),
        AlertKind.MOVED: moved,
        AlertKind.QUIET: "" if outcome.new else _quiet(result),
        AlertKind.HUB: _hub(result),
        **_budget(result),
        **_events(result),
        **_renamed(result),
    }


def raised(
    judged: Mapping[AlertKind, str], before: Mapping[AlertKind, datetime]
) -> tuple[tuple[AlertKind, str], ...]:
    """Return the alerts to raise, with their sentences; `before` are those that are open."""
    return tuple(
        (kind, text) for kind, text in judged.items() if text and (kind not in before or kind in EVENTS)
    )


def cleared(judged: Mapping[AlertKind, str], before: Mapping[AlertKind, datetime]) -> tuple[AlertKind, ...]:
    """Return the open alerts to clear, those of events that happened again included."""
    return tuple(kind for kind, text in judged.items() if kind in before and (not text or kind in EVENTS))


def _events(result: PollResult) -> Mapping[AlertKind, str]:
    """Return the events of a successful poll, and "" for those shown long enough."""
    ends = result.outcome.started - EVENT_SHOWN_FOR
    over = {kind for kind, since in result.claim.open_alerts.items() if kind in EVENTS and since <= ends}
    found = dict.fromkeys(over - {AlertKind.DISTANT}, "")
    if (changes := result.changes) is None:
        return found
    edits = changes.edits
    if left := [_left(edit.id, host_of(edit.item.url)) for edit in edits if edit.leaves_home]:
        first = left[0].partition(" ")[0]
        found[AlertKind.LINK] = (
            f"links of its items have left its domains: {_some(left)}; see `publicwire show {first}`"
        )
    if parted := [edit.id for edit in edits if edit.parts and not edit.waits]:
        found[AlertKind.STORY] = (
            f"no longer agrees with the releases of other sources in the same story, now shown apart: "
            f"{_some(parted)}; see `publicwire show {parted[0]}`"
        )
    if amended := [(edit.id, edit.conflicts) for edit in edits if edit.conflicts]:
        found[AlertKind.AMENDED] = _amended(amended)
    placed = embargo.placed(changes)
    if far := embargo.distant(placed):
        found[AlertKind.DISTANT] = (
            f"items are dated more than {embargo.HORIZON.days} days ahead and held until you decide: "
            f"{_some(far)}; `publicwire release {far[0]}` publishes one now, "
            f"`publicwire hold {far[0]} --until DATE --reason WHY` at another time"
        )
    if lines := embargo.unread(placed):
        found[AlertKind.EMBARGO] = (
            f"embargo lines have no date that can be read, their items are held until you decide: "
            f"{_some(lines)}; see `publicwire show {lines[0]}`, then `release` it or "
            f"`publicwire hold {lines[0]} --until DATE --reason WHY`"
        )
    return {
        **found,
        **_quarantined(changes),
        **_copies(changes),
        **_ahead(result, changes, placed),
        **_in_veto_window(changes),
    }


def _quarantined(changes: Changes) -> Mapping[AlertKind, str]:
    """Return the alert of items, and of new versions, that wait for approval because of their links."""
    held = [new.id for new in changes.new if is_quarantined(new.item) and new.placement.state is State.HELD]
    held += [
        edit.id for edit in changes.edits if is_quarantined(edit.item) and (edit.waits or edit.placement)
    ]
    if not held:
        return {}
    return {
        AlertKind.FOREIGN: f"held, for they link to hosts outside its `domains` and `links_to`: "
        f"{_some(held)}; see `publicwire show {held[0]} --provenance`, then `release` it"
    }


def _in_veto_window(changes: Changes) -> Mapping[AlertKind, str]:
    """Return the alert of new items that wait for a veto. An edit in the window is none: it moves nothing."""
    if not (waiting := embargo.in_window(changes.new)):
        return {}
    first, ends = waiting[0]
    return {
        AlertKind.VETO: f"go live by themselves, the first at {ends:%Y-%m-%d %H:%M} UTC: "
        f"{_some([name for name, _ in waiting])}; `publicwire hold {first} --reason WHY` stops one"
    }


def _left(item: str, host: str) -> str:
    return f"{item} to {host}"


def without_hosts(message: str, items: Iterable[str]) -> str:
    """Return the words for links that have left the domains of their source without the hosts of these
    items."""
    for item in items:
        message = re.sub(rf"\b{re.escape(_left(item, ''))}[^\s,;]*", item, message)
    return message


def _amended(conflicts: Sequence[tuple[str, tuple[AmendedField, ...]]]) -> str:
    """Return the words for edits of fields that the desk has amended, and whose amendments stay."""
    fields = _some([f"{', '.join(fields)} of {item}" for item, fields in conflicts])
    return (
        f"its origin has edited what you have amended: {fields}; your words stay shown, "
        f"see `publicwire show {conflicts[0][0]}` and amend it anew or `--clear` it"
    )


def _copies(changes: Changes) -> Mapping[AlertKind, str]:
    """Return the alert of items that are held as copies of withdrawn releases."""
    held = [(new.id, new.placement.copy_of) for new in changes.new] + [
        (edit.id, edit.copy_of) for edit in changes.edits
    ]
    copies = [(item, withdrawn) for item, withdrawn in held if withdrawn]
    return {AlertKind.COPY: copies_held(copies)} if copies else {}


def copies_held(copies: Sequence[tuple[str, str]]) -> str:
    """Return the words for items that are held as copies, each with the withdrawn one ("": not known)."""
    pairs = _some([" of ".join(filter(None, pair)) for pair in copies])
    return (
        f"held as copies of withdrawn releases: {pairs}; "
        f"`publicwire release {copies[0][0]}` publishes one, and its later edits"
    )


def _ahead(result: PollResult, changes: Changes, placed: Sequence[embargo.Placed]) -> Mapping[AlertKind, str]:
    """Return the alert of items that are held until their dates, once a source and day (UTC)."""
    now, told = result.outcome.started, result.claim.open_alerts.get(AlertKind.AHEAD)
    held = embargo.ahead(placed, now)
    if not held or (told is not None and told.date() == now.date()):
        return {}
    names, lines = [name for name, _ in held], embargo.stated(changes, now)
    cures = [f"`publicwire release {name}` publishes one now" for name in names if name not in lines][:1]
    is_unzoned = any(embargo.UNKNOWN_ZONE in placement.flags for _, placement in held)
    reading = " in the latest reading of an unknown zone (UTC-12) or month" if is_unzoned else ""
    cures.append(embargo.advice(result.after.ahead, [name for name in names if name in lines]))
    return {
        AlertKind.AHEAD: f"items are held until their dates, which are ahead{reading}: {_some(names)}; "
        + "; ".join(cures)
    }


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - IDS_NAMED_MAX} more" if len(names) > IDS_NAMED_MAX else ""
    return ", ".join(names[:IDS_NAMED_MAX]) + more


def _budget(result: PollResult) -> Mapping[AlertKind, str]:
    """Return the alert of a source beyond its budget. It holds until a poll of another day."""
    if result.over is not None:
        return {AlertKind.BUDGET: beyond(result.over, result.claim.id)}
    is_of_today = result.claim.spent.day == result.outcome.started.toordinal()
    return {} if is_of_today else {AlertKind.BUDGET: ""}


def beyond(over: OverBudget, source: str) -> str:
    """Return the words for what was beyond the budget of a source, with the cures."""
    items, megabytes = over.budget.items * over.times, over.budget.bytes * over.times // 10**6
    day = "a day" if over.times == 1 else f"at the first import, {over.times} times its budget of a day"
    found = []
    if over.held:
        found.append(
            f"{over.held:,} new items are held, beyond {items:,} {day}: "
            f"`publicwire release --over-budget {source}` publishes them"
        )
    if over.dropped:
        found.append(
            f"{over.dropped:,} items were not stored, beyond {megabytes:,} MB or {STORED * items:,} new "
            f"items {day}: they follow from the next day (UTC) on, sooner with a larger `budget`"
        )
    return "; ".join(found)


def _failed(result: PollResult) -> Mapping[AlertKind, str]:
    outcome, failures = result.outcome, result.after.failures
    message, since = outcome.message, result.after.failing_since or outcome.started
    long = f"{failures} times in a row since {since:%Y-%m-%d %H:%M} UTC"
    shown: dict[AlertKind, str] = {}
    if outcome.cause is Cause.RATE_LIMITED:  # no request was sent
        return shown
    if outcome.cause is Cause.GONE:
        shown[AlertKind.GONE] = f"its origin answers 410 (gone), no longer polled: {message}"
    elif outcome.cause is Cause.POISON:
        shown[AlertKind.POISON] = f"in quarantine, tried again in a day: {message}"
    elif outcome.cause is Cause.BLOCKED and failures >= BLOCKED_MIN:
        shown[AlertKind.BLOCKED] = f"blocked as a robot {long}, ask its operator for access: {message}"
    elif failures >= FAILURES_MIN and outcome.started - since >= FAILING_MIN:
        is_cut = outcome.cause is Cause.INCOMPLETE
        found = "its document is incomplete, not read whole" if is_cut else "failed"
        shown[AlertKind.FAILING] = f"{found} {long}: {message}"
    if result.due.is_capped:
        shown[AlertKind.WAITING] = f"{reasons.words(result.due)}: {message}"
    return shown


def _hub(result: PollResult) -> str:
    """Return the alert of a broken hub. It holds while the hub is tried again, until it announces
    something."""
    hub = result.after.subscription
    if hub is None or hub.state is SubscriptionState.LEAVING or not hub.breaks:
        return ""
    reason = hub.reason or "it did not announce a release"
    return f"its hub is broken, polled at the usual interval: {reason}"


def _renamed(result: PollResult) -> Mapping[AlertKind, str]:
    """Return the alert of a feed with another title than the pinned one; nothing when it was not read."""
    pinned, title = result.after.title, result.feed_title
    if title is None:
        return {}
    if title in ("", pinned):
        return {AlertKind.RENAMED: ""}
    cure = f"write `organisation:` at source {result.claim.id} in sources.yaml to change that"
    return {AlertKind.RENAMED: f"its feed calls itself {title!r}, published is {pinned!r}: {cure}"}


def _quiet(result: PollResult) -> str:
    claim, now = result.claim, result.outcome.started
    gap, last = claim.usual_gap, claim.last_new
    if (
        claim.findings < FINDINGS_MIN
        or gap is None
        or last is None
        or now - last < max(QUIET_GAPS * gap, QUIET_MIN)
    ):
        return ""
    hours = round(gap / timedelta(hours=1))
    usual = f"{hours} h" if hours < 48 else f"{round(hours / 24)} d"
    return f"nothing new since {last:%Y-%m-%d}, though it answers; usual gap between releases: {usual}"
