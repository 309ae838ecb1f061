"""Decisions that forms of the desk ask for: fields → one decision, carried out as the commands do it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from aggregator.config.amending import given
from aggregator.config.values import utc_time
from aggregator.errors import UsageError
from aggregator.model.amendment import AmendedField, Amendment
from aggregator.model.changes import Transition
from aggregator.model.decision import Notice, State, Trigger
from aggregator.model.desk import Waiting
from aggregator.model.stored import Stored
from aggregator.model.user import Role, User
from aggregator.policy import amendments, lifecycle, story_decisions
from aggregator.policy.lifecycle import permits
from aggregator.storage import Storage
from aggregator.web.access import check_admin
from aggregator.web.forms import Fields, Refused

REASON_CHARS_MAX = 1_000


class Deed(StrEnum):
    """Decision that the button of a form requests."""

    RELEASE = "release"
    PUBLISH = "publish"  # a release before the embargo ends
    HOLD = "hold"
    WITHDRAW = "withdraw"
    REINSTATE = "reinstate"
    AMEND = "amend"
    STRIKE = "strike"
    SPLIT = "split"
    MERGE = "merge"
    APART = "apart"
    ERASE = "erase"


TRIGGERS = {
    Deed.RELEASE: Trigger.RELEASE,
    Deed.PUBLISH: Trigger.RELEASE,
    Deed.HOLD: Trigger.HOLD,
    Deed.WITHDRAW: Trigger.WITHDRAW,
    Deed.REINSTATE: Trigger.REINSTATE,
}
IN_BULK = (Deed.RELEASE, Deed.HOLD, Deed.WITHDRAW)
BULK: Mapping[Waiting, Sequence[Deed]] = {  # for the chosen items of a list; the others: IN_BULK
    Waiting.CONFLICTS: (Deed.HOLD, Deed.WITHDRAW),  # each is settled by an amendment of its own
    Waiting.STORIES: (),  # each is one story with another, or not
}
OF_ADMINS = frozenset({Deed.ERASE})


class Order(Struct, frozen=True):
    """A deed with its reason, by whom and when; `zone` is that of the times of its form."""

    deed: Deed
    reason: str
    actor: str
    at: datetime
    zone: ZoneInfo


def order(
    fields: Fields, user: User, now: datetime, *, zone: ZoneInfo, allowed: Sequence[Deed] = tuple(Deed)
) -> Order:
    """Return what a form asks for; raises Refused without a reason, and for a deed beyond the user's role."""
    try:
        deed = Deed(fields.one("act"))
    except ValueError as error:
        raise Refused(400, "Press the button of a decision. Nothing was changed.") from error
    if deed not in allowed:
        raise Refused(400, "This action is not for several releases.")
    if deed in OF_ADMINS:
        check_admin(user, f"{deed} a release")
    reason = fields.line("reason")
    if not reason:
        raise Refused(400, "Give a reason: the audit trail keeps it. Nothing was changed.", field="reason")
    if len(reason) > REASON_CHARS_MAX:
        raise Refused(
            400, f"A reason has up to {REASON_CHARS_MAX} characters. Nothing was changed.", field="reason"
        )
    return Order(deed, reason, user.name, now, zone)


def bulk_of(of: Waiting, user: User | None) -> Sequence[Deed]:
    """Return the decisions about several releases of a list at once; none without a user."""
    return BULK.get(of, IN_BULK) if user is not None else ()


def possible(item: Stored, user: User | None) -> frozenset[Deed]:
    """Return the deeds that an item permits and its user may do; none without a user."""
    if user is None or item.erased:
        return frozenset()
    found = {deed for deed, trigger in TRIGGERS.items() if permits(item, trigger)}
    if permits(item, Trigger.WITHDRAW):
        found |= {Deed.AMEND}
    found |= {Deed.STRIKE, Deed.SPLIT, Deed.MERGE, Deed.APART, Deed.ERASE}
    return frozenset(found if user.role is Role.ADMIN else found - OF_ADMINS)


def carry_out(storage: Storage, item: Stored, order: Order, fields: Fields) -> None:
    """Carry out one decision about one item; UsageError for an impossible one, Outdated when the item has
    changed meanwhile."""
    _CARRIED[order.deed](storage, item, order, fields)


def release_all(storage: Storage, chosen: Sequence[tuple[Stored, int | None]], order: Order) -> int:
    """Carry out one decision about several items, each with the version that was read: all or none. Returns
    how many of them wait for the end of an embargo."""
    steps = [
        _approval(item, order, version, early=False)
        if order.deed is Deed.RELEASE
        else _step(item, order, None)
        for item, version in chosen
    ]
    storage.acts.apply_transitions(steps)
    return sum(order.deed is Deed.RELEASE and each.after is State.HELD for each in steps)


def _approval(item: Stored, order: Order, version: int | None, *, early: bool) -> Transition:
    if version is None:
        raise Refused(400, "The form names no version.")
    if version != item.newest:
        raise Refused(409, f"Item {item.id} has a newer version: read that one first. Nothing was changed.")
    return lifecycle.approval(
        item, reason=order.reason, actor=order.actor, at=order.at, version=version, early=early
    )


def _step(item: Stored, order: Order, until: datetime | None) -> Transition:
    trigger = TRIGGERS[order.deed]
    return lifecycle.step(item, trigger, reason=order.reason, actor=order.actor, at=order.at, until=until)


def _release(storage: Storage, item: Stored, order: Order, fields: Fields) -> None:
    early = order.deed is Deed.PUBLISH
    storage.acts.apply_transitions([_approval(item, order, version_of(fields.one("version")), early=early)])


