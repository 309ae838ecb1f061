"""Relocation of a feed: permanent redirects become its address. Pure: `now` is given.

A permanent redirect (301, 308) is adopted after seven days in which every successful poll ended there; the
operator's file is never written. Nothing else changes a Relocation.
"""

from datetime import datetime, timedelta

from msgspec.structs import replace

from aggregator.editorial.safe import masked_feed
from aggregator.model import domains
from aggregator.model.document import Fetched
from aggregator.model.poll import Relocation

STABLE = timedelta(days=7)  # a server taken over for an afternoon moves no feed
# Failures in a row at the new address, after each of which the configured one is tried once.
FAILURES_PER_FALLBACK = 3


def address(feed: str, known: Relocation) -> str:
    """Return the address to fetch the feed from that is configured as `feed`."""
    is_old_tried = known.failures and known.failures % FAILURES_PER_FALLBACK == 0
    return feed if not known.at or is_old_tried else known.at


def host_of(feed: str, known: Relocation) -> str:
    """Return the host a source is polled at, lower case; "" of a file."""
    return domains.host_of(address(feed, known))


def answered(feed: str, known: Relocation, fetched: Fetched, now: datetime) -> Relocation:
    """Return the relocation after a successful poll, 304 included."""
    if known.at:
        if fetched.url == known.at:
            return Relocation(known.at, known.since, refused=known.refused)
        if address(feed, known) == feed:  # the new address had failed, and the old one leads there no longer
            known = Relocation(refused=known.refused)
    return _counted(feed, replace(known, failures=0), fetched, now)


def _counted(feed: str, known: Relocation, fetched: Fetched, now: datetime) -> Relocation:
    found = fetched.url
    if not fetched.permanent or found in known.refused:
        return replace(known, seen="", seen_since=None)
    if found != known.seen or known.seen_since is None or now < known.seen_since:  # the clock was set back
        return replace(known, seen=found, seen_since=now)
    if now - known.seen_since < STABLE:
        return known
    at, since = ("", None) if found == feed else (found, now)
    return Relocation(at, since, refused=known.refused)


def failed(feed: str, known: Relocation, *, is_gone: bool) -> Relocation:
    """Return the relocation after a failed poll; without an adopted address it stays as it is."""
    if not known.at:
        return known
    if is_gone and address(feed, known) == known.at:
        return Relocation(refused=known.refused)
    return replace(known, failures=known.failures + 1)


def undone(known: Relocation) -> Relocation | None:
    """Return the relocation after `unmove`: its targets are refused from now on. None: there is nothing to
    undo."""
    targets = tuple(each for each in (known.at, known.seen) if each)
    return Relocation(refused=(*known.refused, *targets)) if targets else None


def is_configured(feed: str, known: Relocation) -> bool:
    """Return whether the address configured under the id of a source is the target of its relocation, adopted
    or pending."""
    return bool(feed) and feed in (known.at, known.seen)


def event(before: Relocation, after: Relocation) -> str:
    """Return the log event for a change of relocation, "" for none."""
    if after.at != before.at:
        return "moved for good" if after.at else "back at its configured address"
    is_new = after.seen and (after.seen, after.seen_since) != (before.seen, before.seen_since)
    return "permanently redirected" if is_new else ""


def advice(source: str, known: Relocation) -> str:
    """Return the sentence about a relocation with its cure; "" for a source that has not moved."""
    to, since = masked_feed(known.target[0]), known.target[1]
    if not to or since is None:
        return ""
    cure = f"write `id: {source}` and `feed: {to}` in sources.yaml, or `publicwire unmove {source}`"
    if known.at:
        return f"moved for good, polled at {to} since {since:%Y-%m-%d}: {cure}"
    adopted = f"{since + STABLE:%Y-%m-%d}"
    return f"redirects for good to {to} since {since:%Y-%m-%d}, polled there from {adopted} on: {cure}"
