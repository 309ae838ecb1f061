"""Deduplication of one document against the store: new items, edits, nothing else.

Pure: `now` and what the store knows are given. Withdraws nothing; absence from a document means nothing here.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Set
from datetime import datetime

from msgspec.structs import replace

from aggregator.dedupe import edits, stories, within
from aggregator.dedupe.addresses import learnt
from aggregator.dedupe.comparing import Comparer
from aggregator.dedupe.decided import Decided
from aggregator.dedupe.edits import Place, updated
from aggregator.dedupe.ids import item_id, minted, valid_iri
from aggregator.model.changes import Changes, NewItem
from aggregator.model.document import ReadResult
from aggregator.model.item import Item, Key, Mode, is_quarantined
from aggregator.model.poll import Claim
from aggregator.model.settings import Source
from aggregator.model.stored import Knowledge


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
    """Return the changes of a source's items by one document.

    `is_foreign` says of a guid that it speaks for the domains of another source.
    """
    listed = read.document.listed
    found = within.resolve(read.items, known.known, claim.mode, listed=len(listed), now=now)
    comparer, decisions = Comparer(), Decided(known.decisions, claim)
    # Before the new items: both spend one budget of steps.
    edited = edits.decide(
        found, known, claim, source, decisions=decisions, comparer=comparer, now=now, place=place
    )
    numbers = {item.digest: old.number for item, old in found.known if item.digest}
    unsettled = (edit.item.digest for edit in edited if edit.unsettled)
    present = {old.number for _, old in found.known}
    return Changes(
        basis=known,
        mode=found.mode,
        new=_new(
            found,
            known,
            claim,
            matcher=stories.Matcher(known, source.domains, comparer),
            decisions=decisions,
            source=source,
            now=now,
            place=place,
            is_foreign=is_foreign,
        ),
        edits=edited,
        seen=_seen(listed, claim.seen, numbers, (*found.superseded, *unsettled)),
        volatile=learnt(found.known, claim.volatile),
        restated=tuple((old, item) for item, old in found.known if item.expires != old.expires or old.lapsed),
        left=tuple(each for each in known.absences.items if each.number not in present),
        styled=tuple((old.number, item) for item, old in found.known) if source.house_style else (),
        is_style_void=claim.house_style != source.house_style,
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


def _new(
    found: within.Resolved,
    known: Knowledge,
    claim: Claim,
    *,
    matcher: stories.Matcher,
    decisions: Decided,
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
        name = item_id(claim.id, _unused(item, found.mode, used))
        if decisions.is_blocked(item, found.mode, name):
            continue
        review = source.review or is_quarantined(item)
        placement = decisions.placed(item, found.mode, name, place(item), review=review)
        match = matcher.match(item, placement.shown, name)
        made.append(
            NewItem(
                item=item,
                id=name,
                public_id=item.guid
                if guids[item.guid] == 1 and _is_publishable(item.guid, known) and not is_foreign(item.guid)
                else "",
                placement=placement,
                updated=updated(item, after=placement.shown, now=now) or placement.shown,
                backlog=claim.first_import
                and (item.claimed is None or item.claimed < now - source.first_import),
                same_as=match.same.number if match.same else None,
                unmatched=not match.decided,
                says=match.says,
            )
        )
    return _identified(sorted(made, key=lambda new: new.placement.shown), known)


def _identified(items: Sequence[NewItem], known: Knowledge) -> tuple[NewItem, ...]:
    """Return the items with ids that no item has.

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
        is_changed = (own, public) != (new.id, new.public_id)
        identified.append(replace(new, id=own, public_id=public) if is_changed else new)
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
