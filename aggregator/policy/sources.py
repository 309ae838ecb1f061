"""The difference between the configured sources and the stored ones, and what it means. Pure: `now` is given.

A new feed is a new source; a known feed under a new id is a rename; a known id with a new feed is a move: its
validators are dropped, its keys kept. A source that is no longer listed is no longer polled; its items stay.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from aggregator.model import Due, DueReason, HostLimit, Relocation
from aggregator.model.settings import Source
from aggregator.policy import relocation

# Settings of a source that the store keeps.
STORED = (
    "organisation",
    "from_entry",
    "domains",
    "topics",
    "priority",
    "republish",
    "licence",
    "every",
    "burst",
    "feed_public",
)
SHOWN = {
    "organisation",
    "from_entry",
    "topics",
    "republish",
    "licence",
    "feed_public",
}  # of these every channel shows something


@dataclass(frozen=True, slots=True)
class StoredSource:
    """A source as the store has it; `known` holds its id, its feed and the fields of STORED."""

    number: int
    known: Source
    configured: bool
    due: Due
    failures: int
    host: str
    relocation: Relocation


@dataclass(frozen=True, slots=True)
class Update:
    """Changes of one stored source. `due` is None to keep it.

    `is_moved`: another feed is configured, so a poll under way must not be recorded; `is_reset`: one at
    another address, so validators, seen entries, failures and alerts are dropped. `renames`: the feed's title
    is taken anew at the next poll. `refiles`: its items move
    between topics; `resettles`: its stories show other members; `touches`: every channel shows something of
    the change.
    """

    number: int
    source: Source
    host: str
    relocation: Relocation
    due: Due | None = None
    is_moved: bool = False
    is_reset: bool = False
    renames: bool = False
    refiles: bool = False
    resettles: bool = False
    touches: bool = False


@dataclass(frozen=True, slots=True)
class Addition:
    """A source to be stored for the first time."""

    source: Source
    host: str
    due: Due


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a configuration changes; `done` says it in words, for the log."""

    renames: tuple[tuple[str, str], ...] = ()
    removals: tuple[int, ...] = ()
    additions: tuple[Addition, ...] = ()
    updates: tuple[Update, ...] = ()
    done: tuple[str, ...] = ()


def plan(
    configured: Sequence[Source],
    stored: Sequence[StoredSource],
    limits: Mapping[str, HostLimit],
    now: datetime,
) -> Plan:
    """Return what brings the stored sources in line; `limits` are the rate-limited hosts at `now`."""
    renames = tuple(_renames(configured, stored))
    new_ids = dict(renames)
    known = {new_ids.get(each.known.id, each.known.id): each for each in stored}
    listed = {source.id for source in configured}
    removed = [each for name, each in known.items() if each.configured and name not in listed]
    done = [f"{old}: renamed to {new}" for old, new in renames]
    done += [f"{each.known.id}: no longer polled; what it published stays" for each in removed]
    additions, updates = list[Addition](), list[Update]()
    for source in configured:
        present = known.get(source.id)
        if present is None:
            additions.append(_addition(source, limits, now))
            done.append(f"{source.id}: new")
        elif (update := _update(source, present, limits, now)) is not None:
            updates.append(update)
            done += _words(update, present)
    removals = tuple(each.number for each in removed)
    return Plan(renames, removals, tuple(additions), tuple(updates), tuple(done))


def _renames(configured: Sequence[Source], stored: Sequence[StoredSource]) -> Iterator[tuple[str, str]]:
    """Yield old and new id of each known feed under an id that the store does not have, also at the adopted
    address of its relocation.

    The target of a redirect that is not adopted yet proves nothing: any source can redirect to another's
    feed, and would be taken for it once that is configured.
    """
    ids, listed = {each.known.id for each in stored}, {source.id for source in configured}
    by_feed = {each.known.feed: each for each in sorted(stored, key=lambda each: each.configured)}
    by_target = {each.relocation.at: each for each in stored if each.relocation.at}
    for source in configured:
        if source.id in ids:
            continue
        present = by_feed.get(source.feed) or by_target.get(source.feed)
        if present is not None and present.known.id not in listed:
            listed.add(present.known.id)
            yield present.known.id, source.id


def _addition(source: Source, limits: Mapping[str, HostLimit], now: datetime) -> Addition:
    host = relocation.host_of(source.feed, Relocation())
    return Addition(source, host, delayed(_pause(source, now) or Due(now), limits.get(host)))


def _pause(source: Source, now: datetime) -> Due | None:
    """Return the end of a source's pause as its due time; None when it is not paused at `now`."""
    if source.paused is None or source.paused <= now:
        return None
    return Due(source.paused, DueReason.PAUSED)


def delayed(due: Due, limit: HostLimit | None) -> Due:
    """Return `due`, or the end of its host's rate limit when that is later."""
    if limit is None or due.at >= limit.until:
        return due
    return Due(limit.until, DueReason.HOST_LIMIT, host=limit.host)


def _update(
    source: Source, present: StoredSource, limits: Mapping[str, HostLimit], now: datetime
) -> Update | None:
    due, kept = None, present.relocation
    is_moved = present.known.feed != source.feed
    is_adopted = is_moved and relocation.is_configured(source.feed, present.relocation)
    if is_moved:
        due, kept = Due(now, DueReason.MOVED), Relocation()
    elif not present.configured:
        is_told_to_wait = present.due.reason is DueReason.ORIGIN_WAIT and present.due.at > now
        due = present.due if is_told_to_wait else Due(now, DueReason.CONFIGURED_AGAIN)
    elif source.every < present.known.every and not present.failures and present.due.at > now + source.every:
        due = Due(now + source.every, DueReason.EVERY, wait=source.every)
    if pause := _pause(source, now):
        due = pause if due is not None or present.due != pause else None
    elif due is None and present.due.reason is DueReason.PAUSED and present.due.at > now:
        due = Due(now, DueReason.CONFIGURED_AGAIN)
    host = relocation.host_of(source.feed, kept)
    if due is not None:
        due = delayed(due, limits.get(host))
    changed = {name for name in STORED if getattr(source, name) != getattr(present.known, name)}
    if due is None and not changed and host == present.host:
        return None
    return Update(
        number=present.number,
        source=source,
        host=host,
        relocation=kept,
        due=due,
        is_moved=is_moved,
        is_reset=is_moved and not is_adopted,
        renames="organisation" in changed or (is_moved and not is_adopted),
        refiles="topics" in changed,
        resettles=bool(changed & {"topics", "republish", "domains"}),
        touches=bool(changed & (SHOWN | {"domains"})),
    )


def _words(update: Update, present: StoredSource) -> list[str]:
    if update.is_moved:
        how = "moved to a new address" if update.is_reset else "its new address is configured now"
        return [f"{update.source.id}: {how}"]
    if update.due is not None and update.due.reason is DueReason.PAUSED:
        return [f"{update.source.id}: paused; what it published stays"]
    return [] if present.configured else [f"{update.source.id}: back in the configuration"]
