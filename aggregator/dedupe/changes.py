"""Deduplication of one document against the store: new items, edits, nothing else.

Pure: `now` and what the store knows are given. Withdraws nothing; absence from a document means nothing here.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime, timedelta

from aggregator.dedupe import stories, within
from aggregator.dedupe.addresses import Kind, difference, learnt
from aggregator.dedupe.ids import item_id, minted, valid_iri
from aggregator.model import (
    Candidate,
    Changes,
    Claim,
    Edit,
    Item,
    Key,
    Knowledge,
    Known,
    Mode,
    NewItem,
    Placement,
    ReadResult,
    State,
)
from aggregator.model.domains import host_of, is_within
from aggregator.model.settings import Source

EDITS_MAX = 24  # revisions of an item within EDITS_WITHIN; beyond, all but moves of its link are damped
EDITS_WITHIN = timedelta(days=7)
LINK_MOVED = "link-moved"  # flag: the item's own link leads to another host than before
WITHDRAWN_BEFORE = "withdrawn before the store was restored"

Place = Callable[[datetime | None], Placement]  # of the date an item claims


def decide(
    read: ReadResult,
    known: Knowledge,
    claim: Claim,
    source: Source,
    *,
    now: datetime,
    place: Place,
    is_foreign: Callable[[str], bool] = lambda guid: False,
) -> Changes:
    """Return what one document does to the items of its source.

    `is_foreign` says of a guid that it speaks for the domains of another source.
    """
    listed = read.document.listed
    found = within.resolve(read.items, known.known, claim.mode, listed=len(listed), now=now)
    members: dict[int | None, list[Candidate]] = defaultdict(list)
    for each in known.members:
        members[each.story].append(each)
    comparer = stories.Comparer()
    edits = tuple(
        _in_story(
            edit,
            source,
            old,
            story=None if old.story in known.unread_stories else members[old.story],
            comparer=comparer,
        )
        for item, old in found.known
        if (edit := _edit(item, old, claim.volatile, now=now, place=place)) is not None
    )
    numbers = {item.digest: old.number for item, old in found.known if item.digest}
    unsettled = (edit.item.digest for edit in edits if edit.unsettled)
    return Changes(
        basis=known,
        mode=found.mode,
        new=_new(
            found,
            known,
            claim,
            matcher=stories.Matcher(known, source.domains, comparer),
            source=source,
            now=now,
            place=place,
            is_foreign=is_foreign,
        ),
        edits=edits,
        seen=_seen(listed, claim.seen, numbers, (*found.superseded, *unsettled)),
        volatile=learnt(found.known, claim.volatile),
    )


def _seen(
    listed: Sequence[bytes],
    seen: Sequence[tuple[bytes, int]],
    numbers: Mapping[bytes, int],
    superseded: Sequence[bytes],
) -> tuple[tuple[bytes, int], ...]:
    """Return the raw items that need not be read again; see `Changes.seen`."""
    renewed = set(numbers.values())
    known = {digest: number for digest, number in seen if number not in renewed} | dict(numbers)
    unread = {*superseded}
    unread |= {digest for digest, number in seen if number in renewed and digest not in numbers}
    return tuple((digest, known.get(digest, 0)) for digest in listed if digest not in unread)


def _edit(item: Item, old: Known, volatile: Sequence[str], *, now: datetime, place: Place) -> Edit | None:
    """Return what to do to a known item, None for nothing.

    A withdrawn item stays as it was withdrawn but gets its new keys: else it would be new and live under
    them.
    """
    is_withdrawn, is_public = old.state is State.WITHDRAWN, old.state is State.LIVE
    moves = item.url != old.url and not is_withdrawn
    is_elsewhere = moves and host_of(item.url) not in ("", host_of(old.url))
    differs = difference(item, old, volatile).kind
    substantive = (differs is Kind.EDITED and not is_withdrawn) or is_elsewhere
    refreshes = differs is Kind.REFRESHED and not (is_withdrawn or substantive or old.freed)
    waits = differs is Kind.UNSETTLED and not (is_withdrawn or substantive)
    unsettled = item.fingerprint if waits else None
    release = None
    returns = old.state is State.HELD and old.reinstated
    if returns or (old.state is State.HELD and old.release is not None):
        placement = place(item.claimed)
        release = placement.release if placement.state is State.HELD else now
    is_kept = not (substantive or refreshes) and unsettled == old.unsettled
    if is_kept and item.keys == old.current and release is None:
        return None
    is_damped = old.edits >= EDITS_MAX and not is_elsewhere
    added = {*(["damped"] if is_damped else []), *([LINK_MOVED] if is_elsewhere else [])}
    return Edit(
        number=old.number,
        item=item,
        substantive=substantive,
        updated=_updated(item, after=old.updated, now=now) or now,
        moves=moves,
        revises=substantive and is_public and not is_damped,
        is_public=is_public and (substantive or moves or (refreshes and item.queries != old.queries)),
        release=release,
        returns=returns,
        flags=tuple(sorted({*old.flags, *added})) if added else None,
        id=old.id,
        refreshes=refreshes,
        unsettled=unsettled,
    )


def _in_story(
    edit: Edit,
    source: Source,
    old: Known,
    *,
    story: Sequence[Candidate] | None,
    comparer: stories.Comparer,
) -> Edit:
    """Return the edit with whether the item leaves its story, and its source's domains; `story` are the other
    members, None when they are more than were read."""
    if not edit.substantive and not edit.moves:
        return edit
    url, was_home = edit.item.url, not old.url or is_within(old.url, source.domains)
    left = bool(url) and was_home and not is_within(url, source.domains)
    parts = story is None or (bool(story) and stories.parts(edit.item, source.domains, story, comparer))
    return replace(edit, parts=parts, leaves_home=left)


def _updated(item: Item, *, after: datetime, now: datetime) -> datetime | None:
    """Return the origin's own date of the change if it can be one, else None."""
    return item.updated if item.updated is not None and after < item.updated <= now else None


