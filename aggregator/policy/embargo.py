"""Embargo: whether an item is live, or held until its date, for the operator's decision or for review."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial

from msgspec.structs import replace

from aggregator.model.changes import EMBARGO, Changes, NewItem, Placement
from aggregator.model.decision import State
from aggregator.model.item import EMBARGO_UNREAD, Item, is_quarantined
from aggregator.model.poll import Ahead
from aggregator.model.settings import Embargo, Source

HORIZON = timedelta(days=30)  # a date further ahead may be an error: the operator decides
TOLD_FROM = timedelta(minutes=15)  # ahead, the operator is told
ZONE_HOURS_MAX = timedelta(hours=14)  # local time labelled GMT is ahead by no more
HABIT_MIN = 3  # items ahead, from which a source is taken to date so
DISTANT = "dated more than 30 days ahead"  # reason of an item that waits for the operator
UNREAD = "its embargo line has no date that can be read"  # reason of an item that waits for the operator
DATED = (EMBARGO, DISTANT)
VETO = "veto window"  # reason of an item that goes live by itself unless the operator holds or withdraws it
REVIEW = "review"  # reason of an item that waits for approval; with a release time, it is not live before
UNKNOWN_ZONE = "unknown-zone"  # flag: held by the latest reading of a date whose zone or month is not certain

Placed = tuple[str, Placement]  # an item's id, and its placement


def placing(source: Source, now: datetime) -> "partial[Placement]":
    """Return `place` by the settings of a source."""
    return partial(place, embargo=source.embargo, now=now, review=source.review, veto=source.veto)


def place(
    item: Item,
    since: datetime | None = None,
    *,
    embargo: Embargo,
    now: datetime,
    review: bool,
    veto: timedelta = timedelta(),
) -> Placement:
    """Return the placement of an item by its embargo and, unless it is under review, its veto window. One in
    quarantine is under review.

    The window begins at `since`, when the item was first seen (None: now), so that an edit does not prolong
    it. Of the window and an embargo the later one counts.
    """
    review = review or is_quarantined(item)
    placed, ends = _embargoed(item, embargo=embargo, now=now, review=review), (since or now) + veto
    if review or ends <= now:
        return placed
    if placed.state is State.LIVE:
        return replace(placed, state=State.HELD, release=ends, reason=VETO, dated=True)
    is_later = placed.release is None or placed.release >= ends
    return placed if is_later else replace(placed, release=ends)


def _embargoed(item: Item, *, embargo: Embargo, now: datetime, review: bool) -> Placement:
    """Return the placement of an item by its claimed date, or by the latest moment that may mean.

    A date ahead is never shown, whatever the policy: `clamp` and `ignore` differ from `hold` only in letting
    the item out at once. Of the date and an embargo line the later one counts; a date beyond the horizon, or
    a line without a date that can be read, holds the item without a release time. Under review the release
    time is the earliest, not one at which the item goes live by itself.
    """
    dated = item.latest or item.claimed
    until = max((each for each in (dated, item.embargo) if each is not None), default=None)
    shown = now if item.claimed is None else min(item.claimed, now)
    is_ahead, is_distant = until is not None and until > now, dated is not None and dated - now > HORIZON
    flags: tuple[str, ...] = ("bad-date",) if is_distant else ()
    if review:
        if embargo is not Embargo.HOLD or not is_ahead:
            return Placement(State.HELD, None, shown, REVIEW, flags)
        flags += (UNKNOWN_ZONE,) if item.latest else ()
        return Placement(State.HELD, until, shown, REVIEW, flags, dated=True)
    if embargo is Embargo.HOLD and EMBARGO_UNREAD in item.flags:
        return Placement(State.HELD, None, shown, UNREAD, flags, dated=True)
    if embargo is not Embargo.HOLD or not is_ahead:
        return Placement(State.LIVE, None, shown, flags=flags)
    if is_distant:
        return Placement(State.HELD, None, shown, DISTANT, flags, dated=True)
    flags += (UNKNOWN_ZONE,) if item.latest else ()
    return Placement(State.HELD, until, shown, EMBARGO, flags, dated=True)


def placed(changes: Changes) -> tuple[Placed, ...]:
    """Return the new placements of a poll's items, with their ids."""
    edited = ((edit.id, edit.placement) for edit in changes.edits if edit.placement)
    return (*((new.id, new.placement) for new in changes.new), *edited)


def distant(items: Iterable[Placed]) -> tuple[str, ...]:
    """Return the ids of items that are held for their date without a release time."""
    return _undecided(items, is_unread=False)


def unread(items: Iterable[Placed]) -> tuple[str, ...]:
    """Return the ids of items that are held for an embargo line without a date that can be read."""
    return _undecided(items, is_unread=True)


def in_window(items: Iterable[NewItem]) -> list[tuple[str, datetime]]:
    """Return the ids of new items that wait for a veto and when they go live, the next first."""
    held = ((each.id, each.placement) for each in items if each.placement.reason == VETO)
    ends = [(name, placement.release) for name, placement in held if placement.release is not None]
    return sorted(ends, key=lambda each: (each[1], each[0]))


def _undecided(items: Iterable[Placed], *, is_unread: bool) -> tuple[str, ...]:
    held = ((name, placement) for name, placement in items if placement.dated and placement.release is None)
    return tuple(name for name, placement in held if (placement.reason == UNREAD) is is_unread)


def ahead(items: Iterable[Placed], now: datetime) -> tuple[Placed, ...]:
    """Return the items that are held until a date so far ahead that the operator is told, without those that
    wait for approval or a veto."""
    dated = (each for each in items if each[1].dated and each[1].reason not in (REVIEW, VETO))
    return tuple(each for each in dated if each[1].release and each[1].release - now > TOLD_FROM)


def stated(changes: Changes, now: datetime) -> frozenset[str]:
    """Return the ids of items whose own embargo line has not ended."""
    items = [(new.id, new.item) for new in changes.new] + [(edit.id, edit.item) for edit in changes.edits]
    return frozenset(name for name, item in items if _is_stated(item, now))


def _is_stated(item: Item, now: datetime) -> bool:
    return item.embargo is not None and item.embargo > now


def counted(before: Ahead, items: Sequence[NewItem], now: datetime) -> Ahead:
    """Return how many items of a source have been ahead, with those of a poll that state no embargo."""
    found = ahead(((new.id, new.placement) for new in items if not _is_stated(new.item, now)), now)
    by_hours = sum(placement.release - now <= ZONE_HOURS_MAX for _, placement in found if placement.release)
    return replace(before, hours=before.hours + by_hours, days=before.days + len(found) - by_hours)


def advice(habit: Ahead, stated: Sequence[str] = ()) -> str:
    """Return the advice for a source that dates items ahead, by how it has done so before.

    `stated`: ids of items whose own text states an embargo. They rule out the setting that would break it.
    """
    if stated:
        return f"an embargo that has not ended is stated by {stated[0]}: an earlier release breaks it"
    cure = "`embargo: clamp` in sources.yaml publishes them when they are found"
    if habit.early >= HABIT_MIN:
        return (
            f"{habit.early} of its items were released before their dates: if they are no embargoes, {cure}"
        )
    if max(habit.hours, habit.days) < HABIT_MIN:
        return f"if they are the days of events, or local times labelled GMT, {cure}"
    if habit.hours > habit.days:
        seen = f"{habit.hours} of its items were ahead by hours, as local times labelled GMT are"
    else:
        seen = f"{habit.days} of its items were ahead by days, as those of events are"
    return f"{seen}; if so, {cure}"
