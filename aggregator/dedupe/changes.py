"""From what a document holds and what storage remembers to Changes: new items, edits, nothing else.

Pure: `now` is given, storage is asked through Reading. Withdraws nothing; absence means nothing here.
"""

from collections import Counter
from collections.abc import Sequence, Set
from datetime import datetime

from aggregator.dedupe import stories, within
from aggregator.dedupe.ids import item_id, valid_iri
from aggregator.model import (
    Candidate,
    Changes,
    Claim,
    Edit,
    Item,
    Key,
    KeyKind,
    Known,
    Mode,
    NewItem,
    Reading,
    ReadResult,
    State,
)
from aggregator.model.settings import Source
from aggregator.policy import embargo

EDITS = 24  # changes of an item in 7 days; more are damped


def decide(worked: ReadResult, reading: Reading, claim: Claim, source: Source, now: datetime) -> Changes:
    """What one read document does to the items of its source."""
    listed = worked.document.listed
    known = reading.known(worked.items, listed) if worked.items else ()
    found = within.resolve(worked.items, known, claim.mode, listed=len(listed), now=now)
    edits = tuple(edit for item, old in found.known if (edit := _edit(item, old, source, now)) is not None)
    matched = tuple((item.digest, old.number) for item, old in found.known if item.digest)
    return Changes(
        mode=found.mode,
        new=_new(found, known, reading, claim, source, now=now),
        edits=edits,
        matched=matched,
        superseded=found.superseded,
        rotated=found.rotated,
    )


def _edit(item: Item, old: Known, source: Source, now: datetime) -> Edit | None:
    """What to do to a known item; None when nothing. A withdrawn one stays as it was withdrawn, but learns
    its new names: else it would be new and live under the next one."""
    substantive = item.fingerprint != old.fingerprint and old.state is not State.WITHDRAWN
    release = None
    if old.state is State.HELD:
        placement = embargo.place(item.claimed, source.embargo, now, review=source.review)
        release = placement.release if placement.state is State.HELD else now
    if not substantive and item.keys == old.current and release is None:
        return None
    return Edit(
        number=old.number,
        item=item,
        substantive=substantive,
        updated=_updated(item, old, now),
        damped=old.edits >= EDITS,
        release=release,
    )


def _updated(item: Item, old: Known, now: datetime) -> datetime:
    """The origin's own date of the change if it can be one, else now."""
    said = item.updated
    return said if said is not None and old.updated < said <= now else now


def _new(
    found: within.Resolved,
    known: Sequence[Known],
    reading: Reading,
    claim: Claim,
    source: Source,
    *,
    now: datetime,
) -> tuple[NewItem, ...]:
    """Items to store, oldest first; those of one date in reverse, because documents list the newest first."""
    items = found.new
    used = {key for each in known for key in each.keys}
    links = [link for item in items if (link := item.key(KeyKind.LINK)) is not None]
    candidates = reading.candidates(links) if links else ()
    guids = Counter(item.guid for item in items)  # one given to several here is the id of none
    made: list[NewItem] = []
    joined: set[tuple[bool, int]] = set()  # stories this very document has joined: one member each
    for item in reversed(items):
        placement = embargo.place(item.claimed, source.embargo, now, review=source.review)
        free = [each for each in candidates if _story(each) not in joined]
        same = stories.match(item, placement.shown, free)
        if same is not None:
            joined.add(_story(same))
        made.append(
            NewItem(
                item=item,
                id=item_id(claim.id, _unused(item, found.mode, used)),
                public_id=item.guid if guids[item.guid] == 1 and valid_iri(item.guid) else "",
                state=placement.state,
                shown=placement.shown,
                updated=_first_updated(item, placement.shown, now),
                release=placement.release,
                reason=placement.reason,
                backlog=claim.first_import
                and (item.claimed is None or item.claimed < now - source.first_import),
                same_as=same.number if same else None,
                flags=placement.flags,
            )
        )
    return tuple(sorted(made, key=lambda new: new.shown))


def _unused(item: Item, mode: Mode, used: Set[Key]) -> Key:
    """The key its id is made from: the one it goes by, or the next if a former item went by that."""
    first = within.primary(item, mode)
    return next((key for key in (first, *item.keys) if key not in used), first)


def _story(candidate: Candidate) -> tuple[bool, int]:
    return (candidate.story is None, candidate.number if candidate.story is None else candidate.story)


def _first_updated(item: Item, shown: datetime, now: datetime) -> datetime:
    said = item.updated
    return said if said is not None and shown < said <= now else shown
