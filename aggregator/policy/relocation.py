"""Where a source's feed is asked for, now that its origin may say that it has moved. Pure: `now` is given.

A permanent redirect becomes the address after seven days in which every poll that succeeded ended there; the
operator's file is never written. Nothing else changes a Relocation.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from aggregator.model import Fetched, Relocation

STABLE = timedelta(days=7)  # whoever takes over a server for an afternoon moves nobody
FAILURES_PER_FALLBACK = (
    3  # failures in a row at the new address, after each of which the configured one is tried once
)


def address(feed: str, move: Relocation) -> str:
    """Where to ask for the feed configured as `feed`."""
    is_old_tried = move.failures and move.failures % FAILURES_PER_FALLBACK == 0
    return feed if not move.at or is_old_tried else move.at


def answered(feed: str, move: Relocation, fetched: Fetched, now: datetime) -> Relocation:
    """After a poll that brought the feed, anew or unchanged, from wherever it was found."""
    if move.at:
        if fetched.url == move.at:
            return Relocation(move.at, move.since, refused=move.refused)
        if address(feed, move) == feed:  # the new address had failed, and the old one leads there no longer
            move = Relocation(refused=move.refused)
    return _counted(feed, replace(move, failures=0), fetched, now)


def _counted(feed: str, move: Relocation, fetched: Fetched, now: datetime) -> Relocation:
    found = fetched.url
    if not fetched.permanent or found in move.refused:
        return replace(move, seen="", seen_since=None)
    if found != move.seen or move.seen_since is None or now < move.seen_since:  # the clock was set back
        return replace(move, seen=found, seen_since=now)
    if now - move.seen_since < STABLE:
        return move
    return Relocation(refused=move.refused) if found == feed else Relocation(found, now, refused=move.refused)


def failed(feed: str, move: Relocation, *, is_gone: bool) -> Relocation:
    """After a poll that failed; one that is not moved neither counts nor loses its count by it."""
    if not move.at:
        return move
    if is_gone and address(feed, move) == move.at:
        return Relocation(refused=move.refused)
    return replace(move, failures=move.failures + 1)


def undone(move: Relocation) -> Relocation | None:
    """The operator takes it back: its targets are never again adopted unasked. None: nothing to undo."""
    targets = tuple(each for each in (move.at, move.seen) if each)
    return Relocation(refused=(*move.refused, *targets)) if targets else None


def is_configured(feed: str, move: Relocation) -> bool:
    """Whether an address that the operator writes is where the source has moved, or is moving."""
    return bool(feed) and feed in (move.at, move.seen)


def event(before: Relocation, after: Relocation) -> str:
    """What happened between two polls that is worth telling, or ""."""
    if after.at != before.at:
        return "moved for good" if after.at else "back at its configured address"
    is_new = after.seen and (after.seen, after.seen_since) != (before.seen, before.seen_since)
    return "permanently redirected" if is_new else ""


def advice(source: str, to: str, since: datetime | None, *, is_adopted: bool) -> str:
    """What the operator is told of it, with the cure; "" for a source that has not moved."""
    if not to or since is None:
        return ""
    cure = f"write `feed: {to}` in sources.yaml, or `publicwire unmove {source}`"
    if is_adopted:
        return f"moved for good, polled at {to} since {since:%Y-%m-%d}: {cure}"
    adopted = since + STABLE
    return (
        f"redirects for good to {to} since {since:%Y-%m-%d}, polled there from {adopted:%Y-%m-%d} on: {cure}"
    )
