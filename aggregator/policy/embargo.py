"""Embargo: whether a new item is live, or held until its date or for review."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from aggregator.model import Ahead, NewItem, Placement, State
from aggregator.model.settings import Embargo

LEEWAY = timedelta(minutes=10)  # clocks differ; less than this ahead is now
HORIZON = timedelta(days=30)  # a date further ahead is taken for an error (flag bad-date)
TOLD_FROM = timedelta(minutes=15)  # ahead, the operator is told
ZONE_HOURS_MAX = timedelta(hours=14)  # local time labelled GMT is ahead by no more
HABIT_MIN = 3  # items ahead, from which a source is taken to date so


def place(claimed: datetime | None, *, embargo: Embargo, now: datetime, review: bool) -> Placement:
    """Return the placement of an item with this claimed date. Both times are aware.

    A date ahead is never shown, whatever the policy: `clamp` and `ignore` differ from `hold` only in
    letting the item out at once.
    """
    shown = now if claimed is None else min(claimed, now)
    ahead = timedelta() if claimed is None else claimed - now
    flags = ("bad-date",) if ahead > HORIZON else ()
    if review:
        return Placement(State.HELD, None, shown, reason="review", flags=flags)
    if embargo is Embargo.HOLD and LEEWAY < ahead <= HORIZON:
        return Placement(State.HELD, claimed, shown, reason="embargo")
    return Placement(State.LIVE, None, shown, flags=flags)


def ahead(items: Sequence[NewItem], now: datetime) -> tuple[NewItem, ...]:
    """Return the new items that are held for a date so far ahead that the operator is told."""
    return tuple(new for new in items if new.placement.release and new.placement.release - now > TOLD_FROM)


def counted(before: Ahead, items: Sequence[NewItem], now: datetime) -> Ahead:
    """Return how many items of a source have been ahead, with those of a poll."""
    leads = [new.placement.release - now for new in ahead(items, now) if new.placement.release]
    by_hours = sum(lead <= ZONE_HOURS_MAX for lead in leads)
    return Ahead(before.hours + by_hours, before.days + len(leads) - by_hours)


def advice(habit: Ahead) -> str:
    """Return the advice for a source that dates items ahead, by how it has done so before."""
    if max(habit.hours, habit.days) < HABIT_MIN:
        reason = "if they are the days of events, or local times labelled GMT"
    elif habit.hours > habit.days:
        reason = f"{habit.hours} of its items were ahead by hours, as local times labelled GMT are; if so"
    else:
        reason = f"{habit.days} of its items were ahead by days, as those of events are; if so"
    return f"{reason}, `embargo: clamp` in sources.yaml publishes them when they are found"
