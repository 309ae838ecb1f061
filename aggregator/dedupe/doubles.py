"""Entries of one document for one item: the latest one counts, and an embargo that any of them states holds
it. Whether both are read, or the store has one of them, makes no difference. Pure."""

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from aggregator.model.decision import State
from aggregator.model.item import Item
from aggregator.model.stored import Known

Rank = tuple[float, bool, float, bytes, bytes, str]


def counting(group: Sequence[Item], holder: Known | None, now: datetime) -> Item:
    """Return the entry that counts of several for one item, which the store may have (`holder`), with the
    last date of publication ahead that one of them states."""
    chosen = max(group, key=lambda each: _rank(each, holder, now))
    dated = [each for each in group if (until := until_of(each)) is not None and until > now]
    if not dated:
        return chosen
    last = max(dated, key=lambda each: (until_of(each), not each.by_update))
    if _is_later(until_of(last), chosen):
        return replace(chosen, claimed=last.claimed, latest=last.latest, by_update=last.by_update)
    return chosen


def embargoed(item: Item, holder: Known, now: datetime) -> Item:
    """Return an entry that updates a stored item whose own entry is still in the document: with the date
    ahead that this one states."""
    until = holder.claimed or (holder.release if holder.dated else None)
    if not holder.listed or until is None or until <= now or not _is_later(until, item):
        return item
    return replace(item, claimed=until, latest=None, by_update=False)


def prolonging(item: Item, holder: Known | None, now: datetime) -> Item | None:
    """Return the entry of a held item, which was not read, with the date ahead that another entry for it
    states; None if that holds it no longer."""
    if holder is None or holder.state is not State.HELD or not holder.listed:
        return None
    until, own = until_of(item), holder.claimed or (holder.release if holder.dated else None)
    if until is None or until <= now or (own is not None and until <= own):
        return None
    if holder.reinstated or holder.is_outdated or holder.unsettled is not None:
        return None  # its own entry is read again
    return replace(
        item,
        keys=holder.current,
        title=holder.title,
        url=holder.url,
        fingerprint=holder.fingerprint,
        queries=holder.queries,
    )


def _rank(item: Item, holder: Known | None, now: datetime) -> Rank:
    """Sort key: the later date that is not ahead, as for an update of a stored item; that item's entry has
    its date. Then content, so that the answer does not depend on order."""
    dates = [date for date in (item.updated, item.claimed) if date is not None]
    past = [date for date in dates if date <= now]
    is_held = holder is not None and item.fingerprint == holder.fingerprint
    if holder is not None and is_held:
        past.append(holder.updated)
    return (
        max((date.timestamp() for date in past), default=0.0),
        is_held,
        max((date.timestamp() for date in dates), default=0.0),
        item.fingerprint,
        b"".join(key.digest for key in item.keys),
        str(item.claimed),
    )


def until_of(item: Item) -> datetime | None:
    """Return the time until which the date of an entry would hold it."""
    return item.latest or item.claimed


def _is_later(until: datetime | None, item: Item) -> bool:
    """Return whether a date is later than that of an item."""
    own = until_of(item)
    return until is not None and (own is None or until > own)
