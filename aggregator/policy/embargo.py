"""Where a new item stands the moment it is first seen: live, or held for a date or for a person. Never
looks at what it stood for before; that is `lifecycle`."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from aggregator.model import State
from aggregator.model.settings import Embargo

LEEWAY = timedelta(minutes=10)  # clocks differ; less than this ahead is now
HORIZON = timedelta(days=30)  # nobody sends out a release this long ahead: the date is wrong


@dataclass(frozen=True, slots=True)
class Placement:
    """State of a new item; `release` is when a held item goes live (None: when a person says so),
    `shown` the published date the public sees, `reason` says in words why it is held."""

    state: State
    release: datetime | None
    shown: datetime
    reason: str = ""
    flags: tuple[str, ...] = ()


def place(claimed: datetime | None, embargo: Embargo, now: datetime, *, review: bool) -> Placement:
    """Where an item with this claimed date stands. Both times are aware.

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
