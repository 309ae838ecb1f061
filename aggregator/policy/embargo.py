"""Embargo: whether a new item is live, or held until its date or for review."""

from datetime import datetime, timedelta

from aggregator.model import Placement, State
from aggregator.model.settings import Embargo

LEEWAY = timedelta(minutes=10)  # clocks differ; less than this ahead is now
HORIZON = timedelta(days=30)  # a date further ahead is taken for an error (flag bad-date)


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