def _move(storage: Storage, item: Stored, order: Order, fields: Fields) -> None:
    until = _moment(fields, "until", order.zone) if order.deed is Deed.HOLD else None
    if until is not None and until <= order.at:
        raise Refused(409, "This time is past. Nothing was changed.", field="until")
    notice = _notice(fields, order) if order.deed is Deed.WITHDRAW else None
    items: Sequence[Stored] = (item,)
    if fields.one("story"):
        trigger = TRIGGERS[order.deed]
        items = [each for each in storage.items.story(item.number) if permits(each, trigger)] or items
    steps = [replace(_step(each, order, until), notice=notice) for each in items]
    storage.acts.apply_transitions(steps)


def _amend(storage: Storage, item: Stored, order: Order, fields: Fields) -> None:
    fresh = _amendment(fields)
    emptied = {each for each in AmendedField if not getattr(fresh, each)}
    made = amendments.amended(item, fresh, emptied)  # all of them are for what the origin says now
    storage.acts.apply_transitions(
        [lifecycle.amend(item, made, reason=order.reason, actor=order.actor, at=order.at)]
    )


def _amendment(fields: Fields) -> Amendment:
    """Return the fields of the desk; raises Refused that names the one which cannot be shown."""
    topics = (each.strip() for each in fields.one("topics").split(","))
    typed = {
        AmendedField.HEADLINE: fields.line("headline"),
        AmendedField.SUMMARY: fields.line("summary"),
        AmendedField.TOPICS: ",".join(filter(None, topics)),
        AmendedField.LANGUAGE: fields.one("language"),
        AmendedField.NOTE: fields.one("note"),
    }
    for name, text in typed.items():
        try:
            given(**{**dict.fromkeys(typed, ""), name: text})
        except UsageError as error:
            said = f"{str(error)[:1].upper()}{str(error)[1:]}. Nothing was changed."
            raise Refused(409, said, field=name) from error
    return given(**typed)


def _strike(storage: Storage, item: Stored, order: Order, fields: Fields) -> None:
    version = version_of(fields.one("struck"))
    if version is None:
        raise Refused(400, "Choose a version.", field="struck")
    step = lifecycle.strike(item, version, reason=order.reason, actor=order.actor, at=order.at)
    storage.acts.apply_transitions([step])


def _split(storage: Storage, item: Stored, order: Order, fields: Fields) -> None:
    members = storage.items.story(item.number)
    storage.admin.pair(
        story_decisions.split(item, members, reason=order.reason, actor=order.actor, at=order.at)
    )


def _merge(storage: Storage, item: Stored, order: Order, fields: Fields) -> None:
    other = _other(storage, fields)
    shown = {"this": (item, other), "other": (other, item)}
    first, second = shown.get(fields.one("first")) or story_decisions.by_age(item, other)
    storage.admin.pair(
        story_decisions.merge(first, second, reason=order.reason, actor=order.actor, at=order.at)
    )


def _apart(storage: Storage, item: Stored, order: Order, fields: Fields) -> None:
    other = _other(storage, fields)
    storage.admin.pair(
        story_decisions.apart(item, other, reason=order.reason, actor=order.actor, at=order.at)
    )


def _other(storage: Storage, fields: Fields) -> Stored:
    other = storage.items.find(fields.one("other") or fields.one("near"))
    if other is None:
        raise Refused(400, "There is no other release with this id. Nothing was changed.", field="other")
    return other


def _erase(storage: Storage, item: Stored, order: Order, fields: Fields) -> None:
    if fields.one("confirm") != item.id:
        raise Refused(
            400, f"Type the id {item.id} to erase it for good. Nothing was changed.", field="confirm"
        )
    step = lifecycle.step(item, Trigger.ERASE, reason=order.reason, actor=order.actor, at=order.at)
    storage.admin.erase([replace(step, notice=_notice(fields, order))])


def _notice(fields: Fields, order: Order) -> Notice | None:
    """Return the request that a decision answers, None for none."""
    name, address = fields.line("notice_name"), fields.line("notice_address")
    if not name and not address:
        return None
    if not name or not address:
        missing = "notice_address" if name else "notice_name"
        raise Refused(400, "A request has a name and an address. Nothing was changed.", field=missing)
    received = _moment(fields, "received", order.zone) or order.at
    if received > order.at:
        raise Refused(400, "The request was received in the future. Nothing was changed.", field="received")
    return Notice(name, address, received, fields.line("statement") or order.reason)


def _moment(fields: Fields, name: str, zone: ZoneInfo) -> datetime | None:
    """Return a time in UTC as <input type="datetime-local"> sends it, in a zone; None for ""."""
    if not (text := fields.one(name)):
        return None
    try:
        found = datetime.fromisoformat(text)
        return utc_time((found if found.tzinfo else found.replace(tzinfo=zone)).isoformat())
    except ValueError as error:
        said = "A time is written as 2027-01-31T09:00. Nothing was changed."
        raise Refused(400, said, field=name) from error


def version_of(text: str) -> int | None:
    """Return the number of a version, None for a text that is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


_CARRIED: dict[Deed, Callable[[Storage, Stored, Order, Fields], None]] = {
    Deed.RELEASE: _release,
    Deed.PUBLISH: _release,
    Deed.HOLD: _move,
    Deed.WITHDRAW: _move,
    Deed.REINSTATE: _move,
    Deed.AMEND: _amend,
    Deed.STRIKE: _strike,
    Deed.SPLIT: _split,
    Deed.MERGE: _merge,
    Deed.APART: _apart,
    Deed.ERASE: _erase,
}
