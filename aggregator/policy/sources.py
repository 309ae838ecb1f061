"""The difference between the configured sources and the stored ones, and what it means. Pure: `now` is given.

`source_match` says which stored source a configured one is. Under another id it is renamed, with another feed
moved: its validators are dropped, its keys kept. A source that is no longer listed is no longer polled; its
items stay, under another id if another source takes that.
"""

from collections.abc import Collection, Mapping, Sequence, Set
from datetime import datetime
from itertools import combinations, count

from msgspec import Struct
from msgspec.structs import replace

from aggregator.model.poll import Doubt, Relocation
from aggregator.model.schedule import Due, DueReason, HostLimit
from aggregator.model.settings import Config, Republish, Source
from aggregator.policy import relocation, source_match
from aggregator.policy.source_match import Match, StoredSource

# Settings of a source that the store keeps.
STORED = (
    "organisation",
    "from_entry",
    "domains",
    "topics",
    "priority",
    "republish",
    "licence",
    "attribution",
    "ai",
    "every",
    "burst",
    "feed_public",
    "history",
    "indexed",
    "full_text",
    "house_style",
)
SHOWN = {
    "organisation",
    "from_entry",
    "topics",
    "republish",
    "licence",
    "attribution",
    "ai",
    "feed_public",
    "indexed",
    "full_text",
}  # of these every channel shows something
NARROWED = frozenset(combinations((Republish.FULL, Republish.EXCERPT, Republish.HEADLINE), 2))


