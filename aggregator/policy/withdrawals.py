"""Withdrawals that a document asks for: its tombstones, and the expiries of its entries. Pure.

A source withdraws its own items alone. `policy.origin_steps` decides what becomes of the steps made here.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from aggregator.model.changes import Changes, Edit, NewItem
from aggregator.model.decision import Lapse, State, Trigger
from aggregator.model.deleted import OriginTombstone
from aggregator.model.document import ReadResult
from aggregator.model.item import Item, KeyKind
from aggregator.model.stored import Known
from aggregator.model.withdrawal import Expiry, OriginStep, Referent

EXPIRED = "the time until which its origin says that it is valid has passed"
RESTATED = "its origin says that it has expired"
PROLONGED = "its origin says that it is valid for longer"
RETURNS_AFTER = timedelta(days=1)  # from the withdrawal of an item by its expiry


def heeded(
    read: ReadResult, referents: Sequence[Referent], now: datetime
) -> tuple[ReadResult, tuple[OriginStep, ...]]:
    """Return what was read without the entries that its tombstones delete, and the withdrawals.

    A newer entry cancels a tombstone (RFC 6721 section 3), in the same document or stored. A time ahead of
    `now` counts as now. A tombstone counts once: after a reinstatement only a later one withdraws again.
    """
    if not read.tombstones:
        return read, ()
    said = _said(read.items, now)
    of_keys: dict[bytes, list[Referent]] = defaultdict(list)
    for referent in referents:
        of_keys[referent.key].append(referent)
    deleted, steps = set[bytes](), list[OriginStep]()
    for key, tombstone in _latest(read.tombstones).items():
        when, found = min(tombstone.when, now), of_keys[key]
        if key in said and said[key] > when:
            continue
        valid = [each for each in found if not _is_newer(each, when, now)]
        if valid or not found:
            deleted.add(key)
        steps += _steps(valid, tombstone, now)
    kept = tuple(item for item in read.items if item.key(KeyKind.GUID) not in deleted)
    return replace(read, items=kept), tuple(steps)


def _latest(tombstones: Sequence[OriginTombstone]) -> Mapping[bytes, OriginTombstone]:
    return {each.key: each for each in sorted(tombstones, key=lambda each: each.when)}


def _said(items: Sequence[Item], now: datetime) -> Mapping[bytes, datetime]:
    """Return the newest date of the entries with each guid, of those that have one."""
    said: dict[bytes, datetime] = {}
    for item in items:
        key, newest = item.key(KeyKind.GUID), _newest(item.claimed, item.updated, now)
        if key is not None and newest is not None:
            said[key] = max(newest, said.get(key, newest))
    return said


def _newest(claimed: datetime | None, updated: datetime | None, now: datetime) -> datetime | None:
    """Return when an entry was last written: a date ahead, as that of an embargo, does not tell."""
    return max((each for each in (claimed, updated) if each is not None and each <= now), default=None)


def _is_newer(referent: Referent, when: datetime, now: datetime) -> bool:
    newest = _newest(referent.claimed, referent.updated, now)
    return newest is not None and newest > when


def _steps(referents: Sequence[Referent], tombstone: OriginTombstone, now: datetime) -> list[OriginStep]:
    """Return the withdrawals by a tombstone. Of several items with one guid the operator decides."""
    found = [
        each
        for each in referents
        if (each.tombstone is None or each.tombstone < tombstone.when)
        and (each.state is not State.WITHDRAWN or each.lapsed)
    ]
    reason = words(tombstone)
    return [
        OriginStep(
            each.number,
            Trigger.TOMBSTONE,
            now,
            reason,
            suspended=len(found) > 1,
            tombstone=tombstone.when,
        )
        for each in found
    ]


def words(tombstone: OriginTombstone) -> str:
    """Return the reason of a withdrawal by a tombstone."""
    by = f" ({tombstone.by})" if tombstone.by else ""
    comment = f": {tombstone.comment}" if tombstone.comment else ""
    return f"deleted by its origin{by}{comment}"


def completed(changes: Changes, steps: Sequence[OriginStep], now: datetime) -> Changes:
    """Return changes with the steps of tombstones, and with what follows of the expiries in the document.

    An entry that has expired says nothing new: its text may be a notice of that. One that had expired before
    it was first seen is never published.
    """
    found = [*steps]
    for old, item in changes.restated:
        found += _restated(old, item, now)
    return replace(
        changes,
        new=tuple(_expired_new(new, now) if _has_expired(new.item, now) else new for new in changes.new),
        edits=tuple(_keys_alone(edit) if _has_expired(edit.item, now) else edit for edit in changes.edits),
        steps=tuple(found),
        expiries=tuple(
            Expiry(old.number, item.expires, _is_foretold(old, item))
            for old, item in changes.restated
            if item.expires != old.expires
        ),
    )


def _has_expired(item: Item, now: datetime) -> bool:
    return item.expires is not None and item.expires <= now


def _expired_new(new: NewItem, now: datetime) -> NewItem:
    placement = new.placement
    if placement.state is State.WITHDRAWN:
        return new
    lapsed = Lapse.EXPIRY if placement.state is State.LIVE else Lapse.NONE
    placement = replace(
        placement,
        state=State.WITHDRAWN,
        release=None,
        reason=EXPIRED,
        dated=False,
        over_budget=False,
        lapsed=lapsed,
    )
    return replace(new, placement=placement)


def _keys_alone(edit: Edit) -> Edit:
    return Edit(edit.number, edit.item, substantive=False, updated=edit.updated, id=edit.id)


def _restated(old: Known, item: Item, now: datetime) -> Iterator[OriginStep]:
    """Yield the steps of a known item by the expiry that a document states now.

    One that is past when it is first stated is a takedown, which the operator alone undoes.
    """
    expires = item.expires
    if expires is None:
        return
    if old.lapsed is Lapse.EXPIRY and expires > (back := _returns(old, now)):
        yield OriginStep(old.number, Trigger.RELISTED, back, PROLONGED)
    if expires == old.expires:
        return
    if expires > now:
        foretold = _is_foretold(old, item)
        yield OriginStep(old.number, Trigger.EXPIRY, expires, EXPIRED, foretold=foretold)
    elif old.state is not State.WITHDRAWN or old.lapsed:
        yield OriginStep(old.number, Trigger.TOMBSTONE, now, RESTATED)


def _returns(old: Known, now: datetime) -> datetime:
    """Return when an item that has expired may return: a feed that moves its expiries at each poll would
    flood the log of public changes and every subscriber with withdrawals."""
    return now if old.expired is None else max(now, old.expired + RETURNS_AFTER)


def _is_foretold(old: Known, item: Item) -> bool:
    """Return whether an expiry was announced when the item was first seen, or is no earlier than that."""
    if old.foretold is None:  # stored by a version that read none
        return item.expires is not None
    return bool(old.foretold and item.expires is not None and old.expires and item.expires >= old.expires)