def _new(
    found: within.Resolved,
    known: Knowledge,
    claim: Claim,
    *,
    matcher: stories.Matcher,
    source: Source,
    now: datetime,
    place: Place,
    is_foreign: Callable[[str], bool],
) -> tuple[NewItem, ...]:
    """Return items to store, oldest first; items of one date in reverse, because documents list the newest
    first."""
    items = found.new
    used = {key for each in known.known for key in each.keys}
    guids = Counter(item.guid for item in items)  # a guid of several entries identifies none of them
    made: list[NewItem] = []
    for item in reversed(items):
        placement = place(item.claimed)
        match = matcher.match(item, placement.shown)
        made.append(
            NewItem(
                item=item,
                id=item_id(claim.id, _unused(item, found.mode, used)),
                public_id=item.guid
                if guids[item.guid] == 1 and _is_publishable(item.guid, known) and not is_foreign(item.guid)
                else "",
                placement=placement,
                updated=_updated(item, after=placement.shown, now=now) or placement.shown,
                backlog=claim.first_import
                and (item.claimed is None or item.claimed < now - source.first_import),
                same_as=match.same.number if match.same else None,
                unmatched=not match.decided,
            )
        )
    return _identified(sorted(made, key=lambda new: new.placement.shown), known)


def _identified(items: Sequence[NewItem], known: Knowledge) -> tuple[NewItem, ...]:
    """Return the items with ids that no item has, and withdrawn where the journal of a restore says so.

    A source that took the id of an older one would clash, and so does a guid in use elsewhere.
    """
    taken = set(known.taken)
    identified = []
    for new in items:
        own, public = new.id, new.public_id
        attempt = 0
        while own in taken or ((public in taken or not public) and minted(known.authority, own) in taken):
            attempt += 1
            own = item_id(new.id, new.item.keys[0], attempt)
        if not public or public in taken:
            public = minted(known.authority, own)
        taken |= {own, public}
        made = replace(new, id=own, public_id=public)
        if known.withdrawn & {new.id, own}:
            withdrawn = replace(new.placement, state=State.WITHDRAWN, reason=WITHDRAWN_BEFORE)
            made = replace(made, placement=withdrawn)
        identified.append(made)
    return tuple(identified)


def _is_publishable(guid: str, known: Knowledge) -> bool:
    """Return whether a guid may be the public id: a valid IRI, not under the authority of minted ids.

    Minted ids can be foretold: a guid that takes one would make other items decide again. Scheme and host of
    a tag: are the same in any case (RFC 4151 section 2.1).
    """
    return valid_iri(guid) and not guid.casefold().startswith(minted(known.authority, "").casefold())


def _unused(item: Item, mode: Mode, used: Set[Key]) -> Key:
    """Return the key an id is made from: the one the item goes by, or the next if a former item went by
    that."""
    first = within.primary(item, mode)
    return next((key for key in (first, *item.keys) if key not in used), first)