class Update(Struct, frozen=True):
    """Changes of one stored source. `due` is None to keep it.

    `is_moved`: another feed is configured, so a poll under way must not be recorded; `is_reset`: one at
    another address, so validators, seen entries, failures and alerts are dropped. `renames`: the feed's title
    is taken anew at the next poll. `refiles`: its items move between topics; `resettles`: its stories show
    other members; `touches`: every channel shows something of the change; `restyles`: its house style is
    another one; `narrows`: less of each item is shown, though not nothing. With a `doubt` about itself it
    keeps its settings.
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
    restyles: bool = False
    narrows: bool = False
    doubt: Doubt = Doubt()


class Addition(Struct, frozen=True):
    """A source to be stored for the first time."""

    source: Source
    host: str
    due: Due
    doubt: Doubt = Doubt()


class Plan(Struct, frozen=True):
    """Everything a configuration changes; `done` says it in words, for the log.

    `drops` are ids of provisional sources that turned out to be others; `renames` are carried out at once, as
    ids may be exchanged; `returned` are feeds of removed sources that were in doubt.
    """

    drops: tuple[str, ...] = ()
    renames: tuple[tuple[str, str], ...] = ()
    returned: tuple[tuple[int, str], ...] = ()
    removals: tuple[int, ...] = ()
    additions: tuple[Addition, ...] = ()
    updates: tuple[Update, ...] = ()
    done: tuple[str, ...] = ()


def differing(before: Config, after: Config) -> frozenset[str]:
    """Return the ids of the sources that may change a store in line with `before`: those that differ or are
    in one of the two, and those of which a time decides."""
    changed = (
        each.id
        for each in after.sources
        if before.source(each.id) != each or each.expires is not None or each.paused is not None
    )
    return frozenset(changed) | (before.ids - after.ids)


def plan(
    configured: Sequence[Source],
    stored: Sequence[StoredSource],
    limits: Mapping[str, HostLimit],
    now: datetime,
    *,
    others: Collection[str] = (),
) -> Plan:
    """Return the changes that bring stored sources in line; `limits` are the rate-limited hosts at `now`.

    `others` are ids of sources that are stored as they are configured, with their feeds and in no doubt: they
    are left out of both lists, as each is its own match.
    """
    configured = [effective(source, now) for source in configured]
    matches = source_match.match(configured, stored)
    kept = {each.present.number for each in matches if each.present is not None}
    gone = [each for each in stored if each.number not in kept]
    former = [each for each in gone if not each.is_provisional]
    named = [(each.present.known.id, each.source.id) for each in matches if each.present is not None]
    renames = [(old, new) for old, new in named if old != new]
    done = [f"{old}: renamed to {new}" for old, new in renames]
    moved = _displaced(former, {each.id for each in configured}, {each.known.id for each in stored}, others)
    done += [f"{old}: called {new} from now on, another source has its id" for old, new in moved]
    removed = [each for each in former if each.configured]
    done += [f"{each.known.id}: no longer polled; what it published stays" for each in removed]
    additions, updates = list[Addition](), list[Update]()
    for found in matches:
        if found.present is None:
            additions.append(_addition(found, limits, now))
            asked = source_match.question(found.source.id, found.doubt) if found.doubt.former else "new"
            done.append(f"{found.source.id}: {asked}")
        elif (update := _change(found, found.present, limits, now)) is not None:
            updates.append(update)
            done += _words(update, found.present, now)
    return Plan(
        drops=tuple(each.known.id for each in gone if each.is_provisional),
        renames=(*renames, *moved),
        returned=tuple((each.number, each.doubt.feed) for each in removed if each.doubt.former),
        removals=tuple(each.number for each in removed),
        additions=tuple(additions),
        updates=tuple(updates),
        done=tuple(done),
    )


def effective(source: Source, now: datetime) -> Source:
    """Return a source with `republish: no` when its rights have expired."""
    is_expired = source.expires is not None and source.expires <= now
    return replace(source, republish=Republish.NO) if is_expired else source


def _displaced(
    former: Sequence[StoredSource], listed: Set[str], stored: Set[str], others: Collection[str]
) -> tuple[tuple[str, str], ...]:
    """Return old and new id of each former source whose id another one has now."""
    used, moved = {*listed, *stored}, list[tuple[str, str]]()
    for old in (each.known.id for each in former if each.known.id in listed):
        names = (f"{old}-former{f'-{index}' if index > 1 else ''}" for index in count(1))
        name = next(each for each in names if each not in used and each not in others)
        used.add(name)
        moved.append((old, name))
    return tuple(moved)


def _addition(found: Match, limits: Mapping[str, HostLimit], now: datetime) -> Addition:
    host = relocation.host_of(found.source.feed, Relocation())
    due = _pause(found.source, now) or Due(now)
    return Addition(found.source, host, delayed(due, limits.get(host)), found.doubt)


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


def _change(
    found: Match, present: StoredSource, limits: Mapping[str, HostLimit], now: datetime
) -> Update | None:
    """Return the change of a stored source; one in doubt about itself is only polled at the new address."""
    if found.doubt.former != present.number:
        return _update(found.source, present, found.doubt, limits, now=now)
    if found.doubt == present.doubt:
        return None
    source = replace(present.known, feed=found.source.feed)
    update = _update(source, present, found.doubt, limits, now=now)
    return update and replace(update, renames=False)  # what it has published keeps its organisation


def _update(
    source: Source, present: StoredSource, doubt: Doubt, limits: Mapping[str, HostLimit], *, now: datetime
) -> Update | None:
    due, kept = None, present.relocation
    is_moved = present.known.feed != source.feed or present.doubt.former == present.number
    is_adopted = is_moved and relocation.is_configured(source.feed, present.relocation)
    if is_moved:
        due, kept = Due(now, DueReason.MOVED), Relocation()
    elif present.doubt.former and not doubt.former:
        due = Due(now)
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
    if due is None and not changed and host == present.host and doubt == present.doubt:
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
        restyles=source.house_style.digest != present.known.house_style.digest
        or ("organisation" in changed and _tells_organisations(source)),
        narrows=(present.known.republish, source.republish) in NARROWED,
        doubt=doubt,
    )


def _tells_organisations(source: Source) -> bool:
    """Return whether a rule for topics looks at the organisation."""
    return any(name == "organisation" for rule in source.house_style.topics for name, _ in rule.when)


def _words(update: Update, present: StoredSource, now: datetime) -> list[str]:
    if update.doubt.former:
        question = source_match.question(update.source.id, update.doubt)
        return [] if update.doubt == present.doubt else [f"{update.source.id}: {question}"]
    if present.is_provisional:
        return [f"{update.source.id}: new"]
    done = []
    if update.is_moved:
        done = ["moved to a new address" if update.is_reset else "its new address is configured now"]
    is_paused = update.due is not None and update.due.reason is DueReason.PAUSED
    was_paused = present.due.reason is DueReason.PAUSED and present.due.at > now
    if is_paused and not update.is_moved:
        done = ["paused; what it published stays"]
    elif not is_paused and update.due is not None and was_paused and present.configured:
        done.append("no longer paused, polled again")
    elif not done and not present.configured:
        done = ["back in the configuration"]
    return [f"{update.source.id}: {each}" for each in done]
